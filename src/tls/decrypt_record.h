/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One direction's protected records, opened; private to src/tls. */
#ifndef TLS_DECRYPT_RECORD_H
#define TLS_DECRYPT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#include <sallyport/span.h>
#include <sallyport/tls_record.h>

#include "tls/decrypt_key.h"

/* Starts as all zero; opener_clear() gives back what it holds. */
struct opener {
	const struct suite *suite; /* NULL: no keys */
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	struct record_key key;
	uint16_t version;      /* TLS_1_2 or TLS_1_3 */
	bool encrypt_then_mac; /* RFC 7366; only asked for CBC */
	uint64_t sequence;     /* number of the next record */
};

/* A whole record. */
struct sealed {
	uint8_t header[TLS_RECORD_HEADER];
	struct span body;
};

/* Read with these keys from now on, the sequence number being 0; they are
 * copied. False: OpenSSL cannot, or has no memory. */
bool opener_set(struct opener *o, const struct suite *suite, uint16_t version,
		bool encrypt_then_mac, const struct record_key *key);

/*
 * Decrypt @record into @out, which has room for TLS_RECORD_MAX bytes, and
 * write the length to @len. In TLS 1.3 the inner type and the padding are still
 * there. False: it does not authenticate; the sequence number stays, and @out
 * holds nothing that may be used.
 */
bool opener_open(struct opener *o, const struct sealed *record, uint8_t *out,
		 size_t *len);

/* Wipe keys and forget them. */
void opener_clear(struct opener *o);

#endif
