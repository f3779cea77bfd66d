/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS records of one direction.
 *
 * Only headers are kept, so that one may come in any number of pieces; bodies
 * are shown where they lie. What has come of a header is judged at once: a
 * cleartext line after the end of TLS is known by its first letter, and is
 * still there to be read as a line.
 */
#include <sallyport/tls_record.h>

#include <string.h>

#include "bigendian.h"

#define VERSION_MAJOR 3 /* of SSL 3.0 and every TLS (RFC 8446 5.1) */

/* RFC 5246 E.2: a length of 15 bits with the highest bit set, then the type
 * of the message. */
#define SSLV2_LENGTH_BIT   0x80
#define SSLV2_TYPE_AT      2
#define SSLV2_CLIENT_HELLO 1

/* RFC 5246 7.1 */
#define CHANGE_CIPHER_SPEC_LEN 1

static bool length_fits(const struct tls_record *r, uint8_t type,
			uint16_t length)
{
	if (length > TLS_RECORD_MAX)
		return false;
	if (type == TLS_CHANGE_CIPHER_SPEC && !r->protected)
		return length == CHANGE_CIPHER_SPEC_LEN;
	return length > 0 || type == TLS_APPLICATION_DATA;
}

/* Could @h, the first @have bytes of a header, become one? */
static bool header_fits(const struct tls_record *r, const uint8_t *h,
			size_t have)
{
	if (have > 0 && (h[0] < TLS_CHANGE_CIPHER_SPEC || h[0] > TLS_HEARTBEAT))
		return false;
	if (have > 1 && h[1] != VERSION_MAJOR)
		return false;
	if (have == TLS_RECORD_HEADER)
		return length_fits(r, h[0], be16(h + 3));
	/* Of a length with one byte here, the best case decides. */
	return have < 4 || length_fits(r, h[0], (uint16_t)(h[3] << 8)) ||
	       length_fits(r, h[0], (uint16_t)(h[3] << 8 | 1));
}

/* The same question for what may begin an SSLv2 hello. */
static enum tls_record_result sslv2_of(const uint8_t *h, size_t have)
{
	if (have <= SSLV2_TYPE_AT)
		return TLS_RECORD_MORE;
	return h[SSLV2_TYPE_AT] == SSLV2_CLIENT_HELLO ? TLS_RECORD_SSLV2
						      : TLS_RECORD_NOT_TLS;
}

/* MORE: it fits so far. */
static enum tls_record_result judge(const struct tls_record *r,
				    const uint8_t *h, size_t have)
{
	if (!r->begun && have > 0 && (h[0] & SSLV2_LENGTH_BIT))
		return sslv2_of(h, have);
	return header_fits(r, h, have) ? TLS_RECORD_MORE : TLS_RECORD_NOT_TLS;
}

/* Take what is missing of the header, unless it is none. */
static enum tls_record_result take_header(struct tls_record *r,
					  struct span *bytes)
{
	struct span more = span_sub(*bytes, 0, TLS_RECORD_HEADER - r->have);
	uint8_t h[TLS_RECORD_HEADER];
	size_t have = r->have + more.len;
	enum tls_record_result result;

	memcpy(h, r->header, r->have);
	if (more.len > 0)
		memcpy(h + r->have, more.at, more.len);
	result = judge(r, h, have);
	if (result != TLS_RECORD_MORE)
		return result;
	memcpy(r->header, h, have);
	r->have = (uint8_t)have;
	*bytes = span_sub(*bytes, more.len, bytes->len);
	if (have == TLS_RECORD_HEADER) {
		r->left = be16(h + 3);
		r->begun = true;
	}
	return TLS_RECORD_MORE;
}

/* Take what is here of the body; the header is whole. */
static void take_body(struct tls_record *r, struct span *bytes,
		      struct tls_piece *piece)
{
	uint16_t length = be16(r->header + 3);

	*piece = (struct tls_piece){
		.body = span_sub(*bytes, 0, r->left),
		.version = be16(r->header + 1),
		.length = length,
		.type = r->header[0],
		.starts = r->left == length,
	};
	*bytes = span_sub(*bytes, piece->body.len, bytes->len);
	r->left = (uint16_t)(r->left - piece->body.len);
	piece->ends = r->left == 0;
	if (!piece->ends)
		return;
	r->have = 0;
	if (piece->type == TLS_CHANGE_CIPHER_SPEC ||
	    piece->type == TLS_APPLICATION_DATA)
		r->protected = true;
}

enum tls_record_result tls_record_take(struct tls_record *r, struct span *bytes,
				       struct tls_piece *piece)
{
	enum tls_record_result result;

	if (r->have < TLS_RECORD_HEADER) {
		result = take_header(r, bytes);
		if (result != TLS_RECORD_MORE || r->have < TLS_RECORD_HEADER)
			return result;
	}
	if (bytes->len == 0 && r->left > 0)
		return TLS_RECORD_MORE;
	take_body(r, bytes, piece);
	return TLS_RECORD_PIECE;
}

bool tls_record_at_boundary(const struct tls_record *r)
{
	return r->have == 0;
}

struct span tls_record_kept(const struct tls_record *r)
{
	return span_of(r->header, r->have < TLS_RECORD_HEADER ? r->have : 0);
}
