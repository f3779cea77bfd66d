/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of sessions under load, its numbers, and packets that are none of
 * its business.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"
#define SECOND  1000000ull

static const struct wire_options plain = { .v6 = false };

/* Client number @i: each has its own address. */
static struct endpoint client_at(unsigned int i)
{
	struct endpoint e = wire_endpoint("10.77.0.0", 33333);

	e.addr.b[14] = (uint8_t)(i >> 8);
	e.addr.b[15] = (uint8_t)i;
	return e;
}

/* A second session beside those of @hub, from client number @i. */
static void join(struct wire *w, struct wire *hub, const struct wire_options *o,
		 unsigned int i)
{
	const struct endpoint client = client_at(i);

	wire_join(w, hub, o, &client);
	wire_connect(w);
	wire_login(w);
	scene_ask(w, VIA_PASV, SERVER4, (uint16_t)(42000 + i));
}

static bool followed(const struct wire *w)
{
	return w->actions[ACTION_PINHOLE_ADD] > 0;
}

/* --- floods ------------------------------------------------------------------- */

static void syn_flood_crowds_out_itself(void **state)
{
	struct wire w, late;
	const struct wire_options o = { .sessions = 4 };

	(void)state;
	scene_start(&w, &o);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	for (unsigned int i = 0; i < 300; i++) {
		const struct endpoint from = client_at(i);

		wire_syn(&w, &from, &w.end[SERVER].at);
	}
	scene_expect_quiet(&w);
	assert_int_equal(scene_stats(&w).sessions_evicted, 297);
	assert_int_equal(scene_stats(&w).sessions_refused, 0);
	scene_expect_open(&w, 1);
	join(&late, &w, &o, 999);
	assert_true(followed(&late));
	scene_leave(&late);
	scene_stop(&w);
}

/* A SYN and an ACK with invented numbers is not a session, whether the server
 * answered the SYN (to somebody else) or not. */
static void blind_handshakes_are_no_sessions(void **state)
{
	struct wire w, late;
	const struct wire_options o = { .sessions = 4 };

	(void)state;
	scene_start(&w, &o);
	for (unsigned int i = 0; i < 50; i++) {
		struct wire_tcp ack = { .src = client_at(i),
					.dst = w.end[SERVER].at,
					.seq = 8,
					.ack = 12345,
					.flags = TCP_ACK,
					.bytes = "USER a\r\n",
					.len = i % 2 ? 8 : 0 };

		struct wire_tcp answer = { .src = ack.dst,
					   .dst = ack.src,
					   .seq = 0x7fffffff,
					   .ack = 8,
					   .flags = TCP_SYN | TCP_ACK };

		wire_syn(&w, &ack.src, &ack.dst);
		if (i % 3)
			wire_tcp(&w, &answer);
		wire_tcp(&w, &ack);
	}
	assert_int_equal(scene_stats(&w).sessions, 1);
	join(&late, &w, &o, 999);
	assert_true(followed(&late));
	scene_leave(&late);
	scene_stop(&w);
}

/* All places taken by real sessions: a new one is not followed, and one alert
 * says so until there is room again. */
static void full_table(void **state)
{
	const struct wire_options o = { .sessions = 2 };
	struct wire w, second, third, fourth;

	(void)state;
	scene_start(&w, &o);
	join(&second, &w, &o, 2);
	join(&third, &w, &o, 3);
	join(&fourth, &w, &o, 4);
	assert_true(followed(&second));
	assert_false(followed(&third) || followed(&fourth));
	scene_expect_alert(&third, "session-table-full");
	scene_expect_quiet(&fourth);
	assert_true(scene_stats(&w).sessions_refused >= 2);
	/* Its packets passed all the same. */
	assert_int_equal(wire_received(&third, SERVER).len,
			 third.end[CLIENT].stream_len);
	wire_stop(&third);
	wire_stop(&fourth);
	/* Room again, by a session that is only closing. */
	scene_leave(&second);
	join(&third, &w, &o, 5);
	assert_true(followed(&third));
	scene_expect_quiet(&third);
	join(&fourth, &w, &o, 6);
	scene_expect_alert(&fourth, "session-table-full");
	wire_stop(&fourth);
	scene_leave(&third);
	scene_stop(&w);
}

