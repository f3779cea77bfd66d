/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phrases for people: what the gateway decided, and why. */
#include "report/verdict.h"

#include <inttypes.h>
#include <string.h>

#include <sallyport/hostport.h>

#include "report/certificate_text.h"
#include "report/phrase.h"
#include "report/text.h"
#include "report/tls_event.h"

/* A mechanism is a word of a few letters (RFC 4217, RFC 2228). */
#define MECHANISM_MAX 16

static void put_reason(FILE *to, const char *reason)
{
	if (!reason)
		return;
	fputs(": ", to);
	/* Names out of the configuration may stand in it. */
	phrase_text(to, span_str(phrase_reason(reason)), PHRASE_WHOLE);
}

enum alert verdict_rule(const char *reason)
{
	static const struct {
		enum hostport_error error;
		enum alert rule;
	} other[] = {
		{ HOSTPORT_MALFORMED, ALERT_MALFORMED_ENDPOINT },
		{ HOSTPORT_AMBIGUOUS, ALERT_AMBIGUOUS_ENDPOINT },
		{ HOSTPORT_FAMILY, ALERT_FAMILY_MISMATCH },
	};

	if (!reason)
		return ALERTS;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (strcmp(hostport_reason(other[i].error), reason) == 0)
			return other[i].rule;
	for (enum alert rule = 0; rule < ALERTS; rule++)
		if (strcmp(alert_name(rule), reason) == 0)
			return rule;
	return ALERTS;
}

static void put_rule(FILE *to, const char *what, enum alert rule)
{
	const char *text = alert_text(rule);
	size_t len = strlen(text);

	/* A sentence; more may stand behind it. */
	if (text[len - 1] == '.')
		len--;
	fprintf(to, "%s %s (%s): %.*s", what, alert_name(rule),
		severity_name(alert_severity(rule)), (int)len, text);
}

static void put_alert(FILE *to, const struct event *e)
{
	put_rule(to, "alert", e->alert.rule);
}

static void put_endpoint(FILE *to, const struct event *e)
{
	enum alert rule = verdict_rule(e->endpoint.reason);

	if (rule < ALERTS) {
		put_rule(to, "refused,", rule);
		return;
	}
	if (e->endpoint.endpoint.port != 0) {
		phrase_endpoint(to, &e->endpoint.endpoint);
		fputc(' ', to);
	}
	fputs(e->endpoint.accepted ? "accepted" : "refused", to);
	put_reason(to, e->endpoint.reason);
}

void verdict_hidden(FILE *to, const struct event *e)
{
	if (e->endpoint.endpoint.port == 0) {
		put_endpoint(to, e);
		return;
	}
	fprintf(to, "a grant %s ",
		e->endpoint.accepted ? "lets in" : "does not let in");
	phrase_endpoint(to, &e->endpoint.endpoint);
	put_reason(to, e->endpoint.reason);
}

static void put_rewrite(FILE *to, const struct event *e)
{
	fputs("rewritten from ", to);
	phrase_endpoint(to, &e->rewrite.from);
	fputs(" to ", to);
	phrase_endpoint(to, &e->rewrite.to);
	if (e->rewrite.delta != 0)
		fprintf(to, " (%+" PRId32 " byte%s)", e->rewrite.delta,
			e->rewrite.delta == 1 || e->rewrite.delta == -1 ? ""
									: "s");
}

static void put_hole(FILE *to, const struct event *e)
{
	struct endpoint from = { e->pinhole.from, e->pinhole.from_port };
	char addr[ADDR_TEXT_MAX];

	fputs(": ", to);
	if (from.port != 0) {
		phrase_endpoint(to, &from);
	} else {
		addr_format(&from.addr, addr);
		fputs(addr, to);
	}
	fputs(" > ", to);
	phrase_endpoint(to, &e->pinhole.to);
}

static void put_pinhole(FILE *to, const struct event *e)
{
	static const char *const done[] = {
		[PINHOLE_OPEN] = "opened",
		[PINHOLE_CLOSE] = "closed",
		[PINHOLE_EXPIRE] = "expired unused",
		[PINHOLE_REFUSE] = "refused",
	};

	if (e->pinhole.op == PINHOLE_USE) {
		fprintf(to, "let in by pinhole %" PRIu64, e->pinhole.id);
		return;
	}
	fputs("pinhole ", to);
	if (e->pinhole.id != 0)
		fprintf(to, "%" PRIu64 " ", e->pinhole.id);
	fputs(done[e->pinhole.op], to);
	if (e->pinhole.op == PINHOLE_OPEN)
		put_hole(to, e);
	else if (e->pinhole.op != PINHOLE_EXPIRE)
		put_reason(to, e->pinhole.reason);
}

static void put_grant(FILE *to, const struct event *e)
{
	static const char *const done[] = {
		[GRANT_OPEN] = "opened",
		[GRANT_CLOSE] = "closed",
		[GRANT_REFUSE] = "refused",
	};
	char ports[TEXT_RANGE_MAX];

	fprintf(to, "%s grant %s", phrase_mode(e->grant.active),
		done[e->grant.op]);
	put_reason(to, e->grant.reason);
	if (e->grant.op != GRANT_OPEN)
		return;
	if (e->grant.ports.lo != 0) {
		text_range(&e->grant.ports, ports);
		fprintf(to, ": ports %s", ports);
	}
	if (e->grant.server_name.len > 0) {
		fputs(" (", to);
		phrase_text(to, e->grant.server_name, PHRASE_TEXT_MAX);
		fputc(')', to);
	}
}

