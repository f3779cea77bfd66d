/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is tried against FTP firewalls, one test an attack: nothing is opened,
 * and the right alert says why. The numbers are those of the attack list in
 * the project's field notes: here 1 to 12, on endpoints and who may name them;
 * 5, 6, 7 and 21 (tricks with TCP): test_engine_attacks_tcp.c; from 13 on:
 * test_engine_attacks_stream.c. What needs TLS, 16 to 19, and 21 under TLS:
 * test_engine_attacks_tls.c. What needs a kernel is tested elsewhere (22 and
 * 23: queue and conntrack, 26: damaged captures).
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
#define CLIENT6 "fc00:10:1:4::4"
#define SERVER6 "fc00:10:2:5::5"

static const struct wire_options plain4 = { .v6 = false };
static const struct wire_options plain6 = { .v6 = true };
static const struct wire_options dnat4 = { .dnat = true };

/* One endpoint, asked for in a session with a login, must be refused. */
static void refused(const struct wire_options *o, enum via via,
		    const char *addr, uint16_t port, const char *alert)
{
	struct wire w;

	scene_start(&w, o);
	scene_ask(&w, via, addr, port);
	scene_expect_refused(&w, alert);
	scene_stop(&w);
}

/* The same for a script after the login. */
static void refused_script(const struct wire_options *o, const char *script,
			   const char *alert)
{
	struct wire w;

	scene_start(&w, o);
	scene_play(&w, script);
	scene_expect_refused(&w, alert);
	scene_stop(&w);
}

static void attack01_bounce(void **state)
{
	static const enum via via[] = { VIA_PORT, VIA_EPRT, VIA_LPRT };
	static const char *const other4[] = { "10.1.4.5", "192.0.2.1",
					      "127.0.0.1", SERVER4 };
	static const char *const other6[] = { "fc00:10:1:4::5", "2001:db8::1",
					      "::1", SERVER6 };
	const struct wire_options snat4 = { .snat = true };

	(void)state;
	for (size_t h = 0; h < ARRAY_SIZE(other4); h++) {
		for (size_t v = 0; v < ARRAY_SIZE(via); v++) {
			refused(&plain4, via[v], other4[h], 5001, "bounce");
			refused(&snat4, via[v], other4[h], 5001, "bounce");
			if (via[v] != VIA_PORT)
				refused(&plain6, via[v], other6[h], 5001,
					"bounce");
		}
	}
}

static void attack02_third_host(void **state)
{
	static const char *const other4[] = { "10.2.5.6", "192.0.2.1",
					      "127.0.0.1", CLIENT4 };

	(void)state;
	for (size_t h = 0; h < ARRAY_SIZE(other4); h++) {
		refused(&plain4, VIA_PASV, other4[h], 42000, "third-host");
		refused(&plain4, VIA_LPSV, other4[h], 42000, "third-host");
		refused(&dnat4, VIA_PASV, other4[h], 42000, "third-host");
	}
	refused(&plain6, VIA_LPSV, "fc00:10:2:5::6", 42000, "third-host");
	/* An IPv6 session must not be led to an IPv4 host, nor back. */
	refused(&plain6, VIA_PASV, SERVER4, 42000, "family-mismatch");
	refused(&plain4, VIA_LPSV, SERVER6, 42000, "family-mismatch");
	refused(&plain4, VIA_EPRT, CLIENT6, 42000, "family-mismatch");
	refused(&plain6, VIA_PORT, CLIENT4, 42000, "family-mismatch");
}

static void attack03_low_port(void **state)
{
	static const struct {
		const struct wire_options *o;
		enum via via;
		const char *addr;
	} row[] = {
		{ &plain4, VIA_PORT, CLIENT4 }, { &plain4, VIA_EPRT, CLIENT4 },
		{ &plain4, VIA_LPRT, CLIENT4 }, { &plain4, VIA_PASV, SERVER4 },
		{ &plain4, VIA_EPSV, SERVER4 }, { &plain4, VIA_LPSV, SERVER4 },
		{ &plain6, VIA_EPRT, CLIENT6 }, { &plain6, VIA_LPRT, CLIENT6 },
		{ &plain6, VIA_EPSV, SERVER6 }, { &plain6, VIA_LPSV, SERVER6 },
	};
	static const uint16_t port[] = { 1, 22, 1023 };

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(row); r++)
		for (size_t p = 0; p < ARRAY_SIZE(port); p++)
			refused(row[r].o, row[r].via, row[r].addr, port[p],
				"low-port");
}

