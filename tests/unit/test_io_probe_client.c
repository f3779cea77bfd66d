/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripted client says at which stage a server stopped it, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "lab/client_private.h"
#include "lab/scenario.h"
#include "lab/socket.h"
#include "lab_peers.h"
#include "support.h"

/* Nothing comes on loopback that has not come by then. */
#define SHORT_MS 100
#define LONG_MS  10000

static struct scenario_result run(const struct server_spec *spec,
				  enum client_tls tls, enum via via,
				  uint32_t ms)
{
	struct endpoint at = lab_start(spec);
	struct scenario s = { .client = lab_client_spec(&at, tls),
			      .via = via,
			      .user = LAB_USER,
			      .password = LAB_PASSWORD };
	struct scenario_result result;

	if (ms > 0)
		s.client.times = (struct client_times){ ms, ms, ms, ms, ms };
	scenario_run(&s, &result);
	lab_stop(NULL);
	return result;
}

/* The stages that a server can stop, and the code of its refusal. */
static const struct {
	enum stage stage;
	uint16_t code;
} stages[] = {
	{ STAGE_GREETING, 421 },       { STAGE_AUTH, 530 },
	{ STAGE_LOGIN, 530 },          { STAGE_PBSZ, 503 },
	{ STAGE_PROT, 536 },           { STAGE_TYPE, 504 },
	{ STAGE_ENDPOINT, 500 },       { STAGE_DATA_CONNECT, 425 },
	{ STAGE_DATA_HANDSHAKE, 522 }, { STAGE_TRANSFER, 550 },
};

#define STAGES_WITH_CODE ARRAY_SIZE(stages)

/* @ms: as in run(). A loaded machine may need more to come to that stage, and
 * gets it. */
static struct stop at_fault(enum stage stage, enum server_does does,
			    enum via via, uint32_t ms)
{
	struct server_spec spec = lab_server_spec();
	struct stop s;

	spec.fault.at = stage;
	spec.fault.does = does;
	do {
		s = run(&spec, CLIENT_EXPLICIT, via, ms).stop;
		ms *= 4;
	} while (s.stage != stage && s.reason == STOP_TIMEOUT && ms > 0 &&
		 ms < LONG_MS);
	return s;
}

/* The other end closed. Bytes that were still under way to it come back as a
 * reset. */
static void assert_cut(const struct stop *s, enum stage stage)
{
	if (s->reason != STOP_BROKEN ||
	    (s->error != ECONNRESET && s->error != EPIPE))
		assert_stop(s, stage, STOP_CLOSED);
	assert_int_equal(s->stage, stage);
}

static void test_refused_at_every_stage(void **state)
{
	(void)state;
	for (size_t i = 0; i < STAGES_WITH_CODE; i++) {
		struct stop s =
			at_fault(stages[i].stage, SERVER_REFUSES, VIA_PORT, 0);

		/* In place of its handshake it closes and explains. */
		if (stages[i].stage == STAGE_DATA_HANDSHAKE)
			assert_cut(&s, stages[i].stage);
		else
			assert_stop(&s, stages[i].stage, STOP_REFUSED);
		assert_int_equal(s.code, stages[i].code);
		assert_true(s.text_len > 0);
	}
}

static void test_cut_at_every_stage(void **state)
{
	(void)state;
	for (size_t i = 0; i < STAGES_WITH_CODE; i++) {
		struct stop s =
			at_fault(stages[i].stage, SERVER_CUTS, VIA_EPRT, 0);

		assert_cut(&s, stages[i].stage);
		assert_int_equal(s.code, 0);
	}
}

static void test_stalled_at_every_stage(void **state)
{
	(void)state;
	for (size_t i = 0; i < STAGES_WITH_CODE; i++) {
		uint64_t begin = clock_now_us();
		struct stop s = at_fault(stages[i].stage, SERVER_STALLS,
					 VIA_EPRT, SHORT_MS);

		assert_stop(&s, stages[i].stage, STOP_TIMEOUT);
		assert_true(clock_now_us() - begin >=
			    SHORT_MS * DEADLINE_US_PER_MS);
	}
}

