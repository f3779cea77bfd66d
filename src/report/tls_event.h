/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON Lines and text share of the event `tls`. */
#ifndef REPORT_TLS_EVENT_H
#define REPORT_TLS_EVENT_H

#include <stdint.h>

#include <sallyport/event.h>

#include "tls/certificate.h"

/* "0x1301" and its NUL. */
#define TLS_EVENT_HEX_MAX 7

/* "TLS 1.2"; a version or cipher suite without a name as the wire has it, in
 * @hex. */
const char *tls_event_version(uint16_t version, char hex[TLS_EVENT_HEX_MAX]);
const char *tls_event_cipher(uint16_t cipher, char hex[TLS_EVENT_HEX_MAX]);

/*
 * Decode the chain of @e, whose step is TLS_STEP_CERTIFICATE, as of the time of
 * the event. It is judged by the SNI alone: the address that the client knows
 * the server by may be another than that of the inside view. Takes some tenths
 * of a millisecond, so never call it where a packet waits. Gives and writes what
 * certificate_read() does.
 */
enum certificate_result tls_event_certificate(const struct event *e,
					      struct certificate *out);

#endif
