/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known traps in rules of nft: for each a case that has it, and the nearest that
 * has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/trap.h"
#include "support.h"

#define HOOK(hook, policy) \
	"type filter hook " hook " priority filter; policy " policy ";\n"
#define OPENED(family) \
	"table " family " fw {\nchain forward {\n" HOOK("forward", "accept")
#define CLOSED_OF(family) \
	"table " family " fw {\nchain forward {\n" HOOK("forward", "drop")
#define CLOSED  CLOSED_OF("inet")
#define END     "}\n}\n"
#define RELATED "ct state established,related accept\n"
#define CONTROL "tcp dport { 21, 990 } ct state new accept\n"
#define RANGE   "ip saddr 10.0.0.0/8 tcp dport 42000-42999 accept\n"
#define DECLARED \
	"table inet h {\nct helper std {\ntype \"ftp\" protocol tcp\n}\n"
#define ASSIGNED(priority)                                                     \
	DECLARED "chain pre {\ntype filter hook prerouting priority " priority \
		 "; policy accept;\n"                                          \
		 "tcp dport 21 ct helper set \"std\"\n" END

#define SERVER "listen=YES\npasv_min_port=42000\npasv_max_port=42999\n"
#define FTPS   SERVER "ssl_enable=YES\n"
#define BOTH   "listen_ipv6=YES\npasv_min_port=42000\npasv_max_port=42999\n"

struct material {
	const char *rules, *server;
	bool ipv6;
	uint16_t port; /* where servers listen; 0: as usual */
};

