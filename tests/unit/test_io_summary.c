/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The summary behind a replay's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report/summary.h"
#include "saga.h"
#include "told.h"

struct told_summary {
	struct saga saga;
	struct summary *summary;
};

static struct saga *begin(struct told_summary *s)
{
	saga_begin(&s->saga);
	s->summary = summary_new(s->saga.out);
	assert_non_null(s->summary);
	s->saga.to = summary_listener(s->summary);
	return &s->saga;
}

static char *end(struct told_summary *s)
{
	char *text = saga_end(&s->saga);

	summary_free(s->summary);
	return text;
}

static void assert_ends(struct told_summary *s, const char *text)
{
	char *got = end(s);

	assert_string_equal(got, text);
	free(got);
}

static void test_nothing(void **state)
{
	struct told_summary s;

	(void)state;
	begin(&s);
	assert_ends(&s, "\n"
			"total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
			"2025-11-23T10:20:42.000000Z (300.000 s)\n"
			"  0 sessions\n");
}

static void test_in_clear(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	struct story_flow f;

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_login(t, "ftpuser");
	saga_endpoint(t, VIA_PASV, "10.2.5.5", 42000, NULL);
	saga_pinhole(t, PINHOLE_OPEN, NULL);
	saga_pinhole(t, PINHOLE_USE, NULL);
	f = saga_passive(t, 42000);
	saga_flow(t, &f);
	saga_endpoint(t, VIA_EPSV, "10.2.5.5", 42001, NULL);
	f = saga_passive(t, 42001);
	saga_flow(t, &f);
	saga_endpoint(t, VIA_PORT, "10.1.4.4", 50001, NULL);
	f = saga_active(t, 50001);
	saga_flow(t, &f);
	saga_traffic(t, 312, 0, 0);
	saga_close(t, "fin");
	assert_ends(
		&s,
		"\n"
		"session 1: 10.1.4.4:40001 > 10.2.5.5:21\n"
		"  time: 2025-11-23T10:15:43.000000Z, 0.010 s; ended: both "
		"sides are done (FIN)\n"
		"  user: ftpuser (logged in)\n"
		"  encryption: none\n"
		"  modes: 1 PASV (passive), 1 EPSV (passive), 1 PORT (active)\n"
		"  data connections: 3 matched (related); 2,200 bytes to the "
		"server, 4,100 to the client\n"
		"    of these: 2 passive, 1 active\n"
		"    ports: passive 42000-42001; active 50001\n"
		"  data protection: 3 in clear\n"
		"  pinholes: 1 opened, 1 used\n"
		"  control: 60 packets, 4,000 bytes on the wire\n"
		"    lines in clear: 312 bytes in 12 packets\n"
		"\n"
		"total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
		"2025-11-23T10:20:42.000000Z (300.000 s)\n"
		"  1 session: 1 followed, 1 in clear\n");
}

