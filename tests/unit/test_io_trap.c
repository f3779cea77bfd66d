/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known traps: for each a case that has it, and the nearest that has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lab/trap.h"
#include "support.h"

/* What a rule set has around the rules that matter. */
#define CLOSED  "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n"
#define OPEN    "*filter\n:FORWARD ACCEPT [0:0]\n"
#define CONTROL "-A FORWARD -p tcp -m tcp --dport 21 -j ACCEPT\n"
#define RELATED \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
#define END "COMMIT\n"
#define HELPER \
	"*raw\n-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp\n"
#define RANGE(ports) \
	"-A FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport " ports " -j ACCEPT\n"

#define SERVER "listen=YES\npasv_min_port=42000\npasv_max_port=42999\n"
#define FTPS   SERVER "ssl_enable=YES\n"

struct material {
	const char *rules, *rules6, *server, *modules;
	enum trap_assignment assignment;
};

static const struct trap_case {
	const char *id;
	struct material bad;
	uint32_t line;      /* that is blamed */
	const char *change; /* a part of it */
	struct material good;
} cases[] = {
	/* The helper. */
	{ "helper-without-rule",
	  { .rules = CLOSED CONTROL
	    "-A FORWARD -m helper --helper ftp -j ACCEPT\n" END },
	  5,
	  "-j CT --helper ftp",
	  { .rules = CLOSED CONTROL
	    "-A FORWARD -m helper --helper ftp -j ACCEPT\n" END HELPER END } },
	{ "helper-without-rule",
	  { .rules = CLOSED CONTROL RELATED END,
	    .assignment = TRAP_ASSIGNMENT_NONE },
	  5,
	  "--dport 21",
	  { .rules = CLOSED CONTROL RELATED END,
	    .assignment = TRAP_ASSIGNMENT_AUTO } },
	{ "helper-without-rule",
	  { .rules = CLOSED CONTROL RELATED END,
	    .modules = "nf_conntrack_ftp\n" },
	  5,
	  "table raw",
	  { .rules = CLOSED CONTROL RELATED END,
	    .modules = "nf_conntrack_tftp\n" } },
	{ "helper-blind",
	  { .rules = CLOSED CONTROL RELATED END HELPER END, .server = FTPS },
	  8,
	  "--dport 42000:42999",
	  { .rules = CLOSED CONTROL RELATED END HELPER END,
	    .server = SERVER } },
	{ "helper-blind",
	  { .rules = CLOSED CONTROL RELATED RANGE("43000:43999") END HELPER END,
	    .server = FTPS },
	  9,
	  "sallyport",
	  { .rules = CLOSED CONTROL RELATED RANGE("42000:42999") END HELPER END,
	    .server = FTPS } },
	{ "related-any-port",
	  { .rules = CLOSED RELATED END HELPER END },
	  4,
	  "-A FORWARD -p tcp -m conntrack --ctstate RELATED -m helper",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m conntrack --ctstate RELATED "
	    "-m helper --helper ftp -j ACCEPT\n" END HELPER END } },
	{ "related-any-port",
	  { .rules = CLOSED RELATED END HELPER END },
	  4,
	  "--dport 1024:65535",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m conntrack --ctstate RELATED "
	    "-m tcp --dport 1024:65535 -j ACCEPT\n" END HELPER END } },
	{ "related-any-port",
	  { .rules = CLOSED RELATED END, .assignment = TRAP_ASSIGNMENT_AUTO },
	  4,
	  "",
	  { .rules = CLOSED "-A FORWARD -p icmp -m conntrack --ctstate RELATED "
			    "-j ACCEPT\n" END,
	    .assignment = TRAP_ASSIGNMENT_AUTO } },
	{ "untracked",
	  { .rules = CLOSED CONTROL END
	    "*raw\n-A PREROUTING -p tcp -m tcp --dport 21 "
	    "-j CT --notrack\n" END },
	  7,
	  "port 21",
	  { .rules = CLOSED CONTROL END
	    "*raw\n-A PREROUTING -p tcp -m tcp --dport 22 "
	    "-j CT --notrack\n" END } },
	{ "untracked",
	  { .rules =
		    CLOSED CONTROL END "*raw\n-A PREROUTING -j NOTRACK\n" END },
	  7,
	  "",
	  { .rules = CLOSED CONTROL END
	    "*raw\n-A PREROUTING -i lo -j NOTRACK\n" END } },
	{ "helper-without-rule",
	  { .rules = CLOSED CONTROL RELATED END,
	    .assignment = TRAP_ASSIGNMENT_NONE },
	  5,
	  "",
	  { .rules = CLOSED CONTROL RELATED RANGE("42000:42999") END,
	    .assignment = TRAP_ASSIGNMENT_NONE } },
	{ "source-port-20",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m tcp --sport 20 -j ACCEPT\n" END },
	  4,
	  "-s",
	  { .rules =
		    CLOSED "-A FORWARD -s 10.2.5.5/32 -p tcp -m tcp --sport 20 "
			   "-j ACCEPT\n" END } },
	{ "source-port-20",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m tcp --sport 20 -j ACCEPT\n" END },
	  4,
	  "",
	  { .rules = CLOSED "-A FORWARD -p tcp -m tcp --sport 20 -m conntrack "
			    "--ctstate ESTABLISHED -j ACCEPT\n" END } },
	{ "module-ports",
	  { .modules = "# x\noptions nf_conntrack_ftp ports=21,2121\n" },
	  2,
	  "--dports 21,2121 -j CT",
	  { .modules = "options nf_conntrack_irc ports=21,2121\n" } },
	{ "module-loose",
	  { .modules = "options nf-conntrack-ftp loose=1 # x\n" },
	  1,
	  "loose=0",
	  { .modules = "options nf_conntrack_ftp loose=0 # loose=1\n" } },
	{ "announced-address",
	  { .rules = CLOSED END HELPER END,
	    .server = SERVER "pasv_address=198.51.100.7\n" },
	  4,
	  "",
	  { .rules = CLOSED END,
	    .server = SERVER "pasv_address=198.51.100.7\n" } },
	{ "announced-elsewhere",
	  { .server = SERVER "pasv_address=198.51.100.8\n" },
	  4,
	  "announce 198.51.100.7",
	  { .server = SERVER "pasv_address=198.51.100.7\n" } },
	{ "server-without-tls",
	  { .server = "listen=YES\nssl_enable=NO\n" },
	  2,
	  "ssl_enable=YES",
	  { .server = "listen=YES\nssl_enable=YES\n" } },

	/* The passive range. */
	{ "range-open",
	  { .rules = CLOSED "-A FORWARD -p tcp -m tcp --dport 42000:42999 -j "
			    "ACCEPT\n" END },
	  4,
	  "take line 4 away",
	  { .rules = CLOSED RANGE("42000:42999") END } },
	{ "range-open",
	  { .rules = CLOSED
	    "-A FORWARD -s 0.0.0.0/0 -p tcp -m multiport --dports "
	    "21,42000:42999 -j ACCEPT\n" END },
	  4,
	  "",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m tcp --dport 42000:42999 -m conntrack "
	    "--ctstate RELATED,ESTABLISHED -j ACCEPT\n" END } },
	{ "range-open",
	  { .rules = CLOSED "-A FORWARD -p tcp -m tcp --dport 1024:65535 -j "
			    "ACCEPT\n" END },
	  4,
	  "",
	  { .rules =
		    CLOSED "-A FORWARD -p tcp -m tcp --dport 1024:65535 -m set "
			   "--match-set holes src -j ACCEPT\n" END } },
	{ "range-open",
	  { .rules = CLOSED "-A FORWARD -i out0 -p tcp -m tcp --dport "
			    "42000:42999 -j ACCEPT\n" END },
	  4,
	  "",
	  { .rules = CLOSED "-A FORWARD -i in0 -p tcp -m tcp --dport "
			    "42000:42999 -j ACCEPT\n" END } },
	{ "range-open",
	  { .rules = CLOSED "-A FORWARD -p tcp -m tcp --dport 1024:65535 "
			    "-j ACCEPT\n" END },
	  4,
	  "",
	  { .rules = CLOSED "-A FORWARD -p tcp -m tcp --sport 20 --dport "
			    "1024:65535 -j ACCEPT\n" END } },
	{ "range-differs",
	  { .rules = CLOSED CONTROL RANGE("42000:42998") END,
	    .server = SERVER },
	  5,
	  "42000:42999",
	  { .rules = CLOSED CONTROL RANGE("42000:42999") END,
	    .server = SERVER } },
	{ "range-differs",
	  { .rules = CLOSED CONTROL RANGE("42001:43000") END,
	    .server = SERVER },
	  5,
	  "",
	  { .rules = CLOSED CONTROL RANGE("42001:43000") RANGE("41000:42000")
		    END,
	    .server = SERVER } },
	{ "range-differs",
	  { .rules = CLOSED CONTROL RANGE("42000:42500") END,
	    .server = SERVER },
	  5,
	  "",
	  { .rules = OPEN CONTROL RANGE("42000:42500") END,
	    .server = SERVER } },
	{ "range-differs",
	  { .rules = OPEN END "*nat\n-A PREROUTING -p tcp -m tcp --dport "
			      "42000:42998 -j DNAT --to-destination "
			      "10.2.5.5\n" END,
	    .server = SERVER },
	  5,
	  "",
	  { .rules = OPEN END "*nat\n-A PREROUTING -p tcp -m tcp --dport "
			      "42000:42999 -j DNAT --to-destination "
			      "10.2.5.5\n" END,
	    .server = SERVER } },
	{ "range-differs",
	  { .rules = CLOSED CONTROL "-A FORWARD -d 10.2.5.5/32 -p tcp -m tcp "
				    "--dport 42000:42500 -j ACCEPT\n" END,
	    .server = SERVER "listen_address=10.2.5.5\n" },
	  5,
	  "",
	  { .rules = CLOSED CONTROL "-A FORWARD -d 10.2.5.6/32 -p tcp -m tcp "
				    "--dport 42000:42500 -j ACCEPT\n" END,
	    .server = SERVER "listen_address=10.2.5.5\n" } },
	{ "range-too-wide",
	  { .rules = CLOSED CONTROL RANGE("42000:43000") END,
	    .server = SERVER },
	  5,
	  "42000:42999",
	  { .rules = CLOSED CONTROL RANGE("42000:42999") END,
	    .server = SERVER } },
	{ "range-elsewhere",
	  { .rules = CLOSED CONTROL RANGE("41000:41999") END,
	    .server = SERVER },
	  5,
	  "42000:42999",
	  { .rules = CLOSED CONTROL RANGE("41000:42000") END,
	    .server = SERVER } },
	{ "server-any-port",
	  { .rules = CLOSED CONTROL RANGE("42000:42999") END,
	    .server = "listen=YES\n" },
	  5,
	  "42000 to 42999",
	  { .rules = CLOSED CONTROL RANGE("1024:65535") END,
	    .server = "listen=YES\n" } },

	/* What can be reached. */
	{ "control-port-missing",
	  { .rules = CLOSED CONTROL END,
	    .server = SERVER "listen_port=2121\n" },
	  3,
	  "--dport 2121",
	  { .rules = CLOSED CONTROL END, .server = SERVER } },
	{ "control-port-missing",
	  { .rules = CLOSED RANGE("42000:42999") END, .server = SERVER },
	  3,
	  "-A FORWARD -p tcp -m tcp --dport 21 ",
	  { .rules = OPEN RANGE("42000:42999") END, .server = SERVER } },
	{ "control-port-missing",
	  { .rules = "*filter\n:INPUT DROP\n:FORWARD ACCEPT\n"
		     "-A INPUT -i lo -j ACCEPT\n" END,
	    .server = SERVER },
	  2,
	  "-A INPUT",
	  { .rules = "*filter\n:INPUT DROP\n:FORWARD ACCEPT\n"
		     "-A INPUT -j ACCEPT\n" END,
	    .server = SERVER } },
	{ "implicit-port-missing",
	  { .rules = CLOSED CONTROL END,
	    .server = FTPS "implicit_ssl=YES\nlisten_port=990\n" },
	  3,
	  "--dport 990",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m multiport --dports 21,990 -j ACCEPT\n" END,
	    .server = FTPS "implicit_ssl=YES\nlisten_port=990\n" } },
	{ "ipv6-missing",
	  { .rules = CLOSED CONTROL END, .rules6 = CLOSED END },
	  4,
	  "-A FORWARD -p tcp -m tcp --dport 21 -j ACCEPT",
	  { .rules = CLOSED CONTROL END, .rules6 = CLOSED CONTROL END } },
	{ "ipv6-missing",
	  { .rules = CLOSED CONTROL RANGE("42000:42999") END,
	    .rules6 = CLOSED CONTROL END,
	    .server = "listen_ipv6=YES\npasv_min_port=42000\n"
		      "pasv_max_port=42999\n" },
	  5,
	  "42000:42999",
	  { .rules = CLOSED CONTROL RANGE("42000:42999") END,
	    .rules6 = CLOSED CONTROL END,
	    .server = SERVER } },
	{ "ipv6-missing",
	  { .rules = CLOSED CONTROL END, .server = "listen_ipv6=YES\n" },
	  4,
	  "",
	  { .rules = CLOSED CONTROL END } },
	{ "ipv6-open",
	  { .rules = CLOSED CONTROL END, .rules6 = OPEN END },
	  2,
	  "-P FORWARD DROP",
	  { .rules = OPEN CONTROL END, .rules6 = OPEN END } },
	{ "shadowed",
	  { .rules = CLOSED "-A FORWARD -p tcp -j REJECT\n" CONTROL END },
	  5,
	  "move line 5 before line 4",
	  { .rules = CLOSED "-A FORWARD -p udp -j REJECT\n" CONTROL END } },
	{ "shadowed",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m tcp --dport 1:1023 -j DROP\n" CONTROL END },
	  5,
	  "",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m tcp --dport 22:1023 -j DROP\n" CONTROL
		    END } },
	{ "shadowed",
	  { .rules = CLOSED
	    "-A FORWARD -s 10.0.0.0/8 -j DROP\n" RANGE("42000:42999") END },
	  5,
	  "",
	  { .rules = CLOSED
	    "-A FORWARD -s 10.0.0.0/9 -j DROP\n" RANGE("42000:42999") END } },
	{ "shadowed",
	  { .rules = CLOSED "-A FORWARD -j DROP\n" RELATED END },
	  5,
	  "",
	  { .rules = CLOSED
	    "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n" RELATED
		    END } },
	{ "shadowed",
	  { .rules = CLOSED "-A FORWARD -j DROP\n" CONTROL END },
	  5,
	  "",
	  { .rules = CLOSED "-A FORWARD -i eth9 -j DROP\n" CONTROL END } },
	{ "shadowed",
	  { .rules = CLOSED
	    "-A FORWARD -p tcp -m tcp --dport 21 -j DROP\n" CONTROL END },
	  5,
	  "",
	  { .rules = CLOSED
	    "-A FORWARD ! -s 10.0.0.0/8 -j DROP\n" CONTROL END } },
};

