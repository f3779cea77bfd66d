/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls.explicit: require. No login passes in the clear: the server reads NOOP in
 * its place, the client our 530, and both go on as if that had been said.
 * Sessions that are cut because that cannot be done: test_engine_tls_cut.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"
#include "tls_talk.h"
#include "ways.h"

#define REFUSED \
	"530 This network requires TLS: send AUTH TLS before you log in.\r\n"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options both = { .snat = true, .dnat = true };
static const struct wire_options both6 = { .v6 = true,
					   .snat = true,
					   .dnat = true };
static const struct wire_options *const options[] = { &plain, &both, &both6 };

static void start(struct wire *w, const struct wire_options *o)
{
	wire_start(w, o);
	scene_configure(w);
	w->policy.explicit_tls = TLS_REQUIRE;
	wire_connect(w);
	scene_play(w, "< 220 hello");
}

/* Nowhere: not in the log, not at the server. */
static void expect_no_password(const struct wire *w)
{
	struct span got = wire_received(w, SERVER);

	assert_null(strstr(w->log, "secret"));
	assert_null(memmem(got.at, got.len, "secret", 6));
}

/* The last @len bytes that @to got are those that the other end sent. */
static void expect_same_tail(const struct wire *w, enum side to, size_t len)
{
	struct span got = wire_received(w, to);
	const struct wire_end *from = &w->end[!to];

	assert_true(got.len >= len && from->stream_len >= len);
	assert_memory_equal(got.at + got.len - len,
			    from->stream + from->stream_len - len, len);
}

/* A whole session under TLS, as if nothing had been edited before. */
static void expect_tls_works(struct wire *w, uint16_t version)
{
	size_t at[2] = { w->end[CLIENT].stream_len, w->end[SERVER].stream_len };

	tls_auth(w, version);
	tls_exchange(w);
	assert_int_equal(wire_logged(w, "tls established"), 1);
	assert_int_equal(wire_logged(w, "grant open passive"), 1);
	expect_same_tail(w, SERVER, w->end[CLIENT].stream_len - at[CLIENT]);
	expect_same_tail(w, CLIENT, w->end[SERVER].stream_len - at[SERVER]);
}

static void login_is_refused(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		start(&w, options[i]);
		scene_play(&w,
			   "> USER joe\n< 200 fine\n> pass secret\n< 200 ok\n"
			   "> ACCT secret\n< 500 what?\n"
			   "> PASSsecret\n< 200 ok\n> SYST\n< 215 UNIX");
		wire_expect(&w, SERVER,
			    "NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\nSYST\r\n");
		wire_expect(&w, CLIENT,
			    "220 hello\r\n" REFUSED REFUSED REFUSED REFUSED
			    "215 UNIX\r\n");
		assert_int_equal(wire_logged(&w, "reply 530 This network"), 4);
		assert_int_equal(wire_logged(&w, "command PASS ***"), 2);
		scene_expect_alert(&w, "cleartext-login");
		assert_true(scene_trusted(&w));
		expect_no_password(&w);
		expect_tls_works(&w, i % 2 ? TLS_1_3 : TLS_1_2);
		assert_int_equal(wire_logged(&w, "alert"), 1);
		assert_int_equal(w.actions[ACTION_LIBERAL], 1);
		assert_int_equal(w.actions[ACTION_INJECT], 0);
		scene_stop(&w);
	}
}

static void nothing_else_changes(void **state)
{
	struct wire w;

	(void)state;
	start(&w, &plain);
	scene_play(&w, "> FEAT\n< 211-have\n<  AUTH TLS\n< 211 end\n"
		       "> HOST ftp.example.net\n< 220 ok\n> XYZZY\n< 500 no\n"
		       "> USERS\n< 500 no\n> USE R\n< 500 no");
	expect_same_tail(&w, SERVER, w.end[CLIENT].stream_len);
	expect_same_tail(&w, CLIENT, w.end[SERVER].stream_len);
	scene_expect_quiet(&w);
	expect_tls_works(&w, TLS_1_3);
	assert_int_equal(scene_stats(&w).packets_rewritten, 0);
	scene_stop(&w);
}

