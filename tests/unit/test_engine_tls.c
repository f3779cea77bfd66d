/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control connection turns to TLS, and back (RFC 4217). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"
#include "tls_talk.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };
static const struct wire_options implicit = { .server_port = 990 };

static const uint16_t versions[] = { TLS_1_2, TLS_1_3 };

static void start(struct wire *w, const struct wire_options *o)
{
	wire_start(w, o);
	scene_configure(w);
	wire_connect(w);
}

static void begin(struct wire *w, const struct wire_options *o,
		  uint16_t version)
{
	start(w, o);
	scene_play(w, "< 220 hello");
	tls_auth(w, version);
}

/* --- turning to TLS ------------------------------------------------------------ */

static void handshake_is_told(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		char text[64];

		begin(&w, &plain, versions[i]);
		snprintf(text, sizeof(text), "tls client_hello %04x ftp",
			 versions[i]);
		assert_int_equal(wire_logged(&w, text), 1);
		snprintf(text, sizeof(text), "tls server_hello %04x",
			 versions[i]);
		assert_int_equal(wire_logged(&w, text), 1);
		assert_int_equal(wire_logged(&w, "tls established"), 1);
		assert_int_equal(wire_logged(&w, "grant open passive"), 1);
		assert_int_equal(scene_stats(&w).tls_sessions, 1);
		tls_exchange(&w);
		scene_expect_quiet(&w);
		wire_fin(&w, CLIENT);
		assert_int_equal(wire_logged(&w, "grant close passive"), 1);
		scene_stop(&w);
	}
}

