/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stories of many sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "saga.h"
#include "told.h"

#define MS 1000u
#define S  1000000u

/* TLS_AES_256_GCM_SHA384 and TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 */
#define SUITE_1_3 0x1302
#define SUITE_1_2 0xc030

void saga_begin(struct saga *t)
{
	*t = (struct saga){ .at_us = SAGA_START };
	t->client = told_at("10.1.4.4", 40000);
	t->server = told_at("10.2.5.5", 21);
	t->out = open_memstream(&t->text, &t->len);
	assert_non_null(t->out);
}

void saga_session(struct saga *t, const char *client, const char *server,
		  uint16_t port)
{
	struct event e;

	t->session++;
	t->at_us = SAGA_START + t->session * S;
	t->client = told_at(client, (uint16_t)(40000 + t->session % 20000));
	t->server = told_at(server, port);
	e = saga_event(t, EVENT_SESSION_OPEN);
	e.session_open.implicit_tls = port == 990;
	saga_note(t, &e);
}

struct event saga_event(struct saga *t, enum event_type type)
{
	struct event e;

	memset(&e, 0, sizeof(e));
	e.type = type;
	e.session = t->session;
	e.client = t->client;
	e.server = t->server;
	e.at_us = t->at_us;
	t->at_us += MS;
	return e;
}

void saga_note(const struct saga *t, const struct event *e)
{
	const struct story_note note = { .place = { 1, e->at_us },
					 .event = e,
					 .decrypted = t->decrypted };

	t->to.note(t->to.arg, &note);
}

void saga_command(struct saga *t, const char *verb, const char *arg)
{
	struct event e = saga_event(t, EVENT_COMMAND);

	e.command.verb = span_str(verb);
	e.command.has_arg = arg;
	if (arg)
		e.command.arg = span_str(arg);
	saga_note(t, &e);
}

void saga_reply(struct saga *t, uint16_t code)
{
	struct event e = saga_event(t, EVENT_REPLY);

	e.reply.code = code;
	e.reply.lines = 1;
	saga_note(t, &e);
}

void saga_login(struct saga *t, const char *user)
{
	struct event e;

	saga_command(t, "USER", user);
	saga_reply(t, 331);
	e = saga_event(t, EVENT_COMMAND);
	e.command.verb = span_str("PASS");
	e.command.arg = span_str("***");
	e.command.has_arg = e.command.secret = true;
	saga_note(t, &e);
	saga_reply(t, 230);
}

void saga_alert(struct saga *t, enum alert rule)
{
	struct event e = saga_event(t, EVENT_ALERT);

	e.alert.rule = rule;
	saga_note(t, &e);
}

void saga_endpoint(struct saga *t, enum via via, const char *addr,
		   uint16_t port, const char *reason)
{
	struct event e = saga_event(t, EVENT_ENDPOINT);

	e.endpoint.via = via;
	e.endpoint.endpoint = told_at(addr, port);
	e.endpoint.accepted = !reason;
	e.endpoint.reason = reason;
	saga_note(t, &e);
}

void saga_pinhole(struct saga *t, enum pinhole_op op, const char *reason)
{
	struct event e = saga_event(t, EVENT_PINHOLE);

	e.pinhole.op = op;
	e.pinhole.reason = reason;
	saga_note(t, &e);
}

void saga_grant(struct saga *t, enum grant_op op, const char *reason)
{
	struct event e = saga_event(t, EVENT_GRANT);

	e.grant.op = op;
	e.grant.reason = reason;
	saga_note(t, &e);
}

void saga_tls(struct saga *t, uint16_t version, const char *sni)
{
	struct event e;

	if (t->server.port != 990) {
		e = saga_event(t, EVENT_AUTH);
		e.auth.mechanism = span_str("TLS");
		e.auth.code = 234;
		e.auth.accepted = true;
		saga_note(t, &e);
	}
	e = saga_event(t, EVENT_TLS);
	e.tls.step = TLS_STEP_CLIENT_HELLO;
	e.tls.version = TLS_1_3;
	if (sni)
		e.tls.sni = span_str(sni);
	saga_note(t, &e);
	e = saga_event(t, EVENT_TLS);
	e.tls.step = TLS_STEP_SERVER_HELLO;
	e.tls.version = version;
	e.tls.cipher = version == TLS_1_3 ? SUITE_1_3 : SUITE_1_2;
	saga_note(t, &e);
	e = saga_event(t, EVENT_TLS);
	e.tls.step = TLS_STEP_ESTABLISHED;
	e.tls.version = version;
	saga_note(t, &e);
}

void saga_close(struct saga *t, const char *reason)
{
	struct event e = saga_event(t, EVENT_SESSION_CLOSE);

	e.session_close.reason = reason;
	e.session_close.duration_us = e.at_us - SAGA_START - t->session * S;
	saga_note(t, &e);
}

static struct story_flow flow_of(const struct saga *t)
{
	return (struct story_flow){
		.session = t->session,
		.client = t->client,
		.server = t->server,
		.opened_us = t->at_us,
		.closed_us = t->at_us + MS,
		.related = true,
		.established = true,
		.packets = 10,
		.bytes_from = 100,
		.bytes_to = 2000,
		.tls = DATA_TLS_NO,
	};
}

struct story_flow saga_passive(const struct saga *t, uint16_t port)
{
	struct story_flow f = flow_of(t);

	f.from = (struct endpoint){ t->client.addr, 50000 };
	f.to = (struct endpoint){ t->server.addr, port };
	return f;
}

struct story_flow saga_active(const struct saga *t, uint16_t port)
{
	struct story_flow f = flow_of(t);

	f.active = true;
	f.from = (struct endpoint){ t->server.addr, 20 };
	f.to = (struct endpoint){ t->client.addr, port };
	return f;
}

void saga_flow(const struct saga *t, const struct story_flow *f)
{
	t->to.flow(t->to.arg, f);
}

void saga_unmatched(const struct saga *t, uint16_t port, const char *reason)
{
	struct story_flow f = saga_passive(t, port);

	f.related = false;
	f.reason = reason;
	f.bytes_from = f.bytes_to = 1;
	saga_flow(t, &f);
}

void saga_traffic(const struct saga *t, uint64_t clear, uint64_t handshake,
		  uint64_t records)
{
	const struct story_traffic told = {
		.session = t->session,
		.client = t->client,
		.server = t->server,
		.packets = handshake ? 214 : 60,
		.wire_bytes = handshake ? 21034 : 4000,
		.clear = { clear ? 12 : 0, clear },
		.handshake = { handshake ? 9 : 0, handshake },
		.records = { records ? 1 : 0, records },
	};

	t->to.traffic(t->to.arg, &told);
}

size_t saga_count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

void saga_assert_has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("no '%s' in:\n%.4000s", what, text);
}

char *saga_end(struct saga *t)
{
	const struct story_end end = {
		.frames = 1204,
		.first_us = SAGA_START,
		.last_us = SAGA_START + 300 * S,
		.sessions = t->session,
	};

	t->to.end(t->to.arg, &end);
	assert_int_equal(ferror(t->out), 0);
	assert_int_equal(fclose(t->out), 0);
	return t->text;
}
