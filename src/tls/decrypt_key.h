/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From secrets to the keys of records; private to src/tls. */
#ifndef TLS_DECRYPT_KEY_H
#define TLS_DECRYPT_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "tls/decrypt_suite.h"

/* One direction's; the suite says how much of each is used. To be wiped by
 * whoever holds it. */
struct record_key {
	uint8_t key[SUITE_KEY_MAX];
	uint8_t iv[SUITE_IV_MAX]; /* AES-GCM in TLS 1.2: the first 4 bytes */
	uint8_t mac[SUITE_HASH_MAX];
};

/* AES-GCM in TLS 1.2: the rest of the nonce stands in the record (RFC 5288
 * 3). */
#define GCM_SALT_LEN 4

/* TLS 1.2 (RFC 5246 6.3): the client's and the server's from the master
 * secret. False: OpenSSL cannot, or has no memory; true for all below too. */
bool keys_of_master(const struct suite *suite, struct span master,
		    struct span client_random, struct span server_random,
		    struct record_key out[2]);

/* TLS 1.3 (RFC 8446 7.3); @secret has suite->hash_len bytes. */
bool key_of_traffic(const struct suite *suite, const uint8_t *secret,
		    struct record_key *out);

/* The secret behind a KeyUpdate (RFC 8446 7.2), in place. */
bool traffic_update(const struct suite *suite, uint8_t *secret);

#endif
