/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as traps read them, and rule files of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lab/trap.h"
#include "lab/trap_rule.h"
#include "support.h"

static struct rulefile parsed(const char *text)
{
	struct rulefile f;
	uint32_t line;

	assert_int_equal(rulefile_parse(span_str(text), &f, &line),
			 RULEFILE_OK);
	return f;
}

static struct trap_rule rule(const char *text)
{
	const struct rule r = { .number = 1, .text = span_str(text) };
	struct trap_rule out;

	trap_rule_read(&r, &out);
	return out;
}

/* --- reading -------------------------------------------------------------------- */

static void test_options(void **state)
{
	struct trap_rule r;

	(void)state;
	r = rule("-A FORWARD -s 10.1.0.0/16 -d 10.2.5.5/32 -i in0 -o out0 "
		 "-p tcp -m multiport --dports 21,990,42000:42999 -m conntrack "
		 "--ctstate NEW,UNTRACKED -m comment --comment \"--sport 1\" "
		 "-j ACCEPT");
	assert_int_equal(r.target, TRAP_ACCEPT);
	assert_int_equal(r.protocol, IPPROTO_TCP);
	assert_int_equal(r.states, TRAP_NEW | TRAP_OTHER_STATE);
	assert_int_equal(r.to.count, 3);
	assert_int_equal(r.to.range[2].hi, 42999);
	assert_int_equal(r.from.count, 0);
	assert_string_equal(r.in, "in0");
	assert_string_equal(r.out, "out0");
	assert_true(r.has_source && r.has_destination);
	assert_false(r.narrowed || r.helper);
}

static void test_ports(void **state)
{
	static const struct {
		const char *text;
		uint16_t lo, hi;
	} cases[] = {
		{ "21", 21, 21 },
		{ ":1023", 0, 1023 },
		{ "1024:", 1024, 65535 },
		{ "42000:42999", 42000, 42999 },
	};
	static const char *const none[] = { "ftp",   "65536", "21,",
					    "1:2:3", "21;22", "-1" };
	char text[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trap_rule r;

		snprintf(text, sizeof(text), "-A F --dport %s", cases[i].text);
		r = rule(text);
		assert_int_equal(r.to.count, 1);
		assert_int_equal(r.to.range[0].lo, cases[i].lo);
		assert_int_equal(r.to.range[0].hi, cases[i].hi);
		assert_false(r.narrowed);
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct trap_rule r;

		snprintf(text, sizeof(text), "-A F --dport %s", none[i]);
		r = rule(text);
		assert_int_equal(r.to.count, 0);
		assert_true(r.narrowed);
	}
}

/* What is not understood may be anything. */
static void test_what_narrows(void **state)
{
	static const char *const texts[] = {
		"-A F ! -s 10.0.0.0/8 -j DROP",
		"-A F -p tcp ! --dport 21 -j DROP",
		"-A F -m set --match-set bad src -j DROP",
		"-A F -m mark --mark 0x1 -j DROP",
		"-A F -s 10.0.0.0/255.0.255.0 -j DROP",
		"-A F -p udp -j DROP",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct trap_rule r = rule(texts[i]);

		if (!r.narrowed)
			fail_msg("%s is taken for all that matters", texts[i]);
		assert_false(trap_rule_is_all(&r));
	}
}

static void test_targets(void **state)
{
	(void)state;
	assert_int_equal(rule("-A P -j CT --helper ftp").target, TRAP_ASSIGN);
	assert_false(rule("-A P -j CT --helper ftp").helper);
	assert_int_equal(rule("-A P -j CT --helper sip").target, TRAP_OTHER);
	assert_int_equal(rule("-A P -j CT --notrack").target, TRAP_NOTRACK);
	assert_true(rule("-A P -m helper --helper ftp-2121 -j ACCEPT").helper);
	assert_int_equal(rule("-A P -j CHAIN").target, TRAP_OTHER);
}

