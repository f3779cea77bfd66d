/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that no real peer would send, encrypted all the same. */
#ifndef SUPPORT_SEAL_H
#define SUPPORT_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>
#include <sallyport/tls_record.h>

#include "tls/decrypt_key.h"

#define SEAL_MAX (TLS_RECORD_HEADER + TLS_RECORD_MAX)

/* TLS 1.3 with TLS_AES_128_GCM_SHA256; @inner ends with its type and padding.
 * Gives the length of the record. */
size_t seal_1_3(const uint8_t *secret, uint64_t sequence, struct span inner,
		uint8_t out[SEAL_MAX]);

/* A record of TLS 1.2 with AES-128-CBC and SHA-1, sequence number 0. */
struct seal_cbc {
	uint8_t type;
	bool mac_last;       /* RFC 7366 */
	struct span text;    /* without IV, MAC and padding */
	struct span padding; /* all of it, its length included */
	uint8_t flip;        /* a bit of the MAC */
};

size_t seal_cbc(const struct record_key *key, const struct seal_cbc *what,
		uint8_t out[SEAL_MAX]);

#endif
