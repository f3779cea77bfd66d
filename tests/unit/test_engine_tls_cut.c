/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls.explicit: require, where a login can no longer be held back: the session
 * is cut. Both ends get an RST that fits, nothing passes any more, and a new
 * connection starts afresh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"

#include "scene.h"
#include "support.h"
#include "tls_talk.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options both = { .snat = true, .dnat = true };
static const struct wire_options both6 = { .v6 = true,
					   .snat = true,
					   .dnat = true };
static const struct wire_options wraps = { .snat = true,
					   .client_isn = 0u - 20,
					   .server_isn = 0u - 20 };
static const struct wire_options *const options[] = { &plain, &both, &both6,
						      &wraps };

static void start(struct wire *w, const struct wire_options *o)
{
	wire_start(w, o);
	scene_configure(w);
	w->policy.explicit_tls = TLS_REQUIRE;
	wire_connect(w);
}

static void greet(struct wire *w, const struct wire_options *o)
{
	start(w, o);
	scene_play(w, "< 220 hello");
}

/* RFC 9293 3.10.7.4, RFC 5961 3.2: a reset counts if its number is the very
 * next one that its receiver expects. */
static void expect_reset(const struct wire *w, enum side to)
{
	const struct wire_end *e = &w->end[to];

	assert_true(e->resets > 0);
	assert_int_equal(e->reset_seq, e->peer_isn + 1 + (uint32_t)e->received);
	if (e->reset_ack)
		assert_in_range(e->reset_ack - (e->isn + 1), e->acked,
				e->sent_max);
}

static void expect_no_password(const struct wire *w)
{
	assert_null(strstr(w->log, "secret"));
	assert_null(memmem(w->end[SERVER].got, WIRE_STREAM_MAX, "secret", 6));
}

static void expect_cut(struct wire *w)
{
	struct span had = wire_received(w, SERVER);

	assert_true(wire_dropped(w));
	expect_reset(w, CLIENT);
	expect_reset(w, SERVER);
	assert_int_equal(w->end[CLIENT].resets, 1);
	assert_int_equal(w->end[SERVER].resets, 1);
	assert_int_equal(wire_logged(w, "session_close refused by policy"), 1);
	/* For as long as somebody goes on, he is told again. */
	scene_send(w, CLIENT, "PASS secret\r\n");
	assert_true(wire_dropped(w));
	assert_int_equal(w->end[CLIENT].resets, 2);
	scene_send(w, SERVER, "230 in\r\n");
	assert_true(wire_dropped(w));
	assert_int_equal(w->end[SERVER].resets, 2);
	assert_int_equal(wire_received(w, SERVER).len, had.len);
	assert_int_equal(wire_logged(w, "session_close"), 1);
	assert_int_equal(scene_stats(w).sessions_cut, 1);
	assert_int_equal(scene_stats(w).sessions, 0);
	expect_no_password(w);
}

/* The same ports again: followed, trusted, and not cut. */
static void expect_afresh(struct wire *w)
{
	scene_again(w);
	scene_play(w, "< 220 hello");
	tls_auth(w, TLS_1_3);
	assert_int_equal(wire_logged(w, "session_open"), 2);
	assert_int_equal(wire_logged(w, "grant open passive"), 1);
	assert_false(w->end[CLIENT].reset || w->end[SERVER].reset);
}

/* --- what is not understood -------------------------------------------------------- */

static void bad_greeting(struct wire *w)
{
	scene_send(w, SERVER, "SSH-2.0-x\r\n");
}

static void not_ftp(struct wire *w)
{
	scene_play(w, "< 220 hello");
	scene_send(w, CLIENT, "\tPASS secret\r\n");
}

static void unknown_first_word(struct wire *w)
{
	scene_play(w, "< 220 hello");
	scene_send(w, CLIENT, "PASSsecret\r\n");
}

static void bad_reply(struct wire *w)
{
	scene_play(w, "< 220 hello\n> USER joe");
	scene_send(w, SERVER, "fine\r\n");
}

static void long_reply_to_ours(struct wire *w)
{
	scene_play(w, "< 220 hello\n> USER joe\n< 200-many");
	scene_send(w, SERVER, "200 words\r\n");
}

