/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/tls_event.h"

#include "confide.h"
#include "support.h"
#include "told.h"

static const char lab[] = "servers:\n"
			  "  - name: lab\n"
			  "    address: [10.2.5.5]\n"
			  "    passive-ports: 42000-42999\n"
			  "limits:\n"
			  "  line-length: 512\n"
			  "  sessions: 5000\n";

const struct peers_spec confide_tls12 = {
	.version = TLS1_2_VERSION,
	.cipher = "ECDHE-ECDSA-AES128-GCM-SHA256",
	.sni = "ftp.example",
};
const struct peers_spec confide_tls13 = {
	.version = TLS1_3_VERSION,
	.cipher = "TLS_AES_256_GCM_SHA384",
	.sni = "ftp.example",
};

/* --- what is told ------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void put(struct confide *c,
						      const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(c->text + c->len, sizeof(c->text) - c->len, format, ap);
	va_end(ap);
	assert_true(n > 0 && c->len + (size_t)n < sizeof(c->text));
	c->len += (size_t)n;
}

static void put_certificate(struct confide *c, const struct event *e)
{
	struct certificate leaf;

	if (e->tls.step == TLS_STEP_CERTIFICATE_REQUEST) {
		put(c, "request\n");
		return;
	}
	assert_int_equal(tls_event_certificate(e, &leaf), CERTIFICATE_OK);
	put(c, "%s %.*s for %.*s\n", e->tls.from_client ? "client" : "server",
	    (int)leaf.subject.len, leaf.subject.at, (int)e->tls.sni.len,
	    e->tls.sni.at);
}

static void hear(void *arg, const struct story_note *note)
{
	const struct event *e = note->event;
	char text[ENDPOINT_TEXT_MAX];
	struct confide *c = arg;

	assert_true(note->decrypted);
	switch (e->type) {
	case EVENT_COMMAND:
		put(c, "%.*s%s%.*s\n", (int)e->command.verb.len,
		    e->command.verb.at, e->command.has_arg ? " " : "",
		    (int)e->command.arg.len, e->command.arg.at);
		assert_int_equal(e->command.secret,
				 span_equal(e->command.arg, span_str("***")));
		break;
	case EVENT_REPLY:
		put(c, "%u %.*s (%u)\n", e->reply.code, (int)e->reply.text.len,
		    e->reply.text.at, e->reply.lines);
		break;
	case EVENT_ENDPOINT:
		endpoint_format(&e->endpoint.endpoint, text);
		put(c, "%s %s %s\n", via_name(e->endpoint.via), text,
		    e->endpoint.accepted ? "ok" : e->endpoint.reason);
		break;
	case EVENT_ALERT:
		put(c, "!%s\n", alert_name(e->alert.rule));
		break;
	case EVENT_TLS:
		put_certificate(c, e);
		break;
	default:
		fail_msg("an event of type %d", e->type);
	}
}

void confide_expect(struct confide *c, const char *text)
{
	c->text[c->len] = '\0';
	assert_string_equal(c->text, text);
	c->len = 0;
}

/* --- what is said ------------------------------------------------------ */

static void send_packet(struct confide *c, uint64_t session,
			enum decrypt_side from, uint8_t flags,
			struct span bytes)
{
	const struct packet packet = {
		.ip = bytes,
		.seq = c->seq[from],
		.ack = c->seq[!from],
		.flags = flags | TCP_ACK,
	};
	const struct hidden_packet p = {
		.place = { ++c->frame, c->frame },
		.session = session,
		.client = told_at("10.1.4.4", 40000),
		.server = told_at("10.2.5.5", 21),
		.midstream = c->midstream,
		.nat = c->nat,
		.from_client = from == CLIENT,
		.packet = &packet,
	};
	const char *why = hidden_packet(c->hidden, &p);

	c->seq[from] += (uint32_t)bytes.len + !!(flags & TCP_FIN);
	if (why) {
		assert_null(c->why);
		c->why = why;
	}
}

void confide_send_as(struct confide *c, uint64_t session,
		     enum decrypt_side from, struct span bytes)
{
	send_packet(c, session, from, 0, bytes);
}

void confide_fin(struct confide *c, enum decrypt_side from)
{
	send_packet(c, 1, from, TCP_FIN, span_of(NULL, 0));
}

void confide_send_bytes(struct confide *c, enum decrypt_side from,
			struct span bytes)
{
	confide_send_as(c, 1, from, bytes);
}

void confide_send_text(struct confide *c, enum decrypt_side from,
		       const char *text)
{
	confide_send_bytes(c, from, span_str(text));
}

void confide_feed(struct confide *c)
{
	while (c->fed < c->peers->pieces) {
		struct span bytes = peers_span(c->peers, c->fed);

		confide_send_bytes(c, c->peers->piece[c->fed++].from, bytes);
	}
}

void confide_say(struct confide *c, enum decrypt_side from, const char *text)
{
	peers_say_text(c->peers, from, text);
	confide_feed(c);
}

struct confide *confide_start(struct peers *a, const struct peers *b)
{
	struct confide *c = calloc(1, sizeof(*c));
	char both[2 * PEERS_LOG_MAX];
	size_t len = a->log_len;
	struct problems problems;

	assert_non_null(c);
	c->peers = a;
	c->seq[CLIENT] = 0xffffff00; /* wraps soon */
	memcpy(both, a->log, a->log_len);
	if (b) {
		memcpy(both + len, b->log, b->log_len);
		len += b->log_len;
	}
	assert_int_equal(keylog_read(&c->log, span_of(both, len)), KEYLOG_OK);
	assert_int_equal(config_load_bytes(&c->config, span_str(lab),
					   &problems),
			 CONFIG_OK);
	c->to = (struct listener){ .arg = c, .note = hear };
	c->hidden = hidden_new(c->log, &c->config, &c->to);
	assert_non_null(c->hidden);
	return c;
}

void confide_enter_tls(struct confide *c, struct peers *p)
{
	confide_send_text(c, CLIENT, "AUTH TLS\r\n");
	confide_send_text(c, SERVER, "234 go on\r\n");
	c->peers = p;
	c->fed = 0;
	confide_feed(c);
}

struct confide *confide_begin(const struct peers_spec *spec)
{
	struct peers *p = peers_start(spec);
	struct confide *c;

	peers_connect(p);
	c = confide_start(p, NULL);
	confide_send_text(c, SERVER, "220 hello\r\n");
	confide_enter_tls(c, p);
	c->len = 0;
	return c;
}

void confide_stop(struct confide *c)
{
	hidden_free(c->hidden);
	keylog_free(c->log);
	config_free(&c->config);
	peers_stop(c->peers);
	free(c);
}

const struct peers_spec *const confide_specs[CONFIDE_SPECS] = {
	&confide_tls12, &confide_tls13
};
