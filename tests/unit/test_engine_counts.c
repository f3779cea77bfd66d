/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted, and under which reason. (That counters add up is asked at the
 * end of every scene; see scene_stop().)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data_talk.h"
#include "scene.h"
#include "support.h"
#include "tls_talk.h"

#define SECOND 1000000ull

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };

/* Of @family just @why, and @n times. */
#define EXPECT_ONLY(w, family, why, n)                          \
	do {                                                    \
		const struct engine_stats st_ = scene_stats(w); \
                                                                \
		assert_int_equal(st_.family##_by[why], n);      \
		assert_int_equal(st_.family, n);                \
	} while (0)

/* --- conversations ----------------------------------------------------------- */

static void logins(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< 220 hello\n> USER a\n< 530 no\n> USER b\n< 331 ?\n"
		       "> PASS c\n< 530 no\n> USER b\n< 331 ?\n> PASS d\n"
		       "< 332 account?\n> ACCT e\n< 230 in\n"
		       "> ACCT f\n< 502 unknown\n> NOOP\n< 500 what?");
	assert_int_equal(scene_stats(&w).logins_refused, 2);
	assert_int_equal(scene_stats(&w).logins_accepted, 1);
	scene_stop(&w);
}

static void auth(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< 220 hello\n> AUTH TLS\n< 534 no\n> AUTH SSL\n"
		       "< 431 not now");
	assert_int_equal(scene_stats(&w).auth_refused, 2);
	assert_int_equal(scene_stats(&w).auth_accepted, 0);
	tls_auth(&w, TLS_1_3);
	assert_int_equal(scene_stats(&w).auth_accepted, 1);
	assert_int_equal(scene_stats(&w).tls_established, 1);
	tls_close(&w, CLIENT, TLS_1_3);
	tls_close(&w, SERVER, TLS_1_3);
	scene_play(&w, "> NOOP\n< 200 ok");
	assert_int_equal(scene_stats(&w).tls_cleared, 1);
	assert_int_equal(scene_stats(&w).tls_failed, 0);
	scene_stop(&w);
}

static void commands_refused_by_policy(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	w.policy.explicit_tls = TLS_REQUIRE;
	wire_connect(&w);
	scene_play(&w, "< 220 hello\n> USER a\n< 200 noop\n> PASS b\n< 200 ok");
	assert_int_equal(scene_stats(&w).commands_refused, 2);
	assert_int_equal(scene_stats(&w).logins_refused, 0);
	scene_stop(&w);
}

static void tls_that_breaks(void **state)
{
	static const struct {
		const char *says; /* in the place of the ClientHello */
		size_t len;
		enum tls_failure why;
		unsigned int untrusted;
	} row[] = {
		{ "\x15\x03\x01\x00\x02\x02\x28", 7, TLS_FAILED_ALERT,
		  UNTRUSTED_TLS },
		{ "NOOP\r\n", 6, TLS_FAILED_CLEARTEXT, UNTRUSTED_TLS },
		{ "\x17\x03\x03\x00\x01x", 6, TLS_FAILED_MALFORMED,
		  ALERT_TLS_MALFORMED },
		{ "\x80\x2e\x01\x00\x02", 5, TLS_FAILED_SSLV2,
		  ALERT_TLS_SSLV2 },
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		tls_start(&w, &plain);
		scene_play(&w, "> AUTH TLS\n< 234 go on");
		tls_send(&w, CLIENT, row[i].says, row[i].len);
		EXPECT_ONLY(&w, tls_failed, row[i].why, 1);
		EXPECT_ONLY(&w, sessions_untrusted, row[i].untrusted, 1);
		scene_stop(&w);
	}
}

/* --- endpoints and pinholes ---------------------------------------------------- */

static void endpoints(void **state)
{
	static const struct {
		const char *line;
		enum endpoint_refusal why;
	} row[] = {
		{ "> PORT 1,2,3", ENDPOINT_MALFORMED },
		{ "> EPRT |9|10.1.4.4|5001|", ENDPOINT_UNKNOWN_FAMILY },
		{ "> EPRT |2|fc00::4|5001|", ENDPOINT_FAMILY_MISMATCH },
		{ "> PORT 10,9,9,9,19,137", ENDPOINT_BOUNCE },
		{ "> PORT 10,1,4,4,0,22", ENDPOINT_LOW_PORT },
		{ "> PASV\n< 227 none here", ENDPOINT_MISSING },
		{ "> PASV\n< 227 (10,9,9,9,19,137)", ENDPOINT_THIRD_HOST },
		{ "> EPSV ALL\n< 200 ok\n> PASV\n< 227 (10,2,5,5,164,16)",
		  ENDPOINT_EPSV_ALL },
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		scene_begin(&w, &plain, row[i].line);
		EXPECT_ONLY(&w, endpoints_refused, row[i].why, 1);
		assert_int_equal(scene_stats(&w).endpoints_accepted, 0);
		scene_stop(&w);
	}
	scene_begin(&w, &plain, "< 999\n> PORT 10,1,4,4,19,137");
	EXPECT_ONLY(&w, sessions_untrusted, ALERT_BAD_REPLY, 1);
	EXPECT_ONLY(&w, endpoints_refused, ENDPOINT_UNTRUSTED, 1);
	scene_stop(&w);
}

