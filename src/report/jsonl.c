/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log: one JSON object a line. */
#include "report/jsonl.h"

#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include "report/certificate_json.h"
#include "report/json_text.h"
#include "report/text.h"
#include "report/tls_event.h"

static void add_mode(struct json_text *t, bool active)
{
	json_text_word(t, "mode", active ? "active" : "passive");
}

static void add_session_open(struct json_text *t, const struct event *e)
{
	json_text_bool(t, "implicit_tls", e->session_open.implicit_tls);
	json_text_bool(t, "midstream", e->session_open.midstream);
}

static void add_command(struct json_text *t, const struct event *e)
{
	json_text_span(t, "verb", e->command.verb);
	/* The engine masks secrets; a slip there must not show here. */
	if (e->command.has_arg)
		json_text_span(t, "arg",
			       e->command.secret ? span_str("***")
						 : e->command.arg);
}

static void add_reply(struct json_text *t, const struct event *e)
{
	json_text_uint(t, "code", e->reply.code);
	json_text_span(t, "text", e->reply.text);
	json_text_uint(t, "lines", e->reply.lines);
}

static void add_auth(struct json_text *t, const struct event *e)
{
	json_text_span(t, "mechanism", e->auth.mechanism);
	json_text_uint(t, "code", e->auth.code);
	json_text_bool(t, "accepted", e->auth.accepted);
}

/* True, or left out. */
static void add_if(struct json_text *t, const char *key, bool value)
{
	if (value)
		json_text_bool(t, key, true);
}

static void add_text_if(struct json_text *t, const char *key, struct span raw)
{
	if (raw.len > 0)
		json_text_span(t, key, raw);
}

/* 0: the hello names none that is known. */
static void add_version(struct json_text *t, const struct event *e)
{
	char hex[TLS_EVENT_HEX_MAX];

	if (e->tls.version != 0)
		json_text_word(t, "version",
			       tls_event_version(e->tls.version, hex));
}

static void add_side(struct json_text *t, const struct event *e)
{
	json_text_word(t, "side", e->tls.from_client ? "client" : "server");
}

static void add_client_hello(struct json_text *t, const struct event *e)
{
	add_version(t, e);
	add_text_if(t, "sni", e->tls.sni);
	add_text_if(t, "alpn", e->tls.alpn);
	json_text_word(t, "resumption", tls_resumption_name(e->tls.resumption));
}

static void add_server_hello(struct json_text *t, const struct event *e)
{
	char hex[TLS_EVENT_HEX_MAX];

	add_version(t, e);
	json_text_word(t, "cipher", tls_event_cipher(e->tls.cipher, hex));
	add_text_if(t, "alpn", e->tls.alpn);
	json_text_bool(t, "resumed", e->tls.resumed);
	add_if(t, "retry", e->tls.retry);
}

static void add_certificate(struct json_text *t, const struct event *e)
{
	struct certificate c;
	enum certificate_result result = tls_event_certificate(e, &c);
	json_t *facts;
	char *text;

	if (result != CERTIFICATE_OK) {
		add_side(t, e);
		json_text_word(t, "reason", certificate_result_text(result));
		return;
	}
	facts = certificate_json(&c, !e->tls.from_client);
	text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
	json_text_fields(t, text);
	free(text);
	json_decref(facts);
}

static void add_failed(struct json_text *t, const struct event *e)
{
	add_side(t, e);
	json_text_word(t, "reason", e->tls.reason);
}

static void add_tls_reason(struct json_text *t, const struct event *e)
{
	json_text_word(t, "reason", e->tls.reason);
}

static void (*const add_step[TLS_STEPS])(struct json_text *t,
					 const struct event *e) = {
	[TLS_STEP_CLIENT_HELLO] = add_client_hello,
	[TLS_STEP_SERVER_HELLO] = add_server_hello,
	[TLS_STEP_CERTIFICATE] = add_certificate,
	[TLS_STEP_CERTIFICATE_REQUEST] = add_tls_reason,
	[TLS_STEP_ESTABLISHED] = add_version,
	[TLS_STEP_FAILED] = add_failed,
	[TLS_STEP_CLEARED] = add_tls_reason,
};

static void add_tls(struct json_text *t, const struct event *e)
{
	json_text_word(t, "state", tls_step_name(e->tls.step));
	add_step[e->tls.step](t, e);
}

