/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of one direction, in order. */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/packet.h>

#include "pool.h"
#include "seqmap.h"
#include "store.h"

struct engine;
struct session;

/* Who sends. */
enum direction { FROM_CLIENT, FROM_SERVER };

/*
 * One direction. Numbers are the sender's own ("old", see seqmap.h):
 *
 *        una        line_at    released     next
 *   ------|------------|-----------|----------|--------> sequence numbers
 *   acked | in flight  | line that is not whole yet
 *                                  | withheld: may still be edited
 *
 * Bytes before `released` may leave for the receiver; the others were read
 * but wait for the end of their line, because they could turn out to be an
 * address that must be rewritten.
 */
struct stream {
	uint32_t next;
	uint32_t una;
	uint32_t released;
	uint32_t line_at;
	uint32_t forged; /* we acknowledged up to here in the receiver's name */
	uint32_t tsval;  /* newest timestamp of the sender */
	uint16_t window; /* newest window of the sender, as on the wire */
	uint16_t mss;    /* what the receiver's SYN allows; 0: not seen */
	bool synced;     /* the numbers above mean something */
	bool confirmed; /* the receiver itself said that it has all before una */
	bool skip;      /* throw bytes away up to the next line end */
	bool urgent;    /* the line at line_at holds urgent data */
	bool fin;       /* FIN was read; next counts it */
	bool tls;       /* records, not lines */
	bool has_timestamp;
	uint8_t held_count;
	uint32_t held_bytes;
	struct list held; /* out-of-order packets, by sequence number */
	struct seqmap map;
	struct store store;
};

enum fate { FATE_FORWARD, FATE_DROP, FATE_HOLD };

/* Start at @seq; @at_line_start false: skip to the next line end first. */
void stream_sync(struct engine *e, struct stream *st, uint32_t seq,
		 bool at_line_start);

/* Read the payload and FIN of @p. */
enum fate stream_take(struct engine *e, struct session *s, enum direction d,
		      const struct packet *p);

/* The receiver acknowledges @ack (new number). */
void stream_acked(struct engine *e, struct session *s, enum direction d,
		  uint32_t ack);

/* May this much-wanted store grow? Not where chunks are scarce and it has had
 * its share. */
bool stream_has_share(const struct engine *e, const struct store *st);

/* Withhold nothing any more. */
void stream_let_go(struct stream *st);

#endif