static void attack04_echoed_reply(void **state)
{
	(void)state;
	/* In the middle of a line, in a reply of many lines, in a listing. */
	refused_script(&plain4,
		       "> SITE x 227 (10,2,5,5,164,16)\n"
		       "< 500 'x 227 (10,2,5,5,164,16)': unknown\n"
		       "> STAT .\n"
		       "< 213-Status\n"
		       "< 227 Entering Passive Mode (10,2,5,5,164,16)\n"
		       "<  227 Entering Passive Mode (10,2,5,5,164,16)\n"
		       "< 229 Entering Extended Passive Mode (|||42000|)\n"
		       "< 213 End\n"
		       "> NOOP\n"
		       "< 227 Entering Passive Mode (10,2,5,5,164,16)",
		       "unrequested-reply");
	refused_script(&plain4, "> NOOP\n< 229 ok (|||42000|)",
		       "unrequested-reply");
	refused_script(&plain4, "> PASV\n< 228 ok (4,4,10,2,5,5,2,164,16)",
		       "unrequested-reply");
	refused_script(&plain6, "> EPSV ALL\n< 229 ok (|||42000|)",
		       "unrequested-reply");
	refused_script(&plain4,
		       "> PASV\n< 227-Entering (10,2,5,5,164,16)\n"
		       "< 227 (10,2,5,5,4,210)",
		       "ambiguous-endpoint");
}

/* A command whose echo holds a line of its own: here the client's line ends
 * where its bytes do, so it is no FTP any more. */
static void attack04_echoed_newline(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain4);
	wire_say(&w, CLIENT, "SITE x\n227 (10,2,5,5,164,16)\r\n");
	wire_say(&w, SERVER, "500 'x\r\n227 (10,2,5,5,164,16)'\r\n");
	scene_play(&w, "> PASV\n< 227 (10,2,5,5,164,16)");
	scene_expect_refused(&w, "not-ftp");
	scene_stop(&w);
}

/* Not an FTP server, but something that was made to look like one. */
static void attack08_fake_server(void **state)
{
	static const char *const greeting[] = {
		"331 password?",   "230 welcome", "200 ok",
		"HTTP/1.1 200 OK", "+OK POP3",    "* OK IMAP4",
		"SSH-2.0-x",       "530 not now", "221 bye",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(greeting); i++) {
		struct wire w;
		char text[64];

		wire_start(&w, &plain4);
		wire_connect(&w);
		snprintf(text, sizeof(text), "%s\r\n", greeting[i]);
		wire_say(&w, SERVER, text);
		scene_play(&w, "> USER x\n< 331 ?\n> PASS x\n< 230 in");
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		scene_ask(&w, VIA_PASV, SERVER4, 42000);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
		scene_expect_open(&w, 0);
		scene_expect_alert(&w, "bad-reply");
		scene_stop(&w);
	}
}

/* A local program "speaks FTP" to an accomplice outside, without a login. */
static void attack08_fake_client(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &(struct wire_options){ .snat = true });
	wire_connect(&w);
	scene_play(&w, "< 220 hello");
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_expect_refused(&w, "not-logged-in");
	scene_stop(&w);
}

static void attack09_http_dressed_as_ftp(void **state)
{
	static const char *const request[] = {
		"POST / HTTP/1.1\r\nHost: ftp\r\nContent-Length: 40\r\n\r\n",
		"GET /PORT HTTP/1.1\r\n",
		"OPTIONS * HTTP/1.1\r\n",
		"REGISTER sip:x;transport=TCP SIP/2.0\r\n",
		"Host: ftp\r\n",
		"XYZZY\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(request); i++) {
		struct wire w;

		wire_start(&w, &(struct wire_options){ .snat = true });
		wire_connect(&w);
		scene_play(&w, "< 220 hello");
		wire_say(&w, CLIENT, request[i]);
		scene_play(&w, "< 500 what?\n> USER x\n< 230 in");
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		scene_expect_refused(&w, "not-ftp");
		scene_stop(&w);
	}
}

/* The body starts a segment with PORT, after padding: the browser controls
 * where segments begin, but not what stood before them. */
static void attack09_slipstream(void **state)
{
	struct wire w;
	char body[3000];

	(void)state;
	scene_start(&w, &(struct wire_options){ .snat = true });
	memset(body, 'x', sizeof(body));
	memcpy(body, "STOR ", 5);
	memcpy(body + 1460, "PORT 10,1,4,4,19,137\r\n", 22);
	wire_write(&w, CLIENT, body, 1460 + 22);
	wire_pump(&w, CLIENT);
	scene_play(&w, "< 200 ok");
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	assert_int_equal(wire_logged(&w, "endpoint"), 0);
	assert_int_equal(wire_logged(&w, "rewrite"), 0);
	scene_stop(&w);
}

static void attack10_crlf_in_a_url(void **state)
{
	struct wire w;

	(void)state;
	/* ftp://host/%0D%0APORT...: the client sends it all before a login. */
	wire_start(&w, &plain4);
	wire_connect(&w);
	scene_play(&w, "< 220 hello");
	wire_say(&w, CLIENT, "USER a\r\nPORT 10,1,4,4,19,137\r\n");
	scene_play(&w, "< 331 ?\n< 200 ok");
	scene_expect_refused(&w, "not-logged-in");
	scene_stop(&w);
	/* With a login: an endpoint waits for its own 200, not for any. */
	scene_start(&w, &plain4);
	wire_say(&w, CLIENT, "CWD a\r\nPORT 10,1,4,4,19,137\r\nRETR x\r\n");
	scene_play(&w, "< 250 ok");
	scene_expect_open(&w, 0);
	scene_play(&w, "< 500 no");
	scene_expect_open(&w, 0);
	assert_int_equal(scene_holes(&w, "asked"), 0);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	scene_stop(&w);
}