static const struct trap_case {
	const char *id;
	struct material bad;
	uint32_t line;      /* that is blamed */
	const char *change; /* a part of it */
	struct material good;
} cases[] = {
	{ "helper-without-rule",
	  { .rules = CLOSED CONTROL "ct helper \"ftp\" accept\n" END },
	  5,
	  "ct helper set \"ftp\"",
	  { .rules = CLOSED CONTROL
	    "ct helper \"ftp\" accept\n" END ASSIGNED("filter") } },
	/* Declared, and given to nobody. */
	{ "helper-without-rule",
	  { .rules = CLOSED CONTROL END DECLARED "}\n" },
	  8,
	  "tcp dport 21 ct helper set",
	  { .rules = CLOSED CONTROL END "table inet h {\nct helper std {\n"
					"type \"sip\" protocol udp\n}\n}\n" } },
	{ "helper-too-early",
	  { .rules = CLOSED CONTROL END ASSIGNED("raw") },
	  13,
	  "priority filter",
	  { .rules = CLOSED CONTROL END ASSIGNED("filter") } },
	{ "helper-too-early",
	  { .rules = CLOSED CONTROL END ASSIGNED("-300") },
	  13,
	  "",
	  { .rules = CLOSED CONTROL END ASSIGNED("raw + 150") } },
	{ "helper-blind",
	  { .rules = CLOSED CONTROL RELATED END ASSIGNED("filter"),
	    .server = FTPS },
	  14,
	  "to chain forward of table inet fw: tcp dport 42000-42999 accept",
	  { .rules = CLOSED CONTROL RELATED RANGE END ASSIGNED("filter"),
	    .server = FTPS } },
	{ "related-any-port",
	  { .rules = CLOSED RELATED END ASSIGNED("filter") },
	  4,
	  "ct helper \"ftp\" ct state related tcp dport 1024-65535 accept",
	  { .rules = CLOSED
	    "ct state established accept\nct helper \"ftp\" "
	    "ct state related accept\n" END ASSIGNED("filter") } },
	{ "related-any-port",
	  { .rules = CLOSED
	    "ct state vmap { invalid : drop, established : "
	    "accept, related : accept }\n" END ASSIGNED("filter") },
	  4,
	  "",
	  { .rules = CLOSED
	    "ct state vmap { invalid : drop, established : "
	    "accept, related : drop }\n" END ASSIGNED("filter") } },
	{ "untracked",
	  { .rules = CLOSED CONTROL END
	    "table ip raw {\nchain pre {\ntype filter hook prerouting "
	    "priority raw; policy accept;\ntcp dport 21 notrack\n" END },
	  10,
	  "port 21",
	  { .rules = CLOSED CONTROL END
	    "table ip raw {\nchain pre {\ntype filter hook prerouting "
	    "priority raw; policy accept;\niifname \"lo\" tcp dport 21 "
	    "notrack\n" END } },
	/* Not every server listens on port 21. */
	{ "untracked",
	  { .rules = CLOSED CONTROL END
	    "table ip raw {\nchain pre {\ntype filter hook prerouting "
	    "priority raw; policy accept;\ntcp dport 2121 notrack\n" END,
	    .port = 2121 },
	  10,
	  "port 2121",
	  { .rules = CLOSED CONTROL END
	    "table ip raw {\nchain pre {\ntype filter hook prerouting "
	    "priority raw; policy accept;\ntcp dport 21 notrack\n" END,
	    .port = 2121 } },
	{ "source-port-20",
	  { .rules = CLOSED "tcp sport 2120 tcp dport 1024-65535 accept\n" END,
	    .port = 2121 },
	  4,
	  "ip saddr",
	  { .rules = CLOSED "tcp sport 20 tcp dport 1024-65535 accept\n" END,
	    .port = 2121 } },
	{ "source-port-20",
	  { .rules = CLOSED "tcp sport 20 tcp dport 1024-65535 accept\n" END },
	  4,
	  "ip saddr",
	  { .rules = CLOSED "ip saddr 10.2.5.5 tcp sport 20 tcp dport "
			    "1024-65535 accept\n" END } },
	{ "range-open",
	  { .rules = CLOSED "meta l4proto tcp th dport 42000-42999 counter "
			    "packets 1 bytes 40 accept\n" END },
	  4,
	  "take line 4 away",
	  { .rules = CLOSED RANGE END } },
	{ "range-open",
	  { .rules = CLOSED "iifname \"out0\" tcp dport { 21, 42000-42999 } "
			    "accept\n" END },
	  4,
	  "",
	  { .rules = CLOSED "iifname \"in0\" tcp dport { 21, 42000-42999 } "
			    "accept\n" END } },
	{ "range-differs",
	  { .rules = CLOSED CONTROL "tcp dport 42000-42998 ct state new "
				    "accept comment \"x\"\n" END,
	    .server = SERVER },
	  5,
	  "line 5: tcp dport 42000-42999 ct state new accept",
	  { .rules = CLOSED CONTROL "tcp dport 42000-42999 accept\n" END,
	    .server = SERVER } },
	{ "range-differs",
	  { .rules = OPENED("inet") END
	    "table ip nat {\nchain pre {\ntype nat hook prerouting priority "
	    "dstnat; policy accept;\ntcp dport 42000-42998 dnat to "
	    "10.2.5.5\n" END,
	    .server = SERVER },
	  9,
	  "42000-42999",
	  { .rules = OPENED("inet") END
	    "table ip nat {\nchain pre {\ntype nat hook prerouting priority "
	    "dstnat; policy accept;\ntcp dport 42000-42999 dnat to "
	    "10.2.5.5\n" END,
	    .server = SERVER } },
	/* What is for active mode holds no passive port. */
	{ "range-differs",
	  { .rules = CLOSED "tcp sport 20 tcp dport 1024-65535 accept\n"
			    "tcp dport 42000-42500 accept\n" END,
	    .server = SERVER },
	  5,
	  "42000-42999",
	  { .rules = CLOSED "tcp sport 20 tcp dport 1024-65535 accept\n"
			    "tcp dport 42000-42999 accept\n" END,
	    .server = SERVER } },
	{ "range-too-wide",
	  { .rules = CLOSED CONTROL "tcp dport 42000-43000 accept\n" END,
	    .server = SERVER },
	  5,
	  "42000-42999",
	  { .rules = CLOSED CONTROL "tcp dport 42000-42999 accept\n" END,
	    .server = SERVER } },
	{ "range-elsewhere",
	  { .rules = CLOSED CONTROL "tcp dport 41000-41999 accept\n" END,
	    .server = SERVER },
	  5,
	  "42000-42999",
	  { .rules = CLOSED CONTROL "tcp dport 41000-42000 accept\n" END,
	    .server = SERVER } },
	{ "server-any-port",
	  { .rules = CLOSED CONTROL RANGE END, .server = "listen=YES\n" },
	  5,
	  "42000 to 42999",
	  { .rules = OPENED("inet") CONTROL RANGE END,
	    .server = "listen=YES\n" } },
	{ "control-port-missing",
	  { .rules = CLOSED CONTROL END,
	    .server = SERVER "listen_port=2121\n" },
	  3,
	  "add to chain forward of table inet fw: tcp dport 2121 accept",
	  { .rules = CLOSED CONTROL END, .server = SERVER } },
	{ "control-port-missing",
	  { .rules = "table inet fw {\nchain in {\n" HOOK(
		    "input", "drop") "tcp dport 22 accept\n" END,
	    .server = SERVER },
	  3,
	  "to chain in of table inet fw: tcp dport 21 accept",
	  { .rules = "table inet fw {\nchain in {\n" HOOK(
		    "input", "drop") "tcp dport ftp accept\n" END,
	    .server = SERVER } },
	{ "implicit-port-missing",
	  { .rules = CLOSED "tcp dport 21 accept\n" END,
	    .server = FTPS "implicit_ssl=YES\nlisten_port=990\n" },
	  3,
	  "tcp dport 990 accept",
	  { .rules = CLOSED CONTROL END,
	    .server = FTPS "implicit_ssl=YES\nlisten_port=990\n" } },
	/* One table for both families, and rules for one. */
	{ "ipv6-missing",
	  { .rules = CLOSED "ip daddr 10.2.5.5 tcp dport 21 accept\n" END,
	    .server = BOTH },
	  4,
	  "the same for ip6",
	  { .rules = CLOSED "tcp dport 21 accept\n" END, .server = BOTH } },
	{ "ipv6-missing",
	  { .rules = CLOSED "meta nfproto ipv4 tcp dport 21 accept\n" END },
	  4,
	  "",
	  { .rules = CLOSED_OF("ip") "tcp dport 21 accept\n" END } },
	/* A table for one family alone. */
	{ "ipv6-open",
	  { .rules = CLOSED_OF("ip") CONTROL END, .ipv6 = true },
	  0,
	  "family inet",
	  { .rules = CLOSED CONTROL END, .ipv6 = true } },
	{ "ipv6-open",
	  { .rules = CLOSED_OF("ip") CONTROL END OPENED("ip6") END },
	  9,
	  "policy drop",
	  { .rules = CLOSED_OF("ip") CONTROL END CLOSED_OF("ip6") END } },
	{ "shadowed",
	  { .rules = CLOSED
	    "meta l4proto tcp reject with tcp reset\n" CONTROL END },
	  5,
	  "move line 5 before line 4",
	  { .rules = CLOSED "meta l4proto udp reject\n" CONTROL END } },
	{ "shadowed",
	  { .rules = CLOSED "counter drop\n" RELATED END },
	  5,
	  "",
	  { .rules = CLOSED "ct state invalid drop\n" RELATED END } },
	/* What is not understood may be anything. */
	{ "shadowed",
	  { .rules = CLOSED "tcp dport 21 drop\ntcp dport 21 accept\n" END },
	  5,
	  "",
	  { .rules = CLOSED
	    "tcp dport @some drop\ntcp dport 21 accept\n" END } },
};

