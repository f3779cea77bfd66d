/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a capture: TCP segments of Linux hosts on Ethernet, checksums and
 * all, straight to the file. */
#ifndef BENCH_REPLAY_WIRE_H
#define BENCH_REPLAY_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_PSH = 8, WIRE_ACK = 16 };

/* What fits into a packet of 1500 bytes: IPv6, and TCP's timestamps. */
#define WIRE_SEGMENT 1428

/* One direction's view: who sends, to whom. */
struct wire_ends {
	bool v6;
	uint8_t from[16], to[16]; /* IPv4: the first four bytes */
	uint16_t from_port, to_port;
};

struct wire_segment {
	uint32_t seq, ack;
	uint8_t flags;
	const uint8_t *payload;
	size_t len; /* WIRE_SEGMENT at most */
};

struct wire {
	FILE *file;
	uint64_t bytes;  /* written so far */
	uint64_t now_us; /* of the next packet, since 1970 */
};

/* Begin a capture at @path. Exits with a message where it cannot be written,
 * now or later. */
void wire_open(struct wire *w, const char *path);
void wire_segment(struct wire *w, const struct wire_ends *ends,
		  const struct wire_segment *s);
void wire_close(struct wire *w);

#endif
