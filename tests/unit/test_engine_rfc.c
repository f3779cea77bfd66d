/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the RFCs demand of somebody between an FTP client and its server, one
 * test a statement. The numbers are those of the statements in the project's
 * field notes. Without a test here:
 *
 *   13-15, 30-42, 51
 *           AUTH and FTP over TLS: test_engine_rfc_tls.c, where its own table
 *           says which of them are tested in the lab
 *   43      RFC 6384 wants an ALG to go blind after AUTH whatever the reply;
 *           we follow RFC 2228 (12): only 234 changes anything
 *   47, 48  replacing commands (but for tls.explicit, see
 *           test_engine_tls_require.c) and refusing Telnet options: an ALG
 *           that translates FTP itself; we pass all but endpoints unchanged
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };
static const struct wire_options dnat = { .dnat = true };

static uint16_t opened_port(const struct wire *w)
{
	return w->last[ACTION_PINHOLE_ADD].hole.key.to.port;
}

/* 1: six decimal fields, port = p1 * 256 + p2 (RFC 959 4.1.2, 4.2.1). */
static void rfc01_six_fields(void **state)
{
	static const uint16_t port[] = { 1024, 5001, 42000, 65535 };
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	for (size_t i = 0; i < ARRAY_SIZE(port); i++) {
		scene_ask(&w, VIA_PORT, "10.1.4.4", port[i]);
		assert_int_equal(opened_port(&w), port[i]);
		scene_ask(&w, VIA_PASV, "10.2.5.5", port[i]);
		assert_int_equal(opened_port(&w), port[i]);
	}
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 2 * ARRAY_SIZE(port));
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 2: "ddd-" up to "ddd ", whatever stands between (RFC 959 4.2). */
static void rfc02_multi_line(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain,
		    "> STAT\n< 211-Status\n< 227 Passive (10,2,5,5,164,16)\n"
		    "< 212 not the end\n< 211-nor this\n< 2110\n< 211 End\n"
		    "> PASV\n< 500 no");
	assert_int_equal(wire_logged(&w, "reply 211 Status [6]\n"), 1);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 3: without PORT or PASV the default data ports; told, nothing opened. */
static void rfc03_default_data_port(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "> RETR x\n< 150 go\n< 226 done");
	scene_expect_refused(&w, "default-data-port");
	scene_stop(&w);
	/* An endpoint serves one transfer. */
	scene_begin(&w, &plain,
		    "> PASV\n< 227 (10,2,5,5,164,16)\n> LIST\n< 150 go\n< 226 "
		    "done");
	scene_expect_quiet(&w);
	scene_play(&w, "> LIST\n< 425 no");
	scene_expect_alert(&w, "default-data-port");
	scene_stop(&w);
}

/* 4: the last of PASV and PORT rules (RFC 959 3.3). */
static void rfc04_last_endpoint_rules(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	scene_expect_open(&w, 1);
	assert_int_equal(opened_port(&w), 5001);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42001);
	scene_expect_open(&w, 1);
	assert_int_equal(opened_port(&w), 42001);
	assert_int_equal(w.actions[ACTION_PINHOLE_DEL], 2);
	/* A refused one changes nothing. */
	scene_play(&w, "> PORT 10,1,4,4,19,137\n< 500 no");
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

/* 5: one transfer, one connection: a pinhole is used once. */
static void rfc05_used_once(void **state)
{
	struct wire w;
	struct endpoint again = wire_endpoint("10.1.4.4", 21);

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	scene_data(&w);
	wire_syn(&w, &again, &w.last[ACTION_PINHOLE_ADD].hole.key.to);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	scene_expect_open(&w, 0);
	scene_play(&w, "> LIST\n< 150 go\n< 226 done");
	scene_stop(&w);
}

