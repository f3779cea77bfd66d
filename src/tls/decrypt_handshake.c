/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handshake as far as keys depend on it.
 *
 *   TLS 1.2   Keys follow from the master secret and both randoms; each side
 *             uses them behind its ChangeCipherSpec. A renegotiation goes the
 *             same way, only encrypted.
 *   TLS 1.3   ServerHello starts the handshake keys of both sides, Finished
 *             the traffic keys of its sender, KeyUpdate the next ones.
 *
 * A secret is looked up when a record needs it, not before: a client that does
 * not like the certificate has no traffic secret to log.
 */
#include <string.h>

#include <openssl/crypto.h>

#include <sallyport/tls_hello.h>

#include "tls/decrypt_state.h"

/* Where the randoms stand in both hellos: behind the version. */
#define RANDOM_AT 2

#define EXT_ENCRYPT_THEN_MAC 22 /* RFC 7366 2 */

/* RFC 8446 4.6.3: update_requested */
#define KEY_UPDATE_MAX 1

static bool unexpected(struct decryptor *d, enum decrypt_side side)
{
	return decrypt_fail(d, side, DECRYPT_UNEXPECTED);
}

/* The suite that was chosen; NULL, and the end, if we cannot read it. */
static const struct suite *chosen(struct decryptor *d, enum decrypt_side side)
{
	const struct suite *suite =
		suite_of(d->status.version, d->status.cipher);

	if (suite && !d->status.compressed)
		return suite;
	decrypt_fail(d, side, DECRYPT_UNSUPPORTED);
	return NULL;
}

/* The secret of this connection; empty, and the end, if it is not there. */
static struct span find_secret(struct decryptor *d, enum decrypt_side side,
			       enum keylog_label label, size_t len)
{
	struct span secret = keylog_find(d->log, label,
					 span_of(d->client_random,
						 sizeof(d->client_random)));

	if (secret.len == len)
		return secret;
	d->status.missing = label;
	decrypt_fail(d, side, DECRYPT_NO_KEY);
	return span_of(NULL, 0);
}

bool decrypt_change_cipher(struct decryptor *d, enum decrypt_side side)
{
	struct end *end = &d->end[side];
	const struct suite *suite;
	struct record_key key[2];
	struct span master;
	bool done;

	if (d->status.version == 0 || end->message_have > 0)
		return unexpected(d, side);
	suite = chosen(d, side);
	if (!suite)
		return false;
	master = find_secret(d, side, KEYLOG_MASTER, KEYLOG_SECRET_MAX);
	if (master.len == 0)
		return false;
	done = keys_of_master(suite, master,
			      span_of(d->client_random,
				      sizeof(d->client_random)),
			      span_of(d->server_random,
				      sizeof(d->server_random)),
			      key) &&
	       opener_set(&end->opener, suite, TLS_1_2, d->encrypt_then_mac,
			  &key[side]);
	OPENSSL_cleanse(key, sizeof(key));
	return done || decrypt_fail(d, side, DECRYPT_LIBRARY);
}

/* The keys that follow from end->secret. */
static bool set_traffic_key(struct decryptor *d, enum decrypt_side side,
			    const struct suite *suite)
{
	struct end *end = &d->end[side];
	struct record_key key;
	bool done = key_of_traffic(suite, end->secret, &key) &&
		    opener_set(&end->opener, suite, TLS_1_3, false, &key);

	OPENSSL_cleanse(&key, sizeof(key));
	return done || decrypt_fail(d, side, DECRYPT_LIBRARY);
}

bool decrypt_need_keys(struct decryptor *d, enum decrypt_side side)
{
	static const enum keylog_label handshake[] = {
		[DECRYPT_CLIENT] = KEYLOG_CLIENT_HANDSHAKE,
		[DECRYPT_SERVER] = KEYLOG_SERVER_HANDSHAKE,
	};
	static const enum keylog_label traffic[] = {
		[DECRYPT_CLIENT] = KEYLOG_CLIENT_TRAFFIC,
		[DECRYPT_SERVER] = KEYLOG_SERVER_TRAFFIC,
	};
	struct end *end = &d->end[side];
	const struct suite *suite;
	struct span secret;

	if (end->opener.suite)
		return true;
	suite = chosen(d, side);
	if (!suite)
		return false;
	secret = find_secret(d, side,
			     end->epoch == EPOCH_HANDSHAKE ? handshake[side]
							   : traffic[side],
			     suite->hash_len);
	if (secret.len == 0)
		return false;
	memcpy(end->secret, secret.at, secret.len);
	return set_traffic_key(d, side, suite);
}

/* Keys of @epoch are due. No message goes across that (RFC 8446 5.1). */
static bool enter(struct decryptor *d, enum decrypt_side side, enum epoch epoch)
{
	struct end *end = &d->end[side];

	if (end->message_have > 0)
		return unexpected(d, side);
	opener_clear(&end->opener);
	end->epoch = epoch;
	return true;
}

static bool take_client_hello(struct decryptor *d, enum decrypt_side side,
			      struct span body, bool sealed)
{
	struct tls_client_hello hello;

