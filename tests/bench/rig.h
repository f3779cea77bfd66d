/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An engine of its own for a measurement, and packets to drive it with. */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <stdint.h>

#include <sallyport/engine.h>
#include <sallyport/packet.h>

enum side { CLIENT, SERVER };

struct rig {
	struct engine *engine;
	void *memory;
	size_t size;
	struct engine_limits limits;
	struct policy policy;
	struct outcome *out;
	uint64_t now;
	/* Sessions whose client port is a multiple of it are translated, both
	 * ends; 0: none. */
	unsigned int translate_every;
};

/* An engine with tables for so many; the rest as the daemon's defaults. */
void rig_make(struct rig *r, uint32_t sessions, uint32_t pinholes);
void rig_free(struct rig *r);

/* As new; its memory stays where it was, and stays touched. */
void rig_reset(struct rig *r);

/* One packet through the engine, ten microseconds after the last. */
void rig_feed(struct rig *r, struct span packet);

/* The two ends of a control connection, as TCP sees them. */
struct talk {
	struct endpoint end[2]; /* by enum side */
	uint32_t next[2];       /* next number to send */
	uint32_t got[2];        /* next number expected from the other */
};

/* Session number @i of a crowd: sixteen for each client. */
struct talk talk_of(uint32_t i);

/* Longest packet of a conversation: headers, options, the longest line. */
#define TALK_PACKET_MAX 256

/* Write what @from sends now into @out, and count it as sent; gives a view of
 * it. @text may be empty. */
struct span talk_send(struct talk *t, enum side from, uint8_t flags,
		      const char *text, uint8_t out[TALK_PACKET_MAX]);

/* @packet arrives at @to. */
void talk_hear(struct talk *t, enum side to, struct span packet);

/* A SYN; gives a view of @out. */
struct span syn_make(const struct endpoint *from, const struct endpoint *to,
		     uint8_t out[TALK_PACKET_MAX]);

#endif
