/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments of RFC 791 3.1 and RFC 8200 4.5. */
#include "io/reassemble_fragment.h"

#include <string.h>

#include <sallyport/checksum.h>

#define IPV4_HEADER_MIN  20
#define IPV4_LENGTH_AT   2
#define IPV4_FRAGMENT_AT 6
#define IPV4_MORE        0x2000
#define IPV4_OFFSET      0x1fff

#define IPV6_HEADER    40
#define IPV6_LENGTH_AT 4
#define IPV6_NEXT_AT   6

enum {
	HEADER_HOP_BY_HOP = 0,
	HEADER_ROUTING = 43,
	HEADER_FRAGMENT = 44,
	HEADER_DESTINATION = 60,
};

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t get16(const uint8_t *at)
{
	return (size_t)at[0] << 8 | at[1];
}

/* A fragment needs data, and all but the last are whole units of eight bytes.
 * RFC 8200 4.5 has both that and the longest length discarded. */
static enum fragment_kind judge(const struct fragment *f, size_t before)
{
	if (f->data.len == 0 || (f->more && f->data.len % 8 != 0))
		return FRAGMENT_BAD;
	if (before + f->at + f->data.len > FRAGMENT_LENGTH_MAX)
		return FRAGMENT_BAD;
	return f->header.len <= FRAGMENT_HEADER_MAX ? FRAGMENT_PIECE
						    : FRAGMENT_BAD;
}

static enum fragment_kind read_ipv4(struct span ip, struct fragment *out)
{
	struct cursor c = cursor_of(ip);
	size_t header = (size_t)(rd_u8(&c) & 15) * 4;
	size_t total;
	uint16_t field;

	rd_u8(&c);
	total = rd_be16(&c);
	out->key.id = rd_be16(&c);
	field = rd_be16(&c);
	rd_u8(&c);
	out->key.protocol = rd_u8(&c);
	rd_be16(&c);
	out->key.src = addr_v4(ip.at + 12);
	out->key.dst = addr_v4(ip.at + 16);
	out->key.v6 = false;
	if (!(field & (IPV4_MORE | IPV4_OFFSET)))
		return FRAGMENT_NONE;
	if (header < IPV4_HEADER_MIN || total < header || total > ip.len)
		return FRAGMENT_BAD;
	out->header = span_sub(ip, 0, header);
	out->data = span_sub(ip, header, total - header);
	out->at = (uint32_t)(field & IPV4_OFFSET) * 8;
	out->more = field & IPV4_MORE;
	out->next_at = 0;
	out->next = 0;
	return judge(out, header);
}

/* Step over the headers that may stand before a fragment header; gives where
 * in @ip the byte is that names the one after them. */
static size_t skip_extensions(struct span ip, struct cursor *c)
{
	size_t next_at = IPV6_NEXT_AT;

	for (unsigned int i = 0; i < FRAGMENT_EXTENSIONS_MAX; i++) {
		uint8_t kind = ip.at[next_at];
		size_t here = (size_t)(c->rest.at - ip.at);

		if (kind != HEADER_HOP_BY_HOP && kind != HEADER_ROUTING &&
		    kind != HEADER_DESTINATION)
			break;
		rd_u8(c);
		rd_take(c, 6 + (size_t)rd_u8(c) * 8);
		if (c->bad)
			break;
		next_at = here;
	}
	return next_at;
}

static enum fragment_kind read_ipv6(struct span ip, struct fragment *out)
{
	size_t length = IPV6_HEADER + get16(ip.at + IPV6_LENGTH_AT);
	struct span whole = span_sub(ip, 0, length);
	struct cursor c = cursor_of(span_sub(whole, IPV6_HEADER, SIZE_MAX));
	size_t next_at = skip_extensions(whole, &c);
	uint16_t field;

	if (c.bad || whole.at[next_at] != HEADER_FRAGMENT)
		return FRAGMENT_NONE;
	out->header = span_sub(whole, 0, (size_t)(c.rest.at - whole.at));
	out->next = rd_u8(&c);
	rd_u8(&c);
	field = rd_be16(&c);
	out->key.id = rd_be32(&c);
	if (c.bad || whole.len < length)
		return FRAGMENT_BAD;
	out->key.src = addr_v6(ip.at + 8);
	out->key.dst = addr_v6(ip.at + 24);
	out->key.v6 = true;
	out->key.protocol = 0;
	out->data = c.rest;
	out->at = field & 0xfff8u;
	out->more = field & 1;
	out->next_at = (uint16_t)next_at;
	return judge(out, out->header.len - IPV6_HEADER);
}

enum fragment_kind fragment_read(struct span ip, struct fragment *out)
{
	if (ip.len >= IPV4_HEADER_MIN && ip.at[0] >> 4 == 4)
		return read_ipv4(ip, out);
	if (ip.len >= IPV6_HEADER && ip.at[0] >> 4 == 6)
		return read_ipv6(ip, out);
	return FRAGMENT_NONE;
}

static bool finish_ipv4(uint8_t *packet, size_t header_len, size_t data_len)
{
	if (header_len + data_len > FRAGMENT_LENGTH_MAX)
		return false;
	put16(packet + IPV4_LENGTH_AT, header_len + data_len);
	put16(packet + IPV4_FRAGMENT_AT, 0);
	checksum_set_ipv4(packet);
	return true;
}

bool fragment_finish(uint8_t *packet, size_t header_len, size_t data_len,
		     uint16_t next_at, uint8_t next)
{
	size_t length = header_len - IPV6_HEADER + data_len;

	if (packet[0] >> 4 == 4)
		return finish_ipv4(packet, header_len, data_len);
	if (length > FRAGMENT_LENGTH_MAX)
		return false;
	put16(packet + IPV6_LENGTH_AT, length);
	packet[next_at] = next;
	return true;
}
