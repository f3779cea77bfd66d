/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading along: from streams to records, from records to what they say.
 *
 * One thing that does not fit ends it all: whoever goes on behind a record
 * that does not authenticate shows what nobody has sent.
 */
#include "tls/decrypt.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <sallyport/tls_alert.h>
#include <sallyport/tls_hello.h>

#include "tls/decrypt_state.h"

/* A server that does not take 0-RTT data, or has taken it under keys that we
 * do not look for, leads to the same: what does not authenticate before the
 * first record that does. Servers allow 16 KiB; this is room for several. */
#define EARLY_DATA_MAX 65536

/* RFC 5246 7.1 */
#define CHANGE_CIPHER_SPEC 1

bool decrypt_fail(struct decryptor *d, enum decrypt_side side,
		  enum decrypt_result result)
{
	d->status.result = result;
	d->status.side = side;
	d->status.record = d->end[side].records;
	return false;
}

void decrypt_tell(struct decryptor *d, enum decrypt_side side, uint8_t type,
		  struct span bytes)
{
	d->plain(d->arg, side, type, bytes);
}

static bool is_change_cipher_spec(struct span body)
{
	return body.len == 1 && body.at[0] == CHANGE_CIPHER_SPEC;
}

/* In TLS 1.3 it means nothing, and comes in the clear (RFC 8446 D.4); behind a
 * hello with 0-RTT data even before the version is known. */
static bool take_change_cipher(struct decryptor *d, enum decrypt_side side,
			       struct span body)
{
	if (!is_change_cipher_spec(body))
		return decrypt_fail(d, side, DECRYPT_UNEXPECTED);
	if (d->status.version == TLS_1_3)
		return true;
	if (d->status.version == 0 && d->early && side == DECRYPT_CLIENT)
		return true;
	return decrypt_change_cipher(d, side);
}

static bool take_alert(struct decryptor *d, enum decrypt_side side,
		       struct span body, bool sealed)
{
	struct tls_alert alert;

	if (tls_alert_parse(body, &alert) != PARSE_OK)
		return decrypt_fail(d, side, DECRYPT_UNEXPECTED);
	if (sealed)
		decrypt_tell(d, side, TLS_ALERT, body);
	/* RFC 8446 6.2: a fatal one is the end too, and servers go on to say
	 * 421 in the clear. */
	if (alert.description == TLS_ALERT_CLOSE_NOTIFY ||
	    alert.level == TLS_ALERT_FATAL)
		d->end[side].closed = true;
	return true;
}

/* 0-RTT data of the client, or nothing that belongs here. */
static bool skip_early(struct decryptor *d, enum decrypt_side side,
		       struct span body, enum decrypt_result otherwise)
{
	if (!d->early || side != DECRYPT_CLIENT ||
	    d->status.skipped + body.len > EARLY_DATA_MAX)
		return decrypt_fail(d, side, otherwise);
	d->status.skipped += (uint32_t)body.len;
	return true;
}

/* What a record says, be it that it was decrypted. */
static bool take_content(struct decryptor *d, enum decrypt_side side,
			 uint8_t type, struct span body, bool sealed)
{
	switch (type) {
	case TLS_CHANGE_CIPHER_SPEC:
		return take_change_cipher(d, side, body);
	case TLS_ALERT:
		return take_alert(d, side, body, sealed);
	case TLS_HANDSHAKE:
		return decrypt_messages(d, side, body, sealed);
	case TLS_APPLICATION_DATA:
		if (!sealed)
			return skip_early(d, side, body, DECRYPT_UNEXPECTED);
		decrypt_tell(d, side, type, body);
		return true;
	case TLS_HEARTBEAT:
		return true;
	}
	return decrypt_fail(d, side, DECRYPT_UNEXPECTED);
}

static bool open_record(struct decryptor *d, struct end *end, struct span *out)
{
	size_t len;

	if (!opener_open(&end->opener, &end->record, d->opened, &len))
		return false;
	*out = span_of(d->opened, len);
	return true;
}

/* RFC 8446 5.2: content, its type, zeros. */
static bool take_inner(struct decryptor *d, enum decrypt_side side,
		       struct span inner)
{
	while (inner.len > 0 && inner.at[inner.len - 1] == 0)
		inner.len--;
	if (inner.len == 0 || inner.at[inner.len - 1] == TLS_CHANGE_CIPHER_SPEC)
		return decrypt_fail(d, side, DECRYPT_UNEXPECTED);
	return take_content(d, side, inner.at[inner.len - 1],
			    span_sub(inner, 0, inner.len - 1), true);
}

static bool take_sealed_1_3(struct decryptor *d, enum decrypt_side side)
{
	struct end *end = &d->end[side];
	struct span inner;

	if (!decrypt_need_keys(d, side))
		return false;
	if (open_record(d, end, &inner))
		return take_inner(d, side, inner);
	if (end->epoch == EPOCH_HANDSHAKE && end->opener.sequence == 0)
		return skip_early(d, side, end->record.body,
				  DECRYPT_NOT_AUTHENTIC);
	return decrypt_fail(d, side, DECRYPT_NOT_AUTHENTIC);
}

