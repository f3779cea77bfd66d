/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handshake messages: their header, and the certificates of TLS 1.2. */
#ifndef SALLYPORT_TLS_HANDSHAKE_H
#define SALLYPORT_TLS_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/* Type and length (RFC 8446 4). */
#define TLS_MESSAGE_HEADER 4

/*
 * Longest body that is taken; the field could say 16 MiB. Only certificates
 * are long: a chain of ten with RSA keys of 4096 bits is about 20 KiB, and a
 * hello is seldom over 2 KiB. What is longer is refused, not held in memory.
 */
#define TLS_MESSAGE_MAX 65536

/* RFC 8446 B.3 with what TLS 1.2 had more (RFC 5246 7.4, 5077, 6066, 4680). */
enum tls_handshake_type {
	TLS_HELLO_REQUEST = 0,
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2, /* a HelloRetryRequest too */
	TLS_NEW_SESSION_TICKET = 4,
	TLS_END_OF_EARLY_DATA = 5,
	TLS_ENCRYPTED_EXTENSIONS = 8,
	TLS_CERTIFICATE = 11,
	TLS_SERVER_KEY_EXCHANGE = 12,
	TLS_CERTIFICATE_REQUEST = 13,
	TLS_SERVER_HELLO_DONE = 14,
	TLS_CERTIFICATE_VERIFY = 15,
	TLS_CLIENT_KEY_EXCHANGE = 16,
	TLS_FINISHED = 20,
	TLS_CERTIFICATE_URL = 21,
	TLS_CERTIFICATE_STATUS = 22,
	TLS_SUPPLEMENTAL_DATA = 23,
	TLS_KEY_UPDATE = 24,
	TLS_COMPRESSED_CERTIFICATE = 25,
	TLS_MESSAGE_HASH = 254,
};

struct tls_message {
	uint8_t type;    /* enum tls_handshake_type, or any other number */
	uint32_t length; /* of the body, at most TLS_MESSAGE_MAX */
};

/*
 * Read the header at the start of @bytes, in which the body may follow.
 * PARTIAL: fewer than TLS_MESSAGE_HEADER bytes. BAD: longer than
 * TLS_MESSAGE_MAX. Writes @out only for OK.
 *
 * Before TLS 1.3 handshake records behind a ChangeCipherSpec are encrypted and
 * hold no headers. In TLS 1.3 that record means nothing (RFC 8446 D.4): behind
 * a HelloRetryRequest a second ClientHello and a ServerHello follow it in the
 * clear. What is encrypted there goes as application data.
 */
enum parse tls_message_head(struct span bytes, struct tls_message *out);

/*
 * Read the whole body of a Certificate message of TLS 1.2 or older (RFC 5246
 * 7.4.2). OK: @list holds what tls_certificate_next() reads, the peer's own
 * certificate first, or nothing (a client without one). BAD: the lengths do
 * not fit; never PARTIAL. Writes @list only for OK; it lies in @body.
 */
enum parse tls_certificates_parse(struct span body, struct span *list);

/* Take the first certificate, in DER, off @list; false at its end. */
bool tls_certificate_next(struct span *list, struct span *der);

#endif
