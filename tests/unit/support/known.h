/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Five packets whose checksums tshark finds right: a SYN as Linux sends it; a
 * PORT with timestamps; an odd payload; an ACK with timestamps and three SACK
 * blocks; hop-by-hop and destination options (of 8 and 16 bytes) before TCP.
 */
#ifndef SALLYPORT_TEST_KNOWN_H
#define SALLYPORT_TEST_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/packet.h>

#define KNOWN_PACKETS 5

/* Longest of them, with some room. */
#define KNOWN_MAX 256

extern const char known_syn4[], known_port4[], known_odd4[], known_sack6[],
	known_ext6[];

/* What is in each of them. */
struct known_packet {
	const char *hex, *src, *dst;
	uint16_t sport, dport;
	uint32_t seq, ack, tsval, tsecr;
	size_t tcp_at, payload_at;
	const char *payload;
	uint16_t window, mss;
	uint8_t flags, sacks;
	bool has_timestamp;
	uint32_t seq_len;
};

extern const struct known_packet known_packet[KNOWN_PACKETS];

/* Hexadecimal digits as bytes; gives how many. */
size_t known_unhex(const char *hex, uint8_t *out);

/* Are both checksums right? Reckoned without the engine's help. */
bool known_sums_right(const uint8_t *packet, size_t len, size_t tcp_at);

/* Decode @hex with the bytes @to put in at @at. */
enum packet_kind known_changed(const char *hex, size_t at, const char *to,
			       struct packet *p);

#endif
