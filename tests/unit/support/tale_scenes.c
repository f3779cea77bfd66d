/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole sessions, as a replay would tell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/tls_hello.h>

#include "tale.h"
#include "told.h"

#define TLS_1_3 0x0304

static void give_flow(struct tale *t, const struct story_flow *f)
{
	t->to.flow(t->to.arg, f);
}

void tale_login(struct tale *t)
{
	tale_open(t);
	tale_reply(t, 220, "Ready.");
	tale_command(t, "USER", "ftpuser");
	tale_reply(t, 331, "Password please.");
	tale_command(t, "PASS", "hunter2");
	tale_reply(t, 230, "Logged in.");
}

void tale_passive(struct tale *t)
{
	struct story_flow f;

	tale_login(t);
	tale_command(t, "PASV", NULL);
	tale_reply(t, 227, "Entering Passive Mode (10,2,5,5,164,33).");
	tale_endpoint(t, VIA_PASV, "10.2.5.5", 42017, NULL);
	tale_pinhole(t, PINHOLE_OPEN, "10.1.4.4", "10.2.5.5", 42017, NULL);
	tale_data(t, false, 42017, NULL, false);
	tale_command(t, "RETR", "down.bin");
	tale_reply(t, 150, "Here it comes.");
	tale_reply(t, 226, "Done.");
	f = tale_flow(t, false, 42017, 10485760);
	give_flow(t, &f);
	tale_close(t, "fin");
}

void tale_active_nat(struct tale *t)
{
	struct story_flow f;

	tale_open(t);
	tale_command(t, "PORT", "10,1,4,4,195,81");
	tale_endpoint(t, VIA_PORT, "10.1.4.4", 50001, NULL);
	tale_rewrite(t, VIA_PORT, "10.1.4.4", "203.0.113.1", 50001, 3);
	tale_fate(t, STORY_CHANGED, true, 22);
	tale_reply(t, 200, "Understood.");
	tale_pinhole(t, PINHOLE_OPEN, "10.2.5.5", "203.0.113.1", 50001, NULL);
	tale_fate(t, STORY_CHANGED, false, 17);
	tale_data(t, true, 50001, NULL, false);
	f = tale_flow(t, true, 50001, 4000);
	f.reset = true;
	give_flow(t, &f);
	tale_reply(t, 226, "Done.");
	tale_pinhole(t, PINHOLE_CLOSE, "10.2.5.5", "203.0.113.1", 50001,
		     "transfer complete");
	tale_close(t, "rst");
}

static struct event tls_event(const struct tale *t, enum tls_step step)
{
	struct event e = tale_event(t, EVENT_TLS);

	e.tls.step = step;
	e.tls.version = TLS_1_3;
	return e;
}

/* AUTH and the handshake. */
static void secure(struct tale *t)
{
	struct event e = tale_event(t, EVENT_AUTH);

	tale_command(t, "AUTH", "TLS");
	tale_reply(t, 234, "Go on.");
	e.auth.mechanism = span_str("TLS");
	e.auth.code = 234;
	e.auth.accepted = true;
	tale_tell(t, &e);
	e = tls_event(t, TLS_STEP_CLIENT_HELLO);
	e.tls.sni = span_str("ftp.example");
	e.tls.alpn = span_str("ftp");
	e.tls.resumption = TLS_RESUME_TICKET;
	tale_tls(t, &e);
	e = tls_event(t, TLS_STEP_SERVER_HELLO);
	e.tls.cipher = 0x1301;
	e.tls.resumed = true;
	tale_tls(t, &e);
	e = tls_event(t, TLS_STEP_ESTABLISHED);
	tale_tls(t, &e);
	tale_grant(t, GRANT_OPEN, false, NULL);
	tale_grant(t, GRANT_REFUSE, true, "no room for another grant");
}

void tale_ftps(struct tale *t)
{
	struct story_flow f;
	struct event e;

	tale_open(t);
	secure(t);
	tale_data(t, false, 42107, NULL, true);
	f = tale_flow(t, false, 42107, 0);
	f.granted = true;
	f.bytes_from = 1;
	f.tls = DATA_TLS_YES;
	f.tls_resumption = f.tls_resumed = true;
	give_flow(t, &f);
	e = tls_event(t, TLS_STEP_CLEARED);
	tale_tls(t, &e);
	tale_grant(t, GRANT_CLOSE, false, "back to cleartext");
	e = tale_event(t, EVENT_COMMAND);
	e.command.verb = span_str("QUIT");
	tale_tell(t, &e);
	t->place.frame = 0;
	e = tale_event(t, EVENT_SESSION_CLOSE);
	e.session_close.reason = "shutdown";
	e.session_close.replies = 2;
	tale_tell(t, &e);
}

