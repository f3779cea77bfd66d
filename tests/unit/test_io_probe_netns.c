/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripted client and server with a gateway between them: where it stops a
 * conversation is where the client says that it stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lab/scenario.h"
#include "lab_peers.h"
#include "support.h"

/* A SYN that is lost is sent again after a second. */
#define PATIENCE_MS 700

#define PASSIVE "42000:42099"

static const enum via ways[] = { VIA_PORT, VIA_EPRT, VIA_PASV, VIA_EPSV };

static struct server_spec server_spec_at(const char *addr, bool implicit)
{
	struct server_spec spec = lab_server_spec();

	spec.at = netns_endpoint(addr, implicit ? 990 : 21);
	spec.implicit = implicit;
	spec.passive = (struct port_range){ 42000, 42099 };
	spec.data_port = implicit ? 989 : 20;
	spec.reuse = true;
	return spec;
}

/* The server on its host; this process is on the client's afterwards. */
static struct endpoint start(const struct netns_lab *lab,
			     const struct server_spec *spec)
{
	struct endpoint at;

	netns_go(lab->server);
	at = lab_start(spec);
	netns_go(lab->client);
	return at;
}

static struct scenario scenario_of(const struct endpoint *at,
				   enum client_tls tls, enum via via)
{
	return (struct scenario){ .client = lab_client_spec(at, tls),
				  .via = via,
				  .user = LAB_USER,
				  .password = LAB_PASSWORD };
}

/* --- an open gateway ------------------------------------------------------------------------ */

static void all_ways(const struct netns_lab *lab, const char *addr,
		     enum client_tls tls)
{
	struct server_spec spec = server_spec_at(addr, tls == CLIENT_IMPLICIT);
	struct endpoint at = start(lab, &spec);

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct scenario s = scenario_of(&at, tls, ways[i]);
		struct scenario_result result;

		if (!scenario_exists(&s))
			continue;
		scenario_run(&s, &result);
		assert_well(&result.stop);
		if (via_is_active(ways[i]))
			assert_int_equal(result.down.from.port, spec.data_port);
		else
			assert_in_range(result.down.to.port, 42000, 42099);
	}
	lab_stop(NULL);
}

static void test_everything_passes_an_open_gateway(void **state)
{
	static const char *const addrs[] = { NETNS_SERVER4, NETNS_SERVER6 };
	const struct netns_lab *lab = netns_lab_of(state);

	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		all_ways(lab, addrs[i], CLIENT_FTP);
		all_ways(lab, addrs[i], CLIENT_EXPLICIT);
		all_ways(lab, addrs[i], CLIENT_IMPLICIT);
	}
}

/* --- one rule ---------------------------------------------------------------------------------- */

#define RESET "-j REJECT --reject-with tcp-reset"