static void line_too_long(struct wire *w)
{
	static char line[5000];

	scene_play(w, "< 220 hello\n> USER joe\n< 200 ok");
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "PASS secret", 11);
	scene_send(w, CLIENT, line);
}

static void overlap(struct wire *w)
{
	scene_play(w, "< 220 hello\n> USER joe\n< 200 ok");
	w->hold_acks = true;
	scene_send(w, CLIENT, "NOOP\r\n");
	w->hold_acks = false;
	wire_forge(w, CLIENT, w->end[CLIENT].stream_len - 6, "PASS secret\r\n",
		   0);
}

/* The receiver has what did not come by here. */
static void gap(struct wire *w)
{
	scene_play(w, "< 220 hello\n> USER joe\n< 200 ok");
	wire_write(w, CLIENT, "NOOP\r\n", 6);
	w->end[CLIENT].sent_max += 6;
	w->end[SERVER].received += 6;
	scene_send(w, SERVER, "200 ok\r\n");
}

static void telnet(struct wire *w)
{
	scene_play(w, "< 220 hello");
	scene_send(w, CLIENT, "PASS secret\xff\r\n");
}

static void behind_auth(struct wire *w)
{
	scene_play(w, "< 220 hello");
	scene_send(w, CLIENT, "AUTH TLS\r\nNOOP\r\n");
}

static void clear_after_234(struct wire *w)
{
	scene_play(w, "< 220 hello\n> AUTH TLS\n< 234 go");
	scene_send(w, CLIENT, "PASS secret\r\n");
}

static void clear_after_421(struct wire *w)
{
	scene_play(w, "< 220 hello\n> AUTH TLS\n< 234 go\n< 421 not now");
	scene_send(w, CLIENT, "PASS secret\r\n");
}

static void clear_under_tls(struct wire *w)
{
	scene_play(w, "< 220 hello");
	tls_auth(w, TLS_1_3);
	scene_send(w, CLIENT, "USER joe\r\n");
}

static void sslv2(struct wire *w)
{
	static const uint8_t hello[] = { 0x80, 0x2e, 1, 3, 1,   0, 21, 0, 0,
					 0,    16,   1, 0, 128, 0, 0,  4, 0 };

	scene_play(w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(w, CLIENT, hello, sizeof(hello));
}

static void garbage_instead_of_hello(struct wire *w)
{
	static const uint8_t hello[] = {
		TLS_HANDSHAKE, 3, 1, 0, 4, 1, 0, 0, 0
	};

	scene_play(w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(w, CLIENT, hello, sizeof(hello));
}

static void ccc(struct wire *w)
{
	scene_play(w, "< 220 hello");
	tls_auth(w, TLS_1_3);
	tls_close(w, CLIENT, TLS_1_3);
	tls_close(w, SERVER, TLS_1_3);
	scene_play(w, "> PWD\n< 257 here");
}

static void doubt_after_ccc(struct wire *w)
{
	ccc(w);
	scene_send(w, SERVER, "what?\r\n");
}

static void not_ftp_after_ccc(struct wire *w)
{
	ccc(w);
	scene_send(w, CLIENT, "PASS\tsecret\r\n");
}

/* FIN ends the wait for the rest of a line, and the line is a password. */
static void fin_in_a_line(struct wire *w)
{
	size_t at;

	scene_play(w, "< 220 hello\n> USER joe\n< 200 ok");
	at = w->end[CLIENT].stream_len;
	wire_write(w, CLIENT, "PASS secret", 11);
	wire_segment(w, CLIENT, at, at + 4);
	wire_segment_flags(w, CLIENT, at + 4, at + 11, TCP_FIN);
}

typedef void cause_fn(struct wire *w);

static cause_fn *const causes[] = {
	bad_greeting,
	not_ftp,
	unknown_first_word,
	bad_reply,
	long_reply_to_ours,
	line_too_long,
	overlap,
	gap,
	telnet,
	behind_auth,
	clear_after_234,
	clear_after_421,
	clear_under_tls,
	sslv2,
	garbage_instead_of_hello,
	doubt_after_ccc,
	not_ftp_after_ccc,
	fin_in_a_line,
};

static void what_is_not_understood(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options) * ARRAY_SIZE(causes); i++) {
		start(&w, options[i % ARRAY_SIZE(options)]);
		causes[i / ARRAY_SIZE(options)](&w);
		if (scene_stats(&w).sessions_cut != 1)
			fail_msg("cause %zu does not cut:\n%s",
				 i / ARRAY_SIZE(options), w.log);
		expect_cut(&w);
		scene_stop(&w);
	}
}

