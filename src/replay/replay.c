/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The captures, packet by packet. */
#include "replay/replay.h"

#include <stdlib.h>
#include <string.h>

#include "io/memory.h"
#include "replay/state.h"

/* Ports that are chosen for pinholes come from this; two replays of one capture
 * shall agree. */
static const uint8_t engine_key[ENGINE_KEY_LEN] = "sallyport replay";

/* --- which connection ------------------------------------------------------- */

static bool is_opening(const struct packet *p)
{
	return (p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Nobody knows it: it goes by the configured translation alone. */
static void pass_by(struct replay *r, const struct frame *f)
{
	struct endpoint src;

	if (!r->writer)
		return;
	src = f->packet.src;
	if (f->kind == PACKET_TCP)
		src = world_public(r->config, &src, &f->packet.dst.addr);
	if (strays_left(r->strays, f, &src)) {
		r->counts->second_legs++;
		return;
	}
	if (f->kind == PACKET_TCP) {
		writer_put_as(r->writer, r->now, f->raw, f->wire_len, &src,
			      &f->packet.dst);
	} else {
		writer_put(r->writer, r->now, f->raw, f->wire_len);
	}
}

/* Is it the second leg of a packet that was the first of its connection? Then
 * that one has another way. */
static bool midstream_leg(struct replay *r, const struct frame *f)
{
	const struct packet *p = &f->packet;
	struct endpoint src, dst;
	struct conn_found first;
	struct conn *c;

	if (!syns_find(r->syns, f, r->place.at_us, &src, &dst))
		return false;
	first = conns_find(r->conns, &src, &dst);
	c = first.conn;
	if (!c || c->way[1])
		return c != NULL;
	/* The other side's packet: as the far side names both. */
	c->reversed = first.side == 1;
	if (!conns_add_way(r->conns, c, 1, c->reversed ? &p->dst : &p->src,
			   c->reversed ? &p->src : &p->dst))
		return true;
	c->out_from = c->reversed ? p->dst : p->src;
	c->out_to = c->reversed ? p->src : p->dst;
	if (c->role == CONN_DATA || c->reversed)
		return true;
	/* Too late for the engine, which asked at the first content. */
	c->nat.client_public = p->src;
	pairs_meet(r->pairs, &c->ends, &c->nat, true);
	return true;
}

/* Which connection is this packet of, whose beginning was not captured? */
static struct conn *midstream(struct replay *r, const struct frame *f)
{
	const struct packet *p = &f->packet;
	struct pair *pair;
	struct conn *c = NULL;

	if (opening_is_watched(r, p->dst.port) ||
	    opening_is_watched(r, p->src.port)) {
		/* Without content there is nothing to pick up. */
		if (!f->payload || p->flags & (TCP_SYN | TCP_RST))
			return NULL;
		c = opening_is_watched(r, p->dst.port)
			    ? conns_add(r->conns, CONN_CONTROL, &p->src,
					&p->dst)
			    : conns_add(r->conns, CONN_CONTROL, &p->dst,
					&p->src);
		if (!c)
			return NULL;
		c->midstream = true;
		signalling_translation(r, c);
		return c;
	}
	pair = pairs_find(r->pairs, &p->src.addr, &p->dst.addr);
	if (!pair || p->flags & TCP_RST)
		return NULL;
	return flow_midstream(r, f, pair);
}

/* --- one packet ------------------------------------------------------------- */

static void take_tcp(struct replay *r, struct frame *f)
{
	struct conn_found found;

	if (is_opening(&f->packet)) {
		opening_syn(r, f);
		return;
	}
	found = conns_find(r->conns, &f->packet.src, &f->packet.dst);
	if (!found.conn && midstream_leg(r, f)) {
		r->counts->second_legs++;
		return;
	}
	if (!found.conn && midstream(r, f)) {
		syns_add(r->syns, f, r->place.at_us);
		found = conns_find(r->conns, &f->packet.src, &f->packet.dst);
	}
	if (!found.conn) {
		pass_by(r, f);
		return;
	}
	if (legs_is_second(&found, f)) {
		r->counts->second_legs++;
		if (found.conn->role == CONN_CONTROL)
			legs_added(&found, f);
		return;
	}
	if (again_answered(r, &found, f)) {
		take_tcp(r, f);
		return;
	}
	conns_touch(r->conns, found.conn);
	if (found.conn->role == CONN_CONTROL)
		signalling_flush(r, found.conn);
	if (found.conn->role == CONN_CONTROL || found.conn->watched ||
	    r->writer)
		conn_mend(found.conn, found.side, f, r->frame_room);
	if (found.conn->role == CONN_CONTROL)
		signalling_packet(r, &found, f);
	else
		flow_packet(r, &found, f);
}

/* Put together and mended. False: it waits for other fragments, or is of no
 * use. */
static bool read_frame(struct replay *r, const struct capture_packet *p,
		       struct frame *f)
{
	const struct packet *tcp = p->snapped ? NULL : ahead_packet(r->ahead);
	struct span ip;

	if (tcp && frame_take(tcp, f))
		return true;
	switch (reassemble_packet(r->fragments, p->ip, p->at_us, &ip)) {
	case REASSEMBLE_PASS:
	case REASSEMBLE_WHOLE:
		break;
	case REASSEMBLE_WAITS:
	case REASSEMBLE_DROPPED:
		return false;
	}
	frame_read(ip, p->snapped && ip.at == p->ip.at, r->frame_room, f);
	return true;
}

static void take(struct replay *r, const struct capture_packet *p)
{
	struct frame f;

	world_time(r, p->at_us);
	if (!read_frame(r, p, &f))
		return;
	if (f.kind == PACKET_TCP)
		take_tcp(r, &f);
	else
		pass_by(r, &f);
}

/* --- the whole -------------------------------------------------------------- */

/* A connection is forgotten. */
static void gone(void *arg, struct conn *c)
{
	struct replay *r = arg;

	if (c->role == CONN_DATA) {
		/* Behind its end the capture does not say. */
		if (c->flow.related && !c->closed && !r->ending)
			world_data_over(r, c);
		flow_tell(r, c);
		return;
	}
	signalling_flush(r, c);
	signalling_tell(r, c);
	if (!c->session && (c->side[0].bytes || c->side[1].bytes))
		r->counts->mute++;
}

static bool make_engine(struct replay *r)
{
	struct engine_limits limits = r->config->limits;

	limits.verify_checksums = true;
	r->engine_size = engine_size(&limits);
	r->engine = memory_take(r->engine_size);
	return r->engine && engine_init(r->engine, r->engine_size, &limits,
					&r->config->policy, engine_key);
}

static bool make(struct replay *r, struct capture_merge *m)
{
	r->out = malloc(sizeof(*r->out));
	r->conns = conns_new(CONN_MAX, gone, r);
	r->ahead = r->conns ? ahead_new(m, r->conns) : NULL;
	r->pairs = pairs_new();
	r->holes = holes_new();
	r->syns = syns_new();
	r->strays = r->o->write_path ? strays_new() : NULL;
	r->fragments = reassemble_new(REASSEMBLE_DATAGRAMS);
	if (r->o->keylog)
		r->hidden = hidden_new(r->o->keylog, r->config, &r->o->to);
	return r->out && r->ahead && r->pairs && r->holes && r->syns &&
	       (!r->o->write_path || r->strays) && r->fragments &&
	       (!r->o->keylog || r->hidden) && make_engine(r);
}

static void unmake(struct replay *r)
{
	for (size_t i = 0; i < PASSING_MAX; i++)
		if (r->passing[i].kept)
			free((void *)r->passing[i].raw.at);
	hidden_free(r->hidden);
	reassemble_free(r->fragments);
	strays_free(r->strays);
	syns_free(r->syns);
	holes_free(r->holes);
	pairs_free(r->pairs);
	ahead_free(r->ahead);
	conns_free(r->conns);
	free(r->out);
	memory_give(r->engine, r->engine_size);
	free(r);
}

static bool goes_on(const struct replay *r)
{
	if (r->end.frames % REPLAY_PROGRESS_PACKETS || !r->o->progress)
		return true;
	return r->o->progress(r->o->arg, ahead_progress(r->ahead));
}

static void read_all(struct replay *r)
{
	struct capture_packet p;

	while (!r->failed && ahead_next(r->ahead, &p) == CAPTURE_PACKET) {
		/* Of one file its own numbers: other tools have the same. */
		r->end.frames++;
		r->place.frame = r->o->files > 1 ? r->end.frames : p.number;
		r->place.at_us = p.at_us;
		if (r->end.frames == 1 || p.at_us < r->end.first_us)
			r->end.first_us = p.at_us;
		if (p.at_us > r->end.last_us)
			r->end.last_us = p.at_us;
		take(r, &p);
		if (!goes_on(r))
			break;
	}
	ahead_stop(r->ahead);
}

static uint64_t frames_of(const struct replay *r, const struct capture_merge *m)
{
	uint64_t frames = 0;

	for (size_t i = 0; i < r->o->files; i++)
		frames += capture_counts(capture_merge_file(m, i)).frames;
	return frames;
}

/* The capture ends; what is open ends with it, connections first. */
static void finish(struct replay *r, const struct capture_merge *m)
{
	r->end.frames = r->counts->frames = frames_of(r, m);
	r->ending = true;
	conns_clear(r->conns, CONN_DATA);
	r->conn = NULL;
	world_shutdown(r);
	conns_clear(r->conns, CONN_CONTROL);
	r->counts->unfollowed = r->end.unfollowed;
	r->counts->bad_fragments = reassemble_counts(r->fragments)->bad;
	if (r->hidden)
		r->counts->unread = hidden_counts(r->hidden).unread;
	if (r->o->to.end)
		r->o->to.end(r->o->to.arg, &r->end);
}

enum replay_result replay_run(struct capture_merge *m,
			      const struct replay_options *o,
			      struct replay_counts *counts,
			      char why[CAPTURE_WHY_MAX])
{
	struct replay *r = calloc(1, sizeof(*r));
	enum replay_result result = REPLAY_FINE;

	*counts = (struct replay_counts){ 0 };
	if (!r)
		return REPLAY_MEMORY;
	r->o = o;
	r->config = o->config;
	r->counts = counts;
	if (!make(r, m)) {
		unmake(r);
		return REPLAY_MEMORY;
	}
	if (o->write_path) {
		r->writer = writer_open(o->write_path, why);
		if (!r->writer) {
			unmake(r);
			return REPLAY_WRITE;
		}
	}
	read_all(r);
	finish(r, m);
	if (r->failed)
		result = REPLAY_MEMORY;
	if (r->writer && !writer_close(r->writer, why))
		result = REPLAY_WRITE;
	unmake(r);
	return result;
}
