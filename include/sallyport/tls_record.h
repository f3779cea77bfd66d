/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS records of one direction, found in order whatever the segments' cuts. */
#ifndef SALLYPORT_TLS_RECORD_H
#define SALLYPORT_TLS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/* Type, version and length (RFC 8446 5.1). */
#define TLS_RECORD_HEADER 5

/* Longest body: RFC 5246 6.2.3 lets protection add 2048 bytes to 2^14; the 256
 * of RFC 8446 5.2 are fewer, but a header does not say which of them rules. */
#define TLS_RECORD_MAX (16384 + 2048)

/* RFC 8446 B.1; RFC 6520 6 for heartbeat. */
enum tls_content {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
	TLS_HEARTBEAT = 24,
};

/* Where one direction stands; starts as all zero. */
struct tls_record {
	uint16_t left; /* bytes of the body to come, once the header is whole */
	uint8_t header[TLS_RECORD_HEADER];
	uint8_t have;   /* bytes in header; 0: between two records */
	bool begun;     /* a whole header was seen, so SSLv2 is over */
	bool protected; /* bodies may be encrypted, see tls_record_take() */
};

enum tls_record_result {
	TLS_RECORD_PIECE,   /* @piece is written; there may be more */
	TLS_RECORD_MORE,    /* all bytes are taken and nothing is to tell */
	TLS_RECORD_NOT_TLS, /* these are not, or no longer, records */
	TLS_RECORD_SSLV2,   /* an SSLv2 CLIENT-HELLO (RFC 5246 E.2) */
};

/* A part of one record's body: as much as came at once. */
struct tls_piece {
	struct span body; /* lies in what was given; empty for length 0 */
	uint16_t version; /* legacy_record_version: tells next to nothing */
	uint16_t length;  /* of the whole body */
	uint8_t type;     /* enum tls_content */
	bool starts, ends;
};

/*
 * Read on in @bytes, which follow those of the call before, up to the end of
 * @bytes or of the record; moves @bytes behind what was taken. Call it until
 * it gives no PIECE. Nothing is copied but headers.
 *
 * NOT_TLS comes with the first byte that cannot be one of a header: the type
 * is none of the above, the major version is not 3, the length is over
 * TLS_RECORD_MAX, or 0 in anything but application data (RFC 8446 5.1), or not
 * 1 in a ChangeCipherSpec. This last rule ends with the first ChangeCipherSpec
 * or application data: later ones may be encrypted (RFC 5246 7.1, in a
 * renegotiation). SSLV2 comes at the first record only.
 *
 * Both take nothing and leave @r as it was: tls_record_kept() has the bytes of
 * this header that came in earlier calls, and @bytes starts behind them.
 */
enum tls_record_result tls_record_take(struct tls_record *r, struct span *bytes,
				       struct tls_piece *piece);

/* No record is open: the next byte is the first one of a header. */
bool tls_record_at_boundary(const struct tls_record *r);

/* The bytes of an unfinished header, at most 4. They lie in @r. */
struct span tls_record_kept(const struct tls_record *r);

#endif