static void put_auth(FILE *to, const struct event *e)
{
	fputs("AUTH ", to);
	phrase_text(to, e->auth.mechanism, MECHANISM_MAX);
	fputs(e->auth.accepted ? " accepted"
			       : " refused: the session stays in the clear",
	      to);
}

static void put_tls(FILE *to, const struct event *e)
{
	struct certificate c;
	enum certificate_result result;

	if (e->tls.step != TLS_STEP_CERTIFICATE) {
		if (e->tls.reason)
			fputs(phrase_reason(e->tls.reason), to);
		return;
	}
	result = tls_event_certificate(e, &c);
	if (result == CERTIFICATE_OK)
		certificate_facts_text(to, &c);
	else
		fputs(certificate_result_text(result), to);
}

static void put_data(FILE *to, const struct event *e)
{
	if (!e->data.open) {
		fputs("closed", to);
		put_reason(to, e->data.reason);
	} else if (!e->data.related) {
		fputs("would be stopped", to);
		put_reason(to, e->data.reason);
	} else if (e->data.granted) {
		fputs("let in by the grant", to);
	}
	/* Else the pinhole that lets it in says so: see put_pinhole(). */
}

static void put_session_open(FILE *to, const struct event *e)
{
	if (e->session_open.midstream)
		fputs("picked up in its middle", to);
	if (e->session_open.midstream && e->session_open.implicit_tls)
		fputs(", ", to);
	if (e->session_open.implicit_tls)
		fputs("implicit TLS", to);
}

static void put_session_close(FILE *to, const struct event *e)
{
	phrase_count(to, e->session_close.commands, "command");
	fputs(", ", to);
	if (e->session_close.replies == 1)
		fputs("1 reply", to);
	else
		fprintf(to, "%" PRIu32 " replies", e->session_close.replies);
	fputs(", ", to);
	phrase_count(to, e->session_close.data_connections, "data connection");
}

static void (*const put[EVENT_TYPES])(FILE *to, const struct event *e) = {
	[EVENT_SESSION_OPEN] = put_session_open,
	[EVENT_AUTH] = put_auth,
	[EVENT_TLS] = put_tls,
	[EVENT_ENDPOINT] = put_endpoint,
	[EVENT_REWRITE] = put_rewrite,
	[EVENT_PINHOLE] = put_pinhole,
	[EVENT_GRANT] = put_grant,
	[EVENT_DATA] = put_data,
	[EVENT_ALERT] = put_alert,
	[EVENT_SESSION_CLOSE] = put_session_close,
};

void verdict_event(FILE *to, const struct event *e)
{
	if (put[e->type])
		put[e->type](to, e);
}

/* --- data connections and packets ------------------------------------------- */

void verdict_flow(FILE *to, const struct story_flow *f)
{
	if (f->related) {
		fputs(f->granted ? "let in by the grant"
				 : "let in by a pinhole",
		      to);
	} else if (f->midstream) {
		fputs("no verdict: it began before the capture", to);
	} else {
		fputs("would be stopped", to);
		put_reason(to, f->reason);
	}
}

static void put_bytes(FILE *to, const struct story_flow *f)
{
	const char *from = f->active ? "server" : "client";
	const char *target = f->active ? "client" : "server";

	if (f->bytes_from == 0 && f->bytes_to == 0)
		fputs("no data", to);
	if (f->bytes_from > 0) {
		phrase_count(to, f->bytes_from, "byte");
		fprintf(to, " from the %s", from);
	}
	if (f->bytes_from > 0 && f->bytes_to > 0)
		fputs(", ", to);
	if (f->bytes_to > 0) {
		phrase_count(to, f->bytes_to, "byte");
		fprintf(to, " from the %s", target);
	}
}

static const char *tls_words(const struct story_flow *f)
{
	if (f->tls == DATA_TLS_UNKNOWN)
		return "";
	if (f->tls == DATA_TLS_NO)
		return ", not TLS";
	if (f->tls_resumed)
		return ", TLS resumed";
	return f->tls_resumption ? ", TLS not resumed though asked"
				 : ", TLS not resumed";
}

void verdict_carried(FILE *to, const struct story_flow *f)
{
	if (!f->established && !f->midstream) {
		fputs(f->reset ? "refused by its target (RST)"
			       : "never answered",
		      to);
		return;
	}
	put_bytes(to, f);
	fputs(tls_words(f), to);
	if (f->reset)
		fputs(", reset (RST)", to);
}

const char *verdict_fate(enum story_fate fate)
{
	static const char *const words[] = {
		[STORY_CHANGED] = "changed",
		[STORY_HELD] = "held until the packet before it comes",
		[STORY_RELEASED] = "released",
		[STORY_DROPPED] = "dropped",
	};

	return words[fate];
}