static void cap_per_client(void **state)
{
	const struct wire_options o = { .sessions_per_client = 2 };
	struct endpoint client = wire_endpoint(CLIENT4, 40000);
	struct wire w, more[3], other;

	(void)state;
	scene_start(&w, &o);
	for (unsigned int i = 0; i < 3; i++, client.port++) {
		wire_join(&more[i], &w, &o, &client);
		wire_connect(&more[i]);
		wire_login(&more[i]);
		scene_ask(&more[i], VIA_PASV, SERVER4, (uint16_t)(43000 + i));
		assert_int_equal(followed(&more[i]), i == 0);
	}
	scene_expect_alert(&more[1], "session-table-full");
	scene_expect_quiet(&more[2]);
	/* That client's, and nobody else's. */
	join(&other, &w, &o, 7);
	assert_true(followed(&other));
	wire_stop(&more[1]);
	wire_stop(&more[2]);
	scene_leave(&more[0]);
	scene_leave(&other);
	scene_stop(&w);
}

/* Sessions that are over, or never began, do not count for a client. */
static void short_sessions_do_not_add_up(void **state)
{
	const struct wire_options o = { .sessions_per_client = 2 };
	struct endpoint client = wire_endpoint(CLIENT4, 40000);
	struct wire w;

	(void)state;
	wire_start(&w, &o);
	for (unsigned int i = 0; i < 20; i++, client.port++) {
		struct wire one;

		wire_join(&one, &w, &o, &client);
		wire_connect(&one);
		wire_login(&one);
		scene_ask(&one, VIA_PASV, SERVER4, 42000);
		assert_true(followed(&one));
		scene_expect_quiet(&one);
		scene_leave(&one);
		client.port += 1000;
		wire_syn(&w, &client, &w.end[SERVER].at);
		client.port -= 1000;
	}
	scene_stop(&w);
}

/* --- all at once, twice ------------------------------------------------------------- */

#define MANY 24

/* Every table as full as it goes, then all ended; scene_stop() sees that all
 * of it came back, and the second round that it can be used again. */
static void full_capacity_twice(void **state)
{
	const struct wire_options o = { .sessions = MANY + 1,
					.pinholes = MANY,
					.snat = true,
					.dnat = true };
	static struct wire w, s[MANY];

	(void)state;
	wire_start(&w, &o);
	for (int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < MANY; i++) {
			join(&s[i], &w, &o, i);
			assert_true(followed(&s[i]));
			s[i].syns = (uint32_t)round;
			if (i % 3 == 0)
				scene_data(&s[i]);
		}
		assert_int_equal(scene_stats(&w).sessions, MANY);
		assert_int_equal(scene_stats(&w).pinholes, MANY * 2 / 3);
		wire_wait(&w, 61 * SECOND);
		assert_int_equal(scene_stats(&w).pinholes, 0);
		for (unsigned int i = 0; i < MANY; i++)
			scene_leave(&s[i]);
		wire_wait(&w, 31 * SECOND);
		assert_int_equal(scene_stats(&w).sessions, 0);
	}
	assert_int_equal(scene_stats(&w).sessions_opened, 2 * MANY);
	/* Expiry was told to the hub: only the balance counts. */
	scene_stop(&w);
}

/* More sessions than one outcome can tell the end of. */
static void shutdown_takes_several_calls(void **state)
{
	const struct wire_options o = { .sessions = 200,
					.pinholes = 200,
					.pinholes_per_server = 200 };
	static struct wire w, s[150];
	unsigned int calls = 0, closed = 0, dels = 0;
	bool more;

	(void)state;
	wire_start(&w, &o);
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++)
		join(&s[i], &w, &o, i);
	do {
		more = engine_shutdown(w.engine, w.now, w.out);
		assert_true(w.out->events <= OUTCOME_EVENTS_MAX);
		for (size_t i = 0; i < w.out->events; i++)
			closed += w.out->event[i].type == EVENT_SESSION_CLOSE;
		for (size_t i = 0; i < w.out->actions; i++)
			dels += w.out->action[i].type == ACTION_PINHOLE_DEL;
		wire_deliver(&w);
		calls++;
	} while (more);
	assert_true(calls > 1);
	assert_int_equal(closed, ARRAY_SIZE(s));
	assert_int_equal(dels, ARRAY_SIZE(s));
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++)
		wire_stop(&s[i]);
	scene_stop(&w);
}

static void walks_see_each_once(void **state)
{
	const struct wire_options o = { .sessions = 8 };
	static struct wire w, s[6];
	struct session_info info;
	struct pinhole_info hole;
	uint64_t seen = 0, holes = 0;
	uint32_t at = 0;

	(void)state;
	wire_start(&w, &o);
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++)
		join(&s[i], &w, &o, i);
	scene_leave(&s[2]);
	wire_wait(&w, 31 * SECOND);
	while (engine_next_session(w.engine, &at, &info)) {
		assert_true(info.id >= 1 && info.id <= 6 && info.id != 3);
		assert_false(seen >> info.id & 1);
		seen |= 1ull << info.id;
	}
	assert_int_equal(seen, 0x76);
	for (at = 0; engine_next_pinhole(w.engine, &at, &hole);) {
		assert_int_equal(hole.key.to.port, 42000 + hole.session - 1);
		assert_false(hole.active);
		assert_true(endpoint_equal(&hole.target, &hole.key.to));
		assert_false(holes >> hole.id & 1);
		holes |= 1ull << hole.id;
	}
	assert_int_equal(holes, 0x76);
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++)
		if (i != 2)
			scene_leave(&s[i]);
	scene_stop(&w);
}

