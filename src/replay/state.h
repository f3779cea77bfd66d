/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a replay remembers.
 *
 * The way of a packet: replay.c reads it, legs.c asks whether it was here
 * before, signalling.c gives it to the engine or flow.c counts it; world.c is
 * the engine with time, actions and verdicts; writer.c is the far side.
 */
#ifndef REPLAY_STATE_H
#define REPLAY_STATE_H

#include <sallyport/engine.h>

#include "io/reassemble.h"
#include "replay/ahead.h"
#include "replay/conn.h"
#include "replay/frame.h"
#include "replay/hidden.h"
#include "replay/hole.h"
#include "replay/legs.h"
#include "replay/pair.h"
#include "replay/replay.h"
#include "replay/stray.h"
#include "replay/syn.h"
#include "replay/writer.h"

/* A packet on its way through the engine, or held there. */
struct passing {
	struct story_packet story;        /* ->fate is not set */
	struct endpoint out_src, out_dst; /* its ends behind the gateway */
	struct span ip;                   /* as the engine gets it */
	struct span raw;                  /* as it came: see struct frame */
	uint32_t wire_len;
	uint32_t end; /* number behind its payload, as it came */
	bool used;
	bool kept; /* raw.at is memory of its own */
};

/* What the engine holds at most (hold.h has 1024), and the one that comes. */
#define PASSING_MAX 2048

struct replay {
	const struct replay_options *o;
	const struct config *config;
	struct engine *engine;
	size_t engine_size;
	struct outcome *out;
	uint64_t now;  /* the engine's: never goes back */
	uint64_t due;  /* the engine's next deadline, as far as known */
	uint64_t seen; /* when it was last asked */
	struct story_place place;
	struct conn *conn; /* whose packet is under way; or NULL */
	struct conns *conns;
	struct ahead *ahead;
	struct pairs *pairs;
	struct holes *holes;
	struct syns *syns;
	struct strays *strays; /* NULL: nothing is written */
	struct reassemble *fragments;
	struct writer *writer; /* NULL: none */
	struct hidden *hidden; /* NULL: no key log */
	struct story_end end;
	struct replay_counts *counts;
	struct passing passing[PASSING_MAX];
	bool failed;                    /* no memory */
	bool ending;                    /* the capture is over */
	uint8_t frame_room[FRAME_ROOM]; /* a packet that was mended */
	uint8_t view_room[FRAME_ROOM];  /* the same, as the inside sees it */
	uint8_t syn_room[FRAME_ROOM];   /* one that was kept, mended */
};

/* --- world.c -------------------------------------------------------------- */

/* Time goes on to @at_us: the engine's deadlines pass, one by one. */
void world_time(struct replay *r, uint64_t at_us);

/* Give a packet to the engine, and do and tell what comes of it. @x->ip is the
 * packet as the gateway's queue shows it. */
void world_packet(struct replay *r, const struct passing *x);

/* A data connection of ours is over. */
void world_data_over(struct replay *r, const struct conn *c);

/* A control connection that had left the queue is over. */
void world_control_closed(struct replay *r, const struct conn *c);

void world_shutdown(struct replay *r);

/* @src, of a packet to @dst, as the far side of the gateway knows it by the
 * configuration. */
struct endpoint world_public(const struct config *c, const struct endpoint *src,
			     const struct addr *dst);

/* --- signalling.c ------------------------------------------------------------- */

/* How the gateway translates between @c's ends: as its second leg shows, or as
 * the configuration says. */
void signalling_translation(struct replay *r, struct conn *c);

void signalling_packet(struct replay *r, const struct conn_found *found,
		       struct frame *f);

/* Give it to the engine, uncounted. */
void signalling_pass(struct replay *r, struct conn *c, int side,
		     const struct frame *f);

/* The SYN that waits for its second leg goes on without. */
void signalling_flush(struct replay *r, struct conn *c);

/* Before its session's session_close: what it took on the wire. */
void signalling_tell(struct replay *r, struct conn *c);

/* --- flow.c ----------------------------------------------------------------- */

/* A SYN that opens no control connection. */
void flow_syn(struct replay *r, struct frame *f, struct pair *pair);

/* The SYN of @c, a data connection, once more. */
void flow_syn_repeated(struct replay *r, struct conn *c, struct frame *f);

/* A packet of a connection whose SYN was not captured. Gives it. */
struct conn *flow_midstream(struct replay *r, const struct frame *f,
			    const struct pair *pair);

void flow_packet(struct replay *r, const struct conn_found *found,
		 struct frame *f);

/* Let it go on, uncounted. */
void flow_pass(struct replay *r, const struct conn *c, int side,
	       const struct frame *f);

/* Does a pinhole wait for a SYN with @c's ends? */
bool flow_is_awaited(struct replay *r, const struct conn *c,
		     const struct pair *pair);

/* The engine lets in, or not, the connection whose SYN is under way. */
void flow_verdict(struct conn *c, const struct event *ev);
void flow_created(struct replay *r, struct conn *c,
		  const struct data_entry *entry);

/* Tell it, once. */
void flow_tell(struct replay *r, struct conn *c);

/* --- opening.c ---------------------------------------------------------------- */

/* Is it one of the configured control ports? */
bool opening_is_watched(const struct replay *r, uint16_t port);

/* @f is a SYN without ACK. */
void opening_syn(struct replay *r, struct frame *f);

/* --- again.c ------------------------------------------------------------------ */

/* @f, a SYN, has the ends of a connection that is alive. */
void again_syn(struct replay *r, const struct conn_found *found,
	       struct frame *f);

/* Does @f answer such a SYN? Then found->conn is gone, and another one may be
 * in its place. */
bool again_answered(struct replay *r, const struct conn_found *found,
		    const struct frame *f);

#endif