static struct traps traps;

static bool parse(const char *text, struct rulefile *out)
{
	uint32_t line;

	*out = (struct rulefile){ .len = 0 };
	if (!text)
		return false;
	assert_int_equal(rulefile_parse(span_str(text), out, &line),
			 RULEFILE_OK);
	return true;
}

static void find(const struct material *m)
{
	static struct serverfile server;
	const struct serverfile *const servers[] = { &server };
	struct trap_input in = { .server = servers,
				 .assignment = m->assignment,
				 .inside = "in0" };
	struct rulefile rules[TWIN_FAMILIES];
	struct addr reach;
	uint32_t line;

	addr_parse(span_str("198.51.100.7"), &reach);
	in.reach = &reach;
	in.modules = span_str(m->modules ? m->modules : "");
	if (parse(m->rules, &rules[TWIN_V4]))
		in.rules[TWIN_V4] = &rules[TWIN_V4];
	if (parse(m->rules6, &rules[TWIN_V6]))
		in.rules[TWIN_V6] = &rules[TWIN_V6];
	if (m->server) {
		assert_int_equal(serverfile_parse(span_str(m->server), NULL,
						  &server, &line),
				 SERVERFILE_OK);
		in.servers = 1;
	}
	assert_true(traps_find(&in, &traps));
	rulefile_free(&rules[TWIN_V4]);
	rulefile_free(&rules[TWIN_V6]);
}