static void test_under_tls(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	struct story_flow f;

	(void)state;
	saga_session(t, "fc00:10:1:4::4", "fc00:10:2:5::5", 21);
	saga_tls(t, TLS_1_3, "ftp.example");
	saga_grant(t, GRANT_OPEN, NULL);
	f = saga_passive(t, 42000);
	f.granted = true;
	f.tls = DATA_TLS_YES;
	f.tls_resumption = f.tls_resumed = true;
	saga_flow(t, &f);
	f.tls_resumed = false;
	saga_flow(t, &f);
	f.tls_resumption = false;
	saga_flow(t, &f);
	f.tls = DATA_TLS_UNKNOWN;
	saga_flow(t, &f);
	saga_grant(t, GRANT_CLOSE, "fin");
	saga_traffic(t, 312, 4310, 2801);
	saga_close(t, "fin");
	/* The same in clear, to be compared with. */
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_traffic(t, 600, 0, 0);
	saga_close(t, "rst");
	assert_ends(&s,
		    "\n"
		    "session 1: [fc00:10:1:4::4]:40001 > [fc00:10:2:5::5]:21\n"
		    "  time: 2025-11-23T10:15:43.000000Z, 0.007 s; ended: both "
		    "sides are done (FIN)\n"
		    "  user: hidden by TLS\n"
		    "  encryption: explicit TLS 1.3, TLS_AES_256_GCM_SHA384\n"
		    "  server name: ftp.example\n"
		    "  modes: hidden by TLS\n"
		    "  data connections: 4 matched (related); 400 bytes to the "
		    "server, 8,000 to the client\n"
		    "    of these: 4 passive, 4 by a grant\n"
		    "    ports: passive 42000\n"
		    "  data protection: 1 TLS and resumed, 1 TLS but not "
		    "resumed as asked, 1 TLS that did not ask to resume, 1 "
		    "unknown, as no bytes came\n"
		    "  grants: 1 opened\n"
		    "  control: 214 packets, 21,034 bytes on the wire\n"
		    "    lines in clear: 312 bytes in 12 packets\n"
		    "    TLS handshake: 4,310 bytes in 9 packets\n"
		    "    TLS records: 2,801 bytes in 1 packet\n"
		    "  what TLS added: 95.8 % of the control payload is TLS; "
		    "the handshake alone is 1.4 times all else\n"
		    "\n"
		    "session 2: 10.1.4.4:40002 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:44.000000Z, 0.001 s; ended: "
		    "reset (RST)\n"
		    "  encryption: none\n"
		    "  control: 60 packets, 4,000 bytes on the wire\n"
		    "    lines in clear: 600 bytes in 12 packets\n"
		    "\n"
		    "total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
		    "2025-11-23T10:20:42.000000Z (300.000 s)\n"
		    "  2 sessions: 2 followed, 1 in clear, 1 under TLS\n"
		    "  data connections: 4 matched (related); 400 bytes to the "
		    "server, 8,000 to the client\n"
		    "    of these: 4 passive, 4 by a grant\n"
		    "  data protection: 1 TLS and resumed, 1 TLS but not "
		    "resumed as asked, 1 TLS that did not ask to resume, 1 "
		    "unknown, as no bytes came\n"
		    "  grants: 1 opened\n"
		    "  control: 274 packets, 25,034 bytes on the wire\n"
		    "    lines in clear: 912 bytes in 24 packets\n"
		    "    TLS handshake: 4,310 bytes in 9 packets\n"
		    "    TLS records: 2,801 bytes in 1 packet\n"
		    "  what TLS added: 88.6 % of the control payload is TLS; "
		    "the handshake alone is 1.2 times all else\n"
		    "  control connections, on average: 60 packets and 4,000 "
		    "bytes in clear, 214 packets and 21,034 bytes under TLS, "
		    "which is 5.3 times as many bytes\n");
}

/* With a key log all is known; the password is not told all the same. */
static void test_decrypted(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 990);
	saga_tls(t, TLS_1_2, NULL);
	t->decrypted = true;
	saga_login(t, "ftpuser");
	saga_endpoint(t, VIA_LPSV, "10.2.5.5", 42000, NULL);
	saga_endpoint(t, VIA_EPRT, "10.1.4.4", 50000, NULL);
	saga_endpoint(t, VIA_LPRT, "10.1.4.4", 50000, NULL);
	saga_traffic(t, 0, 4310, 9000);
	saga_close(t, "fin");
	assert_ends(
		&s,
		"\n"
		"session 1: 10.1.4.4:40001 > 10.2.5.5:990\n"
		"  time: 2025-11-23T10:15:43.000000Z, 0.011 s; ended: both "
		"sides are done (FIN)\n"
		"  user: ftpuser (logged in)\n"
		"  encryption: implicit TLS 1.2, "
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384; decrypted with the key "
		"log\n"
		"  modes: 1 LPSV (passive), 1 EPRT (active), 1 LPRT (active)\n"
		"  control: 214 packets, 21,034 bytes on the wire\n"
		"    TLS handshake: 4,310 bytes in 9 packets\n"
		"    TLS records: 9,000 bytes in 1 packet\n"
		"  what TLS added: 100.0 % of the control payload is TLS; the "
		"handshake alone is 0.5 times all else\n"
		"\n"
		"total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
		"2025-11-23T10:20:42.000000Z (300.000 s)\n"
		"  1 session: 1 followed, 1 under TLS\n");
}

