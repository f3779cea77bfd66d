/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hidden endpoints the configuration lets through, and what is said of
 * the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/hidden_verdict.h"

#include "support.h"
#include "told.h"

static const char yaml[] = "servers:\n"
			   "  - name: lab\n"
			   "    address: [10.2.5.5, \"fc00:10:2:5::5\"]\n"
			   "    public-address: [198.51.100.5]\n"
			   "    passive-ports: 42000-42999\n"
			   "  - name: strict\n"
			   "    address: [10.2.6.0/24]\n"
			   "    active: refuse\n"
			   "clients:\n"
			   "  - name: office\n"
			   "    address: [10.1.8.8]\n"
			   "    public-address: 203.0.113.8\n"
			   "    active-ports: 5000-5100\n"
			   "  - name: odd\n"
			   "    address: [10.1.8.9]\n"
			   "    public-address: 203.0.113.99\n"
			   "    active-ports: 5000-5100\n"
			   "pinhole:\n"
			   "  denied-ports: [3306]\n"
			   "control:\n"
			   "  ports: [21, 2121]\n"
			   "replay:\n"
			   "  nat:\n"
			   "    - inside: 10.1.8.0/24\n"
			   "      public: 203.0.113.8\n"
			   "    - inside: 10.2.5.5\n"
			   "      public: 198.51.100.77\n";

#define CANNOT_CROSS                                                      \
	"FTPS active cannot cross this NAT: the client's encrypted PORT " \
	"names its inside address, which nobody can rewrite"

static const struct verdict_case {
	const char *client, *server;
	enum via via;
	const char *addr; /* NULL: none is named */
	uint16_t port;
	const char *why; /* NULL: let through */
	enum alert rule;
} cases[] = {
	/* --- passive: whose address it is */
	{ "10.1.4.4", "10.2.5.5", VIA_PASV, "10.2.5.5", 42000, NULL, ALERTS },
	{ "10.1.4.4", "10.2.5.5", VIA_EPSV, NULL, 42999, NULL, ALERTS },
	{ "10.1.4.4", "10.2.5.5", VIA_PASV, "0.0.0.0", 42000, NULL, ALERTS },
	{ "10.1.4.4", "10.2.5.5", VIA_PASV, "198.51.100.5", 42000, NULL,
	  ALERTS },
	{ "10.1.4.4", "10.2.5.5", VIA_PASV, "198.51.100.77", 42000, NULL,
	  ALERTS },
	{ "10.1.4.4", "10.2.5.5", VIA_PASV, "10.2.5.6", 42000,
	  "names 10.2.5.6, which is no address of server lab",
	  ALERT_THIRD_HOST },
	{ "fc00:10:1:4::4", "fc00:10:2:5::5", VIA_EPSV, NULL, 42000, NULL,
	  ALERTS },
	{ "fc00:10:1:4::4", "fc00:10:2:5::5", VIA_LPSV, "fc00:10:2:5::5", 42000,
	  NULL, ALERTS },
	{ "10.1.4.4", "10.2.7.7", VIA_PASV, "10.2.7.7", 42000,
	  "no servers entry for 10.2.7.7", ALERTS },
	{ "10.1.4.4", "10.2.6.6", VIA_PASV, "10.2.6.6", 42000,
	  "passive-ports is not set for server strict", ALERTS },
	/* --- passive: ports */
	{ "10.1.4.4", "10.2.5.5", VIA_PASV, "10.2.5.5", 43000,
	  "outside passive-ports 42000-42999 of server lab",
	  ALERT_OUTSIDE_RANGE },
	{ "10.1.4.4", "10.2.5.5", VIA_PASV, "10.2.5.5", 41999,
	  "outside passive-ports 42000-42999 of server lab",
	  ALERT_OUTSIDE_RANGE },
	/* --- active, nobody translates */
	{ "10.1.4.4", "10.2.5.5", VIA_PORT, "10.1.4.4", 1024, NULL, ALERTS },
	{ "10.1.4.4", "10.2.5.5", VIA_PORT, "0.0.0.0", 65535, NULL, ALERTS },
	{ "10.1.4.4", "10.2.5.5", VIA_PORT, "10.1.4.5", 4000,
	  "names 10.1.4.5, which is not the client", ALERT_BOUNCE },
	{ "10.1.4.4", "10.2.5.5", VIA_PORT, "10.1.4.4", 22,
	  "port 22 is below minimum-port 1024", ALERT_LOW_PORT },
	{ "10.1.4.4", "10.2.5.5", VIA_EPRT, "10.1.4.4", 3306,
	  "port 3306 is a control port or one of denied-ports",
	  ALERT_DENIED_PORT },
	{ "10.1.4.4", "10.2.6.6", VIA_PORT, "10.1.4.4", 4000,
	  "active is refused for server strict", ALERT_ACTIVE_REFUSED },
	{ "fc00:10:1:4::4", "fc00:10:2:5::5", VIA_EPRT, "fc00:10:1:4::4", 4000,
	  NULL, ALERTS },
	/* --- active, from behind NAT */
	{ "10.1.8.7", "10.2.5.5", VIA_PORT, "10.1.8.7", 5000, CANNOT_CROSS,
	  ALERTS },
	{ "10.1.8.7", "10.2.5.5", VIA_PORT, "203.0.113.8", 5000, CANNOT_CROSS,
	  ALERTS },
	{ "10.1.8.9", "10.2.5.5", VIA_PORT, "10.1.8.9", 5000, CANNOT_CROSS,
	  ALERTS },
	{ "10.1.8.8", "10.2.5.5", VIA_PORT, "10.1.8.8", 5000, CANNOT_CROSS,
	  ALERTS },
	{ "10.1.8.8", "10.2.5.5", VIA_PORT, "203.0.113.8", 5000, NULL, ALERTS },
	{ "10.1.8.8", "10.2.5.5", VIA_PORT, "203.0.113.8", 5100, NULL, ALERTS },
	{ "10.1.8.8", "10.2.5.5", VIA_PORT, "203.0.113.8", 5101,
	  "outside active-ports 5000-5100 of client office", ALERTS },
	{ "10.1.8.8", "10.2.5.5", VIA_PORT, "203.0.113.9", 5000,
	  "names 203.0.113.9, which is not the client", ALERT_BOUNCE },
};

