/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the RFCs after RFC 959 demand: EPRT and EPSV (2428), security (2577),
 * MLSD, FEAT and UTF-8 (3659, 2389, 2640), HOST (7151), translation (2663,
 * 6384), LPRT and LPSV (1639). The table of all statements is in
 * test_engine_rfc.c.
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
static const struct wire_options plain6 = { .v6 = true };
static const struct wire_options snat = { .snat = true };
static const struct wire_options dnat = { .dnat = true };

static uint16_t opened_port(const struct wire *w)
{
	return w->last[ACTION_PINHOLE_ADD].hole.key.to.port;
}

/* 17: EPRT with any delimiter; the rewritten one keeps it (RFC 2428 2). */
static void rfc17_eprt_delimiters(void **state)
{
	struct wire w;
	char text[64];

	(void)state;
	scene_start(&w, &snat);
	for (char d = 33; d < 127; d++) {
		bool fits = !strchr("0123456789.", d);

		snprintf(text, sizeof(text), "EPRT %c1%c10.1.4.4%c5001%c\r\n",
			 d, d, d, d);
		wire_say(&w, CLIENT, text);
		if (fits)
			snprintf(text, sizeof(text),
				 "EPRT %c1%c203.0.113.100%c5001%c\r\n", d, d, d,
				 d);
		scene_expect_last(&w, SERVER, text);
		scene_play(&w, "< 501 no");
	}
	assert_int_equal(wire_logged(&w, "rewrite EPRT"), 94 - 11);
	scene_stop(&w);
}

/* 18: an unknown family is the server's to refuse (522). */
static void rfc18_unknown_family(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "> EPRT |3|10.1.4.4|5001|\n< 522 use (1,2)");
	scene_expect_last(&w, SERVER, "EPRT |3|10.1.4.4|5001|\r\n");
	scene_expect_refused(&w, "family-mismatch");
	scene_stop(&w);
}

