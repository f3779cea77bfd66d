/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the configuration says about TLS: tls.explicit: forbid, servers with
 * tls: expected, and what tells that TLS was taken away or leads elsewhere.
 * (tls.explicit: require has test_engine_tls_require.c.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"
#include "tls_talk.h"

#define REFUSED "534 This network does not allow TLS here.\r\n"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };
static const struct wire_options snat6 = { .v6 = true, .snat = true };

static void begin(struct wire *w, const struct wire_options *o,
		  enum policy_explicit_tls tls)
{
	tls_start(w, o);
	w->policy.explicit_tls = tls;
}

/* --- forbid ---------------------------------------------------------------------- */

/* No TLS, and everything else works as it did. */
static void auth_is_refused(void **state)
{
	static const char *const name[] = { "TLS", "tls", "SSL", "TLS-C",
					    "TLS-P" };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		char text[32];

		begin(&w, i % 2 ? &snat6 : &snat, TLS_FORBID);
		snprintf(text, sizeof(text), "AUTH %s\r\n", name[i]);
		wire_say(&w, CLIENT, text);
		scene_play(&w, "< 200 noop ok\n> USER joe\n< 331 ?\n"
			       "> PASS secret\n< 230 in");
		wire_expect(&w, SERVER, "NOOP\r\nUSER joe\r\nPASS secret\r\n");
		wire_expect(&w, CLIENT,
			    "220 hello\r\n" REFUSED "331 ?\r\n230 in\r\n");
		scene_expect_alert(&w, "tls-forbidden");
		assert_int_equal(wire_logged(&w, "auth"), 0);
		assert_true(scene_trusted(&w));
		scene_ask(&w, VIA_EPRT, i % 2 ? "fc00:10:1:4::4" : "10.1.4.4",
			  5001);
		scene_expect_open(&w, 1);
		scene_ask(&w, VIA_EPSV, "10.2.5.5", 42000);
		scene_expect_open(&w, 1);
		assert_int_equal(wire_logged(&w, "rewrite EPRT"), 1);
		assert_int_equal(wire_logged(&w, "alert"), 1);
		assert_null(strstr(w.log, "secret"));
		scene_stop(&w);
	}
}

static void auth_one_byte_at_a_time(void **state)
{
	static const char auth[] = "AUTH TLS\r\nFEAT\r\nAUTH TLS\r\n";
	static const char said[] = "200 a\r\n211 b\r\n500 c\r\n";
	struct wire w;

	(void)state;
	begin(&w, &snat, TLS_FORBID);
	wire_write(&w, CLIENT, auth, strlen(auth));
	for (size_t i = 0; i < strlen(auth); i++)
		wire_segment(&w, CLIENT, i, i + 1);
	wire_pump(&w, CLIENT);
	wire_write(&w, SERVER, said, strlen(said));
	for (size_t i = w.end[SERVER].acked; i < w.end[SERVER].stream_len; i++)
		wire_segment(&w, SERVER, i, i + 1);
	wire_pump(&w, SERVER);
	wire_expect(&w, SERVER, "NOOP\r\nFEAT\r\nNOOP\r\n");
	wire_expect(&w, CLIENT, "220 hello\r\n" REFUSED "211 b\r\n" REFUSED);
	assert_true(scene_trusted(&w));
	scene_stop(&w);
}

/* Not ours to forbid: Kerberos is another thing (RFC 2228 8). */
static void other_mechanisms_pass(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, TLS_FORBID);
	scene_play(&w, "> AUTH KERBEROS_V4\n< 504 no\n> AUTH GSSAPI\n< 334 go");
	wire_expect(&w, SERVER, "AUTH KERBEROS_V4\r\nAUTH GSSAPI\r\n");
	assert_int_equal(wire_logged(&w, "auth GSSAPI 334 1"), 1);
	scene_expect_alert(&w, "unsupported-security");
	scene_stop(&w);
}

/* Doubt is no reason to cut: there is no password to hold back. */
static void doubt_does_not_cut(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, TLS_FORBID);
	scene_play(&w, "> USER joe\n< what?\n> PASS secret\n< 230 in");
	scene_expect_alert(&w, "bad-reply");
	assert_false(w.end[CLIENT].reset || w.end[SERVER].reset);
	wire_expect(&w, SERVER, "USER joe\r\nPASS secret\r\n");
	scene_stop(&w);
}

/* --- expected ----------------------------------------------------------------------- */