void tale_bounce(struct tale *t)
{
	tale_open(t);
	for (int i = 0; i < 2; i++) {
		tale_command(t, "PORT", "10,9,9,9,31,144");
		tale_endpoint(t, VIA_PORT, "10.9.9.9", 8080, "bounce");
		if (i == 0)
			tale_alert(t, ALERT_BOUNCE);
	}
	tale_command(t, "PORT", "10,1,4,4");
	tale_endpoint(t, VIA_PORT, "10.1.4.4", 0, "malformed");
	tale_alert(t, ALERT_MALFORMED_ENDPOINT);
	/* Without a line: a line's end came twice, with other bytes. */
	tale_packet(t);
	tale_alert(t, ALERT_OVERLAP_CONFLICT);
	tale_fate(t, STORY_DROPPED, true, 20);
	tale_close(t, "timeout");
}

/* "PORT 10,1" gets lost; what is behind it waits. */
void tale_held(struct tale *t)
{
	struct story_place held;

	tale_open(t);
	tale_packet(t);
	tale_fate(t, STORY_HELD, true, 14);
	held = t->place;
	tale_command(t, "PORT", "10,1,4,4,195,81");
	tale_endpoint(t, VIA_PORT, "10.1.4.4", 50001, NULL);
	held.at_us = t->place.at_us;
	t->place.frame--;
	assert_int_equal(t->place.frame, held.frame);
	tale_fate(t, STORY_RELEASED, true, 14);
	t->place.frame++;
	tale_reply(t, 200, "Understood.");
	tale_fate(t, STORY_RELEASED, false, 17);
	tale_close(t, "fin");
}

/* Inside TLS, with a key log. */
void tale_hidden(struct tale *t)
{
	tale_open(t);
	secure(t);
	tale_packet(t);
	t->decrypted = true;
	tale_command(t, "PASV", NULL);
	tale_reply(t, 227, "Entering Passive Mode (10,2,5,5,164,147).");
	tale_endpoint(t, VIA_PASV, "10.2.5.5", 42131, NULL);
	tale_command(t, "PORT", "10,1,4,4");
	tale_endpoint(t, VIA_PORT, "10.1.4.4", 0, "malformed");
	tale_alert(t, ALERT_MALFORMED_ENDPOINT);
	tale_command(t, "EPRT", "|1|10.1.4.4|50001|");
	tale_endpoint(t, VIA_EPRT, "10.1.4.4", 50001,
		      "active is refused for server l\nab");
	tale_alert(t, ALERT_ACTIVE_REFUSED);
	t->decrypted = false;
	tale_grant(t, GRANT_CLOSE, false, "control connection closing");
	tale_close(t, "fin");
}

void tale_hostile(struct tale *t)
{
	struct event e;

	tale_open(t);
	tale_reply(t, 220, "\x1b[2J\r\nNOT A ROW\xff\xe2\x80\xae caf\xc3\xa9");
	tale_command(t, "RETR", "\x1b]0;x\x07 100% \\n %s%n");
	tale_packet(t);
	e = tls_event(t, TLS_STEP_CLIENT_HELLO);
	e.tls.sni = span_str("ftp\n.example");
	tale_tell(t, &e);
	e = tale_event(t, EVENT_AUTH);
	e.auth.mechanism = span_str("GSSAPI\r\n\x1b[2J\x1b[2J\x1b[2J");
	tale_tell(t, &e);
}

