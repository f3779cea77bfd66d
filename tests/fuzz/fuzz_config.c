/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration reader: any bytes, one outcome. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct config *c)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	config_print(to, c);
	fclose(to);
	return text;
}

/* What was read must print as something that reads as the same again. */
static void check_round_trip(const struct config *c, struct problems *p)
{
	char *first = print(c), *second;
	struct config again;

	if (config_load_bytes(&again, span_str(first), p) != CONFIG_OK)
		abort();
	second = print(&again);
	if (strcmp(first, second) != 0)
		abort();
	config_free(&again);
	free(first);
	free(second);
}

static void check_problems(const struct problems *p)
{
	if (p->count == 0 || p->count > PROBLEMS_MAX)
		abort();
	for (size_t i = 0; i < p->count; i++) {
		if (i > 0 && p->item[i - 1].line > p->item[i].line)
			abort();
		for (const char *c = p->item[i].text; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct problems problems;
	struct config c;

	switch (config_load_bytes(&c, span_of(data, size), &problems)) {
	case CONFIG_OK:
		check_round_trip(&c, &problems);
		config_free(&c);
		break;
	case CONFIG_BAD:
		check_problems(&problems);
		break;
	case CONFIG_SYSTEM:
		break; /* no memory: the fuzzer's own limit */
	}
	return 0;
}
