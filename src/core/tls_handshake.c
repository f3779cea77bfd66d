/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handshake messages: their header, and the certificates of TLS 1.2. */
#include <sallyport/tls_handshake.h>

enum parse tls_message_head(struct span bytes, struct tls_message *out)
{
	struct cursor c = cursor_of(bytes);
	uint8_t type = rd_u8(&c);
	uint32_t length = rd_be24(&c);

	if (c.bad)
		return PARSE_PARTIAL;
	if (length > TLS_MESSAGE_MAX)
		return PARSE_BAD;
	out->type = type;
	out->length = length;
	return PARSE_OK;
}

/* opaque ASN.1Cert<1..2^24-1> */
static struct span rd_certificate(struct cursor *c)
{
	uint32_t length = rd_be24(c);
	struct span der = rd_take(c, length);

	c->bad |= length == 0;
	return der;
}

enum parse tls_certificates_parse(struct span body, struct span *list)
{
	struct cursor c = cursor_of(body), each;
	struct span all = rd_take(&c, rd_be24(&c));

	if (c.bad || c.rest.len > 0)
		return PARSE_BAD;
	each = cursor_of(all);
	while (!each.bad && each.rest.len > 0)
		rd_certificate(&each);
	if (each.bad)
		return PARSE_BAD;
	*list = all;
	return PARSE_OK;
}

bool tls_certificate_next(struct span *list, struct span *der)
{
	struct cursor c = cursor_of(*list);

	if (list->len == 0)
		return false;
	*der = rd_certificate(&c);
	*list = c.rest;
	return !c.bad;
}