static void add_grant(struct json_text *t, const struct event *e)
{
	char ports[TEXT_RANGE_MAX];

	json_text_word(t, "op", grant_op_name(e->grant.op));
	add_mode(t, e->grant.active);
	add_text_if(t, "server_name", e->grant.server_name);
	if (e->grant.ports.lo != 0) {
		text_range(&e->grant.ports, ports);
		json_text_word(t, "ports", ports);
	}
	json_text_word(t, "reason", e->grant.reason);
}

static void add_named_endpoint(struct json_text *t, const struct event *e)
{
	json_text_word(t, "via", via_name(e->endpoint.via));
	add_mode(t, via_is_active(e->endpoint.via));
	json_text_addr(t, "addr", &e->endpoint.endpoint.addr);
	json_text_uint(t, "port", e->endpoint.endpoint.port);
	json_text_bool(t, "accepted", e->endpoint.accepted);
	json_text_word(t, "reason", e->endpoint.reason);
}

static void add_rewrite(struct json_text *t, const struct event *e)
{
	json_text_word(t, "via", via_name(e->rewrite.via));
	json_text_endpoint(t, "from", &e->rewrite.from);
	json_text_endpoint(t, "to", &e->rewrite.to);
	json_text_int(t, "delta", e->rewrite.delta);
}

static void add_pinhole(struct json_text *t, const struct event *e)
{
	struct endpoint from = { e->pinhole.from, e->pinhole.from_port };

	json_text_word(t, "op", pinhole_op_name(e->pinhole.op));
	if (e->pinhole.id != 0)
		json_text_uint(t, "id", e->pinhole.id);
	add_mode(t, e->pinhole.active);
	json_text_endpoint(t, "from", &from);
	json_text_endpoint(t, "to", &e->pinhole.to);
	json_text_word(t, "reason", e->pinhole.reason);
}

static void add_data(struct json_text *t, const struct event *e)
{
	json_text_word(t, "op", e->data.open ? "open" : "close");
	add_mode(t, e->data.active);
	json_text_endpoint(t, "from", &e->data.from);
	json_text_endpoint(t, "to", &e->data.to);
	if (e->data.has_bytes) {
		json_text_uint(t, "bytes_from", e->data.bytes_from);
		json_text_uint(t, "bytes_to", e->data.bytes_to);
	}
	json_text_word(t, "verdict", e->data.related ? "related" : "unrelated");
	if (e->data.tls != DATA_TLS_UNKNOWN)
		json_text_bool(t, "tls", e->data.tls == DATA_TLS_YES);
	add_if(t, "granted", e->data.granted);
	json_text_word(t, "reason", e->data.reason);
}

static void add_alert(struct json_text *t, const struct event *e)
{
	enum alert rule = e->alert.rule;

	json_text_word(t, "rule", alert_name(rule));
	json_text_word(t, "severity", severity_name(alert_severity(rule)));
	json_text_word(t, "text", alert_text(rule));
}

static void add_session_close(struct json_text *t, const struct event *e)
{
	json_text_word(t, "reason", e->session_close.reason);
	json_text_uint(t, "commands", e->session_close.commands);
	json_text_uint(t, "replies", e->session_close.replies);
	json_text_uint(t, "data_connections",
		       e->session_close.data_connections);
	json_text_bool(t, "tls", e->session_close.tls);
	json_text_uint(t, "duration_us", e->session_close.duration_us);
}

static void add_session_restore(struct json_text *t, const struct event *e)
{
	char opened[TEXT_TIME_MAX];

	text_time(e->session_restore.opened_us, opened);
	json_text_word(t, "opened", opened);
	json_text_bool(t, "trusted", e->session_restore.trusted);
	json_text_bool(t, "tls", e->session_restore.tls);
}

static void (*const add_rest[EVENT_TYPES])(struct json_text *t,
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
	[EVENT_SESSION_RESTORE] = add_session_restore,
};

static void add_session(struct json_text *t, const struct event *e)
{
	if (e->session != 0)
		json_text_uint(t, "session", e->session);
	if (e->client.port == 0 && e->server.port == 0)
		return;
	json_text_endpoint(t, "client", &e->client);
	json_text_endpoint(t, "server", &e->server);
}

static char *format(const struct event *event, bool decrypted)
{
	struct json_text t;
	char time[TEXT_TIME_MAX];

	json_text_begin(&t);
	text_time(event->at_us, time);
	json_text_word(&t, "ts", time);
	json_text_word(&t, "event", event_type_name(event->type));
	add_session(&t, event);
	add_rest[event->type](&t, event);
	add_if(&t, "decrypted", decrypted);
	return json_text_done(&t);
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
