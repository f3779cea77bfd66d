/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SYN with the ports of a session that is there already. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_syn_changes_nothing),
		cmocka_unit_test(answered_syn_replaces),
		cmocka_unit_test(syn_after_half_a_pickup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
