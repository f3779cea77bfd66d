/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts that are not encrypted (RFC 8446 6, RFC 5246 7.2). */
#ifndef SALLYPORT_TLS_ALERT_H
#define SALLYPORT_TLS_ALERT_H

#include <stdint.h>

#include <sallyport/span.h>

enum tls_alert_level {
	TLS_ALERT_WARNING = 1,
	TLS_ALERT_FATAL = 2,
};

#define TLS_ALERT_CLOSE_NOTIFY 0

struct tls_alert {
	uint8_t level;       /* enum tls_alert_level */
	uint8_t description; /* tls_alert_name() */
};

/*
 * Read the whole body of an alert record. PARTIAL: fewer than two bytes. BAD:
 * more (RFC 8446 5.1: one alert a record), or no such level; encrypted ones
 * look like that. Writes @out only for OK.
 */
enum parse tls_alert_parse(struct span body, struct tls_alert *out);

/* "close_notify", "handshake_failure", ...; NULL if unknown. */
const char *tls_alert_name(uint8_t description);

#endif
