/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TLS handshake of a control connection, as far as it is in the clear:
 * both hellos, and before TLS 1.3 the certificates.
 */
#include "session_handshake.h"

#include <sallyport/tls_handshake.h>
#include <sallyport/tls_hello.h>

#include "outcome.h"
#include "random.h"
#include "session_table.h"
#include "state.h"

static const struct store nothing = { NIL, NIL, 0, 0, 0 };

void handshake_init(struct session *s)
{
	s->tls.sni = nothing;
	s->tls.side[FROM_CLIENT].message = nothing;
	s->tls.side[FROM_SERVER].message = nothing;
}

void handshake_forget(struct engine *e, struct session *s)
{
	store_reset(&s->tls.sni, &e->chunks, 0);
	for (int d = FROM_CLIENT; d <= FROM_SERVER; d++)
		store_reset(&s->tls.side[d].message, &e->chunks, 0);
}

struct event *handshake_tell(struct engine *e, const struct session *s,
			     enum tls_step step)
{
	struct event *ev = outcome_event(e, s, EVENT_TLS);

	ev->tls.step = step;
	ev->tls.version = s->tls.version;
	return ev;
}

static void keep_name(struct engine *e, struct session *s, struct span sni)
{
	store_reset(&s->tls.sni, &e->chunks, 0);
	store_append(&s->tls.sni, &e->chunks, span_sub(sni, 0, TLS_SNI_MAX));
	/* RFC 7151 3.2.2: they must be the same. */
	if (s->host_hash && sni.len && s->host_hash != hash_text(e, sni))
		alert_raise(e, s, ALERT_TLS_NAME);
}

static bool take_client_hello(struct engine *e, struct session *s,
			      struct span body)
{
	struct tls_client_hello hello;
	struct span name = { 0 };
	struct event *ev;

	if (s->tls.phase != TLS_AGREED ||
	    tls_client_hello_parse(body, &hello) != PARSE_OK)
		return false;
	s->tls.phase = TLS_OFFERED;
	s->tls.id_hash =
		hello.session_id.len ? hash_text(e, hello.session_id) : 0;
	tls_alpn_next(&hello.alpn, &name);
	ev = handshake_tell(e, s, TLS_STEP_CLIENT_HELLO);
	ev->tls.version = hello.version;
	ev->tls.sni = outcome_text(e, hello.sni);
	ev->tls.alpn = outcome_text(e, name);
	ev->tls.resumption = hello.resumption;
	keep_name(e, s, hello.sni);
	return true;
}

static bool take_server_hello(struct engine *e, struct session *s,
			      struct span body)
{
	struct tls_server_hello hello;
	struct event *ev;

	if (s->tls.phase != TLS_OFFERED ||
	    tls_server_hello_parse(body, &hello) != PARSE_OK ||
	    (hello.retry && s->tls.retried))
		return false;
	s->tls.version = hello.version;
	s->tls.retried = hello.retry;
	s->tls.phase = hello.retry ? TLS_AGREED : TLS_CHOSEN;
	ev = handshake_tell(e, s, TLS_STEP_SERVER_HELLO);
	ev->tls.cipher = hello.cipher;
	ev->tls.alpn = outcome_text(e, hello.alpn);
	ev->tls.retry = hello.retry;
	ev->tls.resumed =
		hello.psk || (hello.version < TLS_1_3 && hello.session_id.len &&
			      s->tls.id_hash &&
			      hash_text(e, hello.session_id) == s->tls.id_hash);
	if (hello.version < e->policy->minimum_tls)
		alert_raise(e, s, ALERT_TLS_VERSION);
	return true;
}

/* Before TLS 1.3 certificates are in the clear; a client without one sends an
 * empty list. */
static bool take_certificate(struct engine *e, struct session *s,
			     enum direction d, struct span body)
{
	uint8_t sni[TLS_SNI_MAX];
	struct span list;
	struct event *ev;
	size_t len;

	if (s->tls.phase != TLS_CHOSEN || s->tls.side[d].certified ||
	    tls_certificates_parse(body, &list) != PARSE_OK)
		return false;
	s->tls.side[d].certified = true;
	if (!list.len)
		return true;
	len = store_copy(&s->tls.sni, &e->chunks, s->tls.sni.at, sizeof(sni),
			 sni);
	ev = handshake_tell(e, s, TLS_STEP_CERTIFICATE);
	ev->tls.from_client = d == FROM_CLIENT;
	ev->tls.chain = outcome_text(e, body);
	ev->tls.sni = outcome_text(e, (struct span){ sni, len });
	return true;
}

/* There is but one (RFC 5246 7.4.4): a record has room for thousands. */
static bool take_request(struct engine *e, struct session *s)
{
	if (s->tls.phase != TLS_CHOSEN || s->tls.requested)
		return false;
	s->tls.requested = true;
	handshake_tell(e, s, TLS_STEP_CERTIFICATE_REQUEST);
	return true;
}

/* False if @type has no place here, or its body cannot be read. */
static bool take_message(struct engine *e, struct session *s, enum direction d,
			 uint8_t type, struct span body)
{
	switch (type) {
	case TLS_CLIENT_HELLO:
		return d == FROM_CLIENT && take_client_hello(e, s, body);
	case TLS_SERVER_HELLO:
		return d == FROM_SERVER && take_server_hello(e, s, body);
	case TLS_CERTIFICATE:
		return take_certificate(e, s, d, body);
	case TLS_CERTIFICATE_REQUEST:
		return d == FROM_SERVER && take_request(e, s);
	default:
		/* Keys and signatures: nothing to learn from them. */
		return s->tls.phase == TLS_CHOSEN;
	}
}

/* Gather handshake bytes until messages are whole (RFC 8446 5.1: they take no
 * notice of records). */
bool handshake_take(struct engine *e, struct session *s, enum direction d,
		    struct span bytes)
{
	struct store *st = &s->tls.side[d].message;
	uint8_t head[TLS_MESSAGE_HEADER];
	struct tls_message msg;

	if (!st->len)
		st->at = 0;
	if (!stream_has_share(e, st) || !store_append(st, &e->chunks, bytes)) {
		handshake_forget(e, s);
		s->tls.phase = TLS_BROKEN;
		e->stats.tls_failed_by[TLS_FAILED_MEMORY]++;
		session_unread(e, s, ALERT_BUFFER_OVERFLOW);
		return true;
	}
	while (s->read != READ_OPAQUE) {
		size_t got =
			store_copy(st, &e->chunks, st->at, sizeof(head), head);
		size_t whole;

		switch (tls_message_head((struct span){ head, got }, &msg)) {
		case PARSE_BAD:
			return false;
		case PARSE_PARTIAL:
			return true;
		case PARSE_OK:
			break;
		}
		whole = sizeof(head) + msg.length;
		if (st->len < whole)
			return true;
		store_copy(st, &e->chunks, st->at, whole, e->message);
		store_trim(st, &e->chunks, st->at + (uint32_t)whole);
		if (!take_message(e, s, d, msg.type,
				  (struct span){ e->message + sizeof(head),
						 msg.length }))
			return false;
	}
	return true;
}
