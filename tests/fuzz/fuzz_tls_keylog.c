/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key logs: any bytes; what is found can be looked up, and twice is once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls/keylog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t lines_of(struct span s)
{
	size_t lines = 1;

	for (size_t i = 0; i < s.len; i++)
		lines += s.at[i] == '\n';
	return lines;
}

static void check_facts(const struct keylog_facts *f, struct span bytes)
{
	size_t lines = lines_of(bytes);

	if (f->count > KEYLOG_PROBLEMS_MAX ||
	    (f->more > 0 && f->count < KEYLOG_PROBLEMS_MAX) ||
	    f->secrets + f->ignored + f->count + f->more > lines)
		abort();
	for (size_t i = 0; i < f->count; i++)
		if (f->problem[i].line == 0 || f->problem[i].line > lines ||
		    !f->problem[i].text)
			abort();
}

/* With a random from the input itself: the one behind the first space. */
static void check_find(const struct keylog *log, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t random[KEYLOG_RANDOM_LEN] = { 0 };
	size_t at = span_find(bytes, ' ') + 1;

	for (size_t i = 0; i < 2 * sizeof(random) && at + i < bytes.len; i++) {
		const char *digit = strchr(digits, bytes.at[at + i] | 0x20);

		if (digit)
			random[i / 2] |=
				(uint8_t)((digit - digits) << (i % 2 ? 0 : 4));
	}
	for (int i = 0; i < KEYLOG_LABELS; i++) {
		struct span s = keylog_find(log, (enum keylog_label)i,
					    span_of(random, sizeof(random)));

		if (s.len != 0 && s.len != 48 && (s.len != 32 || i == 0))
			abort();
	}
}

static void check_twice(const struct keylog *log, struct span bytes)
{
	uint8_t *twice = malloc(2 * bytes.len + 1);
	struct keylog *again;

	if (!twice)
		return;
	if (bytes.len > 0)
		memcpy(twice, bytes.at, bytes.len);
	twice[bytes.len] = '\n';
	if (bytes.len > 0)
		memcpy(twice + bytes.len + 1, bytes.at, bytes.len);
	if (keylog_read(&again, span_of(twice, 2 * bytes.len + 1)) !=
		    KEYLOG_OK ||
	    keylog_facts(again)->secrets != keylog_facts(log)->secrets ||
	    keylog_facts(again)->ignored != 2 * keylog_facts(log)->ignored)
		abort();
	keylog_free(again);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct keylog *log;

	if (keylog_read(&log, bytes) != KEYLOG_OK)
		abort();
	check_facts(keylog_facts(log), bytes);
	check_find(log, bytes);
	check_twice(log, bytes);
	keylog_free(log);
	return 0;
}
