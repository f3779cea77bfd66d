/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is tried against firewalls that follow FTPS, by the numbers of the attack
 * list in the project's field notes: 16 to 19, and 21 under TLS. The table of
 * all is in test_engine_attacks.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/tls_handshake.h>

#include "data_talk.h"
#include "scene.h"
#include "support.h"
#include "tls_talk.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };

/* Neither lines nor records open anything, and nobody gets in. */
static void expect_shut(struct wire *w)
{
	assert_int_equal(w->actions[ACTION_PINHOLE_ADD], 0);
	assert_int_equal(wire_logged(w, "grant open"), 0);
	assert_int_equal(scene_stats(w).grants, 0);
	assert_false(data_passive(w, 41000, 42000));
	assert_false(data_active(w, 5001));
}

/* 16: bytes behind AUTH, before the handshake, that the server may take for the
 * first ones under TLS (CVE-2011-1575 and others). */
static void attack16_injection(void **state)
{
	static const char *const said[] = {
		"AUTH TLS\r\nUSER evil\r\n",
		"AUTH TLS\r\nPORT 10,1,4,4,19,137\r\n",
		"AUTH TLS\r\nNOOP",
		"AUTH TLS\r\n\r\nR",
		"AUTH TLS\r\n\x16",
		"AUTH TLS\r\n\x16\x03\x01",
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(said); i++) {
		size_t len = strlen(said[i / 2]);

		tls_start(&w, &snat);
		wire_write(&w, CLIENT, said[i / 2], len);
		/* In one segment, or behind what looks innocent. */
		if (i % 2)
			wire_segment(&w, CLIENT, 0, 10);
		wire_segment(&w, CLIENT, i % 2 ? 10 : 0, len);
		wire_pump(&w, CLIENT);
		scene_play(&w, "< 234 go");
		scene_expect_alert(&w, "injection");
		assert_false(scene_trusted(&w));
		tls_handshake(&w, TLS_1_3);
		tls_exchange(&w);
		expect_shut(&w);
		scene_stop(&w);
	}
}

/* 16: the same the other way: a reply that waits for its command under TLS. */
static void attack16_response_injection(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &snat);
	scene_play(&w, "> AUTH TLS");
	scene_send(&w, SERVER, "234 go\r\n230 you are in\r\n");
	scene_expect_alert(&w, "cleartext-after-auth");
	assert_false(scene_trusted(&w));
	tls_handshake(&w, TLS_1_3);
	expect_shut(&w);
	scene_stop(&w);
}

/* 17: AUTH is refused, so what follows is read as before. */
static void attack17_refused_auth_goes_on(void **state)
{
	static const unsigned int code[] = { 431, 500, 502, 504, 530,
					     534, 334, 200, 235, 220 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(code); i++) {
		char text[40];

		tls_start(&w, &snat);
		snprintf(text, sizeof(text), "> AUTH TLS\n< %u no", code[i]);
		scene_play(&w, text);
		scene_play(&w, "> USER a\n< 331 b\n> PASS c\n< 230 in");
		scene_ask(&w, VIA_PORT, "10.2.5.9", 5001);
		scene_expect_refused(&w, "bounce");
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		scene_expect_open(&w, 1);
		scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
		scene_stop(&w);
	}
}

/* 17: 234, and then lines as before. */
static void attack17_fake_tls(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &snat);
	scene_play(&w, "> AUTH TLS\n< 234 go\n> USER a\n< 331 b\n> PASS c\n"
		       "< 230 in");
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	scene_expect_alert(&w, "cleartext-after-auth");
	expect_shut(&w);
	scene_stop(&w);
	/* The ClientHello is real, the rest is not. */
	tls_start(&w, &snat);
	scene_play(&w, "> AUTH TLS\n< 234 go");
	tls_hellos(&w, TLS_1_2);
	scene_play(&w, "> USER a\n< 331 b\n> PASS c\n< 230 in");
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	scene_expect_alert(&w, "cleartext-after-auth");
	expect_shut(&w);
	scene_stop(&w);
}