static void pinholes(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &(struct wire_options){ .pinholes = 1 });
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	/* The first is in the way of the second, and is not used. */
	scene_play(&w, "> PASV\n< 227 (10,2,5,5,164,17)");
	EXPECT_ONLY(&w, pinholes_refused, PINHOLE_REFUSED_TABLE, 1);
	assert_int_equal(scene_stats(&w).endpoints_accepted, 2);
	wire_wait(&w, 61 * SECOND);
	assert_int_equal(scene_stats(&w).pinholes_expired, 1);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42002);
	scene_play(&w, "> QUIT\n< 221 bye");
	assert_int_equal(scene_stats(&w).pinholes_closed, 1);
	assert_int_equal(scene_stats(&w).pinholes_opened, 2);
	scene_stop(&w);
}

static void what_the_kernel_refuses(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	w.fail_action[ACTION_PINHOLE_ADD] = true;
	scene_play(&w, "> PASV\n< 227 (10,2,5,5,164,16)");
	EXPECT_ONLY(&w, pinholes_refused, PINHOLE_REFUSED_KERNEL, 1);
	w.fail_action[ACTION_PINHOLE_ADD] = false;
	w.fail_action[ACTION_DATA_CREATE] = true;
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	scene_data(&w);
	assert_int_equal(scene_stats(&w).data_failed, 1);
	assert_int_equal(scene_stats(&w).actions_failed, 2);
	scene_stop(&w);
}

static void strangers(void **state)
{
	struct wire w;
	const struct endpoint third = wire_endpoint("10.9.9.9", 40000);
	const struct endpoint hole = wire_endpoint("10.2.5.5", 42000);

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	wire_syn(&w, &third, &hole);
	EXPECT_ONLY(&w, data_unmatched, DATA_REFUSED_NOT_PEER, 1);
	scene_stop(&w);
	tls_begin(&w, &plain, TLS_1_3);
	w.server.max_data = 1;
	wire_syn(&w, &third, &hole);
	EXPECT_ONLY(&w, data_unmatched, DATA_REFUSED_NO_SESSION, 1);
	assert_true(data_passive(&w, 41000, 42000));
	assert_false(data_passive(&w, 41001, 42000));
	EXPECT_ONLY(&w, grants_refused, GRANT_REFUSED_MAX_DATA, 1);
	assert_int_equal(scene_stats(&w).data_unmatched_by[DATA_REFUSED_GRANT],
			 1);
	scene_stop(&w);
}

/* --- packets -------------------------------------------------------------------- */

static void changed_packets(void **state)
{
	struct wire w;
	size_t at;

	(void)state;
	scene_start(&w, &snat);
	at = w.end[CLIENT].stream_len;
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	assert_int_equal(scene_stats(&w).rewrites, 1);
	/* The line with another text, and what came since with other numbers. */
	assert_int_equal(scene_stats(&w).packets_rewritten -
				 scene_stats(&w).packets_renumbered,
			 1);
	scene_play(&w, "> NOOP\n< 200 ok");
	assert_int_equal(scene_stats(&w).packets_rewritten -
				 scene_stats(&w).packets_renumbered,
			 1);
	assert_in_range(scene_stats(&w).packets_renumbered, 2, 8);
	assert_int_equal(scene_stats(&w).packets_refilled, 0);
	/* The end of a line whose beginning was withheld, and for nothing: a
	 * third host's address is not rewritten. */
	w.hold_acks = true;
	at = w.end[CLIENT].stream_len;
	wire_write(&w, CLIENT, "PORT 10,9,9,9,19,138\r\n", 22);
	wire_segment(&w, CLIENT, at, at + 10);
	wire_segment(&w, CLIENT, at + 10, at + 22);
	assert_int_equal(scene_stats(&w).packets_refilled, 1);
	w.hold_acks = false;
	wire_pump(&w, CLIENT);
	scene_stop(&w);
}