static void test_cases(void **state)
{
	struct problems problems;
	struct config config;

	(void)state;
	assert_int_equal(config_load_bytes(&config, span_str(yaml), &problems),
			 CONFIG_OK);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct verdict_case *v = &cases[i];
		const struct ends ends = { told_at(v->client, 40000),
					   told_at(v->server, 21) };
		const struct nat_view nat = hidden_nat(&config, &ends);
		const struct hostport hp = {
			.via = v->via,
			.has_addr = v->addr,
			.endpoint =
				told_at(v->addr ? v->addr : v->server, v->port),
		};
		struct hidden_verdict verdict;

		memset(&verdict, 0x55, sizeof(verdict));
		hidden_judge(&config.policy, &ends, &nat, &hp, &verdict);
		assert_string_equal(verdict.why, v->why ? v->why : "");
		assert_int_equal(verdict.through, !v->why);
		assert_int_equal(verdict.rule, v->rule);
	}
	config_free(&config);
}

/* The longest name that a server may have. */
static void test_long_name(void **state)
{
	char name[POLICY_NAME_MAX], text[256];
	struct problems problems;
	struct config config;
	const struct ends ends = { told_at("fc00:10:1:4::4", 40000),
				   told_at("fc00:10:2:5::5", 21) };
	const struct nat_view nat = nat_identity(&ends);
	const struct hostport hp = {
		.via = VIA_LPSV,
		.has_addr = true,
		.endpoint = told_at("1111:2222:3333:4444:5555:6666:7777:8888",
				    42000),
	};
	struct hidden_verdict verdict;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text),
		 "servers:\n  - name: %s\n    address: [\"fc00:10:2:5::5\"]\n"
		 "    passive-ports: 42000-42999\n",
		 name);
	assert_int_equal(config_load_bytes(&config, span_str(text), &problems),
			 CONFIG_OK);
	hidden_judge(&config.policy, &ends, &nat, &hp, &verdict);
	snprintf(text, sizeof(text),
		 "names 1111:2222:3333:4444:5555:6666:7777:8888, which is no "
		 "address of server %s",
		 name);
	assert_string_equal(verdict.why, text);
	config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