/* --- packets of others ------------------------------------------------------------ */

/* Give @bytes to the engine alone; its only verdict must be @kind, and the
 * packet unchanged. */
static void expect_verdict(struct wire *w, struct span bytes,
			   enum verdict_kind kind)
{
	assert_int_equal(engine_packet(w->engine, bytes, 7, w->now, w->out),
			 ENGINE_DONE);
	assert_int_equal(w->out->verdicts, 1);
	assert_int_equal(w->out->verdict[0].tag, 7);
	assert_int_equal(w->out->verdict[0].kind, kind);
	assert_int_equal(w->out->verdict[0].bytes.len, 0);
	assert_int_equal(w->out->actions, 0);
}

static void not_ours_passes_untouched(void **state)
{
	static const uint8_t udp[28] = { 0x45, 0,  0,  28, 0, 0, 0,  0, 64, 17,
					 0,    0,  10, 1,  4, 4, 10, 2, 5,  5,
					 0,    21, 0,  21, 0, 8, 0,  0 };
	static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	uint8_t tcp[128];
	struct wire w;
	struct wire_tcp t = { .seq = 5,
			      .ack = 6,
			      .flags = TCP_ACK,
			      .bytes = "PORT 10,1,4,4,19,137\r\n",
			      .len = 22 };
	size_t len;

	(void)state;
	wire_start(&w, &plain);
	expect_verdict(&w, span_of(udp, sizeof(udp)), VERDICT_ACCEPT);
	expect_verdict(&w, span_of(arp, sizeof(arp)), VERDICT_ACCEPT);
	/* Damaged: its lengths contradict each other. */
	expect_verdict(&w, span_of(udp, 27), VERDICT_DROP);
	expect_verdict(&w, span_of(udp, 0), VERDICT_DROP);
	t.src = wire_endpoint(CLIENT4, 40404);
	t.dst = wire_endpoint(SERVER4, 80);
	len = wire_build(&t, tcp);
	expect_verdict(&w, span_of(tcp, len), VERDICT_ACCEPT);
	t.flags = TCP_SYN;
	len = wire_build(&t, tcp);
	expect_verdict(&w, span_of(tcp, len), VERDICT_ACCEPT);
	/* A control port without a session, and nothing to read. */
	t.dst.port = 21;
	t.len = 0;
	t.flags = TCP_ACK;
	len = wire_build(&t, tcp);
	expect_verdict(&w, span_of(tcp, len), VERDICT_ACCEPT);
	assert_int_equal(scene_stats(&w).packets, 7);
	assert_int_equal(scene_stats(&w).control_packets, 1);
	assert_int_equal(scene_stats(&w).packets_dropped, 2);
	assert_int_equal(w.out->events, 0);
	scene_stop(&w);
}

/* Numbers of one session, all accounted for. */
static void numbers_agree(void **state)
{
	struct wire w;
	struct engine_stats n;

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_data(&w);
	n = scene_stats(&w);
	assert_int_equal(n.packets, w.packets);
	assert_int_equal(n.control_packets, w.packets - 1);
	assert_int_equal(n.commands, 3);
	assert_int_equal(n.replies, 4);
	assert_int_equal(n.rewrites, 1);
	assert_true(n.packets_rewritten >= 1);
	assert_int_equal(n.pinholes_opened, 1);
	assert_int_equal(n.pinholes_used, 1);
	assert_int_equal(n.sessions_opened, 1);
	assert_int_equal(n.packets_held + n.packets_dropped + n.packets_cut +
				 n.retransmissions + n.alerts +
				 n.actions_failed + n.data_unmatched,
			 0);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_flood_crowds_out_itself),
		cmocka_unit_test(blind_handshakes_are_no_sessions),
		cmocka_unit_test(full_table),
		cmocka_unit_test(cap_per_client),
		cmocka_unit_test(short_sessions_do_not_add_up),
		cmocka_unit_test(full_capacity_twice),
		cmocka_unit_test(shutdown_takes_several_calls),
		cmocka_unit_test(walks_see_each_once),
		cmocka_unit_test(not_ours_passes_untouched),
		cmocka_unit_test(numbers_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