/* The server leaves: the client should know. */
static void the_server_may_leave(void **state)
{
	struct wire w;

	(void)state;
	start(&w, &plain);
	scene_play(&w, "> USER joe\n< 421 bye");
	wire_expect(&w, CLIENT, "220 hello\r\n421 bye\r\n");
	scene_expect_alert(&w, "cleartext-login");
	assert_false(w.end[CLIENT].reset);
	scene_stop(&w);
}

/* 1yz is no answer yet (RFC 959 4.2): the count must not be lost. */
static void preliminary_reply(void **state)
{
	struct wire w;

	(void)state;
	start(&w, &plain);
	scene_play(&w, "> USER joe\n< 120 wait\n< 200 ok\n> SYST\n< 215 x");
	wire_expect(&w, CLIENT,
		    "220 hello\r\n120 wait\r\n" REFUSED "215 x\r\n");
	assert_int_equal(wire_logged(&w, "alert"), 1);
	scene_stop(&w);
}

/* A rule that goes while its answer is due: the server's word then stands. */
static void reload_in_between(void **state)
{
	struct policy allow;
	struct wire w;

	(void)state;
	start(&w, &plain);
	allow = w.policy;
	allow.explicit_tls = TLS_ALLOW;
	scene_play(&w, "> USER joe");
	engine_set_policy(w.engine, &allow);
	scene_play(&w, "< 200 ok\n> USER joe\n< 331 ?");
	wire_expect(&w, SERVER, "NOOP\r\nUSER joe\r\n");
	wire_expect(&w, CLIENT, "220 hello\r\n200 ok\r\n331 ?\r\n");
	engine_set_policy(w.engine, &w.policy);
	scene_play(&w, "> PASS secret\n< 200 ok");
	wire_expect(&w, SERVER, "NOOP\r\nUSER joe\r\nNOOP\r\n");
	expect_no_password(&w);
	scene_stop(&w);
}

/* --- segments ------------------------------------------------------------------- */

#define SAID   "NOOP\r\nUSER joe\r\nSYST\r\nPASS secret\r\nPWD\r\n"
#define READ   "NOOP\r\nNOOP\r\nSYST\r\nNOOP\r\nPWD\r\n"
#define ANSWER "200 a\r\n200 be\r\n215 c\r\n500 defghi\r\n257 j\r\n"
#define HEARD  "200 a\r\n" REFUSED "215 c\r\n" REFUSED "257 j\r\n"

static void converse(const struct wire_options *o, way_fn *send, unsigned int n)
{
	static const char *const text[2] = { SAID, ANSWER };
	struct wire w;

	start(&w, o);
	w.timestamps = n % 2;
	for (enum side from = CLIENT; from <= SERVER; from++) {
		size_t a = w.end[from].stream_len;

		wire_write(&w, from, text[from], strlen(text[from]));
		send(&w, from, a, w.end[from].stream_len, n);
		w.hold_acks = false;
		wire_pump(&w, from);
	}
	wire_expect(&w, SERVER, READ);
	wire_expect(&w, CLIENT, "220 hello\r\n" HEARD);
	assert_int_equal(wire_logged(&w, "reply 530"), 2);
	assert_int_equal(wire_logged(&w, "alert"), 1);
	expect_no_password(&w);
	assert_int_equal(scene_stats(&w).sessions_cut, 0);
	expect_tls_works(&w, n % 2 ? TLS_1_2 : TLS_1_3);
	scene_stop(&w);
}

static void all(way_fn *send, unsigned int from, unsigned int to)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		for (unsigned int n = from; n < to; n++)
			converse(options[i], send, n);
}

/* Nagle's sender says no more until the first piece is acknowledged. */
static void send_stuck(struct wire *w, enum side from, size_t a, size_t b,
		       unsigned int n)
{
	size_t at = a + n < b ? a + n : b;

	for (int round = 0; w->end[from].acked < at; round++) {
		assert_true(round < 10);
		wire_segment(w, from, w->end[from].acked, at);
	}
	w->lose_next = at < b;
	if (at < b)
		wire_segment(w, from, at, b);
}

