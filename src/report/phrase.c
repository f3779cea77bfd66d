/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phrases for people: what was said, by whom to whom, how much. */
#include "report/phrase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/tls_event.h"

#define CLIPPED "..."

static void put_whole(FILE *to, struct span raw)
{
	char *shown = escape_dup(raw);

	fputs(shown ? shown : "(no memory)", to);
	free(shown);
}

void phrase_text(FILE *to, struct span raw, size_t most)
{
	char shown[ESCAPE_SIZE(PHRASE_TEXT_MAX + 1)];

	if (most == PHRASE_WHOLE) {
		put_whole(to, raw);
		return;
	}
	if (most > PHRASE_TEXT_MAX)
		most = PHRASE_TEXT_MAX;
	/* No byte becomes less than one: as many tell whether all fits. */
	if (escape_text(span_sub(raw, 0, most + 1), shown, sizeof(shown)) <=
	    most) {
		fputs(shown, to);
		return;
	}
	escape_text(raw, shown, most - (sizeof(CLIPPED) - 1) + 1);
	fprintf(to, "%s" CLIPPED, shown);
}

/* --- lines ---------------------------------------------------------------- */

void phrase_command(FILE *to, const struct event *e, size_t most)
{
	phrase_text(to, e->command.verb, most);
	if (!e->command.has_arg)
		return;
	fputc(' ', to);
	/* The engine masks secrets; a slip there must not show here. */
	phrase_text(to, e->command.secret ? span_str("***") : e->command.arg,
		    most);
}

void phrase_reply(FILE *to, const struct event *e, size_t most)
{
	fprintf(to, "%u ", e->reply.code);
	phrase_text(to, e->reply.text, most);
	if (e->reply.lines > 1)
		fprintf(to, " (%" PRIu32 " lines)", e->reply.lines);
}

/* --- who and how much ------------------------------------------------------- */

void phrase_endpoint(FILE *to, const struct endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];

	endpoint_format(e, text);
	fputs(text, to);
}

void phrase_pair(FILE *to, const struct endpoint *from,
		 const struct endpoint *target)
{
	phrase_endpoint(to, from);
	fputs(" > ", to);
	phrase_endpoint(to, target);
}

const char *phrase_mode(bool active)
{
	return active ? "active" : "passive";
}

void phrase_count(FILE *to, uint64_t n, const char *one)
{
	char digits[21]; /* UINT64_MAX has twenty */
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		fputc(digits[i], to);
		if (i + 1 < len && (len - 1 - i) % 3 == 0)
			fputc(',', to);
	}
	fprintf(to, " %s%s", one, n == 1 ? "" : "s");
}

void phrase_data(FILE *to, bool active, const struct endpoint *from,
		 const struct endpoint *target)
{
	fprintf(to, "%s data ", phrase_mode(active));
	phrase_pair(to, from, target);
}

const char *phrase_reason(const char *reason)
{
	static const char *const words[][2] = {
		{ "fin", "both sides are done (FIN)" },
		{ "rst", "reset (RST)" },
		{ "timeout", "timed out" },
		{ "shutdown", "the capture ends" },
		{ "missing", "it names no endpoint" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], reason) == 0)
			return words[i][1];
	return reason;
}

/* --- TLS -------------------------------------------------------------------- */

static void put_named(FILE *to, const char *name, struct span raw)
{
	if (raw.len == 0)
		return;
	fprintf(to, ", %s ", name);
	phrase_text(to, raw, PHRASE_TEXT_MAX);
}

/* "TLS 1.3 ClientHello" */
static void put_message(FILE *to, const struct event *e, const char *message)
{
	char hex[TLS_EVENT_HEX_MAX];

	fprintf(to, "%s %s",
		e->tls.version ? tls_event_version(e->tls.version, hex) : "TLS",
		message);
}

static void put_client_hello(FILE *to, const struct event *e)
{
	static const char *const resumes[] = {
		[TLS_RESUME_NONE] = "",
		[TLS_RESUME_SESSION_ID] = ", resumes a session ID",
		[TLS_RESUME_TICKET] = ", resumes a ticket",
		[TLS_RESUME_PSK] = ", resumes a PSK",
	};

	put_message(to, e, "ClientHello");
	put_named(to, "SNI", e->tls.sni);
	put_named(to, "ALPN", e->tls.alpn);
	fputs(resumes[e->tls.resumption], to);
}

static void put_server_hello(FILE *to, const struct event *e)
{
	char hex[TLS_EVENT_HEX_MAX];

	put_message(to, e, e->tls.retry ? "HelloRetryRequest" : "ServerHello");
	fprintf(to, ", %s", tls_event_cipher(e->tls.cipher, hex));
	put_named(to, "ALPN", e->tls.alpn);
	if (e->tls.resumed)
		fputs(", resumed", to);
}

static void put_certificate(FILE *to, const struct event *e)
{
	(void)e;
	fputs("TLS Certificate", to);
}

static void put_certificate_request(FILE *to, const struct event *e)
{
	(void)e;
	fputs("TLS CertificateRequest", to);
}

static void put_established(FILE *to, const struct event *e)
{
	put_message(to, e, "established");
}

static void put_failed(FILE *to, const struct event *e)
{
	(void)e;
	fputs("TLS failed", to);
}

static void put_cleared(FILE *to, const struct event *e)
{
	(void)e;
	fputs("TLS ended, in the clear again", to);
}

static void (*const put_step[TLS_STEPS])(FILE *to, const struct event *e) = {
	[TLS_STEP_CLIENT_HELLO] = put_client_hello,
	[TLS_STEP_SERVER_HELLO] = put_server_hello,
	[TLS_STEP_CERTIFICATE] = put_certificate,
	[TLS_STEP_CERTIFICATE_REQUEST] = put_certificate_request,
	[TLS_STEP_ESTABLISHED] = put_established,
	[TLS_STEP_FAILED] = put_failed,
	[TLS_STEP_CLEARED] = put_cleared,
};

/* --- one event --------------------------------------------------------------- */

static void put_command(FILE *to, const struct event *e)
{
	phrase_command(to, e, PHRASE_TEXT_MAX);
}

static void put_reply(FILE *to, const struct event *e)
{
	phrase_reply(to, e, PHRASE_TEXT_MAX);
}

static void put_tls(FILE *to, const struct event *e)
{
	put_step[e->tls.step](to, e);
}

static void put_data(FILE *to, const struct event *e)
{
	phrase_data(to, e->data.active, &e->data.from, &e->data.to);
}

static void put_session_open(FILE *to, const struct event *e)
{
	fputs("session ", to);
	phrase_pair(to, &e->client, &e->server);
}

static void put_session_close(FILE *to, const struct event *e)
{
	fputs("session closed", to);
	if (e->session_close.reason)
		fprintf(to, ": %s", phrase_reason(e->session_close.reason));
}

static void (*const put_said[EVENT_TYPES])(FILE *to, const struct event *e) = {
	[EVENT_SESSION_OPEN] = put_session_open,
	[EVENT_COMMAND] = put_command,
	[EVENT_REPLY] = put_reply,
	[EVENT_TLS] = put_tls,
	[EVENT_DATA] = put_data,
	[EVENT_SESSION_CLOSE] = put_session_close,
};

void phrase_said(FILE *to, const struct event *e)
{
	if (put_said[e->type])
		put_said[e->type](to, e);
}
