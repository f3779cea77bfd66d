/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripted client and the scripted server: every kind of FTP works between
 * them, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lab/scenario.h"
#include "lab_peers.h"
#include "support.h"

static const enum via ways[] = { VIA_PORT, VIA_EPRT, VIA_PASV, VIA_EPSV };
static const enum client_tls kinds[] = { CLIENT_FTP, CLIENT_EXPLICIT,
					 CLIENT_IMPLICIT };

static struct scenario scenario_with(const struct endpoint *server,
				     enum client_tls tls, enum via via)
{
	return (struct scenario){ .client = lab_client_spec(server, tls),
				  .via = via,
				  .user = LAB_USER,
				  .password = LAB_PASSWORD };
}

static void check_data(const struct scenario *s,
		       const struct client_transfer *t)
{
	bool active = via_is_active(s->via);

	assert_int_equal(t->moved, SCENARIO_BYTES);
	assert_false(t->more);
	assert_false(t->truncated);
	assert_int_equal(t->tls, s->client.tls != CLIENT_FTP);
	if (t->tls)
		assert_true(t->facts.resumed);
	assert_true(addr_equal(&t->from.addr, &s->client.server.addr));
	assert_true(addr_equal(&t->to.addr, &s->client.server.addr));
	assert_int_not_equal(active ? t->to.port : t->from.port, 0);
}

static void works(const struct scenario *s)
{
	struct scenario_result result;
	char name[SCENARIO_NAME_MAX];

	scenario_name(s, name);
	if (!scenario_run(s, &result))
		print_error("%s\n", name);
	assert_well(&result.stop);
	check_data(s, &result.up);
	check_data(s, &result.down);
	assert_int_equal(result.announced.port, result.down.to.port);
}

static void all_ways(const char *addr, enum client_tls tls, uint16_t version)
{
	struct server_spec spec = lab_server_spec();
	struct endpoint at;

	spec.at = netns_endpoint(addr, 0);
	spec.implicit = tls == CLIENT_IMPLICIT;
	spec.role = lab_server_role(version);
	spec.reuse = tls != CLIENT_FTP;
	at = lab_start(&spec);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct scenario s = scenario_with(&at, tls, ways[i]);

		if (scenario_exists(&s))
			works(&s);
	}
	lab_stop(NULL);
}

static void test_everything_works_over_ipv4(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		all_ways("127.0.0.1", kinds[i], 0);
}

static void test_everything_works_over_ipv6(void **state)
{
	(void)state;
	lab_needs_ipv6();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		all_ways("::1", kinds[i], 0);
}

static void test_each_tls_version_works(void **state)
{
	(void)state;
	all_ways("127.0.0.1", CLIENT_EXPLICIT, 0x0302);
	all_ways("127.0.0.1", CLIENT_EXPLICIT, 0x0303);
	all_ways("127.0.0.1", CLIENT_IMPLICIT, 0x0304);
}

static void test_names(void **state)
{
	struct endpoint v6 = netns_endpoint("::1", 21);
	struct scenario s = scenario_with(&v6, CLIENT_IMPLICIT, VIA_EPRT);
	char name[SCENARIO_NAME_MAX];

	(void)state;
	scenario_name(&s, name);
	assert_string_equal(name, "FTPS implicit EPRT IPv6");
	assert_true(scenario_exists(&s));
	s.via = VIA_PASV;
	assert_false(scenario_exists(&s));
}

static void test_active_comes_from_the_data_port(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct scenario_result result;
	struct endpoint at;
	struct scenario s;

	(void)state;
	/* Any port that is free at the moment ... */
	at = lab_start(&spec);
	s = scenario_with(&at, CLIENT_EXPLICIT, VIA_PORT);
	assert_true(scenario_run(&s, &result));
	lab_stop(NULL);
	/* ... is one to come from. */
	spec.data_port = result.down.from.port;
	at = lab_start(&spec);
	s = scenario_with(&at, CLIENT_EXPLICIT, VIA_PORT);
	assert_true(scenario_run(&s, &result));
	assert_int_equal(result.up.from.port, spec.data_port);
	assert_int_equal(result.down.from.port, spec.data_port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_everything_works_over_ipv4,
					  lab_stop),
		cmocka_unit_test_teardown(test_everything_works_over_ipv6,
					  lab_stop),
		cmocka_unit_test_teardown(test_each_tls_version_works,
					  lab_stop),
		cmocka_unit_test(test_names),
		cmocka_unit_test_teardown(test_active_comes_from_the_data_port,
					  lab_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