/* Where a reply is awaited: what is no reply, and what never ends. */
static void test_babble_and_flood(void **state)
{
	static const enum stage asked[] = {
		STAGE_GREETING, STAGE_AUTH, STAGE_LOGIN,    STAGE_PBSZ,
		STAGE_PROT,     STAGE_TYPE, STAGE_ENDPOINT, STAGE_DATA_CONNECT
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct stop s = at_fault(asked[i], SERVER_BABBLES, VIA_PORT, 0);

		assert_stop(&s, asked[i], STOP_MALFORMED);
		assert_memory_equal(s.text, "<html>", 6);
		s = at_fault(asked[i], SERVER_FLOODS, VIA_PORT, 0);
		assert_stop(&s, asked[i], STOP_TOO_LONG);
	}
}

/* Whoever says something all the time has no more of it than one that is
 * silent. */
static void test_preliminary_replies_without_end(void **state)
{
	static const enum stage asked[] = { STAGE_GREETING, STAGE_LOGIN,
					    STAGE_ENDPOINT };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct stop s =
			at_fault(asked[i], SERVER_DAWDLES, VIA_EPSV, SHORT_MS);

		assert_stop(&s, asked[i], STOP_TIMEOUT);
	}
}

static void test_handshake(void **state)
{
	struct stop s;

	(void)state;
	s = at_fault(STAGE_HANDSHAKE, SERVER_CUTS, VIA_EPSV, 0);
	assert_cut(&s, STAGE_HANDSHAKE);
	s = at_fault(STAGE_HANDSHAKE, SERVER_STALLS, VIA_EPSV, SHORT_MS);
	assert_stop(&s, STAGE_HANDSHAKE, STOP_TIMEOUT);
	s = at_fault(STAGE_HANDSHAKE, SERVER_REFUSES, VIA_EPSV, 0);
	assert_stop(&s, STAGE_HANDSHAKE, STOP_TLS);
	assert_non_null(strstr(s.text, "handshake failure"));
}

/* Cleartext behind the 234 belongs to whoever sits in between. */
static void test_cleartext_in_place_of_the_handshake(void **state)
{
	struct stop s = at_fault(STAGE_HANDSHAKE, SERVER_BABBLES, VIA_EPSV, 0);

	(void)state;
	assert_int_equal(s.stage, STAGE_HANDSHAKE);
	/* As the line came together with the 234, or behind it. */
	assert_true(s.reason == STOP_MALFORMED || s.reason == STOP_TLS);
}

static void test_a_reply_injected_behind_the_234(void **state)
{
	struct stop s = at_fault(STAGE_AUTH, SERVER_INJECTS, VIA_EPSV, 0);

	(void)state;
	assert_stop(&s, STAGE_HANDSHAKE, STOP_MALFORMED);
}

static void test_passive_ports(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct endpoint any = netns_endpoint("127.0.0.1", 0), taken;
	int other = socket_listen(&any);
	struct stop s;

	(void)state;
	/* The only port of the range is somebody else's. */
	assert_int_equal(socket_local(other, &taken), 0);
	spec.passive = (struct port_range){ taken.port, taken.port };
	s = run(&spec, CLIENT_EXPLICIT, VIA_PASV, 0).stop;
	assert_stop(&s, STAGE_ENDPOINT, STOP_REFUSED);
	assert_int_equal(s.code, 425);
	close(other);
	s = run(&spec, CLIENT_EXPLICIT, VIA_EPSV, 0).stop;
	assert_well(&s);
	/* Announced, but nobody listens. */
	s = at_fault(STAGE_DATA_CONNECT, SERVER_CUTS, VIA_EPSV, 0);
	assert_stop(&s, STAGE_DATA_CONNECT, STOP_BROKEN);
	assert_int_equal(s.error, ECONNREFUSED);
}

static void test_no_server(void **state)
{
	struct endpoint at = netns_endpoint("127.0.0.1", 0);
	int fd = socket_listen(&at);
	struct scenario s = { .via = VIA_EPSV };
	struct scenario_result result;

	(void)state;
	assert_int_equal(socket_local(fd, &at), 0);
	close(fd);
	s.client = lab_client_spec(&at, CLIENT_FTP);
	assert_false(scenario_run(&s, &result));
	assert_stop(&result.stop, STAGE_CONNECT, STOP_BROKEN);
	assert_int_equal(result.stop.error, ECONNREFUSED);
}

