/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the records of a cipher suite are protected; private to src/tls. */
#ifndef TLS_DECRYPT_SUITE_H
#define TLS_DECRYPT_SUITE_H

#include <stdint.h>

/* AES-256, ChaCha20 */
#define SUITE_KEY_MAX 32

/* ChaCha20, and every suite of TLS 1.3; AES-GCM has 4 in TLS 1.2. */
#define SUITE_IV_MAX 12

/* SHA-384 */
#define SUITE_HASH_MAX 48

enum suite_kind {
	SUITE_GCM,    /* RFC 5288 */
	SUITE_CHACHA, /* RFC 7905 */
	SUITE_CBC,    /* RFC 5246 6.2.3.2, RFC 7366; not in TLS 1.3 */
};

struct suite {
	const char *end;    /* of IANA's name, behind "WITH_" or "TLS_" */
	const char *cipher; /* this and the next two are OpenSSL's names */
	const char *mac;    /* the hash of its HMAC; NULL: none */
	const char *hash;   /* of the PRF (RFC 5246 5) or of HKDF */
	enum suite_kind kind;
	uint8_t key_len;
	uint8_t mac_len;  /* of key and result */
	uint8_t hash_len; /* of @hash */
};

/* NULL: @version is not TLS 1.2 or 1.3, the suite is unknown, it belongs to
 * the other version, or records are protected in another way. */
const struct suite *suite_of(uint16_t version, uint16_t cipher);

#endif
