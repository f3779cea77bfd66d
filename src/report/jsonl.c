/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log: one JSON object a line. */
#include "report/jsonl.h"

#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include "report/escape.h"
#include "report/text.h"

/*
 * Each add_*() puts one field into an object. jansson takes a NULL value for
 * an error and passes it on, so the only check is the one that jsonl_format()
 * makes: an object with a field missing is not printed.
 */
struct object {
	json_t *json;
	bool failed;
};

static void add(struct object *o, const char *key, json_t *value)
{
	if (json_object_set_new(o->json, key, value) != 0)
		o->failed = true;
}

static void add_bool(struct object *o, const char *key, bool value)
{
	add(o, key, json_boolean(value));
}

static void add_uint(struct object *o, const char *key, uint64_t value)
{
	/* JSON's integers are signed here; no counter lives long enough. */
	add(o, key, json_integer((json_int_t)value));
}

/* A word of our own. */
static void add_word(struct object *o, const char *key, const char *word)
{
	if (word)
		add(o, key, json_string(word));
}

/* Text from the network. */
static void add_text(struct object *o, const char *key, struct span raw)
{
	char *shown = escape_dup(raw);

	add(o, key, shown ? json_string(shown) : NULL);
	free(shown);
}

static void add_addr(struct object *o, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	add(o, key, json_string(text));
}

static void add_endpoint(struct object *o, const char *key,
			 const struct endpoint *e)
{
	struct object inner = { json_object(), false };

	add_addr(&inner, "addr", &e->addr);
	if (e->port != 0)
		add_uint(&inner, "port", e->port);
	o->failed |= inner.failed;
	add(o, key, inner.json);
}

static void add_mode(struct object *o, bool active)
{
	add_word(o, "mode", active ? "active" : "passive");
}

static void add_session_open(struct object *o, const struct event *e)
{
	add_bool(o, "implicit_tls", e->session_open.implicit_tls);
	add_bool(o, "midstream", e->session_open.midstream);
}

static void add_command(struct object *o, const struct event *e)
{
	add_text(o, "verb", e->command.verb);
	/* The engine masks secrets; a slip there must not show here. */
	if (e->command.has_arg)
		add_text(o, "arg",
			 e->command.secret ? span_str("***") : e->command.arg);
}

static void add_reply(struct object *o, const struct event *e)
{
	add_uint(o, "code", e->reply.code);
	add_text(o, "text", e->reply.text);
	add_uint(o, "lines", e->reply.lines);
}

static void add_auth(struct object *o, const struct event *e)
{
	add_text(o, "mechanism", e->auth.mechanism);
	add_uint(o, "code", e->auth.code);
	add_bool(o, "accepted", e->auth.accepted);
}

static void add_named_endpoint(struct object *o, const struct event *e)
{
	add_word(o, "via", via_name(e->endpoint.via));
	add_mode(o, via_is_active(e->endpoint.via));
	add_addr(o, "addr", &e->endpoint.endpoint.addr);
	add_uint(o, "port", e->endpoint.endpoint.port);
	add_bool(o, "accepted", e->endpoint.accepted);
	add_word(o, "reason", e->endpoint.reason);
}

static void add_rewrite(struct object *o, const struct event *e)
{
	add_word(o, "via", via_name(e->rewrite.via));
	add_endpoint(o, "from", &e->rewrite.from);
	add_endpoint(o, "to", &e->rewrite.to);
	add(o, "delta", json_integer(e->rewrite.delta));
}

static void add_pinhole(struct object *o, const struct event *e)
{
	struct endpoint from = { e->pinhole.from, e->pinhole.from_port };

	add_word(o, "op", pinhole_op_name(e->pinhole.op));
	if (e->pinhole.id != 0)
		add_uint(o, "id", e->pinhole.id);
	add_mode(o, e->pinhole.active);
	add_endpoint(o, "from", &from);
	add_endpoint(o, "to", &e->pinhole.to);
	add_word(o, "reason", e->pinhole.reason);
}

static void add_data(struct object *o, const struct event *e)
{
	add_word(o, "op", e->data.open ? "open" : "close");
	add_mode(o, e->data.active);
	add_endpoint(o, "from", &e->data.from);
	add_endpoint(o, "to", &e->data.to);
	if (e->data.has_bytes) {
		add_uint(o, "bytes_from", e->data.bytes_from);
		add_uint(o, "bytes_to", e->data.bytes_to);
	}
	add_word(o, "verdict", e->data.related ? "related" : "unrelated");
	add_word(o, "reason", e->data.reason);
}

static void add_alert(struct object *o, const struct event *e)
{
	enum alert rule = e->alert.rule;

	add_word(o, "rule", alert_name(rule));
	add_word(o, "severity", severity_name(alert_severity(rule)));
	add_word(o, "text", alert_text(rule));
}

static void add_session_close(struct object *o, const struct event *e)
{
	add_word(o, "reason", e->session_close.reason);
	add_uint(o, "commands", e->session_close.commands);
	add_uint(o, "replies", e->session_close.replies);
	add_uint(o, "data_connections", e->session_close.data_connections);
	add_bool(o, "tls", e->session_close.tls);
	add_uint(o, "duration_us", e->session_close.duration_us);
}

static void (*const add_rest[EVENT_TYPES])(struct object *o,
					   const struct event *e) = {
	[EVENT_SESSION_OPEN] = add_session_open,
	[EVENT_COMMAND] = add_command,
	[EVENT_REPLY] = add_reply,
	[EVENT_AUTH] = add_auth,
	[EVENT_ENDPOINT] = add_named_endpoint,
	[EVENT_REWRITE] = add_rewrite,
	[EVENT_PINHOLE] = add_pinhole,
	[EVENT_DATA] = add_data,
	[EVENT_ALERT] = add_alert,
	[EVENT_SESSION_CLOSE] = add_session_close,
};

static void add_session(struct object *o, const struct event *e)
{
	if (e->session != 0)
		add_uint(o, "session", e->session);
	if (e->client.port == 0 && e->server.port == 0)
		return;
	add_endpoint(o, "client", &e->client);
	add_endpoint(o, "server", &e->server);
}

char *jsonl_format(const struct event *event)
{
	struct object o = { json_object(), false };
	char time[TEXT_TIME_MAX];
	char *line = NULL;

	text_time(event->at_us, time);
	add_word(&o, "ts", time);
	add_word(&o, "event", event_type_name(event->type));
	add_session(&o, event);
	add_rest[event->type](&o, event);
	if (!o.failed)
		line = json_dumps(o.json, JSON_COMPACT);
	json_decref(o.json);
	return line;
}

int jsonl_write(FILE *to, const struct event *event)
{
	char *line = jsonl_format(event);
	bool bad;

	if (!line)
		return ENOMEM;
	errno = EIO;
	bad = fputs(line, to) == EOF || fputc('\n', to) == EOF;
	free(line);
	return bad ? errno : 0;
}
