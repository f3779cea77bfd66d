/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the decryptor share; private to src/tls. */
#ifndef TLS_DECRYPT_STATE_H
#define TLS_DECRYPT_STATE_H

#include <sallyport/tls_handshake.h>
#include <sallyport/tls_record.h>

#include "tls/decrypt.h"
#include "tls/decrypt_record.h"

/* Which secret of TLS 1.3 rules (RFC 8446 A); before TLS 1.3 always CLEAR. */
enum epoch { EPOCH_CLEAR, EPOCH_HANDSHAKE, EPOCH_TRAFFIC };

/*
 * What one side sends. The buffers have room for the longest there is, but a
 * control connection seldom touches more than their first pages.
 */
struct end {
	struct tls_record framing;
	uint64_t records;
	struct sealed record;         /* its body lies in @body */
	uint8_t body[TLS_RECORD_MAX]; /* of a record that is not all here */
	size_t body_have;
	struct opener opener;              /* without a suite: none, or due */
	uint8_t secret[KEYLOG_SECRET_MAX]; /* TLS 1.3: what @opener is from */
	enum epoch epoch;
	bool closed;
	uint8_t message[TLS_MESSAGE_HEADER + TLS_MESSAGE_MAX];
	size_t message_have;
};

struct decryptor {
	const struct keylog *log;
	decrypt_fn *plain;
	void *arg;
	struct decrypt_status status;
	struct end end[2]; /* by enum decrypt_side */
	bool greeted;      /* a ClientHello was seen */
	bool early;        /* it announced 0-RTT data (RFC 8446 4.2.10) */
	bool encrypt_then_mac;
	uint8_t client_random[KEYLOG_RANDOM_LEN];
	uint8_t server_random[KEYLOG_RANDOM_LEN];
	uint8_t sni[DECRYPT_SNI_MAX];
	size_t sni_len;
	uint8_t opened[TLS_RECORD_MAX];
};

/* This is the end; gives false, for the caller to give up. */
bool decrypt_fail(struct decryptor *d, enum decrypt_side side,
		  enum decrypt_result result);

/* Hand out what was encrypted. */
void decrypt_tell(struct decryptor *d, enum decrypt_side side, uint8_t type,
		  struct span bytes);

/* All functions below answer false for what ends it. */

/* From the next record on @side has other keys: a ChangeCipherSpec of TLS 1.2,
 * with what both hellos said. */
bool decrypt_change_cipher(struct decryptor *d, enum decrypt_side side);

/* TLS 1.3: the keys of the epoch, if they are still due. */
bool decrypt_need_keys(struct decryptor *d, enum decrypt_side side);

/* @bytes is the next part of @side's handshake messages; @sealed: it was
 * encrypted. */
bool decrypt_messages(struct decryptor *d, enum decrypt_side side,
		      struct span bytes, bool sealed);

#endif
