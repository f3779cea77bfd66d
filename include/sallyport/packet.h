/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One IP packet with TCP in it. packet_decode() proves every length once; all
 * later code uses the offsets that it stored.
 */
#ifndef SALLYPORT_PACKET_H
#define SALLYPORT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20

/* SACK blocks that fit the 40 bytes of TCP options (RFC 2018 3). */
#define TCP_SACK_BLOCKS_MAX 4

/* IPv6 extension headers before TCP: each kind once, two options headers
 * (RFC 8200 4.1), and as many again for whoever does not keep to that. */
#define IPV6_EXTENSIONS_MAX 12

enum packet_kind {
	PACKET_TCP,
	PACKET_FRAGMENT, /* of TCP; the rest of it may be anywhere */
	PACKET_OTHER,    /* not TCP, or not IP */
	PACKET_BAD,      /* its lengths contradict each other */
};

struct packet {
	struct span ip; /* the packet, without what lies behind its end */
	struct endpoint src, dst;
	uint32_t seq, ack;
	uint32_t tsval, tsecr; /* RFC 7323; 0 without has_timestamp */
	uint16_t tcp_at;       /* offset of the TCP header */
	uint32_t payload_at;   /* offset of the payload */
	uint16_t window;
	uint16_t mss;     /* of a SYN; 0: not given */
	uint16_t sack_at; /* offset of the first SACK block; 0: none */
	uint8_t sack_blocks;
	uint8_t flags;
	bool has_timestamp;
	bool is_signed; /* TCP MD5 (RFC 2385) or TCP-AO (RFC 5925) */
	bool has_ports; /* FRAGMENT: src.port and dst.port are there */
};

/*
 * Read @bytes as an IPv4 or IPv6 packet. TCP: every field is written.
 * FRAGMENT: the addresses, and the ports if has_ports. Others: nothing.
 */
enum packet_kind packet_decode(struct span bytes, struct packet *out);

static inline struct span packet_payload(const struct packet *p)
{
	return (struct span){ p->ip.at + p->payload_at,
			      p->ip.len - p->payload_at };
}

/* Payload, SYN and FIN each take sequence numbers (RFC 9293 3.4). */
static inline uint32_t packet_seq_len(const struct packet *p)
{
	return (uint32_t)(p->ip.len - p->payload_at) + !!(p->flags & TCP_SYN) +
	       !!(p->flags & TCP_FIN);
}

/* Does the TCP checksum fit? */
bool packet_checksum_ok(const struct packet *p);

/*
 * Write a copy of @p with @payload instead of its own into @out (room for
 * @p's headers and @payload): the lengths are right, everything else is as it
 * was. @payload may not overlap @out. Gives the new length, 0 if it would be
 * over 65535 bytes. packet_set_checksum() comes last, after all changes.
 */
size_t packet_copy(const struct packet *p, struct span payload, uint8_t *out);

/* Change numbers or flags in a written copy. @p is what the copy was made
 * from: the offsets are the same. */
void packet_set_seq(const struct packet *p, uint8_t *copy, uint32_t seq);
void packet_set_ack(const struct packet *p, uint8_t *copy, uint32_t ack);
void packet_set_flags(const struct packet *p, uint8_t *copy, uint8_t flags);

/* Read and write the edges of SACK block @i. */
void packet_sack(const struct packet *p, unsigned int i, uint32_t *left,
		 uint32_t *right);
void packet_set_sack(const struct packet *p, uint8_t *copy, unsigned int i,
		     uint32_t left, uint32_t right);
void packet_set_checksum(const struct packet *p, uint8_t *copy, size_t len);

/* A segment without payload made from nothing, for packet_make_ack(): an ACK,
 * or with other @flags an RST (RFC 9293 3.10.7). */
struct packet_ack {
	struct endpoint src, dst;
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t window;
	bool has_timestamp;
	uint32_t tsval, tsecr;
};

/* Longest: IPv6 40, TCP 20, timestamps 12. */
#define PACKET_ACK_MAX 72

/* Write the packet; gives its length. Both ends are of one family. */
size_t packet_make_ack(const struct packet_ack *a, uint8_t out[PACKET_ACK_MAX]);

#endif
