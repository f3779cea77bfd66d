/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that wait for the ones before them. */
#ifndef CORE_HOLD_H
#define CORE_HOLD_H

#include <sallyport/packet.h>

#include "session.h"

struct engine;

/* Out-of-order packets: so many, and so many bytes, wait in one direction of
 * a session. A window of 16 segments is what Linux sends at first. */
#define HELD_PER_STREAM_MAX 16
#define HELD_BYTES_MAX      (32u * 1024)

/* In all sessions together: they occupy places in the kernel's queue. */
#define HELD_MAX 1024

/* A lost segment is sent again after 0.2 to 1 second (RFC 6298 2); after two
 * the sender will repeat what is held as well. */
#define HELD_US (2 * US_PER_S)

struct held {
	struct link by_seq; /* in the stream's list */
	struct link by_age; /* in the engine's list */
	uint32_t session;
	uint8_t direction;
	uint32_t tag, seq;
	uint64_t since_us;
	struct store bytes;
};

/* Keep @p. DROP_REASONS: it is held; else why it cannot be. */
enum drop_reason hold_add(struct engine *e, struct session *s, enum direction d,
			  const struct packet *p, uint32_t tag);

/* The next one that can be read now, copied to e->packet. */
bool hold_take_ready(struct engine *e, struct stream *st, struct packet *p,
		     uint32_t *tag);
void hold_drop_all(struct engine *e, struct stream *st);
uint64_t hold_tick(struct engine *e);

#endif