static struct traps traps;

static struct rulefile parsed(const char *text)
{
	struct rulefile f;
	uint32_t line;

	assert_int_equal(rulefile_parse_nft(span_str(text), &f, &line),
			 RULEFILE_OK);
	return f;
}

static void find(const struct material *m)
{
	static struct serverfile server;
	const struct serverfile *const servers[] = { &server };
	struct trap_input in = { .server = servers,
				 .assignment = TRAP_ASSIGNMENT_UNKNOWN,
				 .inside = "in0",
				 .ipv6 = m->ipv6,
				 .control_port = m->port };
	struct rulefile rules = parsed(m->rules);
	uint32_t line;

	/* One file for both. */
	in.rules[TWIN_V4] = in.rules[TWIN_V6] = &rules;
	in.modules = span_str("");
	if (m->server) {
		assert_int_equal(serverfile_parse(span_str(m->server), NULL,
						  &server, &line),
				 SERVERFILE_OK);
		in.servers = 1;
	}
	assert_true(traps_find(&in, &traps));
	rulefile_free(&rules);
}

/* The only one; a rule for both families is told of once. */
static const struct trap *trap(const char *id)
{
	const struct trap *found = NULL;

	for (size_t i = 0; i < traps.count; i++) {
		if (strcmp(traps.at[i].id, id) != 0)
			continue;
		assert_null(found);
		found = &traps.at[i];
	}
	return found;
}

