/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate chain's facts for people. */
#ifndef REPORT_CERTIFICATE_TEXT_H
#define REPORT_CERTIFICATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tls/certificate.h"

/* "9999-12-31T23:59:59Z" and its NUL. */
#define CERTIFICATE_TIME_MAX 21

/*
 * @seconds since the epoch as RFC 3339 in UTC; certificates name the years 0
 * to 9999 (RFC 5280 4.1.2.5.2), others are written as the nearest end of
 * these. Gives the length.
 */
size_t certificate_time(int64_t seconds, char out[CERTIFICATE_TIME_MAX]);

/*
 * Without a newline:
 *
 *	certificate server CN=ftp.example, issued by CN=Example CA, EC P-256,
 *	valid until 2027-01-01 (EXPIRED, self-signed, not for "ftp.example")
 *
 * in one line. A leaf without a subject is named by its alternative names:
 * `certificate server for ftp.example and 2 more, ...`. Network text is
 * escaped.
 */
void certificate_text(FILE *to, const struct certificate *c, bool server);

/* The same without the first two words. */
void certificate_facts_text(FILE *to, const struct certificate *c);

#endif