static void held_packets(void **state)
{
	struct wire w;
	size_t at;

	(void)state;
	scene_start(&w, &plain);
	at = w.end[CLIENT].stream_len;
	wire_write(&w, CLIENT, "NOOP\r\nNOOP\r\nNOOP\r\n", 18);
	wire_segment(&w, CLIENT, at + 6, at + 12);
	wire_segment(&w, CLIENT, at + 12, at + 18);
	assert_int_equal(scene_stats(&w).packets_waiting, 2);
	wire_segment(&w, CLIENT, at, at + 6);
	assert_int_equal(scene_stats(&w).packets_waiting, 0);
	assert_int_equal(scene_stats(&w).packets_released, 2);
	wire_pump(&w, CLIENT);
	wire_write(&w, CLIENT, "NOOP\r\nNOOP\r\n", 12);
	wire_segment(&w, CLIENT, at + 24, at + 30);
	wire_wait(&w, 3 * SECOND);
	EXPECT_ONLY(&w, packets_dropped, DROP_HOLD_TIMEOUT, 1);
	for (int i = 0; i < 17; i++)
		wire_segment(&w, CLIENT, at + 24, at + 30);
	assert_int_equal(scene_stats(&w).packets_dropped_by[DROP_HOLD_PACKETS],
			 1);
	assert_int_equal(scene_stats(&w).packets_held, 2 + 1 + 16);
	scene_stop(&w);
}

static void dropped_packets(void **state)
{
	static const uint8_t nonsense[] = { 0x45, 0, 0, 20, 0 };
	struct wire w;
	size_t at;

	(void)state;
	scene_start(&w, &plain);
	wire_raw(&w, span_of(nonsense, sizeof(nonsense)));
	EXPECT_ONLY(&w, packets_dropped, DROP_MALFORMED, 1);
	wire_stop(&w);
	scene_start(&w, &plain);
	at = w.end[CLIENT].stream_len;
	w.hold_acks = true;
	wire_write(&w, CLIENT, "SITE a\r\n", 8);
	wire_segment(&w, CLIENT, at, at + 8);
	wire_forge(&w, CLIENT, at, "SITE b\r\n", 0);
	EXPECT_ONLY(&w, packets_dropped, DROP_OVERLAP, 1);
	assert_int_equal(scene_stats(&w).retransmissions, 1);
	w.hold_acks = false;
	wire_pump(&w, CLIENT);
	scene_stop(&w);
}

/* --- sessions ------------------------------------------------------------------- */

static void ends_of_sessions(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	wire_rst(&w, SERVER);
	EXPECT_ONLY(&w, sessions_closed, SESSION_END_RST, 1);
	scene_stop(&w);
	scene_start(&w, &plain);
	wire_fin(&w, CLIENT);
	wire_fin(&w, SERVER);
	EXPECT_ONLY(&w, sessions_closed, SESSION_END_FIN, 1);
	scene_stop(&w);
	scene_start(&w, &plain);
	wire_wait(&w, 6 * 86400 * SECOND);
	EXPECT_ONLY(&w, sessions_closed, SESSION_END_TIMEOUT, 1);
	scene_stop(&w);
}

static void sessions_refused(void **state)
{
	static const struct {
		struct wire_options o;
		enum session_refusal why;
	} row[] = {
		{ { .sessions = 1 }, SESSION_REFUSED_TABLE },
		{ { .sessions_per_client = 1 }, SESSION_REFUSED_CLIENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		const struct endpoint more = wire_endpoint("10.1.4.4", 50001);
		struct wire w;

		scene_start(&w, &row[i].o);
		wire_syn(&w, &more, &w.end[SERVER].at);
		EXPECT_ONLY(&w, sessions_refused, row[i].why, 1);
		EXPECT_ONLY(&w, alerts, ALERT_SESSION_TABLE_FULL, 1);
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logins),
		cmocka_unit_test(auth),
		cmocka_unit_test(commands_refused_by_policy),
		cmocka_unit_test(tls_that_breaks),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(pinholes),
		cmocka_unit_test(what_the_kernel_refuses),
		cmocka_unit_test(strangers),
		cmocka_unit_test(changed_packets),
		cmocka_unit_test(held_packets),
		cmocka_unit_test(dropped_packets),
		cmocka_unit_test(ends_of_sessions),
		cmocka_unit_test(sessions_refused),
	};

	return cmocka_run_group_tests_name("engine_counts", tests, NULL, NULL);
}