/* 18: a server that nobody configured says 220 and 234 and does TLS. */
static void attack18_any_tls_server(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &plain);
	w.server.address[0].addr = wire_endpoint("10.2.5.6", 0).addr;
	tls_auth(&w, TLS_1_3);
	tls_exchange(&w);
	assert_int_equal(wire_logged(&w, "grant refuse passive 0-0 no servers "
					 "entry"),
			 1);
	expect_shut(&w);
	scene_stop(&w);
}

/* 18: TLS from which FTP never came: no 220, no AUTH, or the roles changed. */
static void attack18_not_ftp_before(void **state)
{
	struct wire w;
	uint8_t bytes[TLS_TALK_MAX];

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w);
	wire_connect(&w);
	tls_handshake(&w, TLS_1_2);
	expect_shut(&w);
	scene_stop(&w);
	tls_start(&w, &plain);
	tls_handshake(&w, TLS_1_3);
	expect_shut(&w);
	scene_stop(&w);
	/* The server as TLS client. */
	tls_start(&w, &plain);
	scene_play(&w, "> AUTH TLS\n< 234 go");
	tls_send(&w, SERVER, bytes, tls_client_hello(bytes, TLS_1_2, NULL));
	tls_send(&w, CLIENT, bytes, tls_server_hello(bytes, TLS_1_2, false));
	expect_shut(&w);
	scene_stop(&w);
}

/* 18: a handshake of which steps are missing, as one who only plays would. */
static void attack18_steps_missing(void **state)
{
	struct wire w;
	uint8_t bytes[TLS_TALK_MAX];

	(void)state;
	for (int skip = 0; skip < 4; skip++) {
		tls_start(&w, &plain);
		scene_play(&w, "> AUTH TLS\n< 234 go");
		if (skip != 0)
			tls_send(&w, CLIENT, bytes,
				 tls_client_hello(bytes, TLS_1_2, NULL));
		if (skip != 1)
			tls_send(&w, SERVER, bytes,
				 tls_server_hello(bytes, TLS_1_2, false));
		if (skip != 2)
			tls_say(&w, CLIENT, TLS_CHANGE_CIPHER_SPEC, 1);
		tls_say(&w, CLIENT, TLS_APPLICATION_DATA, 40);
		tls_say(&w, SERVER, TLS_CHANGE_CIPHER_SPEC, 1);
		if (skip != 3)
			tls_say(&w, SERVER, TLS_APPLICATION_DATA, 40);
		assert_int_equal(wire_logged(&w, "tls established"), 0);
		expect_shut(&w);
		scene_stop(&w);
	}
}

/* 18: what is granted goes one way, from the session's own client. */
static void attack18_direction(void **state)
{
	const struct endpoint from = wire_endpoint("10.2.5.5", 40000);
	const struct endpoint to = wire_endpoint("10.1.4.4", 42000);
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	assert_false(data_try(&w, &from, &to));
	scene_stop(&w);
}

/* 18: one message a thousand times, for as many events. */
static void attack18_flood_of_messages(void **state)
{
	static uint8_t record[4096];
	struct wire w;

	(void)state;
	for (uint8_t type = 1; type < 24; type++) {
		tls_start(&w, &plain);
		scene_play(&w, "> AUTH TLS\n< 234 go");
		tls_send(&w, CLIENT, record,
			 tls_client_hello(record, TLS_1_2, NULL));
		tls_send(&w, SERVER, record,
			 tls_server_hello(record, TLS_1_2, false));
		memset(record, 0, sizeof(record));
		record[0] = TLS_HANDSHAKE;
		record[1] = record[2] = 3;
		record[3] = (sizeof(record) - 8) >> 8;
		record[4] = (sizeof(record) - 8) & 0xff;
		for (size_t i = 5; i + 4 < sizeof(record); i += 4)
			record[i] = type;
		tls_send(&w, SERVER, record, sizeof(record) - 3);
		assert_in_range(wire_logged(&w, "tls"), 2, 4);
		expect_shut(&w);
		scene_stop(&w);
	}
}