static const struct {
	const char *rule; /* of chain FORWARD */
	enum via via;
	enum stage stage;
	enum stop_reason reason;
	int error;
} cases[] = {
	{ "-p tcp --dport 21 -j DROP", VIA_EPSV, STAGE_CONNECT, STOP_TIMEOUT,
	  0 },
	{ "-p tcp --dport 21 " RESET, VIA_EPSV, STAGE_CONNECT, STOP_BROKEN,
	  ECONNREFUSED },
	/* What the server says has 40 bytes of headers and more. */
	{ "-p tcp --sport 21 -m length --length 60: -j DROP", VIA_EPSV,
	  STAGE_CONNECT, STOP_TIMEOUT, 0 },
	{ "-p tcp --sport 21 -m length --length 61: -j DROP", VIA_EPSV,
	  STAGE_GREETING, STOP_TIMEOUT, 0 },
	/* A ClientHello is longer than all commands and replies. */
	{ "-p tcp --dport 21 -m length --length 200: -j DROP", VIA_EPSV,
	  STAGE_HANDSHAKE, STOP_TIMEOUT, 0 },
	{ "-p tcp --dport 21 -m length --length 200: " RESET, VIA_EPSV,
	  STAGE_HANDSHAKE, STOP_BROKEN, ECONNRESET },
	{ "-p tcp --dport " PASSIVE " -j DROP", VIA_EPSV, STAGE_DATA_CONNECT,
	  STOP_TIMEOUT, 0 },
	{ "-p tcp --dport " PASSIVE " " RESET, VIA_PASV, STAGE_DATA_CONNECT,
	  STOP_BROKEN, ECONNREFUSED },
	{ "-p tcp --dport " PASSIVE
	  " -j REJECT --reject-with icmp-host-prohibited",
	  VIA_PASV, STAGE_DATA_CONNECT, STOP_BROKEN, EHOSTUNREACH },
	{ "-p tcp --sport 20 -j DROP", VIA_PORT, STAGE_DATA_CONNECT,
	  STOP_TIMEOUT, 0 },
	/* The server cannot connect, and says so. */
	{ "-p tcp --sport 20 " RESET, VIA_EPRT, STAGE_DATA_CONNECT,
	  STOP_REFUSED, 0 },
	/* Handshakes on data connections have a ClientHello too. */
	{ "-p tcp --dport " PASSIVE " -m length --length 200: -j DROP",
	  VIA_EPSV, STAGE_DATA_HANDSHAKE, STOP_TIMEOUT, 0 },
	/* Full segments alone. */
	{ "-p tcp --dport " PASSIVE " -m length --length 1400: -j DROP",
	  VIA_PASV, STAGE_TRANSFER, STOP_TIMEOUT, 0 },
	{ "-p tcp --dport 20 -m length --length 1400: -j DROP", VIA_PORT,
	  STAGE_TRANSFER, STOP_TIMEOUT, 0 },
	/* Nothing of this kind. */
	{ "-p tcp --dport 20 -j DROP", VIA_PASV, STAGE_RESOLVE, STOP_NOT, 0 },
	{ "-p tcp --dport " PASSIVE " -j DROP", VIA_PORT, STAGE_RESOLVE,
	  STOP_NOT, 0 },
};

/* A loaded machine may need more time to come to a stage, and gets it. */
static struct stop stop_of(const struct endpoint *at, enum via via,
			   enum stage stage)
{
	struct scenario s = scenario_of(at, CLIENT_EXPLICIT, via);
	struct scenario_result result;

	for (uint32_t ms = PATIENCE_MS; ms < 20 * PATIENCE_MS; ms *= 4) {
		s.client.times = (struct client_times){ ms, ms, ms, ms, ms };
		scenario_run(&s, &result);
		if (result.stop.stage == stage)
			break;
	}
	return result.stop;
}

static void test_a_rule_stops_it(void **state)
{
	const struct netns_lab *lab = netns_lab_of(state);
	struct server_spec spec = server_spec_at(NETNS_SERVER4, false);
	/* One for all: sessions that hang keep no other waiting. */
	struct endpoint at = start(lab, &spec);
	struct stop stop;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		netns_go(lab->gateway);
		netns_sh("iptables -A FORWARD %s", cases[i].rule);
		netns_go(lab->client);
		stop = stop_of(&at, cases[i].via, cases[i].stage);
		if (stop.reason != cases[i].reason ||
		    stop.stage != cases[i].stage)
			print_error("%s\n", cases[i].rule);
		assert_stop(&stop, cases[i].stage, cases[i].reason);
		assert_int_equal(stop.error, cases[i].error);
		netns_go(lab->gateway);
		netns_sh("iptables -F FORWARD");
	}
}

static int tear_down(void **state)
{
	lab_stop(state);
	return netns_lab_teardown(state);
}

#define gateway_test(test) \
	cmocka_unit_test_setup_teardown(test, netns_lab_setup, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(test_everything_passes_an_open_gateway),
		gateway_test(test_a_rule_stops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