void tale_long(struct tale *t)
{
	static const char line[] = "0123456789012345678901234567890123456789"
				   "0123456789012345678901234567890123456789";

	tale_open(t);
	tale_reply(t, 220, line + sizeof(line) - 1 - 64);
	tale_reply(t, 220, line + sizeof(line) - 1 - 65);
	tale_command(t, line, line);
	/* 63 and a character of two bytes: it goes as a whole. */
	tale_reply(t, 220,
		   "01234567890123456789012345678901234567890123456789"
		   "0123456789012\xc3\xa9");
	/* Sixteen escapes of four, and one more. */
	tale_reply(t, 220,
		   "\xff\xff\xff\xff\xff\xff\xff\xff"
		   "\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void second(struct tale *t, bool yes)
{
	t->session = yes ? 12345 : 1;
	t->client = told_at("10.1.4.4", yes ? 40001 : 40000);
}

void tale_interleaved(struct tale *t)
{
	tale_open(t);
	second(t, true);
	tale_open(t);
	second(t, false);
	tale_reply(t, 220, "One.");
	second(t, true);
	t->place.frame--;
	/* In the same packet, if that could be: not in the same row. */
	tale_reply(t, 220, "Two.");
	second(t, false);
	tale_pinhole(t, PINHOLE_EXPIRE, "10.1.4.4", "10.2.5.5", 42017,
		     "timeout");
	second(t, true);
	t->place.at_us -= 1000000;
	tale_command(t, "QUIT", NULL);
	tale_close(t, "fin");
	second(t, false);
	tale_close(t, "fin");
}

void tale_unmatched(struct tale *t)
{
	struct story_flow f;

	tale_open(t);
	f = tale_flow(t, false, 42018, 12);
	f.related = false;
	f.reason = "no pinhole is open to this port";
	f.bytes_from = 5;
	f.tls = DATA_TLS_NO;
	give_flow(t, &f);
	tale_data(t, true, 50002, "not from the data port", false);
	f = tale_flow(t, true, 50002, 0);
	f.related = f.established = false;
	f.reason = "not from the data port";
	give_flow(t, &f);
	f.reset = true;
	give_flow(t, &f);
	f.midstream = true;
	f.reset = false;
	f.reason = NULL;
	f.tls = DATA_TLS_YES;
	give_flow(t, &f);
	f.tls_resumption = true;
	give_flow(t, &f);
	t->session = 0;
	memset(&t->client, 0, sizeof(t->client));
	memset(&t->server, 0, sizeof(t->server));
	tale_alert(t, ALERT_FRAGMENT);
}

/* What no other scene has. */
void tale_rest(struct tale *t)
{
	struct event e;

	tale_packet(t);
	e = tale_event(t, EVENT_SESSION_OPEN);
	e.session_open.midstream = e.session_open.implicit_tls = true;
	tale_tell(t, &e);
	tale_packet(t);
	e = tls_event(t, TLS_STEP_SERVER_HELLO);
	e.tls.retry = true;
	e.tls.version = 0;
	e.tls.cipher = 0xfefe;
	tale_tell(t, &e);
	e = tls_event(t, TLS_STEP_CERTIFICATE);
	e.tls.chain = span_str("no certificate");
	tale_tell(t, &e);
	e = tls_event(t, TLS_STEP_CERTIFICATE_REQUEST);
	tale_tell(t, &e);
	e = tls_event(t, TLS_STEP_FAILED);
	e.tls.from_client = true;
	e.tls.reason = "unknown_ca";
	tale_tls(t, &e);
	tale_reply(t, 227, "Logout.");
	tale_endpoint(t, VIA_PASV, "10.2.5.5", 0, "missing");
	tale_reply(t, 227, "Entering Passive Mode (10,2,5,5,164,33).");
	tale_endpoint(t, VIA_PASV, "10.2.5.5", 42017, NULL);
	tale_pinhole(t, PINHOLE_REFUSE, "10.1.4.4", "10.2.5.5", 42017,
		     "table full");
	tale_packet(t);
	e = tale_event(t, EVENT_PINHOLE);
	e.pinhole.id = 4;
	e.pinhole.active = true;
	e.pinhole.from = told_addr("fc00:10:2:5::5");
	e.pinhole.from_port = 20;
	e.pinhole.to = told_at("fc00:10:1:4::4", 50001);
	tale_tell(t, &e);
	tale_packet(t);
	e = tale_event(t, EVENT_DATA);
	e.data.from = told_at("10.2.5.5", 20);
	e.data.to = told_at("10.1.4.4", 50001);
	e.data.active = true;
	tale_tell(t, &e);
	e.data.reason = "the kernel refused the entry";
	tale_tell(t, &e);
	tale_command(t, "PORT", "1,2,3");
	tale_rewrite(t, VIA_PORT, "10.1.4.4", "10.1.4.5", 50001, -1);
}
