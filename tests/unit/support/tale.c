/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A story by hand: what a replay would tell its listeners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tale.h"
#include "told.h"

#define US_PER_MS 1000u

void tale_begin(struct tale *t)
{
	memset(t, 0, sizeof(*t));
	t->place.at_us = 1763892942000000;
	t->session = 1;
	t->client = told_at("10.1.4.4", 40000);
	t->server = told_at("10.2.5.5", 21);
	t->out = open_memstream(&t->text, &t->size);
	assert_non_null(t->out);
}

void tale_expect(struct tale *t, const char *text)
{
	fflush(t->out);
	assert_string_equal(t->text, text);
}

void tale_free(struct tale *t)
{
	fclose(t->out);
	free(t->text);
}

void tale_packet(struct tale *t)
{
	t->place.frame++;
	t->place.at_us += US_PER_MS;
}

struct event tale_event(const struct tale *t, enum event_type type)
{
	struct event e;

	memset(&e, 0, sizeof(e));
	e.type = type;
	e.at_us = t->place.at_us;
	e.session = t->session;
	e.client = t->client;
	e.server = t->server;
	return e;
}

void tale_tell(struct tale *t, const struct event *e)
{
	const struct story_note note = { t->place, e, t->decrypted };

	t->to.note(t->to.arg, &note);
}

void tale_open(struct tale *t)
{
	struct event e;

	tale_packet(t);
	e = tale_event(t, EVENT_SESSION_OPEN);
	tale_tell(t, &e);
}

void tale_command(struct tale *t, const char *verb, const char *arg)
{
	struct event e;

	tale_packet(t);
	e = tale_event(t, EVENT_COMMAND);
	e.command.verb = span_str(verb);
	if (arg) {
		e.command.has_arg = true;
		e.command.arg = span_str(arg);
	}
	e.command.secret = strcmp(verb, "PASS") == 0;
	tale_tell(t, &e);
}

void tale_reply(struct tale *t, uint16_t code, const char *text)
{
	struct event e;

	tale_packet(t);
	e = tale_event(t, EVENT_REPLY);
	e.reply.code = code;
	e.reply.text = span_str(text);
	e.reply.lines = 1;
	tale_tell(t, &e);
}

void tale_tls(struct tale *t, const struct event *e)
{
	tale_packet(t);
	tale_tell(t, e);
}

void tale_close(struct tale *t, const char *reason)
{
	struct event e;

	tale_packet(t);
	e = tale_event(t, EVENT_SESSION_CLOSE);
	e.session_close.reason = reason;
	e.session_close.commands = 4;
	e.session_close.replies = 1;
	e.session_close.data_connections = 1;
	tale_tell(t, &e);
}

void tale_endpoint(struct tale *t, enum via via, const char *addr,
		   uint16_t port, const char *reason)
{
	struct event e = tale_event(t, EVENT_ENDPOINT);

	e.endpoint.via = via;
	e.endpoint.endpoint = told_at(addr, port);
	e.endpoint.accepted = !reason;
	e.endpoint.reason = reason;
	tale_tell(t, &e);
}

void tale_rewrite(struct tale *t, enum via via, const char *from,
		  const char *to, uint16_t port, int32_t delta)
{
	struct event e = tale_event(t, EVENT_REWRITE);

	e.rewrite.via = via;
	e.rewrite.from = told_at(from, port);
	e.rewrite.to = told_at(to, port);
	e.rewrite.delta = delta;
	tale_tell(t, &e);
}

void tale_pinhole(struct tale *t, enum pinhole_op op, const char *from,
		  const char *to, uint16_t port, const char *reason)
{
	struct event e = tale_event(t, EVENT_PINHOLE);

	e.pinhole.op = op;
	e.pinhole.id = op == PINHOLE_REFUSE ? 0 : 3;
	e.pinhole.from = told_addr(from);
	e.pinhole.to = told_at(to, port);
	e.pinhole.reason = reason;
	tale_tell(t, &e);
}

void tale_grant(struct tale *t, enum grant_op op, bool active,
		const char *reason)
{
	struct event e = tale_event(t, EVENT_GRANT);

	e.grant.op = op;
	e.grant.active = active;
	e.grant.server_name = span_str("lab");
	e.grant.ports = active ? (struct port_range){ 1024, 65535 }
			       : (struct port_range){ 42000, 42999 };
	e.grant.reason = reason;
	tale_tell(t, &e);
}

void tale_alert(struct tale *t, enum alert rule)
{
	struct event e = tale_event(t, EVENT_ALERT);

	e.alert.rule = rule;
	tale_tell(t, &e);
}

void tale_fate(struct tale *t, enum story_fate fate, bool from_client,
	       uint32_t payload)
{
	const struct story_packet p = {
		.place = t->place,
		.session = t->session,
		.client = t->client,
		.server = t->server,
		.from_client = from_client,
		.fate = fate,
		.payload = payload,
	};

	t->to.packet(t->to.arg, &p);
}

void tale_data(struct tale *t, bool active, uint16_t port, const char *reason,
	       bool granted)
{
	const struct story_flow f = tale_flow(t, active, port, 0);
	struct event e;

	tale_packet(t);
	e = tale_event(t, EVENT_DATA);
	e.data.open = true;
	e.data.active = active;
	e.data.from = f.from;
	e.data.to = f.to;
	e.data.related = !reason;
	e.data.granted = granted;
	e.data.reason = reason;
	if (e.data.related && !granted)
		tale_pinhole(t, PINHOLE_USE, active ? "10.2.5.5" : "10.1.4.4",
			     active ? "10.1.4.4" : "10.2.5.5", port, NULL);
	tale_tell(t, &e);
}

struct story_flow tale_flow(const struct tale *t, bool active, uint16_t port,
			    uint64_t bytes)
{
	const struct endpoint client = { t->client.addr,
					 active ? port : 45000 };
	const struct endpoint server = { t->server.addr, active ? 20 : port };

	return (struct story_flow){
		.session = t->session,
		.client = t->client,
		.server = t->server,
		.from = active ? server : client,
		.to = active ? client : server,
		.opened_us = t->place.at_us,
		.closed_us = t->place.at_us + US_PER_MS / 2,
		.active = active,
		.related = true,
		.established = true,
		.packets = 9,
		.bytes_from = active ? bytes : 0,
		.bytes_to = active ? 0 : bytes,
	};
}
