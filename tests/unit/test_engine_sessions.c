/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How sessions begin and end, and the table of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"
#include "tls_talk.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"
#define SECOND  1000000ull

static const struct wire_options plain = { .v6 = false };

/* The only session there is, or one that says "none". */
static struct session_info the_session(const struct wire *w)
{
	struct session_info info = { .state = "none" }, more;
	uint32_t at = 0;

	if (engine_next_session(w->engine, &at, &info))
		assert_false(engine_next_session(w->engine, &at, &more));
	return info;
}

static void expect_state(const struct wire *w, const char *state)
{
	assert_string_equal(the_session(w).state, state);
}

/* --- beginning ---------------------------------------------------------------- */

static void states_as_ctl_shows_them(void **state)
{
	struct wire w;
	struct session_info info;

	(void)state;
	wire_start(&w, &(struct wire_options){ .snat = true });
	expect_state(&w, "none");
	wire_connect(&w);
	expect_state(&w, "greeting");
	assert_int_equal(wire_logged(&w, "session_open"), 1);
	scene_play(&w, "< 220 hello");
	expect_state(&w, "login");
	scene_play(&w, "> USER a\n< 331 ?\n> PASS b\n< 230 in");
	info = the_session(&w);
	assert_string_equal(info.state, "ready");
	assert_int_equal(info.id, 1);
	assert_true(info.nat_known && info.trusted);
	assert_true(
		endpoint_equal(&info.nat.client_public, &w.nat.client_public));
	assert_true(endpoint_equal(&info.ends.client, &w.end[CLIENT].at));
	assert_int_equal(info.commands, 2);
	assert_int_equal(info.replies, 3);
	assert_true(info.opened_us < info.last_us && info.last_us <= w.now);
	assert_int_equal(w.asked_nat, 1);
	scene_play(&w, "> AUTH TLS\n< 234 go");
	expect_state(&w, "handshake");
	tls_handshake(&w, TLS_1_3);
	expect_state(&w, "encrypted");
	wire_rst(&w, CLIENT);
	expect_state(&w, "closing");
	scene_stop(&w);
}

static void not_ftp_is_not_followed(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< SSH-2.0-OpenSSH\n> SSH-2.0-x");
	expect_state(&w, "not followed");
	assert_false(scene_trusted(&w));
	scene_stop(&w);
}

/* Implicit TLS is opaque from its first byte. */
/* The ACK of the handshake went by unseen (a full queue): the greeting is
 * still the greeting. */
static void server_speaks_first_of_all(void **state)
{
	struct wire w;
	struct wire_tcp syn = { .seq = 1000, .flags = TCP_SYN, .mss = 1460 };

	(void)state;
	wire_start(&w, &plain);
	syn.src = w.end[CLIENT].at;
	syn.dst = w.end[SERVER].at;
	wire_tcp(&w, &syn);
	syn = (struct wire_tcp){ .src = syn.dst,
				 .dst = syn.src,
				 .ack = 1001,
				 .seq = 900000,
				 .mss = 1460,
				 .flags = TCP_SYN | TCP_ACK };
	wire_tcp(&w, &syn);
	scene_play(&w, "< 220 hello\n> USER a\n< 230 in\n> PASV\n"
		       "< 227 (10,2,5,5,164,16)");
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	assert_int_equal(wire_logged(&w, "session_open"), 1);
	scene_stop(&w);
}

