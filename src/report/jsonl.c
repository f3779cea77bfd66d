/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log: one JSON object a line. */
#include "report/jsonl.h"

#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include "report/certificate_json.h"
#include "report/object.h"
#include "report/text.h"
#include "report/tls_event.h"

static void add_bool(struct object *o, const char *key, bool value)
{
	object_add(o, key, json_boolean(value));
}

/* A word of our own. */
static void add_word(struct object *o, const char *key, const char *word)
{
	if (word)
		object_add(o, key, json_string(word));
}

static void add_uint(struct object *o, const char *key, uint64_t value)
{
	object_add(o, key, number_json(value));
}

/* Text from the network. */
static void add_text(struct object *o, const char *key, struct span raw)
{
	object_add(o, key, text_json(raw));
}

static void add_endpoint(struct object *o, const char *key,
			 const struct endpoint *e)
{
	object_add(o, key, endpoint_json(e));
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

static void add_text_if(struct object *o, const char *key, struct span raw)
{
	if (raw.len > 0)
		add_text(o, key, raw);
}

/* 0: the hello names none that is known. */
static void add_version(struct object *o, const struct event *e)
{
	char hex[TLS_EVENT_HEX_MAX];

	if (e->tls.version != 0)
		add_word(o, "version", tls_event_version(e->tls.version, hex));
}

static void add_side(struct object *o, const struct event *e)
{
	add_word(o, "side", e->tls.from_client ? "client" : "server");
}

static void add_client_hello(struct object *o, const struct event *e)
{
	add_version(o, e);
	add_text_if(o, "sni", e->tls.sni);
	add_text_if(o, "alpn", e->tls.alpn);
	add_word(o, "resumption", tls_resumption_name(e->tls.resumption));
}

static void add_server_hello(struct object *o, const struct event *e)
{
	char hex[TLS_EVENT_HEX_MAX];

	add_version(o, e);
	add_word(o, "cipher", tls_event_cipher(e->tls.cipher, hex));
	add_text_if(o, "alpn", e->tls.alpn);
	add_bool(o, "resumed", e->tls.resumed);
	object_add_if(o, "retry", e->tls.retry);
}

static void add_certificate(struct object *o, const struct event *e)
{
	struct certificate c;
	enum certificate_result result = tls_event_certificate(e, &c);
	json_t *facts;

	if (result != CERTIFICATE_OK) {
		add_side(o, e);
		add_word(o, "reason", certificate_result_text(result));
		return;
	}
	facts = certificate_json(&c, !e->tls.from_client);
	if (!facts || json_object_update(o->json, facts) != 0)
		o->failed = true;
	json_decref(facts);
}

static void add_failed(struct object *o, const struct event *e)
{
	add_side(o, e);
	add_word(o, "reason", e->tls.reason);
}

static void add_tls_reason(struct object *o, const struct event *e)
{
	add_word(o, "reason", e->tls.reason);
}

static void (*const add_step[TLS_STEPS])(struct object *o,
					 const struct event *e) = {
	[TLS_STEP_CLIENT_HELLO] = add_client_hello,
	[TLS_STEP_SERVER_HELLO] = add_server_hello,
	[TLS_STEP_CERTIFICATE] = add_certificate,
	[TLS_STEP_CERTIFICATE_REQUEST] = add_tls_reason,
	[TLS_STEP_ESTABLISHED] = add_version,
	[TLS_STEP_FAILED] = add_failed,
	[TLS_STEP_CLEARED] = add_tls_reason,
};

static void add_tls(struct object *o, const struct event *e)
{
	add_word(o, "state", tls_step_name(e->tls.step));
	add_step[e->tls.step](o, e);
}

static void add_grant(struct object *o, const struct event *e)
{
	char ports[TEXT_RANGE_MAX];

	add_word(o, "op", grant_op_name(e->grant.op));
	add_mode(o, e->grant.active);
	add_text_if(o, "server_name", e->grant.server_name);
	if (e->grant.ports.lo != 0) {
		text_range(&e->grant.ports, ports);
		add_word(o, "ports", ports);
	}
	add_word(o, "reason", e->grant.reason);
}

static void add_named_endpoint(struct object *o, const struct event *e)
{
	add_word(o, "via", via_name(e->endpoint.via));
	add_mode(o, via_is_active(e->endpoint.via));
	object_add(o, "addr", addr_json(&e->endpoint.endpoint.addr));
	add_uint(o, "port", e->endpoint.endpoint.port);
	add_bool(o, "accepted", e->endpoint.accepted);
	add_word(o, "reason", e->endpoint.reason);
}

static void add_rewrite(struct object *o, const struct event *e)
{
	add_word(o, "via", via_name(e->rewrite.via));
	add_endpoint(o, "from", &e->rewrite.from);
	add_endpoint(o, "to", &e->rewrite.to);
	object_add(o, "delta", json_integer(e->rewrite.delta));
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
	if (e->data.tls != DATA_TLS_UNKNOWN)
		add_bool(o, "tls", e->data.tls == DATA_TLS_YES);
	object_add_if(o, "granted", e->data.granted);
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
	[EVENT_TLS] = add_tls,
	[EVENT_ENDPOINT] = add_named_endpoint,
	[EVENT_REWRITE] = add_rewrite,
	[EVENT_PINHOLE] = add_pinhole,
	[EVENT_GRANT] = add_grant,
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

static char *format(const struct event *event, bool decrypted)
{
	struct object o = object_new();
	char time[TEXT_TIME_MAX];
	json_t *json;
	char *line;

	text_time(event->at_us, time);
	add_word(&o, "ts", time);
	add_word(&o, "event", event_type_name(event->type));
	add_session(&o, event);
	add_rest[event->type](&o, event);
	object_add_if(&o, "decrypted", decrypted);
	json = object_done(&o);
	line = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return line;
}

char *jsonl_format(const struct event *event)
{
	return format(event, false);
}

char *jsonl_format_decrypted(const struct event *event)
{
	return format(event, true);
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