static void a_new_connection(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		start(&w, options[i]);
		clear_after_234(&w);
		expect_cut(&w);
		expect_afresh(&w);
		scene_stop(&w);
	}
}

/* --- what cannot be done ------------------------------------------------------------- */

static void edits_table_full(void **state)
{
	struct wire w;
	struct pool *pool;
	uint32_t taken[512], n = 0;

	(void)state;
	greet(&w, &plain);
	pool = &w.engine->edits;
	while (pool->used < pool->count)
		taken[n++] = pool_take(pool);
	scene_send(&w, CLIENT, "PASS secret\r\n");
	expect_cut(&w);
	while (n)
		pool_give(pool, taken[--n]);
	scene_stop(&w);
	/* Full when the answer comes. */
	greet(&w, &plain);
	pool = &w.engine->edits;
	scene_play(&w, "> USER joe");
	while (pool->used < pool->count)
		taken[n++] = pool_take(pool);
	scene_send(&w, SERVER, "200 ok\r\n");
	expect_cut(&w);
	while (n)
		pool_give(pool, taken[--n]);
	scene_stop(&w);
}

/* The rule comes while the line is on its way: part of it has left already. */
static void reload_in_a_line(void **state)
{
	struct policy allow, require;
	struct wire w;
	size_t at;

	(void)state;
	greet(&w, &plain);
	require = allow = w.policy;
	allow.explicit_tls = TLS_ALLOW;
	engine_set_policy(w.engine, &allow);
	at = w.end[CLIENT].stream_len;
	wire_write(&w, CLIENT, "PASS secret\r\n", 13);
	wire_segment(&w, CLIENT, at, at + 5);
	engine_set_policy(w.engine, &require);
	wire_segment(&w, CLIENT, at + 5, at + 13);
	expect_cut(&w);
	scene_stop(&w);
}

/* The kernel will not bear other numbers: nothing more can be edited. */
static void kernel_refuses_liberal(void **state)
{
	struct wire w;

	(void)state;
	greet(&w, &both);
	w.fail_action[ACTION_LIBERAL] = true;
	scene_send(&w, CLIENT, "USER joe\r\n");
	scene_send(&w, SERVER, "200 ok\r\n");
	scene_expect_alert(&w, "action-failed");
	assert_true(wire_dropped(&w));
	assert_int_equal(scene_stats(&w).sessions_cut, 1);
	scene_stop(&w);
}

/* What waits for the bytes before it gets its verdict too. */
static void with_packets_held(void **state)
{
	struct wire w;
	size_t at;

	(void)state;
	greet(&w, &both);
	at = w.end[CLIENT].stream_len;
	wire_write(&w, CLIENT, "NOOP\r\nPASS secret\r\n", 19);
	wire_segment(&w, CLIENT, at + 6, at + 19);
	scene_send(&w, SERVER, "what?\r\n");
	assert_int_equal(scene_stats(&w).sessions_cut, 1);
	expect_reset(&w, CLIENT);
	expect_reset(&w, SERVER);
	wire_wait(&w, 10 * 1000000);
	wire_expect_settled(&w);
	expect_no_password(&w);
	scene_stop(&w);
}

/* Without the rule none of this cuts anything. */
static void allow_cuts_nothing(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		wire_start(&w, &both);
		scene_configure(&w);
		wire_connect(&w);
		causes[i](&w);
		if (causes[i] != sslv2)
			assert_int_equal(scene_stats(&w).sessions_cut, 0);
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_understood),
		cmocka_unit_test(a_new_connection),
		cmocka_unit_test(edits_table_full),
		cmocka_unit_test(reload_in_a_line),
		cmocka_unit_test(kernel_refuses_liberal),
		cmocka_unit_test(with_packets_held),
		cmocka_unit_test(allow_cuts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
