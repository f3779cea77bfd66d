/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line for people per event. */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/certificate_text.h"
#include "report/phrase.h"
#include "report/tls_event.h"

#define US_PER_S 1000000u

/* 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year. */
#define LAST_SECOND 253402300799u

/* "YYYY-MM-DDTHH:MM:SS", what is the same for all events of a second: on a
 * busy gateway those are thousands. */
static size_t put_second(uint64_t second, char out[TEXT_TIME_MAX])
{
	static _Thread_local uint64_t last = UINT64_MAX;
	static _Thread_local char text[TEXT_TIME_MAX];
	static _Thread_local size_t len;

	if (second != last) {
		time_t time = (time_t)second;
		struct tm tm;

		gmtime_r(&time, &tm);
		len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		last = second;
	}
	memcpy(out, text, len);
	return len;
}

size_t text_time(uint64_t at_us, char out[TEXT_TIME_MAX])
{
	uint64_t second = at_us / US_PER_S;
	unsigned int us = (unsigned int)(at_us % US_PER_S);
	size_t len;

	if (second > LAST_SECOND) {
		second = LAST_SECOND;
		us = US_PER_S - 1;
	}
	len = put_second(second, out);
	out[len] = '.';
	for (size_t i = 6; i > 0; i--, us /= 10)
		out[len + i] = (char)('0' + us % 10);
	out[len + 7] = 'Z';
	out[len + 8] = '\0';
	return len + 8;
}

void text_range(const struct port_range *r, char out[TEXT_RANGE_MAX])
{
	if (r->lo == r->hi)
		snprintf(out, TEXT_RANGE_MAX, "%u", r->lo);
	else
		snprintf(out, TEXT_RANGE_MAX, "%u-%u", r->lo, r->hi);
}

static void put_span(FILE *to, struct span raw)
{
	phrase_text(to, raw, PHRASE_WHOLE);
}

static void put_reason(FILE *to, const char *reason)
{
	if (reason)
		fprintf(to, ": %s", reason);
}

static void put_session_open(FILE *to, const struct event *e)
{
	if (e->session_open.implicit_tls)
		fputs(" implicit-tls", to);
	if (e->session_open.midstream)
		fputs(" midstream", to);
}

static void put_command(FILE *to, const struct event *e)
{
	fputc(' ', to);
	phrase_command(to, e, PHRASE_WHOLE);
}

static void put_reply(FILE *to, const struct event *e)
{
	fputc(' ', to);
	phrase_reply(to, e, PHRASE_WHOLE);
}

static void put_auth(FILE *to, const struct event *e)
{
	fputc(' ', to);
	put_span(to, e->auth.mechanism);
	fprintf(to, " %s (%u)", e->auth.accepted ? "accepted" : "refused",
		e->auth.code);
}

/* Behind a word of ours; nothing where there is none. */
static void put_named(FILE *to, const char *name, struct span raw)
{
	if (raw.len == 0)
		return;
	fprintf(to, " %s ", name);
	put_span(to, raw);
}

static void put_version(FILE *to, const struct event *e)
{
	char hex[TLS_EVENT_HEX_MAX];

	if (e->tls.version != 0)
		fprintf(to, " %s", tls_event_version(e->tls.version, hex));
}

static void put_client_hello(FILE *to, const struct event *e)
{
	put_version(to, e);
	put_named(to, "for", e->tls.sni);
	put_named(to, "alpn", e->tls.alpn);
	if (e->tls.resumption != TLS_RESUME_NONE)
		fprintf(to, " resumption %s",
			tls_resumption_name(e->tls.resumption));
}

static void put_server_hello(FILE *to, const struct event *e)
{
	char hex[TLS_EVENT_HEX_MAX];

	put_version(to, e);
	fprintf(to, " %s", tls_event_cipher(e->tls.cipher, hex));
	put_named(to, "alpn", e->tls.alpn);
	if (e->tls.resumed)
		fputs(" resumed", to);
	if (e->tls.retry)
		fputs(" retry", to);
}

static const char *side_name(const struct event *e)
{
	return e->tls.from_client ? "client" : "server";
}

static void put_certificate(FILE *to, const struct event *e)
{
	struct certificate c;
	enum certificate_result result = tls_event_certificate(e, &c);

	fputc(' ', to);
	if (result == CERTIFICATE_OK)
		certificate_text(to, &c, !e->tls.from_client);
	else
		fprintf(to, "certificate %s: %s", side_name(e),
			certificate_result_text(result));
}

static void put_side(FILE *to, const struct event *e)
{
	fprintf(to, " %s", side_name(e));
}

/* Steps with more to say than their name and reason. */
static void (*const put_step[TLS_STEPS])(FILE *to, const struct event *e) = {
	[TLS_STEP_CLIENT_HELLO] = put_client_hello,
	[TLS_STEP_SERVER_HELLO] = put_server_hello,
	[TLS_STEP_ESTABLISHED] = put_version,
	[TLS_STEP_FAILED] = put_side,
};

static void put_tls(FILE *to, const struct event *e)
{
	enum tls_step step = e->tls.step;

	/* Its text begins with the same word. */
	if (step == TLS_STEP_CERTIFICATE) {
		put_certificate(to, e);
		return;
	}
	fprintf(to, " %s", tls_step_name(step));
	if (put_step[step])
		put_step[step](to, e);
	put_reason(to, e->tls.reason);
}