/* Not before the last of it: a grant is for handshakes seen to finish. */
static void no_grant_before_the_end(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		bool new = versions[i] == TLS_1_3;
		uint8_t type = new ? TLS_APPLICATION_DATA : TLS_HANDSHAKE;

		start(&w, &plain);
		scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
		tls_hellos(&w, versions[i]);
		tls_say(&w, CLIENT, TLS_CHANGE_CIPHER_SPEC, 1);
		tls_say(&w, CLIENT, type, TLS_TALK_FINISHED);
		assert_int_equal(wire_logged(&w, "grant open"), 0);
		if (!new)
			tls_say(&w, SERVER, TLS_CHANGE_CIPHER_SPEC, 1);
		assert_int_equal(wire_logged(&w, "grant open"), 0);
		tls_say(&w, SERVER, type, TLS_TALK_FINISHED);
		assert_int_equal(wire_logged(&w, "tls established"), 1);
		assert_int_equal(wire_logged(&w, "grant open passive"), 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* Under TLS 1.3 only its length tells an alert from a Finished. */
static void alert_instead_of_finished(void **state)
{
	struct wire w;

	(void)state;
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_hellos(&w, TLS_1_3);
	tls_say(&w, CLIENT, TLS_APPLICATION_DATA, TLS_TALK_ALERT);
	tls_say(&w, SERVER, TLS_APPLICATION_DATA, TLS_TALK_FINISHED);
	assert_int_equal(wire_logged(&w, "tls established"), 0);
	assert_int_equal(wire_logged(&w, "grant open"), 0);
	scene_stop(&w);
	/* The server refuses the client's certificate. */
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_hellos(&w, TLS_1_3);
	tls_say(&w, CLIENT, TLS_APPLICATION_DATA, TLS_TALK_FINISHED);
	tls_say(&w, SERVER, TLS_APPLICATION_DATA, TLS_TALK_ALERT);
	assert_int_equal(wire_logged(&w, "tls established"), 0);
	assert_int_equal(wire_logged(&w, "grant open"), 0);
	scene_stop(&w);
}

static void hello_retry(void **state)
{
	struct wire w;
	uint8_t bytes[TLS_TALK_MAX];

	(void)state;
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(&w, CLIENT, bytes, tls_client_hello(bytes, TLS_1_3, NULL));
	tls_send(&w, SERVER, bytes, tls_server_hello(bytes, TLS_1_3, true));
	tls_say(&w, SERVER, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_say(&w, CLIENT, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_handshake(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "tls client_hello"), 2);
	assert_int_equal(wire_logged(&w, "tls server_hello"), 2);
	assert_int_equal(wire_logged(&w, "tls established"), 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

static void implicit_port(void **state)
{
	struct wire w;

	(void)state;
	start(&w, &implicit);
	tls_handshake(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "tls established"), 1);
	assert_int_equal(wire_logged(&w, "grant open passive"), 1);
	assert_int_equal(wire_logged(&w, "grant open active 1024-65535"), 1);
	tls_exchange(&w);
	assert_int_equal(wire_logged(&w, "command"), 0);
	scene_expect_quiet(&w);
	scene_stop(&w);
	/* Whoever speaks in the clear there gets nothing. */
	start(&w, &implicit);
	wire_say(&w, SERVER, "220 hello\r\n");
	scene_play(&w, "> USER a\n< 230 in");
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42001);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	scene_expect_alert(&w, "cleartext-after-auth");
	scene_stop(&w);
}

static void nothing_is_granted_for_strangers(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< 220 hello");
	tls_auth(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "tls established"), 1);
	assert_int_equal(wire_logged(&w, "grant open"), 0);
	assert_int_equal(wire_logged(&w, "grant refuse"), 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* --- not turning to TLS ---------------------------------------------------------- */

static void cleartext_after_234(void **state)
{
	static const char *const said[] = { "USER a\r\n",
					    "PORT 10,1,4,4,19,137\r\n",
					    "\xff\xf4\xff\xf2"
					    "ABOR\r\n" };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		start(&w, &snat);
		scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
		wire_say(&w, CLIENT, said[i]);
		scene_expect_refused(&w, "cleartext-after-auth");
		scene_expect_last(&w, SERVER, said[i]);
		assert_false(scene_trusted(&w));
		scene_stop(&w);
	}
}

/* RFC 4217 4.2: the server may say 421 and go. */
static void failed_handshake(void **state)
{
	struct wire w;
	uint8_t bytes[TLS_TALK_MAX];

	(void)state;
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(&w, CLIENT, bytes, tls_client_hello(bytes, TLS_1_2, NULL));
	scene_play(&w, "< 421 no TLS today");
	assert_int_equal(wire_logged(&w, "reply 421"), 1);
	assert_int_equal(wire_logged(&w, "tls failed"), 1);
	scene_expect_quiet(&w);
	assert_false(scene_trusted(&w));
	scene_stop(&w);
	/* Anything else has no place there. */
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(&w, CLIENT, bytes, tls_client_hello(bytes, TLS_1_2, NULL));
	scene_play(&w, "< 230 you are in");
	scene_expect_alert(&w, "cleartext-after-auth");
	assert_false(scene_trusted(&w));
	scene_stop(&w);
}

static void alerts_are_read(void **state)
{
	static const uint8_t fatal[] = { TLS_ALERT, 3, 3, 0, 2, 2, 40 };
	struct wire w;
	uint8_t bytes[TLS_TALK_MAX];

	(void)state;
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(&w, CLIENT, bytes, tls_client_hello(bytes, TLS_1_2, NULL));
	tls_send(&w, SERVER, fatal, sizeof(fatal));
	assert_int_equal(wire_logged(&w, "tls failed 0000 handshake_failure"),
			 1);
	scene_play(&w, "< 421 bye");
	scene_expect_quiet(&w);
	scene_stop(&w);
}

static void sslv2_is_refused(void **state)
{
	static const uint8_t hello[] = { 0x80, 0x2e, 1, 3, 1,   0, 21, 0, 0,
					 0,    16,   1, 0, 128, 0, 0,  4, 0 };
	struct wire w;

	(void)state;
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(&w, CLIENT, hello, sizeof(hello));
	scene_expect_last(&w, SERVER, "AUTH TLS\r\n");
	scene_expect_alert(&w, "tls-sslv2");
	assert_int_equal(w.actions[ACTION_INJECT], 2);
	assert_int_equal(wire_logged(&w, "session_close"), 1);
	scene_stop(&w);
}

static void garbage_is_not_followed(void **state)
{
	struct wire w;
	uint8_t bytes[TLS_TALK_MAX];
	size_t len;

	(void)state;
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	len = tls_client_hello(bytes, TLS_1_2, NULL);
	bytes[5 + 4 + 2 + 32] = 33; /* a session id of 33 bytes */
	tls_send(&w, CLIENT, bytes, len);
	scene_expect_refused(&w, "tls-malformed");
	scene_stop(&w);
	/* The server speaks first. */
	start(&w, &plain);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 234 go");
	tls_send(&w, SERVER, bytes, tls_server_hello(bytes, TLS_1_2, false));
	scene_expect_refused(&w, "tls-malformed");
	scene_stop(&w);
}

static void old_version_is_told(void **state)
{
	struct wire w;

	(void)state;
	start(&w, &plain);
	w.policy.minimum_tls = TLS_1_3;
	scene_play(&w, "< 220 hello");
	tls_auth(&w, TLS_1_2);
	scene_expect_alert(&w, "tls-version");
	assert_int_equal(wire_logged(&w, "grant open passive"), 1);
	scene_stop(&w);
}

/* --- and back ---------------------------------------------------------------------- */

/* RFC 4217 12.3: 200 under TLS, close, then lines. */
static void ccc(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 3 * ARRAY_SIZE(versions); i++) {
		uint16_t version = versions[i % ARRAY_SIZE(versions)];
		size_t who = i / ARRAY_SIZE(versions);

		begin(&w, &snat, version);
		tls_exchange(&w);
		if (who != 0)
			tls_close(&w, CLIENT, version);
		if (who != 1)
			tls_close(&w, SERVER, version);
		scene_play(&w, "> PWD\n< 257 here");
		assert_int_equal(wire_logged(&w, "tls cleared"), 1);
		assert_int_equal(wire_logged(&w, "grant close passive"), 1);
		assert_int_equal(wire_logged(&w, "command PWD"), 1);
		assert_int_equal(wire_logged(&w, "reply 257"), 1);
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		scene_expect_open(&w, 1);
		scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

static void cleartext_without_close(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		begin(&w, &snat, versions[i]);
		tls_exchange(&w);
		scene_play(&w, "> PWD\n< 257 here");
		assert_int_equal(wire_logged(&w, "tls cleared"), 0);
		scene_expect_alert(&w, "cleartext-after-auth");
		assert_int_equal(wire_logged(&w, "grant close passive"), 1);
		scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
		assert_int_equal(scene_stats(&w).tls_sessions, 0);
		scene_stop(&w);
	}
}

/* AUTH again behind CCC, and a whole new handshake. */
static void again(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, TLS_1_3);
	tls_close(&w, CLIENT, TLS_1_3);
	tls_close(&w, SERVER, TLS_1_3);
	tls_auth(&w, TLS_1_2);
	assert_int_equal(wire_logged(&w, "tls established"), 2);
	assert_int_equal(wire_logged(&w, "tls cleared"), 1);
	assert_int_equal(wire_logged(&w, "grant open passive"), 2);
	assert_int_equal(scene_stats(&w).tls_sessions, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake_is_told),
		cmocka_unit_test(no_grant_before_the_end),
		cmocka_unit_test(alert_instead_of_finished),
		cmocka_unit_test(hello_retry),
		cmocka_unit_test(implicit_port),
		cmocka_unit_test(nothing_is_granted_for_strangers),
		cmocka_unit_test(cleartext_after_234),
		cmocka_unit_test(failed_handshake),
		cmocka_unit_test(alerts_are_read),
		cmocka_unit_test(sslv2_is_refused),
		cmocka_unit_test(garbage_is_not_followed),
		cmocka_unit_test(old_version_is_told),
		cmocka_unit_test(ccc),
		cmocka_unit_test(cleartext_without_close),
		cmocka_unit_test(again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