static void tls_failed(struct saga *t, const char *reason)
{
	struct event e = saga_event(t, EVENT_TLS);

	e.tls.step = TLS_STEP_FAILED;
	e.tls.reason = reason;
	saga_note(t, &e);
}

static void tls_step(struct saga *t, enum tls_step step)
{
	struct event e = saga_event(t, EVENT_TLS);

	e.tls.step = step;
	saga_note(t, &e);
}

static void midstream(struct saga *t, bool tls)
{
	struct event e;

	t->session++;
	t->at_us = SAGA_START + t->session * 1000000;
	e = saga_event(t, EVENT_SESSION_OPEN);
	e.session_open.midstream = true;
	saga_note(t, &e);
	e = saga_event(t, EVENT_SESSION_CLOSE);
	e.session_close.reason = "timeout";
	e.session_close.tls = tls;
	saga_note(t, &e);
}

static void auth_refused(struct saga *t)
{
	struct event e = saga_event(t, EVENT_AUTH);

	e.auth.mechanism = span_str("TLS");
	e.auth.code = 530;
	saga_note(t, &e);
}

/* Every way that a session may be protected, or not. */
static void test_covers(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	auth_refused(t);
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	tls_step(t, TLS_STEP_CLIENT_HELLO);
	tls_failed(t, "unknown_ca");
	saga_session(t, "10.1.4.4", "10.2.5.5", 990);
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_tls(t, TLS_1_2, NULL);
	tls_step(t, TLS_STEP_CLEARED);
	midstream(t, true);
	midstream(t, false);
	assert_ends(&s,
		    "\n"
		    "session 1: 10.1.4.4:40001 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:43.000000Z, 0.001 s; open when "
		    "the capture ended\n"
		    "  encryption: none; AUTH was answered with 530\n"
		    "\n"
		    "session 2: 10.1.4.4:40002 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:44.000000Z, 0.002 s; open when "
		    "the capture ended\n"
		    "  encryption: TLS; the handshake did not finish\n"
		    "    1 TLS handshake failed: unknown_ca\n"
		    "\n"
		    "session 3: 10.1.4.4:40003 > 10.2.5.5:990\n"
		    "  time: 2025-11-23T10:15:45.000000Z, 0.000 s; open when "
		    "the capture ended\n"
		    "  encryption: implicit TLS; the handshake did not finish\n"
		    "\n"
		    "session 4: 10.1.4.4:40004 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:46.000000Z, 0.005 s; open when "
		    "the capture ended\n"
		    "  user: hidden by TLS\n"
		    "  encryption: explicit TLS 1.2, "
		    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, in clear again at "
		    "the end\n"
		    "  modes: hidden by TLS\n"
		    "\n"
		    "session 5: 10.1.4.4:40004 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:47.000000Z, 0.000 s; ended: "
		    "timed out; begun before the capture\n"
		    "  user: hidden by TLS\n"
		    "  encryption: TLS, its handshake was before the capture\n"
		    "  modes: hidden by TLS\n"
		    "\n"
		    "session 6: 10.1.4.4:40004 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:48.000000Z, 0.000 s; ended: "
		    "timed out; begun before the capture\n"
		    "  encryption: none\n"
		    "\n"
		    "total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
		    "2025-11-23T10:20:42.000000Z (300.000 s)\n"
		    "  6 sessions: 6 followed, 2 with something to look at, 2 "
		    "in clear, 2 under TLS, 2 whose TLS did not finish, 2 "
		    "begun before the capture\n"
		    "    1 TLS handshake failed: unknown_ca\n");
}

/* What an attacker writes into a name changes nothing else. */
static void test_hostile_names(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	char name[200];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "a\r\n  alerts: none\x1b[2J\xe2\x80\xae", 24);
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_command(t, "USER", name);
	saga_tls(t, TLS_1_3, "evil\nsession 2: 1.1.1.1");
	assert_ends(&s,
		    "\n"
		    "session 1: 10.1.4.4:40001 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:43.000000Z, 0.005 s; open when "
		    "the capture ended\n"
		    "  user: a\\r\\n  alerts: "
		    "none\\x1b["
		    "2J\\xe2\\x80\\xaexxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
		    ".. (no login seen)\n"
		    "  encryption: explicit TLS 1.3, TLS_AES_256_GCM_SHA384\n"
		    "  server name: evil\\nsession 2: 1.1.1.1\n"
		    "  modes: hidden by TLS\n"
		    "\n"
		    "total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
		    "2025-11-23T10:20:42.000000Z (300.000 s)\n"
		    "  1 session: 1 followed, 1 under TLS\n");
}