	if (side != DECRYPT_CLIENT || d->end[side].epoch != EPOCH_CLEAR ||
	    tls_client_hello_parse(body, &hello) != PARSE_OK)
		return unexpected(d, side);
	memcpy(d->client_random, body.at + RANDOM_AT, KEYLOG_RANDOM_LEN);
	d->sni_len = hello.sni.len <= sizeof(d->sni) ? hello.sni.len : 0;
	if (d->sni_len > 0)
		memcpy(d->sni, hello.sni.at, d->sni_len);
	d->greeted = true;
	d->early |= hello.early_data && !sealed;
	return true;
}

/* What tls_server_hello_parse() has found to be whole, but does not tell. */
static void read_server_hello(struct decryptor *d, struct span body)
{
	struct cursor c = cursor_of(body), extensions;

	rd_take(&c, RANDOM_AT);
	memcpy(d->server_random, rd_take(&c, KEYLOG_RANDOM_LEN).at,
	       KEYLOG_RANDOM_LEN);
	rd_take(&c, rd_u8(&c)); /* session id */
	rd_be16(&c);            /* cipher suite */
	d->status.compressed = rd_u8(&c) != 0;
	d->encrypt_then_mac = false;
	if (c.rest.len == 0)
		return;
	extensions = cursor_of(rd_take(&c, rd_be16(&c)));
	while (extensions.rest.len > 0) {
		d->encrypt_then_mac |=
			rd_be16(&extensions) == EXT_ENCRYPT_THEN_MAC;
		rd_take(&extensions, rd_be16(&extensions));
	}
}

static bool take_server_hello(struct decryptor *d, enum decrypt_side side,
			      struct span body, bool sealed)
{
	struct tls_server_hello hello;

	if (side != DECRYPT_SERVER || !d->greeted ||
	    d->end[side].epoch != EPOCH_CLEAR ||
	    tls_server_hello_parse(body, &hello) != PARSE_OK)
		return unexpected(d, side);
	/* A renegotiation keeps to the version (RFC 5246 7.4.1.3). */
	if (sealed && hello.version != d->status.version)
		return unexpected(d, side);
	d->status.version = hello.version;
	d->status.cipher = hello.cipher;
	read_server_hello(d, body);
	if (hello.version < TLS_1_3 || hello.retry)
		return true;
	return enter(d, DECRYPT_SERVER, EPOCH_HANDSHAKE) &&
	       enter(d, DECRYPT_CLIENT, EPOCH_HANDSHAKE);
}

/* Behind the handshake of TLS 1.3 a Finished only ends a client's late proof
 * of who it is (RFC 8446 4.6.2). */
static bool take_finished(struct decryptor *d, enum decrypt_side side)
{
	if (d->end[side].epoch != EPOCH_HANDSHAKE)
		return true;
	return enter(d, side, EPOCH_TRAFFIC);
}

static bool take_key_update(struct decryptor *d, enum decrypt_side side,
			    struct span body)
{
	struct end *end = &d->end[side];
	const struct suite *suite = end->opener.suite;

	if (end->epoch != EPOCH_TRAFFIC || body.len != 1 ||
	    body.at[0] > KEY_UPDATE_MAX)
		return unexpected(d, side);
	if (!traffic_update(suite, end->secret))
		return decrypt_fail(d, side, DECRYPT_LIBRARY);
	return set_traffic_key(d, side, suite);
}

static bool take_message(struct decryptor *d, enum decrypt_side side,
			 struct span whole, bool sealed)
{
	struct span body = span_sub(whole, TLS_MESSAGE_HEADER, whole.len);

	if (sealed)
		decrypt_tell(d, side, TLS_HANDSHAKE, whole);
	switch (whole.at[0]) {
	case TLS_CLIENT_HELLO:
		return take_client_hello(d, side, body, sealed);
	case TLS_SERVER_HELLO:
		return take_server_hello(d, side, body, sealed);
	case TLS_FINISHED:
		return take_finished(d, side);
	case TLS_KEY_UPDATE:
		return take_key_update(d, side, body);
	}
	return true;
}

/* Copy what is missing of a message of @whole bytes; true once it is here. */
static bool gather(struct end *end, struct span *bytes, size_t whole)
{
	struct span more = span_sub(*bytes, 0, whole - end->message_have);

	if (more.len > 0)
		memcpy(end->message + end->message_have, more.at, more.len);
	end->message_have += more.len;
	*bytes = span_sub(*bytes, more.len, bytes->len);
	return end->message_have == whole;
}

bool decrypt_messages(struct decryptor *d, enum decrypt_side side,
		      struct span bytes, bool sealed)
{
	struct end *end = &d->end[side];
	struct tls_message head;

	while (bytes.len > 0) {
		size_t whole = TLS_MESSAGE_HEADER;

		if (end->message_have < whole && !gather(end, &bytes, whole))
			return true;
		if (tls_message_head(span_of(end->message, whole), &head) !=
		    PARSE_OK)
			return unexpected(d, side);
		whole += head.length;
		if (!gather(end, &bytes, whole))
			return true;
		end->message_have = 0;
		if (!take_message(d, side, span_of(end->message, whole),
				  sealed))
			return false;
		/* RFC 8446 5.1: nothing of the record may follow a message
		 * that changes the keys. */
		if (bytes.len > 0 && end->epoch != EPOCH_CLEAR &&
		    end->opener.sequence == 0)
			return unexpected(d, side);
	}
	return true;
}
