/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules to print and to load. */
#include "rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netns.h"

struct ruleset rules_default(void)
{
	struct ruleset r = {
		.port = { 21, 990 },
		.ports = 2,
		.queues = 1,
		.bypass = true,
		.pinholes = 65536,
		.skip_mark = RULES_MARK,
	};

	return r;
}

static struct prefix prefix_of(const char *addr, uint8_t len)
{
	struct prefix p = { netns_endpoint(addr, 0).addr, len };

	return p;
}

static struct ruleset_range ranges[6];

struct ruleset rules_rich(void)
{
	struct ruleset r = {
		.ports = 20,
		.queue_first = 8,
		.queues = 4,
		.pinholes = 1000,
		.range = ranges,
		.ranges = 6,
	};

	for (size_t i = 0; i < r.ports; i++)
		r.port[i] = (uint16_t)(2100 + i);
	ranges[0].server = prefix_of(NETNS_SERVER4, 128);
	ranges[0].ports = (struct port_range){ 42000, 42999 };
	ranges[1].server = prefix_of(NETNS_SERVER6, 128);
	ranges[1].ports = (struct port_range){ 42000, 42999 };
	ranges[2].server = prefix_of("192.0.2.0", 96 + 24);
	ranges[2].ports = (struct port_range){ 50000, 50000 };
	ranges[3] = ranges[0];
	ranges[3].ports = (struct port_range){ 20, 20 };
	ranges[3].server_connects = true;
	ranges[4] = ranges[1];
	ranges[4].ports = (struct port_range){ 20, 20 };
	ranges[4].server_connects = true;
	ranges[5].server = prefix_of("2001:db8::", 32);
	ranges[5].ports = (struct port_range){ 1024, 65535 };
	return r;
}

struct ruleset rules_ftps(void)
{
	struct ruleset r = rules_default();

	r.fast_mark = RULES_FAST_MARK;
	r.data_mark = RULES_DATA_MARK;
	r.range = ranges;
	r.ranges = 5;
	ranges[0].server = prefix_of(NETNS_SERVER4, 128);
	ranges[1].server = prefix_of(NETNS_SERVER6, 128);
	ranges[2].server = prefix_of("203.0.113.5", 128);
	for (size_t i = 0; i < 3; i++)
		ranges[i].ports = (struct port_range){ 42000, 42999 };
	ranges[3] = ranges[0];
	ranges[3].ports = (struct port_range){ 20, 20 };
	ranges[4] = ranges[0];
	ranges[4].ports = (struct port_range){ 989, 989 };
	for (size_t i = 0; i < r.ranges; i++)
		ranges[i].server_connects = i >= 3;
	return r;
}

char *rules_printed(const struct ruleset *rules, enum ruleset_language language)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	ruleset_print(to, rules, language);
	assert_int_equal(fclose(to), 0);
	return text;
}

bool rules_are_nft(void)
{
	const char *format = getenv("SALLYPORT_FORMAT");

	return format && strcmp(format, "nft") == 0;
}

void rules_load(const struct ruleset *rules)
{
	char text[RULESET_TEXT_MAX] = "";
	enum ruleset_language language =
		rules_are_nft() ? RULESET_NFT : RULESET_ANY;
	enum ruleset_result result = ruleset_load(rules, language, text);

	if (result != RULESET_FINE)
		print_error("%s\n", text);
	assert_int_equal(result, RULESET_FINE);
}

void rules_unload(void)
{
	char text[RULESET_TEXT_MAX] = "";
	enum ruleset_result result = ruleset_unload(RULESET_ANY, text);

	if (result != RULESET_FINE)
		print_error("%s\n", text);
	assert_int_equal(result, RULESET_FINE);
}

/* Far more than any test loads. */
#define OUTPUT_MAX 65536

char *rules_output(const char *command)
{
	char *text = calloc(1, OUTPUT_MAX);
	FILE *from = popen(command, "r");

	assert_non_null(text);
	assert_non_null(from);
	assert_in_range(fread(text, 1, OUTPUT_MAX - 1, from), 0,
			OUTPUT_MAX - 2);
	pclose(from);
	return text;
}

void rules_assert_same(char *before, char *after)
{
	assert_string_equal(before, after);
	free(before);
	free(after);
}

void rules_load_nft_sets(const struct ruleset *rules)
{
	char *text = rules_printed(rules, RULESET_NFT);
	char *chains = strstr(text, "\tchain");
	FILE *nft = popen("nft -f -", "w");

	assert_non_null(nft);
	assert_non_null(chains);
	fprintf(nft, "%.*s}\n", (int)(chains - text), text);
	assert_int_equal(pclose(nft), 0);
	free(text);
}
