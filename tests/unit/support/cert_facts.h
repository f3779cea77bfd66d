/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of certificates share. */
#ifndef TEST_CERT_FACTS_H
#define TEST_CERT_FACTS_H

#include "make_cert.h"
#include "tls/certificate.h"

#define NOW      INT64_C(1763892942) /* 2025-11-23T10:15:42Z */
#define DAY      INT64_C(86400)
#define US_PER_S 1000000u

/* Valid from NOW - DAY to NOW + DAY, for ftp.example by its CN alone. */
extern const struct cert_spec cert_plain;

/* *.ftp.example, a mail address, ftp.example.org, 10.2.5.5, fc00:10:2:5::5. */
extern const struct cert_san cert_wildcard[];

/* No name and no address; NOW. */
extern const struct certificate_view now_view;

struct span der_of(const struct cert *c);

/* Read a chain of one at @now (seconds since the epoch). */
enum certificate_result read_at(const struct cert *c, const char *sni,
				int64_t now, struct certificate *out);

/* The facts of a certificate as @spec has it; anything but success fails the
 * test. */
struct certificate facts(const struct cert_spec *spec, const char *sni);

void assert_name(const struct certificate_name *name, const char *text);

/* Fails the test unless @der cannot be decoded, read up to its end alone. */
void assert_bad(const uint8_t *der, size_t len);

#endif