static void test_trouble(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	struct story_flow f;

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_login(t, "ftpuser");
	saga_endpoint(t, VIA_PORT, "192.0.2.9", 25, "bounce");
	saga_endpoint(t, VIA_PORT, "192.0.2.9", 26, "bounce");
	saga_endpoint(t, VIA_PASV, "10.2.5.5", 80, "low-port");
	saga_alert(t, ALERT_BOUNCE);
	saga_alert(t, ALERT_BOUNCE);
	saga_alert(t, ALERT_UNSOLICITED_REPLY);
	saga_pinhole(t, PINHOLE_OPEN, NULL);
	saga_pinhole(t, PINHOLE_EXPIRE, "timeout");
	saga_pinhole(t, PINHOLE_CLOSE, "superseded");
	saga_pinhole(t, PINHOLE_REFUSE, "table full");
	saga_grant(t, GRANT_REFUSE,
		   "no servers entry has this server's "
		   "address");
	saga_unmatched(t, 42000, "no encrypted session of this pair");
	saga_unmatched(t, 42001, "no encrypted session of this pair");
	saga_unmatched(t, 42007, "not from the data port");
	f = saga_passive(t, 42010);
	f.midstream = true;
	f.related = false;
	f.reset = true;
	saga_flow(t, &f);
	f = saga_active(t, 50000);
	f.established = false;
	f.bytes_from = f.bytes_to = 0;
	f.tls = DATA_TLS_UNKNOWN;
	saga_flow(t, &f);
	for (int fate = STORY_CHANGED; fate <= STORY_DROPPED; fate++) {
		const struct story_packet p = { .place = { 7, t->at_us },
						.session = t->session,
						.client = t->client,
						.server = t->server,
						.fate = fate };

		t->to.packet(t->to.arg, &p);
	}
	assert_ends(
		&s,
		"\n"
		"session 1: 10.1.4.4:40001 > 10.2.5.5:21\n"
		"  time: 2025-11-23T10:15:43.000000Z, 0.015 s; open when the "
		"capture ended\n"
		"  user: ftpuser (logged in)\n"
		"  encryption: none\n"
		"  modes: 1 PASV (passive), 2 PORT (active)\n"
		"    2 refused: bounce\n"
		"    1 refused: low-port\n"
		"  data connections: 1 matched (related); 0 bytes to the "
		"server, 0 to the client\n"
		"    of these: 1 active, 1 without a finished handshake\n"
		"    ports: active 50000\n"
		"  data connections: 3 unmatched; 3 bytes to the server, 3 to "
		"the client\n"
		"    ports: passive 42000-42001, 42007\n"
		"    2 unmatched: no encrypted session of this pair\n"
		"    1 unmatched: not from the data port\n"
		"  data connections: 1 midstream (begun before the capture; no "
		"verdict); 100 bytes to the server, 2,000 to the client\n"
		"    ports: passive 42010\n"
		"  data protection: 4 in clear, 1 unknown, as no bytes came\n"
		"  data connections ended: 1 by a reset\n"
		"  pinholes: 1 opened, 1 closed, 1 expired unused, 1 refused\n"
		"    1 refused: table full\n"
		"  grants: 1 refused\n"
		"    1 refused: no servers entry has this server's address\n"
		"  control packets: 1 changed, 1 held back, 1 dropped\n"
		"  alerts:\n"
		"    2 critical bounce: The client asked for a data connection "
		"to a host that is not itself.\n"
		"    1 info unsolicited-reply: The server sent a final reply "
		"although no command was waiting.\n"
		"\n"
		"total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
		"2025-11-23T10:20:42.000000Z (300.000 s)\n"
		"  1 session: 1 followed, 1 with something to look at, 1 in "
		"clear\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_in_clear),
		cmocka_unit_test(test_under_tls),
		cmocka_unit_test(test_decrypted),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