static const struct trap *trap(const char *id)
{
	for (size_t i = 0; i < traps.count; i++)
		if (strcmp(traps.at[i].id, id) == 0)
			return &traps.at[i];
	return NULL;
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

static void test_each_trap_has_a_case(void **state)
{
	(void)state;
	for (size_t i = 0; trap_id(i); i++) {
		/* nft's alone. */
		bool has = strcmp(trap_id(i), "helper-too-early") == 0;

		for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
			has = has || strcmp(cases[k].id, trap_id(i)) == 0;
		if (!has)
			fail_msg("%s", trap_id(i));
	}
}

static void test_a_good_policy_has_none(void **state)
{
	const struct material m = {
		.rules = CLOSED RELATED CONTROL RANGE("42000:42999") END,
		.rules6 = CLOSED RELATED CONTROL
		"-A FORWARD -s fc00::/7 -p tcp -m tcp --dport 42000:42999 "
		"-j ACCEPT\n" END,
		.server = "listen_ipv6=YES\npasv_min_port=42000\n"
			  "pasv_max_port=42999\nssl_enable=YES\n",
	};

	(void)state;
	find(&m);
	if (traps.count > 0)
		fail_msg("%s: %s", traps.at[0].id, traps.at[0].change);
}

/* --- hostile files -------------------------------------------------------------- */

static void test_damage_is_survived(void **state)
{
	uint64_t random = 7;

	(void)state;
	for (int n = 0; n < 3000; n++) {
		const struct trap_case *c =
			&cases[random_next(&random) % ARRAY_SIZE(cases)];
		char *text = strdup(c->bad.rules ? c->bad.rules : OPEN END);
		size_t len = strlen(text), skip = strlen("*filter\n");
		struct material m = c->bad;

		for (int k = 0; k < 6; k++)
			text[skip + random_next(&random) % (len - skip)] =
				(char)(' ' + random_next(&random) % 95);
		m.rules = text;
		find(&m);
		assert_true(traps.count <= TRAPS_MAX);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_trap),
		cmocka_unit_test(test_each_trap_has_a_case),
		cmocka_unit_test(test_a_good_policy_has_none),
		cmocka_unit_test(test_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
