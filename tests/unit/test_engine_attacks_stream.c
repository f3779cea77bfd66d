/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attacks on the reader and its tables: growth, endless lines, floods, Telnet.
 * Numbers as in test_engine_attacks.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"

static const struct wire_options plain4 = { .v6 = false };

/* A script after the login must open nothing and raise @alert. */
static void refused_script(const struct wire_options *o, const char *script,
			   const char *alert)
{
	struct wire w;

	scene_begin(&w, o, script);
	scene_expect_refused(&w, alert);
	scene_stop(&w);
}

/* --- 13: growth --------------------------------------------------------- */

/* What is said in one packet: @head, lines of padding, @tail. */
struct growth {
	enum side from;
	const char *before; /* script */
	const char *head, *pad, *tail, *tail_public;
};

static const struct growth growths[] = {
	{ CLIENT, NULL, "", "SITE", "PORT 10,1,4,4,19,137\r\n",
	  "PORT 203,0,113,100,19,137\r\n" },
	{ SERVER, "> FEAT\n> PASV", "211-x\r\n", " FEA",
	  "211 y\r\n227 (10,2,5,5,164,16)\r\n",
	  "211 y\r\n227 (198,51,100,200,164,16)\r\n" },
};

/* Lines that begin with @word and fill @len bytes, which are 16 at least. */
static void fill_lines(char *at, size_t len, const char *word)
{
	while (len) {
		size_t n = len > 4000 ? (len - 4000 < 16 ? 3900 : 4000) : len;

		memset(at, 'x', n);
		memcpy(at, word, 4);
		at[4] = ' ';
		memcpy(at + n - 2, "\r\n", 2);
		at += n;
		len -= n;
	}
}

/* Send @payload bytes in one packet; give the stream's text as the other end
 * must get it. */
static char *send_grown(struct wire *w, const struct growth *g, size_t payload)
{
	size_t head = strlen(g->head), tail = strlen(g->tail);
	size_t at = w->end[g->from].stream_len;
	size_t had = w->end[!g->from].received;
	char *text = malloc(had + payload + 64);

	assert_non_null(text);
	memcpy(text, w->end[!g->from].got, had);
	memcpy(text + had, g->head, head);
	fill_lines(text + had + head, payload - head - tail, g->pad);
	strcpy(text + had + payload - tail, g->tail);
	wire_write(w, g->from, text + had, payload);
	wire_segment(w, g->from, at, at + payload);
	strcpy(text + had + payload - tail, g->tail_public);
	return text;
}

static void grow(const struct growth *g, size_t payload, uint16_t mss)
{
	struct wire w;
	size_t acked;
	char *text;

	scene_start(&w, &(struct wire_options){
				.snat = true, .dnat = true, .mss = mss });
	if (g->before)
		scene_play(&w, g->before);
	acked = w.end[g->from].acked;
	text = send_grown(&w, g, payload);
	/* Even the fullest packet brings something across. */
	assert_true(w.end[g->from].acked > acked);
	w.mss = 1460;
	wire_pump(&w, g->from);
	wire_expect(&w, !g->from, text);
	if (g->from == CLIENT)
		wire_say(&w, SERVER, "200 a\r\n");
	assert_true(w.end[!g->from].payload_max <=
		    (payload > mss ? payload : mss));
	for (int i = 0; i < 40; i++)
		wire_say(&w, SERVER, "200 ok\r\n");
	assert_int_equal(wire_logged(&w, "rewrite"), 1);
	assert_int_equal(wire_logged(&w, "pinhole open"), 1);
	free(text);
	scene_stop(&w);
}

static void attack13_growth(void **state)
{
	static const struct {
		size_t payload;
		uint16_t mss;
	} row[] = {
		/* where a byte overflows, and OVS's regression test */
		{ 255, 1460 },
		{ 256, 1460 },
		{ 261, 1460 },
		/* full segments: no room to grow */
		{ 536, 536 },
		{ 1459, 1460 },
		{ 1460, 1460 },
		/* the longest IP packet, made by GSO or over loopback; an MSS
		 * of 65535 means "any" (RFC 2675 5.1) */
		{ 65495, 1460 },
		{ 65495, 65495 },
		{ 65495, 65535 },
		{ 65490, 65535 },
	};

	(void)state;
	for (size_t g = 0; g < ARRAY_SIZE(growths); g++)
		for (size_t r = 0; r < ARRAY_SIZE(row); r++)
			grow(&growths[g], row[r].payload, row[r].mss);
}

/* --- 14 to 25 ------------------------------------------------------------- */

static void endless_line(enum side from, char with)
{
	struct wire w;
	size_t len = 300000; /* more than is ever remembered */
	char *line = malloc(len);

	assert_non_null(line);
	memset(line, with, len);
	scene_start(&w, &(struct wire_options){ .snat = true });
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_expect_open(&w, 1);
	wire_write(&w, from, line, len);
	wire_pump(&w, from);
	/* All of it went through; what was open is closed. */
	assert_int_equal(w.end[!from].received,
			 w.end[from].stream_len + (from == CLIENT ? 5 : 0));
	scene_expect_open(&w, 0);
	assert_false(scene_trusted(&w));
	wire_say(&w, from, "\r\n");
	scene_play(&w, "< 200 what was that?");
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_expect_alert(&w, "line-too-long");
	assert_int_equal(wire_logged(&w, "alert buffer-overflow"), 0);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 1);
	free(line);
	scene_stop(&w);
}

