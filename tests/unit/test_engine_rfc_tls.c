/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What RFC 2228, 4217 and 7151 demand around TLS, one test a statement, as far
 * as somebody between the two ends can see it. The table of all statements is in
 * test_engine_rfc.c, where 11, 12 and 16 are tested too. In the lab, with real
 * servers, because the engine has no keys:
 *
 *   32, 33  what PBSZ and PROT say; here only that no data is taken for wrong
 *   38      that a session cached before REIN need not be resumed
 *   39      that a server may demand resumption; here only that it passes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data_talk.h"
#include "handshake.h"
#include "scene.h"
#include "support.h"
#include "tls_talk.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };
static const struct wire_options implicit = { .server_port = 990 };

static void login(struct wire *w)
{
	scene_play(w, "> USER a\n< 331 b\n> PASS c\n< 230 in");
}

/* 11, 31: TLS-C is TLS, in any letter case (RFC 2228 3, RFC 4217 17); SSL and
 * TLS-P are what older clients say. */
static void rfc11_rfc31_mechanisms(void **state)
{
	static const char *const name[] = { "TLS",   "tls", "Tls", "TLS-C",
					    "tls-c", "SSL", "ssl", "TLS-P" };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		char text[40];

		tls_start(&w, &plain);
		snprintf(text, sizeof(text), "> auth %s\n< 234 go", name[i]);
		scene_play(&w, text);
		tls_handshake(&w, TLS_1_2);
		assert_int_equal(wire_logged(&w, "tls established"), 1);
		assert_int_equal(wire_logged(&w, "grant open passive"), 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 12, 30: 234 and nothing else; for TLS 334 is wrong (RFC 4217 4.1). */
static void rfc12_rfc30_only_234(void **state)
{
	static const unsigned int code[] = { 200, 220, 230, 235, 334,
					     431, 500, 502, 504, 534 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(code); i++) {
		char text[40];

		tls_start(&w, &snat);
		snprintf(text, sizeof(text), "> AUTH TLS\n< %u x", code[i]);
		scene_play(&w, text);
		snprintf(text, sizeof(text), "auth TLS %u 0", code[i]);
		assert_int_equal(wire_logged(&w, text), 1);
		login(&w);
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		scene_expect_open(&w, 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 13: whatever there was before is over (RFC 2228 3). */
static void rfc13_auth_again(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &plain);
	login(&w);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	scene_expect_open(&w, 1);
	tls_auth(&w, TLS_1_3);
	scene_expect_open(&w, 0);
	assert_int_equal(wire_logged(&w, "pinhole close"), 1);
	/* And a second one: its own handshake, its own grants. */
	tls_close(&w, CLIENT, TLS_1_3);
	tls_close(&w, SERVER, TLS_1_3);
	scene_play(&w, "> AUTH TLS\n< 234 go");
	assert_int_equal(scene_stats(&w).grants, 0);
	assert_false(data_passive(&w, 41000, 42000));
	tls_handshake(&w, TLS_1_2);
	assert_true(data_passive(&w, 41001, 42000));
	assert_int_equal(wire_logged(&w, "tls established"), 2);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 14: CCC in the clear, or refused, changes nothing (RFC 2228 3). */
static void rfc14_ccc_refused(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &snat);
	login(&w);
	scene_play(&w, "> CCC\n< 533 what for?\n> CCC\n< 200 as you like");
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
	/* Under TLS, 534: more records, and no line. */
	tls_begin(&w, &snat, TLS_1_2);
	tls_exchange(&w);
	tls_exchange(&w);
	assert_int_equal(wire_logged(&w, "tls cleared"), 0);
	assert_int_equal(scene_stats(&w).tls_sessions, 1);
	scene_stop(&w);
}

/* 15: ADAT's lines may be of any length (RFC 2228 3): they are not read. */
static void rfc15_long_adat(void **state)
{
	static char line[20000];
	struct wire w;

	(void)state;
	tls_start(&w, &snat);
	scene_play(&w, "> AUTH GSSAPI\n< 334 go");
	memset(line, 'A', sizeof(line) - 1);
	memcpy(line, "ADAT ", 5);
	memcpy(line + sizeof(line) - 3, "\r\n", 2);
	wire_say(&w, CLIENT, line);
	scene_expect_last(&w, SERVER, line);
	memcpy(line, "335 ADAT=", 9);
	wire_say(&w, SERVER, line);
	scene_expect_last(&w, CLIENT, line);
	scene_expect_alert(&w, "unsupported-security");
	assert_int_equal(wire_logged(&w, "alert"), 1);
	assert_int_equal(wire_logged(&w, "command ADAT"), 0);
	scene_stop(&w);
}

/* 32, 33: the level of each data connection is its own matter: clear at first,
 * and free to change between any two (RFC 4217 9). */
static void rfc32_rfc33_data_in_the_clear(void **state)
{
	uint8_t hello[TLS_TALK_MAX];
	size_t len = tls_client_hello(hello, TLS_1_3, NULL);
	struct data_talk clear, protected;
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	data_open_passive(&w, &clear, 41000, 42000);
	data_open_passive(&w, &protected, 41001, 42001);
	assert_true(data_segment(&w, &clear, true, 0, "file", 4, 0));
	assert_true(data_segment(&w, &protected, false, 0, hello, len, 0));
	scene_expect_quiet(&w);
	scene_stop(&w);
	/* Where TLS is required the one is dropped, and the other not. */
	tls_begin(&w, &plain, TLS_1_3);
	w.server.data = DATA_REQUIRE_TLS;
	data_open_passive(&w, &clear, 41000, 42000);
	data_open_passive(&w, &protected, 41001, 42001);
	assert_false(data_segment(&w, &clear, true, 0, "file", 4, 0));
	assert_true(data_segment(&w, &protected, false, 0, hello, len, 0));
	scene_expect_alert(&w, "cleartext-data");
	assert_true(scene_trusted(&w));
	scene_stop(&w);
}

/* 34: the FTP client is the TLS client, also where the server connects (RFC
 * 4217 7). */
static void rfc34_client_is_tls_client(void **state)
{
	uint8_t hello[TLS_TALK_MAX];
	size_t len = tls_client_hello(hello, TLS_1_3, NULL);
	struct data_talk t;
	struct wire w;

	(void)state;
	for (int by_server = 0; by_server < 2; by_server++) {
		tls_begin(&w, &plain, TLS_1_3);
		w.server.data = DATA_REQUIRE_TLS;
		data_open_active(&w, &t, 5001);
		assert_int_equal(data_segment(&w, &t, !by_server, 0, hello, len,
					      0),
				 !by_server);
		assert_int_equal(w.actions[ACTION_DATA_PASS], !by_server);
		scene_stop(&w);
	}
}

/* 35: the client may connect before anything is said about a transfer (RFC
 * 4217 7): a grant is there from the end of the handshake on. */
static void rfc35_early_connect(void **state)
{
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_2);
	assert_true(data_passive(&w, 41000, 42000));
	tls_exchange(&w);
	assert_true(data_passive(&w, 41001, 42001));
	assert_true(data_active(&w, 5001));
	scene_stop(&w);
}

/* 36: lines are read from the first one on, and need no new login; data keeps
 * its level (RFC 4217 12.3). */
static void rfc36_ccc(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	tls_begin(&w, &snat, TLS_1_3);
	w.server.data = DATA_REQUIRE_TLS;
	tls_exchange(&w);
	tls_close(&w, SERVER, TLS_1_3);
	tls_close(&w, CLIENT, TLS_1_3);
	scene_ask(&w, VIA_EPRT, "10.1.4.4", 5001);
	scene_expect_last(&w, SERVER, "EPRT |1|203.0.113.100|5001|\r\n");
	scene_expect_open(&w, 1);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	data_open_passive(&w, &t, 41000, 42000);
	assert_int_equal(wire_logged(&w, "pinhole use"), 1);
	assert_false(data_segment(&w, &t, true, 0, "file", 4, 0));
	scene_stop(&w);
}

/* 37: no handshake, no session; 421 in the clear, or nothing (RFC 4217 4.2). */
static void rfc37_failed_handshake(void **state)
{
	uint8_t hello[TLS_TALK_MAX];
	size_t len = tls_client_hello(hello, TLS_1_2, NULL);
	struct wire w;

	(void)state;
	for (int how = 0; how < 3; how++) {
		tls_start(&w, &plain);
		scene_play(&w, "> AUTH TLS\n< 234 go");
		tls_send(&w, CLIENT, hello, len);
		if (how == 0)
			scene_play(&w, "< 421 no");
		else if (how == 1)
			wire_fin(&w, SERVER);
		else
			wire_rst(&w, SERVER);
		assert_int_equal(wire_logged(&w, "reply 421"), how == 0);
		assert_int_equal(wire_logged(&w, "grant open"), 0);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 38: REIN's reply comes under TLS, then TLS ends, and all starts anew (RFC 4217
 * 13): with a login in the clear, or with AUTH. */
static void rfc38_rein(void **state)
{
	struct wire w;

	(void)state;
	for (int again = 0; again < 2; again++) {
		tls_begin(&w, &snat, TLS_1_2);
		assert_true(data_passive(&w, 41000, 42000));
		tls_exchange(&w);
		tls_close(&w, SERVER, TLS_1_2);
		tls_close(&w, CLIENT, TLS_1_2);
		if (again) {
			tls_auth(&w, TLS_1_3);
			assert_true(data_passive(&w, 41001, 42000));
		} else {
			login(&w);
			assert_false(data_passive(&w, 41001, 42000));
			scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
			assert_true(data_passive(&w, 41002, 42000));
		}
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 39: a data connection that resumes the session of the control connection
 * begins with a ClientHello like any other (RFC 4217 10.2). */
static void rfc39_resumed_data(void **state)
{
	static const char *const name[] = { "tls12-session-id.client",
					    "tls12-ticket.client",
					    "tls13-psk.client" };
	struct data_talk t;
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		struct span s = handshake_stream(name[i]);

		tls_begin(&w, &plain, TLS_1_3);
		w.server.data = DATA_REQUIRE_TLS;
		data_open_passive(&w, &t, 41000, 42000);
		assert_true(data_segment(&w, &t, false, 0, s.at, s.len, 0));
		assert_int_equal(w.actions[ACTION_DATA_PASS], 1);
		scene_stop(&w);
	}
}

/* 40: under TLS nothing is urgent outside of it (RFC 4217 12.1). */
static void rfc40_urgent(void **state)
{
	struct wire w;

	(void)state;
	for (enum side from = CLIENT; from <= SERVER; from++) {
		size_t at;

		tls_begin(&w, &plain, TLS_1_2);
		at = w.end[from].stream_len;
		wire_write(&w, from, "\x17\x03\x03\x00\x01x", 6);
		wire_segment_flags(&w, from, at, at + 6, TCP_URG);
		scene_expect_alert(&w, "tls-urgent");
		assert_int_equal(scene_stats(&w).grants, 0);
		scene_stop(&w);
	}
}

/* 41: nothing for a third host (RFC 4217 16). */
static void rfc41_three_way(void **state)
{
	const struct endpoint third = wire_endpoint("10.2.5.9", 20);
	const struct endpoint client = wire_endpoint("10.1.4.4", 5001);
	const struct endpoint server = wire_endpoint("10.2.5.5", 42000);
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	assert_false(data_try(&w, &third, &server));
	assert_false(data_try(&w, &third, &client));
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 42: HOST, then AUTH; with SNI the two must match (RFC 7151 3.2.2). */
static void rfc42_host_and_sni(void **state)
{
	struct wire w;

	(void)state;
	for (int other = 0; other < 2; other++) {
		tls_start(&w, &plain);
		scene_play(&w, other ? "> HOST ftp.example.org\n< 220 ok"
				     : "> HOST ftp.example.net\n< 220 ok");
		tls_auth(&w, TLS_1_3);
		assert_int_equal(wire_logged(&w, "alert tls-name"), other);
		assert_int_equal(wire_logged(&w, "alert"), other);
		scene_stop(&w);
	}
}

/* 51: implicit TLS: records from the first byte on port 990, data from 989; the
 * end of the control connection ends no transfer. */
static void rfc51_implicit(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	tls_begin(&w, &implicit, TLS_1_3);
	assert_int_equal(wire_logged(&w, "session_open"), 1);
	assert_true(data_active(&w, 5001));
	assert_int_equal(w.last[ACTION_DATA_CREATE].data.from.port, 989);
	data_open_passive(&w, &t, 41000, 42000);
	wire_fin(&w, CLIENT);
	wire_fin(&w, SERVER);
	assert_true(data_segment(&w, &t, true, 0, "file", 4, 0));
	assert_int_equal(scene_stats(&w).data_connections, 2);
	assert_false(data_passive(&w, 41001, 42000));
	data_closed(&w, &t.from, &t.to);
	assert_int_equal(wire_logged(&w, "data close related"), 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc11_rfc31_mechanisms),
		cmocka_unit_test(rfc12_rfc30_only_234),
		cmocka_unit_test(rfc13_auth_again),
		cmocka_unit_test(rfc14_ccc_refused),
		cmocka_unit_test(rfc15_long_adat),
		cmocka_unit_test(rfc32_rfc33_data_in_the_clear),
		cmocka_unit_test(rfc34_client_is_tls_client),
		cmocka_unit_test(rfc35_early_connect),
		cmocka_unit_test(rfc36_ccc),
		cmocka_unit_test(rfc37_failed_handshake),
		cmocka_unit_test(rfc38_rein),
		cmocka_unit_test(rfc39_resumed_data),
		cmocka_unit_test(rfc40_urgent),
		cmocka_unit_test(rfc41_three_way),
		cmocka_unit_test(rfc42_host_and_sni),
		cmocka_unit_test(rfc51_implicit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
