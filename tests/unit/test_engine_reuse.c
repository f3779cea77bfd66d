/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SYN with the ends of a connection that is there already. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "data_talk.h"
#include "scene.h"
#include "shelf.h"
#include "tls_talk.h"

#define CLIENT4 "10.1.4.4"

static struct session_info only_session(const struct wire *w)
{
	struct session_info info, more;
	uint32_t at = 0;

	assert_true(engine_next_session(w->engine, &at, &info));
	assert_false(engine_next_session(w->engine, &at, &more));
	return info;
}

static void forged_syn_changes_nothing(void **state)
{
	struct wire w;
	struct wire_tcp syn = { .seq = 77777, .flags = TCP_SYN, .mss = 1460 };

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	syn.src = w.end[CLIENT].at;
	syn.dst = w.end[SERVER].at;
	wire_tcp(&w, &syn);
	w.end[SERVER].peer_isn = w.end[CLIENT].isn;
	scene_expect_open(&w, 1);
	scene_ask(&w, VIA_PORT, CLIENT4, 5002);
	scene_expect_open(&w, 1);
	assert_int_equal(wire_logged(&w, "session_open"), 1);
	assert_int_equal(wire_logged(&w, "session_close"), 0);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* Forget what was said, as a new connection with the same ports does. */
static void restart_ends(struct wire *w)
{
	for (int i = CLIENT; i <= SERVER; i++) {
		struct wire_end *e = &w->end[i];

		e->isn += 0x20000000;
		e->sent_max = e->acked = e->stream_len = e->received = 0;
		e->ack_sent = 0;
		e->fin_sent = e->fin_received = e->reset = false;
		memset(e->have, 0, WIRE_STREAM_MAX);
	}
}

/* The client's SYN, and the server's answer to it. */
static void send_syn(struct wire *w)
{
	wire_tcp(w, &(struct wire_tcp){ .src = w->end[CLIENT].at,
					.dst = w->end[SERVER].at,
					.seq = w->end[CLIENT].isn,
					.flags = TCP_SYN,
					.mss = 1460 });
	assert_false(wire_dropped(w));
}

static void answer_syn(struct wire *w)
{
	wire_tcp(w, &(struct wire_tcp){ .src = w->end[SERVER].at,
					.dst = w->end[CLIENT].at,
					.seq = w->end[SERVER].isn,
					.ack = w->end[CLIENT].isn + 1,
					.flags = TCP_SYN | TCP_ACK,
					.mss = 1460 });
	assert_false(wire_dropped(w));
}

/* Sent twice, and held up on the way: numbers are translated as before. */
static void late_handshake_changes_nothing(void **state)
{
	struct wire w;

	(void)state;
	for (int restarted = 0; restarted < 2; restarted++) {
		scene_start(&w, &(struct wire_options){ .snat = true });
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		if (restarted)
			shelf_restart(&w);
		send_syn(&w);
		answer_syn(&w);
		scene_ask(&w, VIA_PORT, CLIENT4, 5002);
		scene_expect_open(&w, 1);
		wire_fin(&w, CLIENT);
		wire_fin(&w, SERVER);
		send_syn(&w);
		answer_syn(&w);
		assert_int_equal(wire_logged(&w, "session_open"), 1);
		assert_int_equal(wire_logged(&w, "session_close"), 1);
		assert_int_equal(wire_logged(&w, "session_close fin"), 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* After a reset the very same SYN may be the next attempt. */
static void same_syn_after_a_reset_is_new(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	wire_rst(&w, CLIENT);
	restart_ends(&w);
	w.end[CLIENT].isn -= 0x20000000;
	wire_connect(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PORT, CLIENT4, 5002);
	scene_expect_open(&w, 1);
	assert_int_equal(only_session(&w).id, 2);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

static void answered_syn_replaces(void **state)
{
	struct wire w;

	(void)state;
	for (int ended = 0; ended < 2; ended++) {
		scene_start(&w, &(struct wire_options){ .snat = true });
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		if (ended) {
			wire_fin(&w, CLIENT);
			wire_fin(&w, SERVER);
		}
		restart_ends(&w);
		wire_connect(&w);
		scene_expect_open(&w, 0);
		assert_int_equal(wire_logged(&w,
					     ended ? "session_close fin"
						   : "session_close replaced "
						     "by a new connection"),
				 1);
		wire_login(&w);
		scene_ask(&w, VIA_PORT, CLIENT4, 5002);
		scene_expect_open(&w, 1);
		assert_int_equal(only_session(&w).id, 2);
		assert_int_equal(w.asked_nat, 2);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* What is closed leaves the table after half a minute; a SYN with its ports
 * that came just before is not forgotten with it. */
static void syn_outlives_what_is_closed(void **state)
{
	struct engine_stats stats;
	struct wire w;

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	wire_fin(&w, CLIENT);
	wire_fin(&w, SERVER);
	wire_wait(&w, 29 * 1000000ull);
	restart_ends(&w);
	send_syn(&w);
	wire_wait(&w, 2 * 1000000ull);
	answer_syn(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PORT, CLIENT4, 5002);
	scene_expect_open(&w, 1);
	engine_stats(w.engine, &stats);
	assert_int_equal(stats.sessions_opened, 2);
	assert_int_equal(stats.sessions_midstream, 0);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* Only the client was heard of the connection before, and an endpoint of it
 * was rewritten: the new one has numbers of its own. */
static void syn_after_half_a_pickup(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &(struct wire_options){ .snat = true });
	w.policy.require_login = false;
	w.hold_acks = true;
	w.end[CLIENT].peer_isn = w.end[SERVER].isn;
	w.end[SERVER].peer_isn = w.end[CLIENT].isn;
	scene_send(&w, CLIENT, "NOOP\r\n");
	scene_send(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n");
	assert_int_equal(wire_logged(&w, "rewrite"), 1);
	w.hold_acks = false;
	restart_ends(&w);
	wire_connect(&w);
	wire_login(&w);
	wire_expect(&w, SERVER, "USER ftpuser\r\nPASS secret\r\n");
	scene_ask(&w, VIA_PORT, CLIENT4, 5002);
	scene_expect_open(&w, 1);
	assert_string_equal(only_session(&w).state, "ready");
	scene_stop(&w);
}

/* --- data connections --------------------------------------------------------- */

/* Of the client to the passive range of the server. */
static void data_ends(const struct wire *w, struct endpoint *from,
		      struct endpoint *to)
{
	*from = (struct endpoint){ w->end[CLIENT].at.addr, 41000 };
	*to = (struct endpoint){ w->end[SERVER].at.addr, 42000 };
}

/* The SYN comes once more when all is over: conntrack would take it for a new
 * connection in place of the old one, whose last segments may be late as well. */
static void late_syn_is_dropped(void **state)
{
	struct wire w;
	struct endpoint from, to;
	struct wire_tcp syn = { .seq = DATA_ISN,
				.flags = TCP_SYN,
				.mss = 1460 };

	(void)state;
	tls_begin(&w, &(struct wire_options){ 0 }, TLS_1_3);
	data_ends(&w, &from, &to);
	syn.src = from;
	syn.dst = to;
	assert_true(data_try(&w, &from, &to));
	assert_false(data_try(&w, &from, &to)); /* passes, as it must */
	data_over(&w, &from, &to);
	for (int i = 0; i < 2; i++) {
		wire_tcp(&w, &syn);
		assert_true(wire_dropped(&w));
	}
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	assert_int_equal(scene_stats(&w).grants_used, 1);
	assert_int_equal(scene_stats(&w).packets_dropped_by[DROP_DATA_LATE], 2);
	/* The entry is gone: who knows what it is. */
	data_closed(&w, &from, &to);
	assert_true(data_try(&w, &from, &to));
	scene_stop(&w);
}

/* Another connection; and the same try again of a host that was reset. */
static void new_syn_is_let_in(void **state)
{
	struct wire w;
	struct endpoint from, to;

	(void)state;
	tls_begin(&w, &(struct wire_options){ 0 }, TLS_1_3);
	data_ends(&w, &from, &to);
	assert_true(data_try(&w, &from, &to));
	data_over(&w, &from, &to);
	assert_true(data_try_new(&w, &from, &to));
	data_reset(&w, &from, &to);
	assert_true(data_try_new(&w, &from, &to));
	/* What is told of it later is no end of the one that lives. */
	data_closed(&w, &from, &to);
	data_closed(&w, &from, &to);
	assert_int_equal(scene_stats(&w).data_connections, 1);
	scene_stop(&w);
}

/* In active mode the same two ports meet again (RFC 959 3.2: 20): the SYN that
 * is late does not use up the pinhole of the next transfer. */
static void late_syn_uses_no_pinhole(void **state)
{
	struct wire w;
	struct wire_tcp syn = { .seq = DATA_ISN,
				.flags = TCP_SYN,
				.mss = 1460 };

	(void)state;
	scene_start(&w, &(struct wire_options){ 0 });
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	syn.src = (struct endpoint){ w.end[SERVER].at.addr, 20 };
	syn.dst = w.last[ACTION_PINHOLE_ADD].hole.key.to;
	wire_tcp(&w, &syn);
	for (int over = 0; over < 2; over++) {
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		scene_expect_open(&w, 1);
		wire_tcp(&w, &syn);
		assert_int_equal(wire_dropped(&w), over);
		scene_expect_open(&w, 1);
		data_over(&w, &syn.src, &syn.dst);
	}
	scene_data(&w);
	scene_expect_open(&w, 0);
	assert_int_equal(scene_stats(&w).pinholes_used, 2);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_syn_changes_nothing),
		cmocka_unit_test(answered_syn_replaces),
		cmocka_unit_test(late_handshake_changes_nothing),
		cmocka_unit_test(same_syn_after_a_reset_is_new),
		cmocka_unit_test(syn_outlives_what_is_closed),
		cmocka_unit_test(syn_after_half_a_pickup),
		cmocka_unit_test(late_syn_is_dropped),
		cmocka_unit_test(new_syn_is_let_in),
		cmocka_unit_test(late_syn_uses_no_pinhole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