static void test_covering(void **state)
{
	static const struct {
		const char *a, *b;
		bool covers;
	} cases[] = {
		{ "-j DROP", "-p tcp --dport 21", true },
		{ "-p tcp --dport 21", "-j DROP", false },
		{ "-s 10.0.0.0/8", "-s 10.1.0.0/16", true },
		{ "-s 10.1.0.0/16", "-s 10.0.0.0/8", false },
		{ "-s 10.0.0.0/8", "-j DROP", false },
		{ "-p tcp --dports 20:22,990", "-p tcp --dports 21,990", true },
		{ "-p tcp --dports 20:22", "-p tcp --dports 21,990", false },
		{ "-i a", "-i a", true },
		{ "-i a", "-i b", false },
		{ "-p tcp --ctstate NEW", "-p tcp", false },
		{ "-p tcp", "-p tcp --ctstate NEW", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trap_rule a = rule(cases[i].a), b = rule(cases[i].b);

		if (trap_rule_covers(&a, &b) != cases[i].covers)
			fail_msg("%s, %s", cases[i].a, cases[i].b);
	}
}

/* --- whole files ---------------------------------------------------------------- */

static struct traps traps;

static const struct trap *trap(const char *id)
{
	for (size_t i = 0; i < traps.count; i++)
		if (strcmp(traps.at[i].id, id) == 0)
			return &traps.at[i];
	return NULL;
}

/* The server uses @lo to @hi, and the rules let 42000 to 42998 in. */
static void find(uint16_t lo, uint16_t hi)
{
	struct trap_input in = { .passive = { lo, hi } };
	struct rulefile rules = parsed("*filter\n:FORWARD DROP\n"
				       "-A FORWARD -p tcp -m tcp --dport "
				       "42000:42998 -j ACCEPT\nCOMMIT\n");

	in.rules[TWIN_V4] = &rules;
	assert_true(traps_find(&in, &traps));
	rulefile_free(&rules);
}

/* The range may be told instead of a server's file. */
static void test_a_range_that_is_told(void **state)
{
	const struct trap *t;

	(void)state;
	find(42000, 42999);
	t = trap("range-differs");
	assert_non_null(t);
	assert_string_equal(t->detail, "the server uses 42000-42999: port "
				       "42999 is missing");
	assert_string_equal(t->change, "line 3: -A FORWARD -p tcp -m tcp "
				       "--dport 42000:42999 -j ACCEPT");
	assert_int_equal(t->rule, 1);
	assert_int_equal(t->line, 3);
	assert_int_equal(t->source, TRAP_IN_RULES);
	assert_int_equal(t->severity, SEVERITY_CRITICAL);
	find(41900, 43000);
	t = trap("range-differs");
	assert_string_equal(t->detail, "the server uses 41900-43000: 102 ports "
				       "are missing, from 41900");
	find(42000, 42998);
	assert_null(trap("range-differs"));
	assert_null(trap("range-too-wide"));
	find(42001, 42998);
	assert_non_null(trap("range-too-wide"));
}

/* Lists of ports, and rules behind which nothing is reached. */
static void test_changes_fit_the_rule(void **state)
{
	static struct serverfile server;
	const struct serverfile *const servers[] = { &server };
	struct trap_input in = { .server = servers, .servers = 1 };
	struct rulefile rules = parsed("*filter\n:FORWARD ACCEPT\n"
				       "-A FORWARD -p tcp -m multiport "
				       "--dports 22,42000:42998 -j ACCEPT\n"
				       "-A FORWARD -j REJECT\nCOMMIT\n");
	uint32_t line;

	(void)state;
	assert_int_equal(serverfile_parse(span_str("listen_port=2121\n"
						   "pasv_min_port=42000\n"
						   "pasv_max_port=42999\n"),
					  NULL, &server, &line),
			 SERVERFILE_OK);
	in.rules[TWIN_V4] = &rules;
	assert_true(traps_find(&in, &traps));
	assert_string_equal(trap("range-differs")->change,
			    "let line 3 hold ports 42000:42999");
	assert_string_equal(trap("control-port-missing")->change,
			    "add before line 4: -A FORWARD -p tcp -m tcp "
			    "--dport 2121 -j ACCEPT");
	assert_int_equal(trap("control-port-missing")->line, 4);
	rulefile_free(&rules);
}

/* A kernel without rules for IPv6 lets it pass. */
static void test_ipv6_without_rules(void **state)
{
	struct trap_input in = { .ipv6 = true };
	struct rulefile rules = parsed("*filter\n:FORWARD DROP\nCOMMIT\n");

	(void)state;
	in.rules[TWIN_V4] = &rules;
	assert_true(traps_find(&in, &traps));
	assert_int_equal(traps.count, 1);
	assert_int_equal(trap("ipv6-open")->family, TWIN_V6);
	assert_int_equal(trap("ipv6-open")->rule, RULEFILE_NONE);
	in.ipv6 = false;
	assert_true(traps_find(&in, &traps));
	assert_int_equal(traps.count, 0);
	rulefile_free(&rules);
}

static void test_nothing_given(void **state)
{
	const struct trap_input in = { .servers = 0 };

	(void)state;
	assert_true(traps_find(&in, &traps));
	assert_int_equal(traps.count, 0);
}

static void test_many_rules_end(void **state)
{
	enum { RULES = 100000 };
	struct trap_input in = { .passive = { 42000, 42999 } };
	struct rulefile rules;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	fputs("*filter\n:FORWARD DROP\n", to);
	for (int i = 0; i < RULES; i++)
		fputs(i % 2 ? "-A FORWARD -p tcp -m multiport --dports "
			      "1024:65535,1024:65535,1024:65535,1024:65535 "
			      "-j ACCEPT\n"
			    : "-A FORWARD -p tcp --dport 21 -j DROP\n",
		      to);
	fclose(to);
	rules = parsed(text);
	in.rules[TWIN_V4] = &rules;
	assert_true(traps_find(&in, &traps));
	assert_int_equal(traps.count, TRAPS_MAX);
	assert_true(traps.more >= RULES / 2 - TRAPS_MAX);
	rulefile_free(&rules);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_what_narrows),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_covering),
		cmocka_unit_test(test_a_range_that_is_told),
		cmocka_unit_test(test_changes_fit_the_rule),
		cmocka_unit_test(test_ipv6_without_rules),
		cmocka_unit_test(test_nothing_given),
		cmocka_unit_test(test_many_rules_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