static void cut_at_every_byte(void **state)
{
	(void)state;
	all(way_cut, 0, sizeof(SAID) + 1);
}

static void one_byte_at_a_time(void **state)
{
	(void)state;
	all(way_bytes, 0, 2);
}

static void retransmitted(void **state)
{
	(void)state;
	all(way_again, 1, 30);
}

static void reordered(void **state)
{
	(void)state;
	all(way_backwards, 1, 30);
}

static void nagle(void **state)
{
	(void)state;
	all(send_stuck, 1, sizeof(SAID) + 1);
}

/* The server's ACK gets lost behind the gateway, and the client sends all of it
 * once more. The edit is forgotten; what it hid stays hidden. */
static void acknowledged_and_again(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		size_t at, len = strlen("PASS secret\r\n");

		start(&w, options[i]);
		at = w.end[CLIENT].stream_len;
		scene_play(&w, "> PASS secret\n< 200 ok");
		wire_write(&w, CLIENT, "SYST\r\n", 6);
		w.hold_acks = true;
		for (size_t more = 0; more <= 6; more += 6) {
			struct span *b = &w.out->verdict[0].bytes;

			wire_segment(&w, CLIENT, at, at + len + more);
			assert_int_equal(w.out->verdicts, 1);
			assert_int_equal(w.out->verdict[0].kind,
					 VERDICT_ACCEPT);
			assert_true(b->len > 0);
			assert_null(memmem(b->at, b->len, "secret", 6));
		}
		wire_expect(&w, SERVER, "NOOP\r\nSYST\r\n");
		w.hold_acks = false;
		wire_pump(&w, CLIENT);
		scene_play(&w, "< 215 x");
		expect_tls_works(&w, TLS_1_3);
		scene_stop(&w);
	}
}

/* --- behind TLS -------------------------------------------------------------------- */

static void after_ccc(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		start(&w, options[i]);
		tls_auth(&w, TLS_1_3);
		tls_close(&w, CLIENT, TLS_1_3);
		tls_close(&w, SERVER, TLS_1_3);
		scene_play(&w, "> PWD\n< 257 here\n> USER joe\n< 200 ok\n"
			       "> PASS secret\n< 200 ok\n> NOOP\n< 200 done");
		scene_expect_last(&w, SERVER,
				  "PWD\r\nNOOP\r\nNOOP\r\nNOOP\r\n");
		scene_expect_last(&w, CLIENT,
				  "257 here\r\n" REFUSED REFUSED
				  "200 done\r\n");
		scene_expect_alert(&w, "cleartext-login");
		expect_no_password(&w);
		scene_stop(&w);
	}
}

/* Picked up in its middle, behind bytes that were lost before they came here:
 * they are no login that was refused, and the server does need them. */
static void lost_before_the_middle(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		wire_start(&w, options[i]);
		scene_configure(&w);
		w.policy.explicit_tls = TLS_REQUIRE;
		w.end[CLIENT].peer_isn = w.end[SERVER].isn;
		w.end[SERVER].peer_isn = w.end[CLIENT].isn;
		wire_write(&w, CLIENT, "SYST\r\nNOOP\r\n", 12);
		wire_segment(&w, CLIENT, 6, 12);
		wire_pump(&w, CLIENT);
		wire_expect(&w, SERVER, "SYST\r\nNOOP\r\n");
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(login_is_refused),
		cmocka_unit_test(nothing_else_changes),
		cmocka_unit_test(the_server_may_leave),
		cmocka_unit_test(preliminary_reply),
		cmocka_unit_test(reload_in_between),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(one_byte_at_a_time),
		cmocka_unit_test(retransmitted),
		cmocka_unit_test(reordered),
		cmocka_unit_test(nagle),
		cmocka_unit_test(acknowledged_and_again),
		cmocka_unit_test(after_ccc),
		cmocka_unit_test(lost_before_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