/* Behind ServerHello. A client that cannot go on from there has no keys for
 * its alert. */
static bool take_record_1_3(struct decryptor *d, enum decrypt_side side)
{
	struct end *end = &d->end[side];
	struct span body = end->record.body;
	struct tls_alert alert;

	switch (end->record.header[0]) {
	case TLS_APPLICATION_DATA:
		return take_sealed_1_3(d, side);
	case TLS_CHANGE_CIPHER_SPEC:
		if (end->epoch == EPOCH_HANDSHAKE &&
		    is_change_cipher_spec(body))
			return true;
		break;
	case TLS_ALERT:
		if (end->epoch == EPOCH_HANDSHAKE &&
		    end->opener.sequence == 0 &&
		    tls_alert_parse(body, &alert) == PARSE_OK)
			return take_alert(d, side, body, false);
		break;
	}
	return decrypt_fail(d, side, DECRYPT_NOT_AUTHENTIC);
}

static bool take_record(struct decryptor *d, enum decrypt_side side)
{
	struct end *end = &d->end[side];
	uint8_t type = end->record.header[0];
	struct span body;

	if (end->epoch != EPOCH_CLEAR)
		return take_record_1_3(d, side);
	if (!end->opener.suite)
		return take_content(d, side, type, end->record.body, false);
	if (!open_record(d, end, &body))
		return decrypt_fail(d, side, DECRYPT_NOT_AUTHENTIC);
	return take_content(d, side, type, body, true);
}

/* Put the record together; it is read when it is whole. */
static bool take_piece(struct decryptor *d, enum decrypt_side side,
		       const struct tls_piece *piece)
{
	struct end *end = &d->end[side];

	if (piece->starts) {
		end->records++;
		end->body_have = 0;
	}
	if (piece->body.len > 0)
		memcpy(end->body + end->body_have, piece->body.at,
		       piece->body.len);
	end->body_have += piece->body.len;
	if (!piece->ends)
		return true;
	end->record = (struct sealed){
		.header = { piece->type, (uint8_t)(piece->version >> 8),
			    (uint8_t)piece->version,
			    (uint8_t)(piece->length >> 8),
			    (uint8_t)piece->length },
		.body = span_of(end->body, end->body_have),
	};
	return take_record(d, side);
}

/* Where no record starts: after the other side's close_notify this side may
 * go on in the clear without one of its own. */
static void leave_records(struct decryptor *d, enum decrypt_side side)
{
	struct end *end = &d->end[side];

	if (d->end[!side].closed && tls_record_at_boundary(&end->framing)) {
		end->closed = true;
		return;
	}
	end->records++;
	decrypt_fail(d, side, DECRYPT_NOT_TLS);
}

/* False: nothing is left to take, or it is over. */
static bool take_some(struct decryptor *d, enum decrypt_side side,
		      struct span *bytes)
{
	struct end *end = &d->end[side];
	struct tls_piece piece;

	switch (tls_record_take(&end->framing, bytes, &piece)) {
	case TLS_RECORD_PIECE:
		return take_piece(d, side, &piece) && !end->closed;
	case TLS_RECORD_MORE:
		return false;
	case TLS_RECORD_NOT_TLS:
	case TLS_RECORD_SSLV2:
		break;
	}
	leave_records(d, side);
	return false;
}

enum decrypt_result decrypt_take(struct decryptor *d, enum decrypt_side from,
				 struct span *bytes)
{
	const struct end *end = &d->end[from];

	/* Errors of other users of this thread's queue are not ours to drop. */
	ERR_set_mark();
	if (d->status.result == DECRYPT_OK && !end->closed)
		while (take_some(d, from, bytes))
			;
	ERR_pop_to_mark();
	if (d->status.result == DECRYPT_OK && end->closed)
		return DECRYPT_CLOSED;
	return d->status.result;
}

bool decrypt_at_boundary(const struct decryptor *d, enum decrypt_side from)
{
	return tls_record_at_boundary(&d->end[from].framing);
}

const struct decrypt_status *decrypt_status(const struct decryptor *d)
{
	return &d->status;
}

struct span decrypt_sni(const struct decryptor *d)
{
	return span_of(d->sni, d->sni_len);
}

struct decryptor *decrypt_new(const struct keylog *log, decrypt_fn *plain,
			      void *arg)
{
	struct decryptor *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->log = log;
	d->plain = plain;
	d->arg = arg;
	return d;
}

void decrypt_free(struct decryptor *d)
{
	if (!d)
		return;
	opener_clear(&d->end[DECRYPT_CLIENT].opener);
	opener_clear(&d->end[DECRYPT_SERVER].opener);
	OPENSSL_cleanse(d, sizeof(*d));
	free(d);
}