/* 19: somebody between says no in the server's place, having let FEAT pass. */
static void attack19_stripping(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &snat);
	scene_play(&w, "> FEAT\n< 211-have\n<  AUTH TLS;SSL;\n< 211 end\n"
		       "> AUTH TLS\n< 500 what?\n> AUTH SSL\n< 500 what?\n"
		       "> USER a\n< 331 b\n> PASS c\n< 230 in");
	scene_expect_alert(&w, "tls-stripped");
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	expect_shut(&w);
	scene_stop(&w);
}

/* 19: FEAT is edited too: only who expects TLS there notices. */
static void attack19_edited_feat(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &snat);
	w.server.tls = SERVER_TLS_EXPECTED;
	scene_play(&w, "> FEAT\n< 211-have\n<  UTF8\n< 211 end\n"
		       "> AUTH TLS\n< 500 what?\n> USER a\n< 331 b");
	scene_expect_alert(&w, "tls-stripped");
	scene_expect_alert(&w, "cleartext-login");
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	expect_shut(&w);
	scene_stop(&w);
}

/* 21: out of step under TLS; where a record starts is a guess from there on. */
static void attack21_lost_step(void **state)
{
	struct wire w;

	(void)state;
	for (enum side from = CLIENT; from <= SERVER; from++) {
		tls_begin(&w, &plain, TLS_1_2);
		/* Acknowledged, but never seen here. */
		w.end[from].sent_max += 50;
		w.end[!from].received += 50;
		tls_say(&w, !from, TLS_APPLICATION_DATA, 40);
		scene_expect_alert(&w, "gap");
		assert_int_equal(scene_stats(&w).grants, 0);
		assert_false(data_passive(&w, 41000, 42000));
		assert_false(data_active(&w, 5001));
		assert_false(scene_trusted(&w));
		scene_stop(&w);
	}
}

/* 21: what nobody has read for long enough to be told apart from a close. */
static void attack21_false_close(void **state)
{
	struct wire w;

	(void)state;
	/* A warning that is not the end; then lines. */
	tls_begin(&w, &plain, TLS_1_2);
	tls_close(&w, SERVER, TLS_1_2);
	tls_say(&w, SERVER, TLS_APPLICATION_DATA, 61);
	scene_play(&w, "> USER a\n< 230 in");
	scene_expect_alert(&w, "cleartext-after-auth");
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	assert_false(data_passive(&w, 41000, 42000));
	scene_stop(&w);
	/* In the middle of a record. */
	tls_begin(&w, &plain, TLS_1_3);
	tls_send(&w, CLIENT, "\x17\x03\x03\x00\x20half", 9);
	scene_send(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n");
	assert_int_equal(wire_logged(&w, "command PORT"), 0);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	scene_stop(&w);
}

/* 21: a session that was picked up in its middle has no handshake to show. */
static void attack21_picked_up(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w);
	w.end[CLIENT].peer_isn = w.end[SERVER].isn;
	w.end[SERVER].peer_isn = w.end[CLIENT].isn;
	tls_exchange(&w);
	tls_handshake(&w, TLS_1_2);
	tls_exchange(&w);
	assert_int_equal(wire_logged(&w, "session_open"), 1);
	assert_int_equal(wire_logged(&w, "tls"), 0);
	expect_shut(&w);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack16_injection),
		cmocka_unit_test(attack16_response_injection),
		cmocka_unit_test(attack17_refused_auth_goes_on),
		cmocka_unit_test(attack17_fake_tls),
		cmocka_unit_test(attack18_any_tls_server),
		cmocka_unit_test(attack18_not_ftp_before),
		cmocka_unit_test(attack18_steps_missing),
		cmocka_unit_test(attack18_direction),
		cmocka_unit_test(attack18_flood_of_messages),
		cmocka_unit_test(attack19_stripping),
		cmocka_unit_test(attack19_edited_feat),
		cmocka_unit_test(attack21_lost_step),
		cmocka_unit_test(attack21_false_close),
		cmocka_unit_test(attack21_picked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
