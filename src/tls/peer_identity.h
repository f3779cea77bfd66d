/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Throw-away certificates: what a scripted server shows. They are made when
 * they are wanted, are their own authority, and are never written to a disk.
 *
 * No type of OpenSSL's crosses this header.
 */
#ifndef TLS_PEER_IDENTITY_H
#define TLS_PEER_IDENTITY_H

#include <stdint.h>

struct identity_spec {
	const char *name;              /* common name, and DNS name */
	int64_t not_before, not_after; /* seconds since the epoch */
};

/* A private key and its certificate. */
struct identity;

/* A P-256 key and a self-signed certificate, which identity_free() frees; NULL if
 * OpenSSL made none: no memory, or a longer name than 64 bytes (RFC 5280 A.1,
 * ub-common-name). */
struct identity *identity_new(const struct identity_spec *spec);

/* NULL is fine. */
void identity_free(struct identity *id);

#endif