static void test_server_without_tls(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct stop s;

	(void)state;
	spec.role = NULL;
	s = run(&spec, CLIENT_EXPLICIT, VIA_EPSV, 0).stop;
	assert_stop(&s, STAGE_AUTH, STOP_REFUSED);
	assert_int_equal(s.code, 502);
	s = run(&spec, CLIENT_FTP, VIA_EPSV, 0).stop;
	assert_well(&s);
}

/* The server's part of the same. */
static void test_a_command_injected_behind_auth(void **state)
{
	static const char both[] = "AUTH TLS\r\nUSER me\r\n";
	struct server_spec spec = lab_server_spec();
	struct endpoint at = lab_start(&spec);
	struct client_spec how = lab_client_spec(&at, CLIENT_EXPLICIT);
	static struct client c;

	(void)state;
	client_open(&c, &how);
	assert_true(client_connect(&c));
	assert_true(client_greeting(&c));
	assert_int_equal(link_write(&c.control, span_of(both, sizeof(both) - 1),
				    deadline_in(5000)),
			 LINK_DONE);
	assert_false(client_read_reply(&c, STAGE_AUTH, deadline_in(5000)));
	assert_cut(&c.stop, STAGE_AUTH);
	client_close(&c);
}

/* --- by hand ---------------------------------------------------------------------- */

/* A client that has logged in and protected. */
static void logged_in(struct client *c, const struct server_spec *spec)
{
	struct endpoint at = lab_start(spec);
	struct client_spec how = lab_client_spec(&at, CLIENT_EXPLICIT);

	client_open(c, &how);
	client_begin(c);
	client_login(c, LAB_USER, LAB_PASSWORD);
	client_protect(c);
	assert_well(&c->stop);
}

static void test_wrong_password(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct endpoint at = lab_start(&spec);
	struct client_spec how = lab_client_spec(&at, CLIENT_EXPLICIT);
	static struct client c;

	(void)state;
	client_open(&c, &how);
	assert_true(client_begin(&c));
	assert_false(client_login(&c, LAB_USER, "wrong"));
	assert_stop(&c.stop, STAGE_LOGIN, STOP_REFUSED);
	assert_int_equal(c.stop.code, 530);
	client_close(&c);
}

/* A command is one line, whatever a user name holds. */
static void test_commands_are_one_line(void **state)
{
	struct server_spec spec = lab_server_spec();
	char name[CLIENT_COMMAND_MAX];
	static struct client c;

	(void)state;
	logged_in(&c, &spec);
	assert_false(client_login(&c, "me\r\nDELE file", ""));
	assert_stop(&c.stop, STAGE_LOGIN, STOP_MALFORMED);
	client_close(&c);
	lab_stop(NULL);
	logged_in(&c, &spec);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_false(client_login(&c, name, ""));
	assert_stop(&c.stop, STAGE_LOGIN, STOP_TOO_LONG);
	client_close(&c);
}

static void test_a_new_session_where_reuse_is_required(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct client_transfer t = { .command = "LIST", .fresh = true };
	static struct client c;
	char room[100];

	(void)state;
	t.bytes = room;
	t.size = sizeof(room);
	logged_in(&c, &spec);
	assert_true(client_passive(&c, VIA_EPSV));
	assert_true(client_transfer(&c, &t));
	assert_false(t.facts.resumed);
	client_close(&c);
	lab_stop(NULL);
	spec.reuse = true;
	logged_in(&c, &spec);
	assert_true(client_passive(&c, VIA_EPSV));
	assert_false(client_transfer(&c, &t));
	assert_true(c.stop.stage >= STAGE_DATA_HANDSHAKE);
	assert_int_equal(c.stop.code, 522);
	client_close(&c);
}

/* More than there is room for is left, and the session lives on. */
static void test_a_long_listing_is_cut(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct client_transfer t = { .command = "LIST" };
	static struct client c;
	char room[8];

	(void)state;
	t.bytes = room;
	t.size = sizeof(room);
	logged_in(&c, &spec);
	assert_true(client_passive(&c, VIA_PASV));
	assert_true(client_transfer(&c, &t));
	assert_int_equal(t.moved, sizeof(room));
	assert_true(t.more);
	assert_true(client_quit(&c));
	client_close(&c);
}