/* TCP Fast Open: content in the SYN is not read, so nothing can be opened. */
static void content_in_syn(void **state)
{
	struct wire w;
	struct wire_tcp syn = { .seq = 1000,
				.flags = TCP_SYN,
				.mss = 1460,
				.bytes = "USER a\r\n",
				.len = 8 };

	(void)state;
	wire_start(&w, &plain);
	syn.src = w.end[CLIENT].at;
	syn.dst = w.end[SERVER].at;
	wire_write(&w, CLIENT, "USER a\r\n", 8);
	wire_tcp(&w, &syn);
	syn = (struct wire_tcp){ .src = syn.dst,
				 .dst = syn.src,
				 .ack = 1009,
				 .seq = 900000,
				 .mss = 1460,
				 .flags = TCP_SYN | TCP_ACK };
	wire_tcp(&w, &syn);
	w.end[CLIENT].acked = w.end[CLIENT].sent_max = 8;
	memset(w.end[SERVER].have, 1, 8);
	w.end[SERVER].received = 8;
	scene_play(&w, "< 220 hello\n< 331 ?\n> PASS b\n< 230 in\n"
		       "> PASV\n< 227 (10,2,5,5,164,16)");
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	scene_stop(&w);
}

/* --- in the middle ---------------------------------------------------------------- */

/* The engine starts while a session runs: @first speaks first. */
static void pick_up(struct wire *w, enum side first)
{
	wire_start(w, &(struct wire_options){ .snat = true });
	w->end[CLIENT].peer_isn = w->end[SERVER].isn;
	w->end[SERVER].peer_isn = w->end[CLIENT].isn;
	if (first == CLIENT)
		scene_play(w, "> NOOP\n< 200 ok");
	else
		scene_play(w, "< 421-soon\n> NOOP\n< 200 ok");
}

static void picked_up_in_the_middle(void **state)
{
	struct wire w;

	(void)state;
	for (int first = CLIENT; first <= SERVER; first++) {
		pick_up(&w, first);
		assert_int_equal(w.asked_nat, 1);
		assert_int_equal(scene_stats(&w).packets_rewritten, 0);
		/* Maybe logged in, maybe not: nothing is opened. */
		scene_play(&w, "> PORT 10,1,4,4,19,137\n< 200 ok");
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
		scene_expect_alert(&w, "not-logged-in");
		/* A login that we saw. */
		scene_play(&w, "> USER a\n< 331 ?\n> PASS b\n< 230 in\n"
			       "> PORT 10,1,4,4,19,137\n< 200 ok");
		scene_expect_open(&w, 1);
		scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
		expect_state(&w, "ready");
		scene_stop(&w);
	}
}

static void picked_up_without_require_login(void **state)
{
	struct wire w;

	(void)state;
	for (int first = CLIENT; first <= SERVER; first++) {
		pick_up(&w, first);
		w.policy.require_login = false;
		scene_play(&w, "> PORT 10,1,4,4,19,137\n< 200 ok");
		scene_expect_open(&w, 1);
		scene_stop(&w);
	}
}

/* The middle of a line, and the middle of a reply, are skipped. */
static void picked_up_in_a_line(void **state)
{
	struct wire w;

	(void)state;
	pick_up(&w, CLIENT);
	scene_stop(&w);
	wire_start(&w, &plain);
	w.policy.require_login = false;
	w.end[CLIENT].peer_isn = w.end[SERVER].isn;
	w.end[SERVER].peer_isn = w.end[CLIENT].isn;
	scene_play(&w, "> 10,1,4,4,19,137\n< 200 ok\n> PASV\n"
		       "< 227 (10,2,5,5,164,16)");
	scene_expect_open(&w, 1);
	assert_int_equal(wire_logged(&w, "alert not-ftp"), 0);
	scene_stop(&w);
}