/* 6: ABOR closes the data connection, not the control connection. */
static void rfc06_abor(void **state)
{
	static const char *const replies[] = { "< 426 cut\n< 226 closed",
					       "< 226 closed", "< 225 idle" };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		scene_begin(
			&w, &plain,
			"> PASV\n< 227 (10,2,5,5,164,16)\n> LIST\n< 150 go");
		scene_expect_open(&w, 1);
		if (i)
			scene_play(&w, "< 226 done");
		scene_play(&w, "> ABOR");
		scene_play(&w, replies[i]);
		scene_expect_open(&w, 0);
		scene_play(&w, "> PASV\n< 227 (10,2,5,5,164,17)");
		scene_expect_open(&w, 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 7: letter case; Telnet IP and Synch before ABOR, as urgent data; STAT in
 * the middle of a transfer (RFC 959 4.1.3, 5.3). */
static void rfc07_case_and_telnet(void **state)
{
	struct wire w;
	size_t at;

	(void)state;
	scene_begin(&w, &plain,
		    "> pAsV\n< 227 (10,2,5,5,164,16)\n> LiSt\n< 150 go");
	assert_int_equal(wire_logged(&w, "command PASV"), 1);
	scene_expect_open(&w, 1);
	at = w.end[CLIENT].stream_len;
	wire_write(&w, CLIENT,
		   "\xff\xf4\xff\xf2"
		   "ABOR\r\n",
		   10);
	wire_segment_flags(&w, CLIENT, at, at + 3, TCP_URG);
	wire_segment(&w, CLIENT, at + 3, at + 10);
	scene_play(&w, "< 426 cut\n< 226 closed");
	assert_int_equal(wire_logged(&w, "command ABOR"), 1);
	scene_expect_open(&w, 0);
	scene_play(&w, "> PASV\n< 227 (10,2,5,5,164,17)\n> RETR x\n< 150 go\n"
		       "> \xff\xf4\xff\xf2STAT\n< 213 half of it\n< 226 done");
	/* One of the two finals answers STAT: paired in order, and nothing is
	 * left over. */
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 2);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 8: PASV here and PORT there is legal, and refused by policy. */
static void rfc08_three_parties(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "> PORT 192,0,2,7,164,16\n< 200 ok\n> RETR x");
	scene_expect_refused(&w, "bounce");
	assert_int_equal(wire_logged(&w,
				     "endpoint PORT bounce 192.0.2.7:42000"),
			 1);
	scene_stop(&w);
}

/* 9: 227 without parentheses (RFC 1123 4.1.2.6). */
static void rfc09_parentheses(void **state)
{
	static const char *const row[][2] = {
		{ "227 Entering Passive Mode 10,2,5,5,164,16",
		  "227 Entering Passive Mode 198,51,100,200,164,16\r\n" },
		{ "227 =10,2,5,5,164,16", "227 =198,51,100,200,164,16\r\n" },
		{ "227 v2 mode (10,2,5,5,164,16).",
		  "227 v2 mode (198,51,100,200,164,16).\r\n" },
	};
	struct wire w;
	char script[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		snprintf(script, sizeof(script), "> PASV\n< %s", row[i][0]);
		scene_begin(&w, &dnat, script);
		scene_expect_last(&w, CLIENT, row[i][1]);
		scene_expect_open(&w, 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 10: a server without PASV; the client falls back to PORT (RFC 1579). */
static void rfc10_fallback(void **state)
{
	static const char *const no[] = {
		"> PASV\n< 500 no", "> PASV\n< 502 no",
		"> EPSV\n< 500 no\n> PASV\n< 425 no",
		"> EPRT |1|10.1.4.4|5001|\n< 500 no"
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		scene_begin(&w, &snat, no[i]);
		scene_expect_open(&w, 0);
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		scene_expect_open(&w, 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 11, 12: AUTH in any letter case; 234 and only 234 ends cleartext. */
static void rfc11_rfc12_auth(void **state)
{
	static const char *const accepted[] = { "AUTH TLS", "auth tls",
						"AUTH ssl", "AUTH TLS-C",
						"Auth Tls-P" };
	struct wire w;
	char script[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		scene_start(&w, &snat);
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		scene_expect_open(&w, 1);
		snprintf(script, sizeof(script), "> %s\n< 234 go", accepted[i]);
		scene_play(&w, script);
		scene_expect_open(&w, 0);
		assert_int_equal(wire_logged(&w, "auth"), 1);
		scene_expect_quiet(&w);
		/* It is TLS now, or nothing. */
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		scene_expect_last(&w, SERVER, "PORT 10,1,4,4,19,137\r\n");
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 1);
		scene_expect_alert(&w, "cleartext-after-auth");
		scene_stop(&w);
	}
	scene_begin(&w, &snat,
		    "> AUTH GSSAPI\n< 334 more\n> ADAT AAAA\n< 235 in");
	scene_expect_refused(&w, "unsupported-security");
	scene_stop(&w);
}

/* 16: 631, 632, 633 are protected replies (RFC 2228 5). */
static void rfc16_protected_reply(void **state)
{
	static const char *const reply[] = { "< 631 MTIz", "< 632 MTIz",
					     "< 633 MTIz" };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reply); i++) {
		scene_begin(&w, &plain, "> NOOP");
		scene_play(&w, reply[i]);
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		scene_expect_refused(&w, "unsupported-security");
		scene_stop(&w);
	}
}

/* REIN forgets the login, EPSV ALL and every endpoint (RFC 959 4.1.1). */
static void rein(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain,
		    "> EPSV ALL\n< 200 ok\n> EPSV\n"
		    "< 229 (|||42000|)\n> REIN\n< 120 wait");
	scene_expect_open(&w, 1);
	scene_play(&w, "< 220 again");
	scene_expect_open(&w, 0);
	scene_play(&w, "> USER a\n< 331 ?\n> PASS b\n< 230 in\n"
		       "> PORT 10,1,4,4,19,137\n< 200 ok");
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
	scene_begin(&w, &plain,
		    "> REIN\n< 220 again\n> PASV\n"
		    "< 227 (10,2,5,5,164,16)");
	scene_expect_refused(&w, "not-logged-in");
	scene_stop(&w);
	scene_begin(&w, &plain,
		    "> REIN\n< 502 no\n> PASV\n"
		    "< 227 (10,2,5,5,164,16)");
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

/* 120, then 220 (RFC 959 5.4). */
static void delayed_greeting(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< 120 in 1 minute\n< 220-hello\n< 227 no\n< 220 ready\n"
		       "> USER a\n< 230 in\n> PASV\n< 227 (10,2,5,5,164,16)");
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 421 may come at any time (RFC 959 5.4); another reply may not. */
static void unsolicited_replies(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "< 421 timeout");
	scene_expect_quiet(&w);
	scene_stop(&w);
	scene_begin(&w, &plain, "< 200 for nothing\n< 200 again");
	scene_expect_refused(&w, "unsolicited-reply");
	scene_stop(&w);
	/* In the place of a greeting: busy. */
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< 421 too many");
	wire_fin(&w, SERVER);
	wire_fin(&w, CLIENT);
	scene_expect_quiet(&w);
	assert_int_equal(wire_logged(&w, "session_close fin"), 1);
	scene_stop(&w);
}

/* Login and endpoints sent without waiting: each reply is for its command. */
static void pipelined_login(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &snat);
	wire_connect(&w);
	scene_play(&w, "< 220 hello");
	scene_send(&w, CLIENT, "USER a\r\nPASS b\r\nPASV\r\nLIST\r\nNOOP\r\n");
	scene_send(&w, SERVER,
		   "331 ?\r\n230 in\r\n227 (10,2,5,5,164,16)\r\n150 go\r\n");
	scene_expect_open(&w, 1);
	scene_send(&w, SERVER, "226 done\r\n200 ok\r\n");
	scene_expect_open(&w, 0);
	scene_expect_quiet(&w);
	/* A PORT is judged when it passes, with what is known by then: here
	 * two in a row, of which the server takes the second. */
	scene_send(&w, CLIENT,
		   "PORT 10,1,4,4,19,137\r\nPORT 10,1,4,4,19,138\r\n");
	assert_int_equal(scene_holes(&w, "asked"), 2);
	scene_send(&w, SERVER, "500 no\r\n200 ok\r\n");
	scene_expect_open(&w, 1);
	assert_int_equal(opened_port(&w), 5002);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc01_six_fields),
		cmocka_unit_test(rfc02_multi_line),
		cmocka_unit_test(rfc03_default_data_port),
		cmocka_unit_test(rfc04_last_endpoint_rules),
		cmocka_unit_test(rfc05_used_once),
		cmocka_unit_test(rfc06_abor),
		cmocka_unit_test(rfc07_case_and_telnet),
		cmocka_unit_test(rfc08_three_parties),
		cmocka_unit_test(rfc09_parentheses),
		cmocka_unit_test(rfc10_fallback),
		cmocka_unit_test(rfc11_rfc12_auth),
		cmocka_unit_test(rfc16_protected_reply),
		cmocka_unit_test(rein),
		cmocka_unit_test(delayed_greeting),
		cmocka_unit_test(unsolicited_replies),
		cmocka_unit_test(pipelined_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