/* Data connections go to the server, wherever a 227 points. */
static void test_an_announced_third_host_is_not_followed(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct client_transfer t = { .command = "LIST" };
	struct endpoint third = netns_endpoint("127.0.0.2", 0);
	static struct client c;
	char room[100];

	(void)state;
	t.bytes = room;
	t.size = sizeof(room);
	spec.announces = true;
	spec.announced = third.addr;
	logged_in(&c, &spec);
	assert_true(client_passive(&c, VIA_PASV));
	assert_true(addr_equal(&c.announced.endpoint.addr, &third.addr));
	assert_true(client_transfer(&c, &t));
	assert_true(addr_equal(&t.to.addr, &c.spec.server.addr));
	/* Only one that is told to does. */
	c.spec.follow = true;
	assert_true(client_passive(&c, VIA_PASV));
	assert_false(client_transfer(&c, &t));
	assert_stop(&c.stop, STAGE_DATA_CONNECT, STOP_BROKEN);
	client_close(&c);
}

/* In active mode a third host may connect; only the server counts. */
static void test_a_third_host_that_connects_is_turned_away(void **state)
{
	struct endpoint third = netns_endpoint("127.0.0.2", 0);
	struct server_spec spec = lab_server_spec();
	struct client_transfer t = { .command = "LIST" };
	static struct client c;
	char room[100];
	int fd;

	(void)state;
	t.bytes = room;
	t.size = sizeof(room);
	logged_in(&c, &spec);
	assert_true(client_active(&c, VIA_PORT));
	fd = socket_connect(&third, &c.announced.endpoint, deadline_in(5000));
	assert_true(fd >= 0);
	assert_true(client_transfer(&c, &t));
	assert_true(addr_equal(&t.from.addr, &c.spec.server.addr));
	/* It got nothing but its end. */
	assert_int_equal(socket_wait_one(fd, 1, deadline_in(5000)), 0);
	assert_true(read(fd, room, sizeof(room)) <= 0);
	close(fd);
	client_close(&c);
}

/* Both connections come from the address that the lab wants. */
static void test_where_it_comes_from(void **state)
{
	struct endpoint third = netns_endpoint("127.0.0.3", 0);
	struct server_spec spec = lab_server_spec();
	struct endpoint at = lab_start(&spec);
	struct scenario s = { .client = lab_client_spec(&at, CLIENT_EXPLICIT),
			      .via = VIA_PASV,
			      .user = LAB_USER,
			      .password = LAB_PASSWORD };
	struct scenario_result result;

	(void)state;
	s.client.from = third;
	assert_true(scenario_run(&s, &result));
	assert_true(addr_equal(&result.up.from.addr, &third.addr));
	s.via = VIA_PORT;
	assert_true(scenario_run(&s, &result));
	assert_true(addr_equal(&result.down.to.addr, &third.addr));
}

static void test_the_first_stop_stays(void **state)
{
	struct server_spec spec = lab_server_spec();
	static struct client c;

	(void)state;
	logged_in(&c, &spec);
	assert_false(client_command(&c, STAGE_TYPE, "NOSUCH"));
	assert_false(client_login(&c, "a\nb", ""));
	assert_stop(&c.stop, STAGE_TYPE, STOP_REFUSED);
	assert_int_equal(c.stop.code, 502);
	client_close(&c);
	client_close(&c);
}

#define peers_test(test) cmocka_unit_test_teardown(test, lab_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		peers_test(test_refused_at_every_stage),
		peers_test(test_cut_at_every_stage),
		peers_test(test_stalled_at_every_stage),
		peers_test(test_babble_and_flood),
		peers_test(test_preliminary_replies_without_end),
		peers_test(test_handshake),
		peers_test(test_cleartext_in_place_of_the_handshake),
		peers_test(test_a_reply_injected_behind_the_234),
		peers_test(test_passive_ports),
		peers_test(test_no_server),
		peers_test(test_server_without_tls),
		peers_test(test_a_command_injected_behind_auth),
		peers_test(test_wrong_password),
		peers_test(test_commands_are_one_line),
		peers_test(test_a_new_session_where_reuse_is_required),
		peers_test(test_a_long_listing_is_cut),
		peers_test(test_an_announced_third_host_is_not_followed),
		peers_test(test_a_third_host_that_connects_is_turned_away),
		peers_test(test_where_it_comes_from),
		peers_test(test_the_first_stop_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