/* One direction alone (asymmetric routes, a scan) keeps no place for long. */
static void picked_up_one_sided(void **state)
{
	struct wire w;
	struct wire_tcp data = { .seq = 1,
				 .ack = 1,
				 .bytes = "USER a\r\n",
				 .len = 8,
				 .flags = TCP_ACK };

	(void)state;
	wire_start(&w, &(struct wire_options){ .sessions = 2 });
	data.dst = wire_endpoint("10.2.5.77", 21);
	for (uint16_t i = 0; i < 20; i++) {
		data.src = wire_endpoint("192.0.2.1", (uint16_t)(3000 + i));
		wire_tcp(&w, &data);
	}
	wire_connect(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_expect_open(&w, 1);
	assert_int_equal(wire_logged(&w, "alert session-table-full"), 0);
	scene_stop(&w);
}

/* --- the end ------------------------------------------------------------------------ */

static void fin_both_ways(void **state)
{
	struct wire w;

	(void)state;
	for (int first = CLIENT; first <= SERVER; first++) {
		scene_start(&w, &plain);
		wire_fin(&w, first);
		assert_int_equal(wire_logged(&w, "session_close"), 0);
		/* The other half is still read. */
		if (first == CLIENT)
			scene_play(&w, "< 221 bye");
		else
			scene_play(&w, "> QUIT");
		assert_int_equal(wire_logged(&w, first == CLIENT
							 ? "reply 221"
							 : "command QUIT"),
				 1);
		wire_fin(&w, !first);
		assert_int_equal(wire_logged(&w, "session_close fin"), 1);
		assert_int_equal(scene_stats(&w).sessions, 0);
		assert_true(w.end[CLIENT].fin_received &&
			    w.end[SERVER].fin_received);
		scene_stop(&w);
	}
}

/* FIN with the last bytes, and both FINs on the way at once. */
static void fin_with_content(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	w.hold_acks = true;
	wire_write(&w, CLIENT, "QUIT\r\n", 6);
	w.end[CLIENT].fin_sent = true;
	wire_segment_flags(&w, CLIENT, w.end[CLIENT].stream_len - 6,
			   w.end[CLIENT].stream_len, TCP_FIN);
	wire_fin(&w, SERVER);
	assert_int_equal(wire_logged(&w, "session_close"), 0);
	w.hold_acks = false;
	wire_fin(&w, SERVER);
	wire_segment_flags(&w, CLIENT, w.end[CLIENT].stream_len - 6,
			   w.end[CLIENT].stream_len, TCP_FIN);
	assert_int_equal(wire_logged(&w, "command QUIT"), 1);
	assert_int_equal(wire_logged(&w, "session_close fin"), 1);
	scene_stop(&w);
}

/* A FIN behind bytes that no longer fit goes with them, later. */
static void fin_of_a_cut_packet(void **state)
{
	struct wire w;
	char text[1460];
	size_t at;

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	memset(text, 'x', sizeof(text));
	memcpy(text, "PORT 10,1,4,4,19,137\r\nSITE ", 27);
	memcpy(text + sizeof(text) - 2, "\r\n", 2);
	at = w.end[CLIENT].stream_len;
	wire_write(&w, CLIENT, text, sizeof(text));
	w.end[CLIENT].fin_sent = true;
	wire_segment_flags(&w, CLIENT, at, at + sizeof(text), TCP_FIN);
	assert_int_equal(w.end[SERVER].received, at + sizeof(text));
	assert_false(w.end[SERVER].fin_received);
	wire_segment_flags(&w, CLIENT, at, at + sizeof(text), TCP_FIN);
	wire_segment_flags(&w, CLIENT, w.end[CLIENT].acked, at + sizeof(text),
			   TCP_FIN);
	assert_int_equal(w.end[SERVER].received, at + sizeof(text) + 5);
	assert_true(w.end[SERVER].fin_received);
	scene_stop(&w);
}

/* Not before each FIN is acknowledged, whichever comes first. */
static void fin_must_be_acknowledged(void **state)
{
	struct wire w;

	(void)state;
	for (int first = CLIENT; first <= SERVER; first++) {
		scene_start(&w, &plain);
		w.hold_acks = true;
		wire_fin(&w, first);
		wire_fin(&w, !first); /* acknowledges the first */
		assert_int_equal(wire_logged(&w, "session_close"), 0);
		wire_segment(&w, first, w.end[first].stream_len,
			     w.end[first].stream_len);
		assert_int_equal(wire_logged(&w, "session_close fin"), 1);
		scene_stop(&w);
	}
}

static void rst_near_and_far(void **state)
{
	static const int64_t far[] = { 300000, -300000, 0x50000000,
				       -0x50000000 };
	struct wire w;

	(void)state;
	for (int from = CLIENT; from <= SERVER; from++) {
		scene_start(&w, &plain);
		for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
			struct wire_tcp rst = {
				.src = w.end[from].at,
				.dst = w.end[!from].at,
				.seq = (uint32_t)(w.end[from].isn + 1 +
						  w.end[from].sent_max +
						  (uint64_t)far[i]),
				.flags = TCP_RST,
			};

			wire_tcp(&w, &rst);
			assert_int_equal(wire_logged(&w, "session_close"), 0);
		}
		wire_rst(&w, from);
		assert_int_equal(wire_logged(&w, "session_close rst"), 1);
		scene_stop(&w);
	}
}