static void test_each_trap(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct trap_case *c = &cases[i];
		const struct trap *t;

		find(&c->bad);
		t = trap(c->id);
		if (!t)
			fail_msg("case %zu: %s is not seen", i, c->id);
		if (t->line != c->line || !strstr(t->change, c->change))
			fail_msg("case %zu: %s on line %u: %s", i, c->id,
				 t->line, t->change);
		find(&c->good);
		t = trap(c->id);
		if (t)
			fail_msg("case %zu: %s is seen on line %u, where it "
				 "is not",
				 i, c->id, t->line);
	}
}

/* In rules, that is; servers and modules have no language. */
static void test_each_trap_of_rules_has_a_case(void **state)
{
	static const char *const others[] = { "module-ports", "module-loose",
					      "announced-address",
					      "announced-elsewhere",
					      "server-without-tls" };

	(void)state;
	for (size_t i = 0; trap_id(i); i++) {
		bool has = false;

		for (size_t k = 0; k < ARRAY_SIZE(others); k++)
			has |= strcmp(others[k], trap_id(i)) == 0;
		for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
			has |= strcmp(cases[k].id, trap_id(i)) == 0;
		if (!has)
			fail_msg("%s", trap_id(i));
	}
}

static void test_a_good_policy_has_none(void **state)
{
	const struct material m = {
		.rules = CLOSED RELATED CONTROL RANGE
		"ip6 saddr fc00::/7 tcp dport 42000-42999 accept\n" END,
		.server = BOTH "ssl_enable=YES\n",
		.ipv6 = true,
	};

	(void)state;
	find(&m);
	for (size_t i = 0; i < traps.count; i++)
		print_error("%s: %s\n", traps.at[i].id, traps.at[i].change);
	assert_int_equal(traps.count, 0);
}

/* --- hostile files -------------------------------------------------------------- */

static void test_damage_is_survived(void **state)
{
	uint64_t random = 11;
	struct rulefile f;
	uint32_t line;

	(void)state;
	for (int n = 0; n < 3000; n++) {
		const struct trap_case *c =
			&cases[random_next(&random) % ARRAY_SIZE(cases)];
		char *text = strdup(c->bad.rules);
		size_t len = strlen(text), skip = strlen("table ");
		struct material m = c->bad;

		for (int k = 0; k < 6; k++)
			text[skip + random_next(&random) % (len - skip)] =
				(char)(' ' + random_next(&random) % 95);
		m.rules = text;
		/* Most of it is no rule set any more. */
		if (rulefile_parse_nft(span_str(text), &f, &line) ==
		    RULEFILE_OK) {
			rulefile_free(&f);
			find(&m);
			assert_true(traps.count <= TRAPS_MAX);
		}
		free(text);
	}
}

/* Helpers are looked up in each of many rules, and declared in each other. */
static void test_many_helpers_end(void **state)
{
	enum { RULES = 50000, DEPTH = 2000 };
	struct trap_input in = { .passive = { 42000, 42999 } };
	struct rulefile rules;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	fputs("table inet t {\nchain c {\n" HOOK("prerouting", "accept"), to);
	for (int i = 0; i < RULES; i++)
		fprintf(to, "tcp dport 21 ct helper set \"h%d\"\n", i);
	fputs("}\n", to);
	for (int i = 0; i < DEPTH; i++)
		fprintf(to, "ct helper h%d {\n", i);
	for (int i = 0; i < DEPTH; i++)
		fputs("}\n", to);
	fputs("}\n", to);
	fclose(to);
	rules = parsed(text);
	in.rules[TWIN_V4] = in.rules[TWIN_V6] = &rules;
	assert_true(traps_find(&in, &traps));
	assert_null(trap("helper-too-early"));
	rulefile_free(&rules);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_trap),
		cmocka_unit_test(test_each_trap_of_rules_has_a_case),
		cmocka_unit_test(test_a_good_policy_has_none),
		cmocka_unit_test(test_damage_is_survived),
		cmocka_unit_test(test_many_helpers_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
