/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One field of an OpenSSL certificate into ours; private to src/tls. */
#ifndef TLS_CERTIFICATE_FIELD_H
#define TLS_CERTIFICATE_FIELD_H

#include <openssl/x509.h>

#include "tls/certificate.h"

/* Copy @raw; what does not fit is cut between two characters and "..." put in
 * its place. */
void field_name(struct certificate_name *out, struct span raw);

/* RFC 2253 text. False: no memory. */
bool field_dn(struct certificate_name *out, const X509_NAME *dn);

/* The list of names; @has_ip tells whether any is an address. False: it cannot
 * be decoded, or there are two. */
bool field_san(struct certificate *out, const X509 *x, bool *has_ip);

/* The kind of key and its size or curve. */
void field_key(char out[CERTIFICATE_KEY_MAX], const X509 *x);

/* Seconds since the epoch. False: no time. */
bool field_time(int64_t *out, const ASN1_TIME *time);

#endif
