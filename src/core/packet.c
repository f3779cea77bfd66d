/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP and TCP headers, read (RFC 791, 8200, 9293, 7323, 2018). */
#include <sallyport/packet.h>

#include <string.h>

#include <sallyport/checksum.h>

#include "bigendian.h"
#include "packet_format.h"

#define PROTO_HOP_BY_HOP  0
#define PROTO_ROUTING     43
#define PROTO_FRAGMENT    44
#define PROTO_AH          51
#define PROTO_DESTINATION 60
#define PROTO_MOBILITY    135
#define PROTO_HIP         139
#define PROTO_SHIM6       140

#define TCPOPT_END  0
#define TCPOPT_MSS  2
#define TCPOPT_SACK 5
#define TCPOPT_MD5  19
#define TCPOPT_AO   29

static void ports_of(struct packet *p, struct span tcp)
{
	if (tcp.len < 4)
		return;
	p->src.port = be16(tcp.at);
	p->dst.port = be16(tcp.at + 2);
	p->has_ports = true;
}

/* RFC 1858 3: a TCP fragment at offset 1 (eight bytes) exists only to
 * overwrite the flags of the first; a first one without the flags likewise. */
static enum packet_kind fragment_of(struct packet *p, size_t at,
				    uint16_t offset)
{
	struct span tcp = span_sub(p->ip, at, SIZE_MAX);

	p->has_ports = false;
	if (offset == 1 || (offset == 0 && tcp.len < TCP_HEADER_MIN))
		return PACKET_BAD;
	if (offset == 0)
		ports_of(p, tcp);
	return PACKET_FRAGMENT;
}

static void option_of(struct packet *p, uint8_t kind, struct span body)
{
	switch (kind) {
	case TCPOPT_MSS:
		if (body.len == 2 && (p->flags & TCP_SYN))
			p->mss = be16(body.at);
		break;
	case TCPOPT_SACK:
		if (body.len % 8 || body.len / 8 > TCP_SACK_BLOCKS_MAX)
			break;
		p->sack_at = (uint16_t)(body.at - p->ip.at);
		p->sack_blocks = (uint8_t)(body.len / 8);
		break;
	case TCPOPT_TIMESTAMP:
		if (body.len != 8)
			break;
		p->has_timestamp = true;
		p->tsval = be32(body.at);
		p->tsecr = be32(body.at + 4);
		break;
	case TCPOPT_MD5:
	case TCPOPT_AO:
		p->is_signed = true;
		break;
	}
}

/* Options that make no sense end the list, as in every TCP that we know. */
static void options_of(struct packet *p, struct span options)
{
	struct cursor c = cursor_of(options);

	while (c.rest.len) {
		uint8_t kind = rd_u8(&c);
		uint8_t len;
		struct span body;

		if (kind == TCPOPT_END)
			return;
		if (kind == TCPOPT_NOP)
			continue;
		len = rd_u8(&c);
		if (c.bad || len < 2)
			return;
		body = rd_take(&c, len - 2u);
		if (c.bad)
			return;
		option_of(p, kind, body);
	}
}

static enum packet_kind tcp_of(struct packet *p, size_t at)
{
	struct span tcp = span_sub(p->ip, at, SIZE_MAX);
	size_t header;

	if (tcp.len < TCP_HEADER_MIN)
		return PACKET_BAD;
	header = (size_t)(tcp.at[12] >> 4) * 4;
	if (header < TCP_HEADER_MIN || header > tcp.len)
		return PACKET_BAD;
	ports_of(p, tcp);
	p->seq = be32(tcp.at + 4);
	p->ack = be32(tcp.at + 8);
	p->flags = tcp.at[13];
	p->window = be16(tcp.at + 14);
	p->tcp_at = (uint16_t)at;
	p->payload_at = (uint32_t)(at + header);
	p->mss = 0;
	p->sack_at = 0;
	p->sack_blocks = 0;
	p->has_timestamp = false;
	p->is_signed = false;
	p->tsval = p->tsecr = 0;
	if (header > TCP_HEADER_MIN)
		options_of(p, span_sub(tcp, TCP_HEADER_MIN,
				       header - TCP_HEADER_MIN));
	return PACKET_TCP;
}

static enum packet_kind ipv4_of(struct packet *p, struct span b)
{
	size_t header, total;
	uint16_t fragment;

