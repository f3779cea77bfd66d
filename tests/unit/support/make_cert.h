/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates for tests, good ones and odd ones, made by OpenSSL itself.
 *
 * It needs neither cmocka nor the program, so that the lab's peers can use it
 * too. What cannot be made ends the process with a line on standard error.
 */
#ifndef TEST_MAKE_CERT_H
#define TEST_MAKE_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* Bytes that may hold a NUL. */
struct cert_bytes {
	const void *at;
	size_t len;
};

#define CERT_BYTES(literal)                  \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

struct cert_san {
	enum { CERT_SAN_END, CERT_SAN_DNS, CERT_SAN_IP, CERT_SAN_MAIL } kind;
	struct cert_bytes bytes; /* an address as it is in a packet */
};

/* What is left zero is left out. */
struct cert_spec {
	const char *key; /* "RSA" (2048 bits), "Ed25519", or a curve: "P-256" */
	bool explicit_curve; /* written out, not named */
	struct cert_bytes organisation, common_name;
	int name_type; /* V_ASN1_...; 0: V_ASN1_UTF8STRING. Never checked. */
	const struct cert_san *san;    /* up to one of kind CERT_SAN_END */
	int64_t not_before, not_after; /* seconds since the epoch */
	bool ca;
	const struct cert *issuer; /* NULL: signed with its own key */
	/* The bytes of a whole subjectAltName, in place of @san; added @times. */
	struct cert_bytes raw_san;
	unsigned int raw_san_times;
};

struct cert {
	EVP_PKEY *key;
	X509 *x;
	unsigned char *der;
	size_t len;
};

struct cert make_cert(const struct cert_spec *spec);
void cert_free(struct cert *cert);

#endif