/* A refused connection leaves without a word. */
static void refused_connection(void **state)
{
	struct wire w;
	struct wire_tcp rst = { .ack = 1001, .flags = TCP_RST | TCP_ACK };

	(void)state;
	wire_start(&w, &plain);
	wire_syn(&w, &w.end[CLIENT].at, &w.end[SERVER].at);
	rst.src = w.end[SERVER].at;
	rst.dst = w.end[CLIENT].at;
	wire_tcp(&w, &rst);
	wire_wait(&w, 61 * SECOND);
	assert_string_equal(w.log, "");
	assert_int_equal(scene_stats(&w).sessions_opened, 0);
	scene_stop(&w);
}

static void idle_sessions_end(void **state)
{
	struct wire w;
	uint64_t days = 86400 * SECOND;

	(void)state;
	scene_start(&w, &plain);
	wire_wait(&w, 4 * days);
	scene_play(&w, "> NOOP\n< 200 ok");
	wire_wait(&w, 4 * days);
	assert_int_equal(wire_logged(&w, "session_close"), 0);
	wire_wait(&w, days + SECOND);
	assert_int_equal(wire_logged(&w, "session_close timeout"), 1);
	expect_state(&w, "none");
	scene_stop(&w);
}

/* After the end, numbers are translated for half a minute: last segments may
 * have to be sent again. */
static void lingering_translation(void **state)
{
	struct wire w;
	size_t had;

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_play(&w, "> QUIT\n< 221 bye");
	wire_fin(&w, CLIENT);
	wire_fin(&w, SERVER);
	assert_int_equal(wire_logged(&w, "session_close fin"), 1);
	wire_wait(&w, 29 * SECOND);
	had = w.end[SERVER].received;
	wire_segment_flags(&w, CLIENT, w.end[CLIENT].stream_len - 6,
			   w.end[CLIENT].stream_len, TCP_FIN);
	assert_int_equal(w.end[SERVER].received, had);
	expect_state(&w, "closing");
	wire_wait(&w, 2 * SECOND);
	expect_state(&w, "none");
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_as_ctl_shows_them),
		cmocka_unit_test(not_ftp_is_not_followed),
		cmocka_unit_test(server_speaks_first_of_all),
		cmocka_unit_test(content_in_syn),
		cmocka_unit_test(picked_up_in_the_middle),
		cmocka_unit_test(picked_up_without_require_login),
		cmocka_unit_test(picked_up_in_a_line),
		cmocka_unit_test(picked_up_one_sided),
		cmocka_unit_test(fin_both_ways),
		cmocka_unit_test(fin_with_content),
		cmocka_unit_test(fin_of_a_cut_packet),
		cmocka_unit_test(fin_must_be_acknowledged),
		cmocka_unit_test(rst_near_and_far),
		cmocka_unit_test(refused_connection),
		cmocka_unit_test(idle_sessions_end),
		cmocka_unit_test(lingering_translation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