static void steal(struct wire *w, const char *thief)
{
	struct endpoint from = wire_endpoint(thief, 20);

	wire_syn(w, &from, &w->last[ACTION_PINHOLE_ADD].hole.key.to);
	assert_int_equal(w->actions[ACTION_DATA_CREATE], 0);
	assert_int_equal(w->actions[ACTION_PINHOLE_DEL], 0);
	scene_expect_open(w, 1);
	scene_expect_alert(w, "data-theft");
	assert_int_equal(wire_logged(w, "data open unrelated"), 1);
	/* The real one still gets in, once; a second port of his does not. */
	scene_data(w);
	assert_int_equal(w->actions[ACTION_DATA_CREATE], 1);
	scene_expect_open(w, 0);
	from = (struct endpoint){ w->last[ACTION_DATA_CREATE].data.from.addr,
				  21000 };
	wire_syn(w, &from, &w->last[ACTION_PINHOLE_ADD].hole.key.to);
	assert_int_equal(w->actions[ACTION_DATA_CREATE], 1);
}

static void attack11_data_theft(void **state)
{
	static const struct {
		const struct wire_options *o;
		enum via via;
		const char *addr, *thief;
	} row[] = {
		{ &plain4, VIA_PASV, SERVER4, "10.1.4.9" },
		{ &dnat4, VIA_PASV, SERVER4, "10.1.4.9" },
		{ &plain4, VIA_PORT, CLIENT4, "10.2.5.9" },
		{ &plain6, VIA_EPSV, SERVER6, "fc00:10:1:4::9" },
		{ &plain6, VIA_EPRT, CLIENT6, "fc00:10:2:5::9" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct wire w;

		scene_start(&w, row[i].o);
		scene_ask(&w, row[i].via, row[i].addr, 42000);
		steal(&w, row[i].thief);
		scene_stop(&w);
	}
}

static void attack12_integer_tricks(void **state)
{
	static const char *const port[] = {
		"PORT 10,1,4,4,256,1",
		"PORT 10,1,4,260,19,137",
		"PORT 010,1,4,4,19,137",
		"PORT 10,1,4,4,+19,137",
		"PORT 10,1,4,4,-19,137",
		"PORT 10,1,4,4,0x13,137",
		"PORT 10,1,4,4,19,137,0",
		"PORT 10,1,4,4,19",
		"PORT 10,1,4,4,0,0",
		"PORT 10,1,4,4,19,137 ",
		"PORT  10,1,4,4,19,137",
		"PORT 10,1,4,4,19,4294967433",
		"EPRT |1|10.1.4.4|65557|",
		"EPRT |1|10.1.4.4|05001|",
		"EPRT |1|10.1.4.4|0|",
		"EPRT |1|10.1.4.4|-5001|",
		"EPRT |1|10.1.04.4|5001|",
		"EPRT |1|167838724|5001|",
		"EPRT |1|10.1.4.4|99999999999999999999|",
		"EPRT |2|::ffff:10.1.4.4|5001|",
		"LPRT 4,4,10,1,4,4,2,275,137",
		"LPRT 4,4,10,1,4,4,3,0,19,137",
	};
	static const char *const pasv[] = {
		"227 (10,2,5,5,256,16)", "227 (10,2,5,5,0164,16)",
		"227 (10,2,5,5,-1,16)",  "227 (10,2,5,5,4294967460,16)",
		"227 (10,2,5,5,0,0)",    "227 (10,2,5,5,164)",
	};
	char script[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(port); i++) {
		snprintf(script, sizeof(script), "> %s\n< 200 ok", port[i]);
		refused_script(&plain4, script, "malformed-endpoint");
	}
	for (size_t i = 0; i < ARRAY_SIZE(pasv); i++) {
		snprintf(script, sizeof(script), "> PASV\n< %s", pasv[i]);
		refused_script(&plain4, script, "malformed-endpoint");
	}
	refused_script(&plain4, "> EPSV\n< 229 (|||65557|)",
		       "malformed-endpoint");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack01_bounce),
		cmocka_unit_test(attack02_third_host),
		cmocka_unit_test(attack03_low_port),
		cmocka_unit_test(attack04_echoed_reply),
		cmocka_unit_test(attack04_echoed_newline),
		cmocka_unit_test(attack08_fake_server),
		cmocka_unit_test(attack08_fake_client),
		cmocka_unit_test(attack09_http_dressed_as_ftp),
		cmocka_unit_test(attack09_slipstream),
		cmocka_unit_test(attack10_crlf_in_a_url),
		cmocka_unit_test(attack11_data_theft),
		cmocka_unit_test(attack12_integer_tricks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
