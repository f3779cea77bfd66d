/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A certificate chain's facts as JSON, for the event `tls`.
 *
 * `subject`, `issuer`, `not_before`, `not_after` (RFC 3339, UTC, seconds),
 * `san` (array of names), `key`, `side` ("server" or "client"), `chain` (how
 * many certificates). Where it is so: `san_more` (names left out), and as true
 * `expired`, `not_yet_valid`, `self_signed`, `name_mismatch`,
 * `address_mismatch`. Text from the network is escaped (report/escape.h).
 */
#ifndef REPORT_CERTIFICATE_JSON_H
#define REPORT_CERTIFICATE_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "tls/certificate.h"

/* A new object, which the caller owns; NULL if there is no memory. @server:
 * it is the server's chain, not the client's. */
json_t *certificate_json(const struct certificate *c, bool server);

#endif
