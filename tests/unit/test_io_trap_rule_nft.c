/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of nft as traps read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>

#include "lab/trap_rule.h"
#include "support.h"

static struct rulefile parsed(const char *text)
{
	struct rulefile f;
	uint32_t line;

	assert_int_equal(rulefile_parse_nft(span_str(text), &f, &line),
			 RULEFILE_OK);
	return f;
}

/* The rule that is @text in a table of @table's family. */
static struct trap_rule rule_in(const char *table, const char *text,
				enum twin_family family)
{
	char all[400];
	struct trap_helpers helpers;
	struct rulefile f;
	struct trap_rule out;

	snprintf(all, sizeof(all),
		 "table %s t {\nct helper std {\ntype \"ftp\" protocol tcp\n}\n"
		 "chain c {\n%s\n}\n}\n",
		 table, text);
	f = parsed(all);
	assert_int_equal(f.rules, 1);
	trap_helpers_find(&f, &helpers);
	trap_rule_read_nft(&f, &f.rule[0], family, &helpers, &out);
	rulefile_free(&f);
	return out;
}

static struct trap_rule rule(const char *text)
{
	return rule_in("inet", text, TWIN_V4);
}

static void test_matches(void **state)
{
	struct trap_rule r;

	(void)state;
	r = rule("iifname \"in0\" oifname \"out0\" ip saddr 10.1.0.0/16 ip "
		 "daddr 10.2.5.5 tcp dport { 21, 990, 42000-42999 } ct state "
		 "new,untracked counter packets 5 bytes 300 log prefix "
		 "\"drop \" level info accept comment \"tcp sport 1\"");
	assert_int_equal(r.target, TRAP_ACCEPT);
	assert_int_equal(r.protocol, IPPROTO_TCP);
	assert_int_equal(r.states, TRAP_NEW | TRAP_OTHER_STATE);
	assert_int_equal(r.to.count, 3);
	assert_int_equal(r.to.range[2].lo, 42000);
	assert_int_equal(r.to.range[2].hi, 42999);
	assert_int_equal(r.from.count, 0);
	assert_string_equal(r.in, "in0");
	assert_string_equal(r.out, "out0");
	assert_true(r.has_source && r.has_destination);
	assert_false(r.narrowed || r.helper);
}

static void test_what_narrows(void **state)
{
	static const char *const texts[] = {
		"ip saddr != 10.0.0.0/8 drop",
		"iifname != \"lo\" drop",
		"tcp dport != 21 drop",
		"ip saddr @bad drop",
		"meta mark 0x1 drop",
		"limit rate 3/minute drop",
		"ct status dnat drop",
		"ip saddr { 10.1.4.4, 10.1.4.5 } drop",
		"fib daddr type local drop",
		"udp dport 21 drop",
		"ct mark 5 drop",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct trap_rule r = rule(texts[i]);

		if (!r.narrowed || r.target != TRAP_DROP)
			fail_msg("%s is taken for all that matters", texts[i]);
		assert_false(trap_rule_is_all(&r));
	}
}

static void test_verdicts(void **state)
{
	struct trap_rule r;

	(void)state;
	assert_int_equal(rule("accept").target, TRAP_ACCEPT);
	assert_int_equal(rule("reject with icmpx type port-unreachable").target,
			 TRAP_DROP);
	assert_int_equal(rule("jump accept").target, TRAP_OTHER);
	assert_int_equal(rule("tcp dport 21 dnat ip to 10.1.4.5").target,
			 TRAP_TRANSLATE);
	assert_int_equal(rule("masquerade").target, TRAP_OTHER);
	assert_int_equal(rule("tcp dport 21 notrack").target, TRAP_NOTRACK);
	assert_int_equal(rule("ct helper set \"std\"").target, TRAP_ASSIGN);
	assert_int_equal(rule("ct helper set \"other\"").target, TRAP_OTHER);
	r = rule("ct helper \"ftp\" accept");
	assert_int_equal(r.target, TRAP_ACCEPT);
	assert_true(r.helper);
	r = rule("ct state vmap { established : accept, invalid : drop }");
	assert_int_equal(r.target, TRAP_ACCEPT);
	assert_int_equal(r.states, TRAP_ESTABLISHED);
	r = rule("ct state vmap { invalid : drop }");
	assert_int_equal(r.target, TRAP_OTHER);
}

static void test_families(void **state)
{
	static const struct {
		const char *table, *text;
		bool v4, v6;
	} rules[] = {
		{ "inet", "tcp dport 21 accept", true, true },
		{ "ip", "tcp dport 21 accept", true, false },
		{ "ip6", "tcp dport 21 accept", false, true },
		{ "inet", "ip daddr 10.1.4.5 tcp dport 21 accept", true,
		  false },
		{ "inet", "ip6 saddr fc00::/7 tcp dport 21 accept", false,
		  true },
		{ "inet", "meta nfproto ipv6 tcp dport 21 accept", false,
		  true },
		{ "bridge", "tcp dport 21 accept", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct trap_rule v4 =
			rule_in(rules[i].table, rules[i].text, TWIN_V4);
		struct trap_rule v6 =
			rule_in(rules[i].table, rules[i].text, TWIN_V6);

		if (trap_rule_takes_new(&v4) != rules[i].v4 ||
		    trap_rule_takes_new(&v6) != rules[i].v6)
			fail_msg("%s: %s", rules[i].table, rules[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_what_narrows),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