static void attack14_endless_line(void **state)
{
	(void)state;
	endless_line(CLIENT, 'x');
	endless_line(CLIENT, '\0');
	endless_line(SERVER, '1');
	endless_line(SERVER, '\0');
}

static void attack14_nul_in_endpoint(void **state)
{
	static const char line[] = "PORT 10,1,4,4,19,137\0\r\n";
	struct wire w;

	(void)state;
	scene_start(&w, &plain4);
	wire_write(&w, CLIENT, line, sizeof(line) - 1);
	wire_pump(&w, CLIENT);
	scene_play(&w, "< 200 ok");
	scene_expect_refused(&w, "malformed-endpoint");
	scene_stop(&w);
}

static void attack15_endpoint_flood(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain4);
	for (uint16_t i = 0; i < 100; i++) {
		scene_ask(&w, VIA_PASV, SERVER4, 42000 + i);
		scene_expect_open(&w, 1);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD],
				 i < 64 ? i + 1 : 64);
	}
	scene_expect_alert(&w, "endpoint-flood");
	/* One that is used shows an honest client. */
	scene_data(&w);
	scene_ask(&w, VIA_PASV, SERVER4, 43000);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 65);
	scene_stop(&w);
}

/* @n sessions with one engine, each asks twice; all but two are refused. */
static void expectation_flood(const struct wire_options *o, bool one_client)
{
	struct wire w[4];

	for (int i = 0; i < 4; i++) {
		struct endpoint client = wire_endpoint(CLIENT4, 40404);

		client.port = (uint16_t)(client.port + i);
		if (!one_client)
			client.addr.b[15] = (uint8_t)(client.addr.b[15] + i);
		if (i)
			wire_join(&w[i], &w[0], o, &client);
		else
			wire_start(&w[i], o);
		wire_connect(&w[i]);
		wire_login(&w[i]);
		scene_ask(&w[i], VIA_PASV, SERVER4, (uint16_t)(42000 + i));
		if (i >= 2) {
			scene_ask(&w[i], VIA_PASV, SERVER4,
				  (uint16_t)(42010 + i));
			assert_int_equal(w[i].actions[ACTION_PINHOLE_ADD], 0);
			scene_expect_alert(&w[i], "pinhole-table-full");
		}
		scene_expect_open(&w[0], i < 2 ? (unsigned int)i + 1 : 2);
	}
	/* Room again: the third gets one. */
	wire_rst(&w[0], CLIENT);
	scene_ask(&w[2], VIA_PASV, SERVER4, 42020);
	assert_int_equal(w[2].actions[ACTION_PINHOLE_ADD], 1);
	for (int i = 3; i > 0; i--)
		scene_leave(&w[i]);
	scene_stop(&w[0]);
}

static void attack15_caps(void **state)
{
	(void)state;
	expectation_flood(&(struct wire_options){ .pinholes = 2 }, false);
	expectation_flood(&(struct wire_options){ .pinholes = 2 }, true);
	expectation_flood(&(struct wire_options){ .pinholes_per_client = 2 },
			  true);
	expectation_flood(&(struct wire_options){ .pinholes_per_server = 2 },
			  false);
}

/* Commands between AUTH and its reply: they would be read after the handshake
 * as if they had come under TLS (CVE-2011-1575). The handshake: with TLS. */
static void attack16_injection(void **state)
{
	struct wire w;

	(void)state;
	for (int one_segment = 0; one_segment < 2; one_segment++) {
		scene_start(&w, &plain4);
		scene_ask(&w, VIA_PASV, SERVER4, 42000);
		if (one_segment) {
			wire_say(&w, CLIENT, "AUTH TLS\r\nCWD x\r\n");
		} else {
			wire_say(&w, CLIENT, "AUTH TLS\r\n");
			wire_say(&w, CLIENT, "CWD x\r\n");
		}
		scene_expect_alert(&w, "injection");
		scene_expect_open(&w, 0);
		assert_false(scene_trusted(&w));
		scene_play(&w, "< 500 no\n< 250 ok");
		scene_ask(&w, VIA_PASV, SERVER4, 42001);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 1);
		scene_stop(&w);
	}
}

/* A refused AUTH does not blind the firewall. */
static void attack17_refused_auth(void **state)
{
	static const int code[] = { 421, 431, 500, 502, 504, 530,
				    534, 334, 200, 232, 235 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(code); i++) {
		struct wire w;
		char script[64];

		scene_start(&w, &(struct wire_options){ .snat = true });
		snprintf(script, sizeof(script), "> AUTH TLS\n< %d no",
			 code[i]);
		scene_play(&w, script);
		scene_ask(&w, VIA_PORT, "10.1.4.9", 5001);
		scene_expect_refused(&w, "bounce");
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		scene_expect_open(&w, 1);
		assert_int_equal(wire_logged(&w, "rewrite PORT"), 1);
		scene_stop(&w);
	}
}

