/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP and TCP headers, written: changed copies, and ACKs of our own. */
#include <sallyport/packet.h>

#include <string.h>

#include <sallyport/checksum.h>

#include "packet_format.h"

/* The pseudo header: addresses, protocol, length (RFC 9293 3.1, 8200 8.1).
 * Its IPv6 form sums to the same fields, so one function serves both. */
uint64_t packet_pseudo_sum(struct span ip, size_t tcp_len)
{
	bool v4 = ip.at[0] >> 4 == 4;
	struct span addresses = v4 ? span_sub(ip, 12, 8) : span_sub(ip, 8, 32);

	return checksum_add16(checksum_add16(checksum_add(0, addresses),
					     PROTO_TCP),
			      (uint16_t)tcp_len);
}

static void put16(uint8_t *b, uint16_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static void put32(uint8_t *b, uint32_t v)
{
	put16(b, (uint16_t)(v >> 16));
	put16(b + 2, (uint16_t)v);
}

static void tcp_checksum(uint8_t *ip, size_t tcp_at, size_t len)
{
	struct span tcp = { ip + tcp_at, len - tcp_at };
	uint16_t sum;

	memset(ip + tcp_at + 16, 0, 2);
	sum = checksum_finish(checksum_add(
		packet_pseudo_sum((struct span){ ip, len }, tcp.len), tcp));
	memcpy(ip + tcp_at + 16, &sum, sizeof(sum));
}

size_t packet_copy(const struct packet *p, struct span payload, uint8_t *out)
{
	size_t len = p->payload_at + payload.len;

	if (len > UINT16_MAX)
		return 0;
	memcpy(out, p->ip.at, p->payload_at);
	if (payload.len)
		memcpy(out + p->payload_at, payload.at, payload.len);
	if (out[0] >> 4 == 4) {
		put16(out + 2, (uint16_t)len);
		checksum_set_ipv4(out);
	} else {
		put16(out + 4, (uint16_t)(len - IPV6_HEADER));
	}
	return len;
}

void packet_set_seq(const struct packet *p, uint8_t *copy, uint32_t seq)
{
	put32(copy + p->tcp_at + 4, seq);
}

void packet_set_ack(const struct packet *p, uint8_t *copy, uint32_t ack)
{
	put32(copy + p->tcp_at + 8, ack);
}

void packet_set_flags(const struct packet *p, uint8_t *copy, uint8_t flags)
{
	copy[p->tcp_at + 13] = flags;
}

void packet_set_sack(const struct packet *p, uint8_t *copy, unsigned int i,
		     uint32_t left, uint32_t right)
{
	uint8_t *b = copy + p->sack_at + (size_t)i * 8;

	put32(b, left);
	put32(b + 4, right);
}

void packet_set_checksum(const struct packet *p, uint8_t *copy, size_t len)
{
	tcp_checksum(copy, p->tcp_at, len);
}

/* Hop limit of packets of our own: what Linux uses (IANA's default). */
#define ACK_TTL 64

static size_t ack_ip_header(const struct packet_ack *a, uint8_t *out,
			    size_t tcp_len)
{
	if (addr_is_v4(&a->src.addr)) {
		out[0] = 0x45;
		put16(out + 2, (uint16_t)(IPV4_HEADER_MIN + tcp_len));
		out[6] = 0x40; /* don't fragment */
		out[8] = ACK_TTL;
		out[9] = PROTO_TCP;
		memcpy(out + 12, addr_v4_bytes(&a->src.addr), 4);
		memcpy(out + 16, addr_v4_bytes(&a->dst.addr), 4);
		checksum_set_ipv4(out);
		return IPV4_HEADER_MIN;
	}
	out[0] = 0x60;
	put16(out + 4, (uint16_t)tcp_len);
	out[6] = PROTO_TCP;
	out[7] = ACK_TTL;
	memcpy(out + 8, a->src.addr.b, 16);
	memcpy(out + 24, a->dst.addr.b, 16);
	return IPV6_HEADER;
}

size_t packet_make_ack(const struct packet_ack *a, uint8_t out[PACKET_ACK_MAX])
{
	size_t tcp_len = TCP_HEADER_MIN + (a->has_timestamp ? 12 : 0);
	size_t at;
	uint8_t *tcp;

	memset(out, 0, PACKET_ACK_MAX);
	at = ack_ip_header(a, out, tcp_len);
	tcp = out + at;
	put16(tcp, a->src.port);
	put16(tcp + 2, a->dst.port);
	put32(tcp + 4, a->seq);
	put32(tcp + 8, a->ack);
	tcp[12] = (uint8_t)(tcp_len / 4 << 4);
	tcp[13] = a->flags;
	put16(tcp + 14, a->window);
	if (a->has_timestamp) {
		tcp[20] = TCPOPT_NOP;
		tcp[21] = TCPOPT_NOP;
		tcp[22] = TCPOPT_TIMESTAMP;
		tcp[23] = 10;
		put32(tcp + 24, a->tsval);
		put32(tcp + 28, a->tsecr);
	}
	tcp_checksum(out, at, at + tcp_len);
	return at + tcp_len;
}