/* 19, 22: 229 names a port; both hosts are the control connection's. */
static void rfc19_rfc22_epsv(void **state)
{
	static const struct wire_options *const o[] = { &plain, &plain6,
							&dnat };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(o); i++) {
		struct wire w;
		const struct pinhole_key *key;

		scene_begin(&w, o[i], "> EPSV\n< 229 ok (!!!42000!)");
		key = &w.last[ACTION_PINHOLE_ADD].hole.key;
		scene_expect_last(&w, CLIENT, "229 ok (!!!42000!)\r\n");
		assert_true(addr_equal(&key->from, &w.end[CLIENT].at.addr));
		assert_true(
			addr_equal(&key->to.addr, &w.nat.server_public.addr));
		assert_int_equal(key->to.port, 42000);
		assert_int_equal(wire_logged(&w, "rewrite"), 0);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* 20: after EPSV ALL only EPSV counts (RFC 2428 4). */
static void rfc20_epsv_all(void **state)
{
	static const enum via via[] = { VIA_PORT, VIA_EPRT, VIA_LPRT, VIA_PASV,
					VIA_LPSV };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(via); i++) {
		scene_begin(&w, &plain, "> epsv all\n< 200 ok");
		scene_ask(&w, via[i],
			  via_is_active(via[i]) ? "10.1.4.4" : "10.2.5.5",
			  42000);
		scene_expect_refused(&w, "epsv-all");
		scene_ask(&w, VIA_EPSV, "10.2.5.5", 42000);
		scene_expect_open(&w, 1);
		scene_stop(&w);
	}
	scene_begin(&w, &plain, "> EPSV ALL\n< 501 no");
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

/* 21: EPSV with a family; 522 for one that the server does not have. */
static void rfc21_epsv_family(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain,
		    "> EPSV 2\n< 522 use (1)\n> EPSV 1\n< 229 (|||42000|)");
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 23: no data port below 1024 (RFC 2577 3). */
static void rfc23_low_port(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "> PORT 10,1,4,4,3,255\n< 200 ok");
	scene_expect_refused(&w, "low-port");
	scene_ask(&w, VIA_PORT, "10.1.4.4", 1024);
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

/* 24: peers compare the data connection's addresses with those of control:
 * both see the same ones. */
static void rfc24_same_addresses(void **state)
{
	struct wire w;
	const struct data_entry *data = &w.last[ACTION_DATA_CREATE].data;
	const struct wire_options both = { .snat = true, .dnat = true };

	(void)state;
	scene_start(&w, &both);
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	scene_data(&w);
	assert_true(addr_equal(&data->to.addr, &w.nat.client_public.addr));
	assert_true(addr_equal(&data->dnat_to.addr, &w.end[CLIENT].at.addr));
	assert_true(addr_equal(&data->snat_to, &w.nat.server_public.addr));
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	scene_data(&w);
	assert_true(addr_equal(&data->to.addr, &w.nat.server_public.addr));
	assert_true(addr_equal(&data->dnat_to.addr, &w.end[SERVER].at.addr));
	assert_true(addr_equal(&data->snat_to, &w.nat.client_public.addr));
	scene_stop(&w);
}

#define COLLISIONS 12

/* Ports given to clients whose own choice was taken. */
static void colliding_ports(uint8_t key, uint16_t port[COLLISIONS])
{
	const struct wire_options o = { .snat = true, .key = key };
	struct wire w[COLLISIONS + 1];

	for (int i = 0; i <= COLLISIONS; i++) {
		struct endpoint client = wire_endpoint("10.1.4.4", 40404);
		char text[ADDR_TEXT_MAX];

		client.addr.b[15] = (uint8_t)(4 + i);
		if (i)
			wire_join(&w[i], &w[0], &o, &client);
		else
			wire_start(&w[i], &o);
		wire_connect(&w[i]);
		wire_login(&w[i]);
		addr_format(&client.addr, text);
		scene_ask(&w[i], VIA_PORT, text, 5001);
		if (i)
			port[i - 1] = opened_port(&w[i]);
	}
	for (int i = COLLISIONS; i > 0; i--)
		scene_leave(&w[i]);
	scene_stop(&w[0]);
}

/* 25: nobody may guess a port that we choose (RFC 2577 8). */
static void rfc25_unpredictable_port(void **state)
{
	uint16_t a[COLLISIONS], b[COLLISIONS];
	int same = 0;

	(void)state;
	colliding_ports(1, a);
	colliding_ports(2, b);
	for (int i = 0; i < COLLISIONS; i++) {
		assert_true(a[i] >= 1024 && a[i] != 5001);
		same += a[i] == b[i];
		for (int j = 0; j < i; j++)
			assert_true(abs(a[i] - a[j]) > 1);
	}
	assert_true(same <= 1);
}

/* 26: a few wrong passwords, then 421: visible, and no pinhole. */
static void rfc26_wrong_passwords(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< 220 hello\n> USER a\n< 331 ?\n> PASS x\n< 530 no\n"
		       "> USER a\n< 331 ?\n> PASS y\n< 530 no\n"
		       "> PASV\n< 227 (10,2,5,5,164,16)\n< 421 bye");
	assert_int_equal(wire_logged(&w, "reply 530"), 2);
	scene_expect_refused(&w, "not-logged-in");
	scene_stop(&w);
}

/* 27: MLSD needs a data connection, MLST does not (RFC 3659 7). */
static void rfc27_mlsd_and_mlst(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "> MLST\n< 250-x\n<  type=dir; /\n< 250 End");
	scene_expect_quiet(&w);
	scene_play(&w, "> PASV\n< 227 (10,2,5,5,164,16)\n> MLST\n< 250 x");
	scene_expect_open(&w, 1);
	scene_play(&w, "> MLSD\n< 150 go\n< 226 done");
	scene_expect_open(&w, 0);
	scene_expect_quiet(&w);
	scene_play(&w, "> MLSD\n< 425 no");
	scene_expect_alert(&w, "default-data-port");
	scene_stop(&w);
}