static void put_grant(FILE *to, const struct event *e)
{
	char ports[TEXT_RANGE_MAX];

	fprintf(to, " %s %s", grant_op_name(e->grant.op),
		phrase_mode(e->grant.active));
	put_named(to, "server", e->grant.server_name);
	if (e->grant.ports.lo != 0) {
		text_range(&e->grant.ports, ports);
		fprintf(to, " ports %s", ports);
	}
	put_reason(to, e->grant.reason);
}

static void put_named_endpoint(FILE *to, const struct event *e)
{
	fprintf(to, " %s ", via_name(e->endpoint.via));
	phrase_endpoint(to, &e->endpoint.endpoint);
	fputs(e->endpoint.accepted ? " accepted" : " refused", to);
	put_reason(to, e->endpoint.reason);
}

static void put_rewrite(FILE *to, const struct event *e)
{
	fprintf(to, " %s ", via_name(e->rewrite.via));
	phrase_pair(to, &e->rewrite.from, &e->rewrite.to);
	fprintf(to, " (%+" PRId32 " bytes)", e->rewrite.delta);
}

static void put_pinhole(FILE *to, const struct event *e)
{
	struct endpoint from = { e->pinhole.from, e->pinhole.from_port };
	char addr[ADDR_TEXT_MAX];

	fprintf(to, " %s", pinhole_op_name(e->pinhole.op));
	if (e->pinhole.id != 0)
		fprintf(to, " %" PRIu64, e->pinhole.id);
	fprintf(to, " %s ", phrase_mode(e->pinhole.active));
	if (from.port != 0) {
		phrase_endpoint(to, &from);
	} else {
		addr_format(&from.addr, addr);
		fputs(addr, to);
	}
	fputs(" > ", to);
	phrase_endpoint(to, &e->pinhole.to);
	put_reason(to, e->pinhole.reason);
}

static void put_data(FILE *to, const struct event *e)
{
	fprintf(to, " %s %s ", e->data.open ? "open" : "close",
		phrase_mode(e->data.active));
	phrase_pair(to, &e->data.from, &e->data.to);
	fputs(e->data.related ? " related" : " unrelated", to);
	if (e->data.granted)
		fputs(" granted", to);
	if (e->data.tls != DATA_TLS_UNKNOWN)
		fputs(e->data.tls == DATA_TLS_YES ? " TLS" : " no-TLS", to);
	if (e->data.has_bytes)
		fprintf(to, " %" PRIu64 "/%" PRIu64 " bytes",
			e->data.bytes_from, e->data.bytes_to);
	put_reason(to, e->data.reason);
}

static void put_alert(FILE *to, const struct event *e)
{
	fprintf(to, " %s %s: %s", severity_name(alert_severity(e->alert.rule)),
		alert_name(e->alert.rule), alert_text(e->alert.rule));
}

static void put_session_close(FILE *to, const struct event *e)
{
	put_reason(to, e->session_close.reason);
	fprintf(to,
		" (%" PRIu32 " commands, %" PRIu32 " replies, %" PRIu32
		" data connections%s, %" PRIu64 ".%06" PRIu64 " s)",
		e->session_close.commands, e->session_close.replies,
		e->session_close.data_connections,
		e->session_close.tls ? ", TLS" : "",
		e->session_close.duration_us / US_PER_S,
		e->session_close.duration_us % US_PER_S);
}

static void put_session_restore(FILE *to, const struct event *e)
{
	fprintf(to, "%s%s", e->session_restore.tls ? " TLS" : "",
		e->session_restore.trusted ? "" : " not trusted");
}

static void (*const put_rest[EVENT_TYPES])(FILE *to, const struct event *e) = {
	[EVENT_SESSION_OPEN] = put_session_open,
	[EVENT_COMMAND] = put_command,
	[EVENT_REPLY] = put_reply,
	[EVENT_AUTH] = put_auth,
	[EVENT_TLS] = put_tls,
	[EVENT_ENDPOINT] = put_named_endpoint,
	[EVENT_REWRITE] = put_rewrite,
	[EVENT_PINHOLE] = put_pinhole,
	[EVENT_GRANT] = put_grant,
	[EVENT_DATA] = put_data,
	[EVENT_ALERT] = put_alert,
	[EVENT_SESSION_CLOSE] = put_session_close,
	[EVENT_SESSION_RESTORE] = put_session_restore,
};

static void put_line(FILE *to, const struct event *event)
{
	char time[TEXT_TIME_MAX];
	size_t len = text_time(event->at_us, time);
	const char *clock = time + sizeof("YYYY-MM-DDT") - 1;

	/* The hour suffices on a screen; the event log has the date. */
	fprintf(to, "%.*s ", (int)(time + len - 1 - clock), clock);
	if (event->session != 0)
		fprintf(to, "#%" PRIu64 " ", event->session);
	if (event->client.port != 0 || event->server.port != 0) {
		phrase_pair(to, &event->client, &event->server);
		fputc(' ', to);
	}
	fputs(event_type_name(event->type), to);
	put_rest[event->type](to, event);
}

void text_write(FILE *to, const struct event *event)
{
	put_line(to, event);
	fputc('\n', to);
}

char *text_format(const struct event *event)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	put_line(to, event);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}