	if (b.len < IPV4_HEADER_MIN)
		return PACKET_BAD;
	header = (size_t)(b.at[0] & 15) * 4;
	total = be16(b.at + 2);
	if (header < IPV4_HEADER_MIN || total < header || total > b.len)
		return PACKET_BAD;
	if (b.at[9] != PROTO_TCP)
		return PACKET_OTHER;
	p->ip = span_sub(b, 0, total);
	p->src.addr = addr_v4(b.at + 12);
	p->dst.addr = addr_v4(b.at + 16);
	fragment = be16(b.at + 6);
	if (fragment & 0x3fff)
		return fragment_of(p, header, fragment & 0x1fff);
	return tcp_of(p, header);
}

/* Step over one extension header; false where it is none. */
static bool extension_skip(struct cursor *c, uint8_t *next)
{
	uint8_t kind = *next;
	uint8_t len;

	switch (kind) {
	case PROTO_HOP_BY_HOP:
	case PROTO_ROUTING:
	case PROTO_DESTINATION:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		*next = rd_u8(c);
		len = rd_u8(c);
		rd_take(c, 6 + (size_t)len * 8);
		return true;
	case PROTO_AH: /* RFC 4302 2.2: counted in words, less two */
		*next = rd_u8(c);
		len = rd_u8(c);
		rd_take(c, 6 + (size_t)len * 4);
		return true;
	}
	return false;
}

static enum packet_kind ipv6_fragment(struct packet *p, struct cursor *c)
{
	uint8_t inner = rd_u8(c);
	uint16_t offset;

	rd_u8(c);
	offset = rd_be16(c);
	rd_be32(c);
	if (c->bad)
		return PACKET_BAD;
	if (inner != PROTO_TCP) /* or an extension header: refuse it too */
		return (offset >> 3) ? PACKET_OTHER : PACKET_BAD;
	return fragment_of(p, (size_t)(c->rest.at - p->ip.at), offset >> 3);
}

static enum packet_kind ipv6_of(struct packet *p, struct span b)
{
	struct cursor c;
	uint8_t next;
	size_t total;

	if (b.len < IPV6_HEADER)
		return PACKET_BAD;
	total = IPV6_HEADER + (size_t)be16(b.at + 4);
	if (total > b.len) /* jumbograms (RFC 2675) are of no use here */
		return PACKET_BAD;
	p->ip = span_sub(b, 0, total);
	p->src.addr = addr_v6(b.at + 8);
	p->dst.addr = addr_v6(b.at + 24);
	/* RFC 4291 2.5.5.2: mapped addresses are not for the wire; to us they
	 * would look like those of an IPv4 session. */
	if (addr_is_v4(&p->src.addr) || addr_is_v4(&p->dst.addr))
		return PACKET_BAD;
	next = b.at[6];
	c = cursor_of(span_sub(p->ip, IPV6_HEADER, SIZE_MAX));
	for (unsigned int i = 0; i < IPV6_EXTENSIONS_MAX; i++)
		if (!extension_skip(&c, &next))
			break;
	if (c.bad)
		return PACKET_BAD;
	if (next == PROTO_FRAGMENT)
		return ipv6_fragment(p, &c);
	if (next != PROTO_TCP)
		return PACKET_OTHER;
	return tcp_of(p, (size_t)(c.rest.at - p->ip.at));
}

enum packet_kind packet_decode(struct span bytes, struct packet *out)
{
	out->has_ports = false;
	if (!bytes.len)
		return PACKET_BAD;
	switch (bytes.at[0] >> 4) {
	case 4:
		return ipv4_of(out, bytes);
	case 6:
		return ipv6_of(out, bytes);
	}
	return PACKET_OTHER;
}

bool packet_checksum_ok(const struct packet *p)
{
	struct span tcp = span_sub(p->ip, p->tcp_at, SIZE_MAX);

	return !checksum_finish(
		checksum_add(packet_pseudo_sum(p->ip, tcp.len), tcp));
}

void packet_sack(const struct packet *p, unsigned int i, uint32_t *left,
		 uint32_t *right)
{
	const uint8_t *b = p->ip.at + p->sack_at + (size_t)i * 8;

	*left = be32(b);
	*right = be32(b + 4);
}