static void login_in_the_clear(void **state)
{
	struct wire w;

	(void)state;
	for (int expected = 0; expected < 2; expected++) {
		begin(&w, &plain, TLS_ALLOW);
		w.server.tls =
			expected ? SERVER_TLS_EXPECTED : SERVER_TLS_UNKNOWN;
		scene_play(&w, "> USER joe\n< 331 ?\n> PASS secret\n< 230 in\n"
			       "> USER joe\n< 331 ?");
		assert_int_equal(wire_logged(&w, "alert cleartext-login"),
				 expected);
		assert_int_equal(wire_logged(&w, "alert"), expected);
		wire_expect(&w, SERVER,
			    "USER joe\r\nPASS secret\r\nUSER joe\r\n");
		assert_null(strstr(w.log, "secret"));
		/* It is told, and no more. */
		scene_play(&w, "> PASS x\n< 230 in");
		scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
		scene_expect_open(&w, 1);
		scene_stop(&w);
	}
	/* Another login behind TLS is none in the clear. */
	begin(&w, &plain, TLS_ALLOW);
	w.server.tls = SERVER_TLS_EXPECTED;
	tls_auth(&w, TLS_1_3);
	tls_exchange(&w);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* Nothing is opened for a session that may have been stripped. */
static void expect_stripped(struct wire *w)
{
	scene_expect_alert(w, "tls-stripped");
	assert_false(scene_trusted(w));
	scene_play(w, "> USER joe\n< 331 ?\n> PASS secret\n< 230 in");
	scene_ask(w, VIA_PASV, "10.2.5.5", 42000);
	scene_ask(w, VIA_PORT, "10.1.4.4", 5001);
	assert_int_equal(w->actions[ACTION_PINHOLE_ADD], 0);
	assert_null(strstr(w->log, "secret"));
}

static void auth_refused(void **state)
{
	static const unsigned int code[] = { 431, 500, 501, 502,
					     504, 530, 534, 334 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(code); i++) {
		bool expected = i % 2;
		char text[32];

		begin(&w, &snat, TLS_ALLOW);
		w.server.tls =
			expected ? SERVER_TLS_EXPECTED : SERVER_TLS_UNKNOWN;
		snprintf(text, sizeof(text), "> AUTH TLS\n< %u no",
			 code[i / 2]);
		scene_play(&w, text);
		if (expected)
			expect_stripped(&w);
		else
			scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* SSL is the name of old; the new one is tried next. */
static void ssl_then_tls(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, TLS_ALLOW);
	w.server.tls = SERVER_TLS_EXPECTED;
	scene_play(&w, "> AUTH SSL\n< 504 not that one");
	tls_auth(&w, TLS_1_2);
	scene_expect_quiet(&w);
	assert_int_equal(wire_logged(&w, "grant open passive"), 1);
	scene_stop(&w);
}

/* --- FEAT ------------------------------------------------------------------------------ */

/* RFC 4217 6, RFC 2389 3.2: one space, then the feature. */
static void offered_then_refused(void **state)
{
	static const char *const offer[] = {
		" AUTH TLS",          " AUTH TLS;SSL;",     " AUTH SSL;TLS;",
		" auth tls",          " AUTH TLS-C;TLS-P;", " AUTH SSL;TLS-C",
		" AUTH GSSAPI;TLS;X",
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offer); i++) {
		char text[128];

		begin(&w, &plain, TLS_ALLOW);
		snprintf(text, sizeof(text),
			 "> FEAT\n< 211-have\n<  EPSV\n< %s\n<  UTF8\n"
			 "< 211 end\n> AUTH TLS\n< 500 what?",
			 offer[i]);
		scene_play(&w, text);
		expect_stripped(&w);
		scene_stop(&w);
	}
	begin(&w, &plain, TLS_ALLOW);
	scene_play(&w, "> FEAT\n< 211-have\n<  AUTH SSL\n< 211 end\n"
		       "> AUTH SSL\n< 500 what?");
	expect_stripped(&w);
	scene_stop(&w);
}

/* What only looks like an offer. */
static void not_offered(void **state)
{
	static const char *const script[] = {
		/* not FEAT's reply */
		"> STAT\n< 211-have\n<  AUTH TLS\n< 211 end",
		"> HELP\n< 214-have\n<  AUTH TLS;SSL;\n< 214 end",
		"> STAT\n> FEAT\n< 211-have\n<  AUTH TLS\n< 211 end\n"
		"< 211-have\n<  EPSV\n< 211 end",
		/* not a line of its list */
		"> FEAT\n< 211- AUTH TLS\n<  EPSV\n< 211 end",
		"> FEAT\n< 211-have\n<  EPSV\n< 211  AUTH TLS",
		"> FEAT\n< 500 AUTH TLS",
		/* not that feature */
		"> FEAT\n< 211-have\n<  XAUTH TLS\n< 211 end",
		"> FEAT\n< 211-have\n< AUTH TLS\n< 211 end",
		"> FEAT\n< 211-have\n<   AUTH TLS\n< 211 end",
		"> FEAT\n< 211-have\n<  AUTH GSSAPI;\n< 211 end",
		"> FEAT\n< 211-have\n<  AUTH TLSX;\n< 211 end",
		"> FEAT\n< 211-have\n<  AUTH \n< 211 end",
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(script); i++) {
		begin(&w, &plain, TLS_ALLOW);
		scene_play(&w, script[i]);
		scene_play(&w, "> AUTH TLS\n< 500 what?");
		if (wire_logged(&w, "alert"))
			fail_msg("%zu: an alert in\n%s", i, w.log);
		assert_true(scene_trusted(&w));
		scene_stop(&w);
	}
}

/* --- version and name --------------------------------------------------------------------- */

static void minimum_version(void **state)
{
	static const uint16_t version[] = { TLS_1_0, TLS_1_1, TLS_1_2,
					    TLS_1_3 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		uint16_t has = version[i % 4], least = version[i / 4];

		begin(&w, &plain, TLS_ALLOW);
		w.policy.minimum_tls = least;
		tls_auth(&w, has);
		assert_int_equal(wire_logged(&w, "alert tls-version"),
				 has < least);
		assert_int_equal(wire_logged(&w, "alert"), has < least);
		/* It is told, and no more. */
		assert_int_equal(wire_logged(&w, "tls established"), 1);
		assert_int_equal(wire_logged(&w, "grant open passive"), 1);
		scene_stop(&w);
	}
}

/* RFC 7151 3.2.2: what HOST says and what SNI says must be the same. */
static void host_and_sni(void **state)
{
	static const struct {
		const char *host, *sni;
		bool alert;
	} row[] = {
		{ "ftp.example.net", "ftp.example.net", false },
		{ "FTP.Example.NET", "ftp.example.net", false },
		{ "ftp.example.net", NULL, false },
		{ NULL, "ftp.example.net", false },
		{ "ftp.example.org", "ftp.example.net", true },
		{ "ftp.example.ne", "ftp.example.net", true },
		{ "", "ftp.example.net", true },
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint8_t bytes[TLS_TALK_MAX];
		char text[64];

		begin(&w, &plain, TLS_ALLOW);
		if (row[i].host) {
			snprintf(text, sizeof(text), "> HOST %s\n< 220 ok",
				 row[i].host);
			scene_play(&w, text);
		}
		scene_play(&w, "> AUTH TLS\n< 234 go");
		tls_send(&w, CLIENT, bytes,
			 tls_client_hello(bytes, TLS_1_3, row[i].sni));
		if (row[i].alert)
			scene_expect_alert(&w, "tls-name");
		else
			scene_expect_quiet(&w);
		assert_true(scene_trusted(&w));
		scene_stop(&w);
	}
}

/* A server without HOST has taken no name (RFC 7151 3). */
static void refused_host_is_no_name(void **state)
{
	struct wire w;
	uint8_t bytes[TLS_TALK_MAX];

	(void)state;
	begin(&w, &plain, TLS_ALLOW);
	scene_play(&w, "> HOST other.example.net\n< 504 what?\n"
		       "> AUTH TLS\n< 234 go");
	tls_send(&w, CLIENT, bytes,
		 tls_client_hello(bytes, TLS_1_3, "ftp.example.net"));
	scene_expect_quiet(&w);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auth_is_refused),
		cmocka_unit_test(auth_one_byte_at_a_time),
		cmocka_unit_test(other_mechanisms_pass),
		cmocka_unit_test(doubt_does_not_cut),
		cmocka_unit_test(login_in_the_clear),
		cmocka_unit_test(auth_refused),
		cmocka_unit_test(ssl_then_tls),
		cmocka_unit_test(offered_then_refused),
		cmocka_unit_test(not_offered),
		cmocka_unit_test(minimum_version),
		cmocka_unit_test(host_and_sni),
		cmocka_unit_test(refused_host_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