/* 28: FEAT, many lines that begin with a space (RFC 2389 3.2). */
static void rfc28_feat(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain,
		    "> FEAT\n< 211-Features:\n<  AUTH TLS\n<  PROT\n<  PBSZ\n"
		    "<  EPSV\n<  HOST\n< 211 End\n> OPTS UTF8 ON\n< 200 ok");
	assert_int_equal(wire_logged(&w, "reply 211 Features: [7]"), 1);
	scene_expect_quiet(&w);
	assert_true(scene_trusted(&w));
	scene_stop(&w);
}

/* 29: UTF-8 in paths; CR NUL and bare CR are no line ends (RFC 2640 3.1). */
static void rfc29_paths(void **state)
{
	static const char line[] = "RETR gr\xc3\xbc\xc3\x9f"
				   "e\r\0PORT 10,1,4,4,19,137\r\n";
	struct wire w;

	(void)state;
	scene_begin(&w, &snat, "> PASV\n< 227 (10,2,5,5,164,16)");
	wire_write(&w, CLIENT, line, sizeof(line) - 1);
	wire_pump(&w, CLIENT);
	scene_play(&w, "< 550 no\n> CWD a\rPORT 10,1,4,4,19,137\n< 550 no");
	assert_int_equal(wire_logged(&w, "endpoint PORT"), 0);
	assert_int_equal(wire_logged(&w, "command PORT"), 0);
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 42: HOST before the login, and before AUTH (RFC 7151 3). */
static void rfc42_host(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	wire_connect(&w);
	scene_play(&w, "< 220 hello\n> HOST ftp.example.com\n< 220 ok\n"
		       "> AUTH TLS\n< 502 no\n> USER a\n< 331 ?\n> PASS b\n"
		       "< 230 in\n> PASV\n< 227 (10,2,5,5,164,16)");
	assert_int_equal(wire_logged(&w, "command HOST ftp.example.com"), 1);
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 44: lines over many packets, here one byte each. Packets that grew are cut:
 * see attack13 and test_engine_segments. */
static void rfc44_byte_by_byte(void **state)
{
	static const char line[] = "227 Entering (10,2,5,5,164,16)\r\n";
	struct wire w;
	size_t at;

	(void)state;
	scene_begin(&w, &dnat, "> PASV");
	at = w.end[SERVER].stream_len;
	wire_write(&w, SERVER, line, strlen(line));
	for (size_t i = 0; i < strlen(line); i++)
		wire_segment(&w, SERVER, at + i, at + i + 1);
	wire_pump(&w, SERVER);
	scene_expect_last(&w, CLIENT,
			  "227 Entering (198,51,100,200,164,16)\r\n");
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

/* 45: RFC 6384 answers 425 for the server when a 227 names another host. We
 * leave the reply as it is, open nothing and say so. */
static void rfc45_other_host_in_227(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &dnat, "> PASV\n< 227 (192,0,2,7,164,16)");
	scene_expect_last(&w, CLIENT, "227 (192,0,2,7,164,16)\r\n");
	scene_expect_refused(&w, "third-host");
	scene_stop(&w);
}

/* 46: an endpoint waits 30 seconds at least, and its session longer. */
static void rfc46_patience(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "> PASV\n< 227 (10,2,5,5,164,16)");
	wire_wait(&w, 30 * 1000000ull);
	scene_expect_open(&w, 1);
	scene_data(&w);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	/* A transfer of a day, with a silent control connection. */
	scene_play(&w, "> RETR x\n< 150 go");
	wire_wait(&w, 86400 * 1000000ull);
	scene_play(&w, "< 226 done\n> PASV\n< 227 (10,2,5,5,164,17)");
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 49: after a change of size all numbers of both directions are corrected
 * (RFC 2663 7.1); the wire compares every byte and acknowledgement. */
static void rfc49_sequence_numbers(void **state)
{
	const struct wire_options o = { .snat = true,
					.dnat = true,
					.client_isn = 0xffffff00,
					.server_isn = 0xfffffe80 };
	struct wire w;

	(void)state;
	scene_start(&w, &o);
	w.timestamps = true;
	for (uint16_t i = 0; i < 60; i++) {
		scene_ask(&w, VIA_PORT, "10.1.4.4", (uint16_t)(5001 + i));
		scene_ask(&w, VIA_PASV, "10.2.5.5", (uint16_t)(42000 + i));
		scene_data(&w);
	}
	assert_int_equal(scene_stats(&w).rewrites, 120);
	assert_int_equal(w.actions[ACTION_LIBERAL], 1);
	assert_int_equal(w.end[SERVER].received,
			 w.end[CLIENT].stream_len + 60 * 5);
	assert_int_equal(w.end[CLIENT].received,
			 w.end[SERVER].stream_len + 60 * 6);
	wire_fin(&w, SERVER);
	wire_fin(&w, CLIENT);
	assert_int_equal(wire_logged(&w, "session_close fin"), 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* 50: LPRT, LPSV and 228 are read and rewritten like the others. */
static void rfc50_long_endpoints(void **state)
{
	static const struct {
		bool v6;
		const char *lprt, *lpsv;
	} row[] = {
		{ false, "LPRT 4,4,203,0,113,100,2,19,137\r\n",
		  "228 ok (4,4,198,51,100,200,2,164,16)\r\n" },
		{ true,
		  "LPRT 6,16,32,1,13,184,2,3,1,19,0,0,0,0,0,0,1,0,2,19,137\r\n",
		  "228 ok (6,16,32,1,13,184,1,152,0,81,0,0,0,0,0,0,2,0,"
		  "2,164,16)\r\n" },
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		scene_start(&w, &(struct wire_options){ .v6 = row[i].v6,
							.snat = true,
							.dnat = true });
		scene_play(&w,
			   row[i].v6
				   ? "> LPRT "
				     "6,16,252,0,0,16,0,1,0,4,0,0,0,0,0,0,0,4,"
				     "2,19,137\n"
				   : "> LPRT 4,4,10,1,4,4,2,19,137\n");
		scene_expect_last(&w, SERVER, row[i].lprt);
		scene_play(&w, "< 200 ok");
		scene_expect_open(&w, 1);
		scene_play(
			&w,
			row[i].v6
				? "> LPSV\n< 228 ok "
				  "(6,16,252,0,0,16,0,2,0,5,0,0,0,0,"
				  "0,0,0,5,2,164,16)\n"
				: "> LPSV\n< 228 ok (4,4,10,2,5,5,2,164,16)\n");
		scene_expect_last(&w, CLIENT, row[i].lpsv);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 2);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc17_eprt_delimiters),
		cmocka_unit_test(rfc18_unknown_family),
		cmocka_unit_test(rfc19_rfc22_epsv),
		cmocka_unit_test(rfc20_epsv_all),
		cmocka_unit_test(rfc21_epsv_family),
		cmocka_unit_test(rfc23_low_port),
		cmocka_unit_test(rfc24_same_addresses),
		cmocka_unit_test(rfc25_unpredictable_port),
		cmocka_unit_test(rfc26_wrong_passwords),
		cmocka_unit_test(rfc27_mlsd_and_mlst),
		cmocka_unit_test(rfc28_feat),
		cmocka_unit_test(rfc29_paths),
		cmocka_unit_test(rfc42_host),
		cmocka_unit_test(rfc44_byte_by_byte),
		cmocka_unit_test(rfc45_other_host_in_227),
		cmocka_unit_test(rfc46_patience),
		cmocka_unit_test(rfc49_sequence_numbers),
		cmocka_unit_test(rfc50_long_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