static void attack20_telnet_in_endpoint(void **state)
{
	static const char *const line[] = {
		"PO\xff\xf1RT 10,1,4,4,19,137",
		"\xff\xf1PORT 10,1,4,4,19,137",
		"PORT 10,1,4,4,19,\xff\xf1"
		"137",
		"PORT 10,1,4,4,19,137\xff\xf1",
		"PORT \xff\xfd\x18"
		"10,1,4,4,19,137",
		"EPRT |1|10.1.4.4|\xff\xfa\x18\xff\xf0"
		"5001|",
	};
	char script[128];
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		snprintf(script, sizeof(script), "> %s\n< 200 ok", line[i]);
		refused_script(&plain4, script, "telnet-evasion");
	}
	refused_script(&plain4,
		       "> PASV\n< 227 (10,2,5,\xff\xf1"
		       "5,164,16)",
		       "telnet-evasion");
	/* A sequence that the line end cuts: what follows is unsure. */
	scene_start(&w, &plain4);
	scene_play(&w, "> NOOP\xff\n< 200 ok");
	scene_expect_refused(&w, "telnet-evasion");
	assert_false(scene_trusted(&w));
	scene_stop(&w);
}

static void attack20_urgent_endpoint(void **state)
{
	static const char line[] = "PORT 10,1,4,4,19,137\r\n";
	struct wire w;
	size_t at;

	(void)state;
	for (size_t cut = 0; cut < strlen(line); cut++) {
		scene_start(&w, &plain4);
		at = w.end[CLIENT].stream_len;
		wire_write(&w, CLIENT, line, strlen(line));
		wire_segment(&w, CLIENT, at, at + cut);
		wire_segment_flags(&w, CLIENT, at + cut,
				   w.end[CLIENT].stream_len, TCP_URG);
		scene_play(&w, "< 200 ok");
		scene_expect_refused(&w, "telnet-evasion");
		scene_stop(&w);
	}
}

static void attack24_keyword_elsewhere(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain4);
	scene_play(&w, "> XPORT 10,1,4,4,19,137\n< 500 no\n"
		       "> SITE PORT 10,1,4,4,19,137\n< 200 ok\n"
		       "> PORTX 10,1,4,4,19,137\n< 200 ok\n"
		       "> PORT\t10,1,4,4,19,137\n< 200 PORT 10,1,4,4,19,137\n");
	scene_stop(&w);
	/* In the wrong direction. */
	refused_script(&plain4, "< PORT 10,2,5,5,19,137\n> NOOP\n< 200 ok",
		       "bad-reply");
	refused_script(&plain4, "> 227 (10,1,4,4,19,137)\n< 200 ok", "not-ftp");
	refused_script(&plain4, ">  PORT 10,1,4,4,19,137\n< 200 ok", "not-ftp");
}

static void attack25_secrets_and_log_lines(void **state)
{
	static const char *const line[] = {
		"PASS hunter2", "pass hunter2",    "PASShunter2",
		"PASS:hunter2", "ACCT hunter2",    "ADAT hunter2",
		"hunter2",      "hunter2 hunter2",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		struct wire w;

		wire_start(&w, &plain4);
		wire_connect(&w);
		scene_play(&w, "< 220 hello\n> USER a\n< 331 password");
		wire_say(&w, CLIENT, line[i]);
		wire_say(&w, CLIENT, "\r\n");
		assert_null(strstr(w.log, "hunter2"));
		assert_int_equal(scene_stats(&w).commands, 2);
		scene_stop(&w);
	}
}

/* What is not FTP may be anything: it is not shown. */
static void attack25_not_ftp_is_not_shown(void **state)
{
	static const char *const line[] = { "%hunter2", "hun/ter2 hunter2",
					    "GET http://u:hunter2@x/" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		struct wire w;

		scene_start(&w, &plain4);
		wire_say(&w, CLIENT, line[i]);
		wire_say(&w, CLIENT, "\r\n");
		scene_expect_alert(&w, "not-ftp");
		assert_null(strstr(w.log, "ter2"));
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack13_growth),
		cmocka_unit_test(attack14_endless_line),
		cmocka_unit_test(attack14_nul_in_endpoint),
		cmocka_unit_test(attack15_endpoint_flood),
		cmocka_unit_test(attack15_caps),
		cmocka_unit_test(attack16_injection),
		cmocka_unit_test(attack17_refused_auth),
		cmocka_unit_test(attack20_telnet_in_endpoint),
		cmocka_unit_test(attack20_urgent_endpoint),
		cmocka_unit_test(attack24_keyword_elsewhere),
		cmocka_unit_test(attack25_secrets_and_log_lines),
		cmocka_unit_test(attack25_not_ftp_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
