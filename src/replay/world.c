/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine, and what the kernel does for it: time, actions, verdicts.
 *
 * Nothing is refused here. A kernel may refuse (no memory, a full table), but
 * no capture shows that.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/state.h"

/* As often as the engine is asked for what is due, in the capture's time: the
 * daemon does it after each batch of packets. */
#define TICK_US 10000

/* --- what is told ----------------------------------------------------------- */

static struct conn *control_of(struct replay *r, const struct event *ev)
{
	struct conn_found found =
		conns_find(r->conns, &ev->client, &ev->server);

	return found.conn && found.conn->role == CONN_CONTROL ? found.conn
							      : NULL;
}

/* After these a session is not read any more, whatever may come. */
static bool is_doubt(enum alert rule)
{
	static const bool doubt[ALERTS] = {
		[ALERT_OVERLAP_CONFLICT] = true,
		[ALERT_GAP] = true,
		[ALERT_BUFFER_OVERFLOW] = true,
		[ALERT_LINE_TOO_LONG] = true,
		[ALERT_REPLY_TOO_LONG] = true,
		[ALERT_BAD_REPLY] = true,
		[ALERT_NOT_FTP] = true,
		[ALERT_PIPELINE_OVERFLOW] = true,
		[ALERT_TELNET_EVASION] = true,
		[ALERT_TCP_SIGNED] = true,
		[ALERT_NAT_UNKNOWN] = true,
		[ALERT_ACTION_FAILED] = true,
		[ALERT_SESSION_TABLE_FULL] = true,
		[ALERT_UNSUPPORTED_SECURITY] = true,
		[ALERT_INJECTION] = true,
		[ALERT_CLEARTEXT_AFTER_AUTH] = true,
		[ALERT_TLS_STRIPPED] = true,
		[ALERT_TLS_MALFORMED] = true,
		[ALERT_TLS_SSLV2] = true,
		[ALERT_TLS_URGENT] = true,
	};

	return doubt[rule];
}

static void on_session_open(struct replay *r, const struct event *ev)
{
	struct conn *c = control_of(r, ev);

	r->end.sessions++;
	if (!c)
		return;
	/* One more on the same connection: it was silent too long, or an RST
	 * was not meant so. */
	if (c->told)
		c->phase = PHASE_CLEAR;
	c->told = false;
	c->session = ev->session;
	c->midstream = ev->session_open.midstream;
	if (ev->session_open.implicit_tls && c->phase == PHASE_CLEAR)
		c->phase = c->midstream ? PHASE_RECORDS : PHASE_HANDSHAKE;
	pairs_meet(r->pairs, &c->ends, &c->nat, c->way[1] != NULL);
}

static void on_session_close(struct replay *r, const struct event *ev)
{
	struct conn *c = control_of(r, ev);

	if (c && c->session == ev->session)
		signalling_tell(r, c);
}

static void on_auth(struct replay *r, const struct event *ev)
{
	struct conn *c = control_of(r, ev);

	if (c && ev->auth.accepted)
		c->phase = PHASE_HANDSHAKE;
}

static void on_tls(struct replay *r, const struct event *ev)
{
	struct conn *c = control_of(r, ev);

	if (c && ev->tls.step == TLS_STEP_ESTABLISHED)
		c->phase = PHASE_RECORDS;
	else if (c && ev->tls.step == TLS_STEP_CLEARED)
		c->phase = PHASE_CLEAR;
}

static void on_data(struct replay *r, const struct event *ev)
{
	if (ev->data.open && r->conn)
		flow_verdict(r->conn, ev);
}

static void on_alert(struct replay *r, const struct event *ev)
{
	struct conn *c;

	if (!is_doubt(ev->alert.rule))
		return;
	c = ev->session ? control_of(r, ev) : NULL;
	if (c && c->doubted)
		return;
	if (c)
		c->doubted = true;
	else
		r->end.sessions++; /* one that was not even opened */
	r->end.unfollowed++;
}

static void tell_event(struct replay *r, const struct event *ev)
{
	static void (*const on[EVENT_TYPES])(struct replay * r,
					     const struct event *ev) = {
		[EVENT_SESSION_OPEN] = on_session_open,
		[EVENT_SESSION_CLOSE] = on_session_close,
		[EVENT_AUTH] = on_auth,
		[EVENT_TLS] = on_tls,
		[EVENT_DATA] = on_data,
		[EVENT_ALERT] = on_alert,
	};
	const struct story_note note = { r->place, ev, false };

	if (on[ev->type])
		on[ev->type](r, ev);
	pairs_event(r->pairs, ev);
	if (r->o->to.note)
		r->o->to.note(r->o->to.arg, &note);
	if (ev->type == EVENT_SESSION_CLOSE && r->hidden)
		hidden_close(r->hidden, ev->session);
}

/* --- what leaves ------------------------------------------------------------ */

struct endpoint world_public(const struct config *c, const struct endpoint *src,
			     const struct addr *dst)
{
	struct endpoint out = *src;

	for (size_t i = 0; i < c->nats; i++)
		if (prefix_contains(&c->nat[i].inside, &src->addr) &&
		    !prefix_contains(&c->nat[i].inside, dst))
			out.addr = c->nat[i].public_address;
	return out;
}

/* The engine's own packets are given to the kernel before it translates. */
static void inject(struct replay *r, const struct action *a)
{
	struct packet p;
	struct endpoint src, dst;
	struct conn_found found;

	if (!r->writer || packet_decode(a->inject.bytes, &p) != PACKET_TCP)
		return;
	found = conns_find(r->conns, &a->ends.client, &a->ends.server);
	src = world_public(r->config, &p.src, &p.dst.addr);
	dst = p.dst;
	if (found.conn && endpoint_equal(&p.src, &a->ends.client)) {
		src = found.conn->nat.client_public;
		dst = a->ends.server;
	} else if (found.conn) {
		src = found.conn->nat.server_public;
		dst = a->ends.client;
	}
	writer_put_as(r->writer, r->now, a->inject.bytes,
		      (uint32_t)a->inject.bytes.len, &src, &dst);
}

static void act(struct replay *r, const struct action *a)
{
	struct conn_found found;

	switch (a->type) {
	case ACTION_PINHOLE_ADD:
	case ACTION_PINHOLE_DEL:
		holes_action(r->holes, a);
		break;
	case ACTION_DATA_CREATE:
		if (r->conn)
			flow_created(r, r->conn, &a->data);
		break;
	case ACTION_INJECT:
		inject(r, a);
		break;
	case ACTION_DATA_PASS:
		if (r->conn)
			r->conn->watched = false;
		break;
	case ACTION_FAST_PATH:
		found = conns_find(r->conns, &a->ends.client, &a->ends.server);
		if (found.conn)
			found.conn->fast = true;
		break;
	case ACTION_DATA_QUEUE: /* only after a restart */
	case ACTION_LIBERAL:    /* conntrack is not here to be told */
		break;
	}
}

static void tell_fate(struct replay *r, const struct passing *x,
		      enum story_fate fate)
{
	struct story_packet story = x->story;

	story.fate = fate;
	story.place.at_us = r->now;
	if (r->o->to.packet && story.session)
		r->o->to.packet(r->o->to.arg, &story);
}

/* How long its stream has become: see edits.h. */
static void learn_length(struct replay *r, const struct passing *x,
			 const struct verdict *v)
{
	struct conn *c = r->conn;
	uint32_t out = x->end;
	struct packet p;

	if (!c)
		c = conns_find(r->conns, &x->story.client, &x->story.server)
			    .conn;
	if (!c || c->role != CONN_CONTROL)
		return;
	if (v->bytes.len && packet_decode(v->bytes, &p) == PACKET_TCP)
		out = p.seq + (uint32_t)packet_payload(&p).len;
	edits_learn(&c->edits[!x->story.from_client], x->end, out);
}

static void leave(struct replay *r, const struct passing *x,
		  const struct verdict *v)
{
	struct span bytes = v->bytes.len ? v->bytes : x->raw;

	if (r->writer)
		writer_put_as(r->writer, r->now, bytes,
			      v->bytes.len ? (uint32_t)bytes.len : x->wire_len,
			      &x->out_src, &x->out_dst);
}

static void passing_end(struct passing *x)
{
	if (x->kept)
		free((void *)x->raw.at);
	*x = (struct passing){ 0 };
}

/* @first: of the packet that came just now; PASSING_MAX: none did. */
static void decide(struct replay *r, const struct verdict *v, uint32_t first)
{
	struct passing *x = &r->passing[v->tag];

	if (v->kind == VERDICT_DROP)
		tell_fate(r, x, STORY_DROPPED);
	else if (v->tag != first)
		tell_fate(r, x, STORY_RELEASED);
	else if (v->bytes.len)
		tell_fate(r, x, STORY_CHANGED);
	if (v->kind == VERDICT_ACCEPT && x->story.payload)
		learn_length(r, x, v);
	if (v->kind == VERDICT_ACCEPT)
		leave(r, x, v);
	passing_end(x);
}

/* The packet waits in the engine: its bytes must last. */
static void keep(struct replay *r, struct passing *x)
{
	uint8_t *copy = malloc(x->raw.len ? x->raw.len : 1);

	tell_fate(r, x, STORY_HELD);
	if (!copy) {
		r->failed = true;
		x->raw.len = 0;
		return;
	}
	memcpy(copy, x->raw.at, x->raw.len);
	x->raw.at = copy;
	x->kept = true;
}

/* In the order of engine.h: actions, events, verdicts. */
static void settle(struct replay *r, uint32_t tag)
{
	const struct outcome *out = r->out;

	for (size_t i = 0; i < out->actions; i++)
		act(r, &out->action[i]);
	/* Translated already, by the entry that was just made. */
	if (r->conn && r->conn->role == CONN_DATA && !r->conn->side[1].synced &&
	    tag < PASSING_MAX) {
		r->passing[tag].out_src = r->conn->out_from;
		r->passing[tag].out_dst = r->conn->out_to;
	}
	for (size_t i = 0; i < out->events; i++)
		tell_event(r, &out->event[i]);
	for (size_t i = 0; i < out->verdicts; i++)
		decide(r, &out->verdict[i], tag);
	if (tag < PASSING_MAX && r->passing[tag].used)
		keep(r, &r->passing[tag]);
}

/* --- the engine's calls ----------------------------------------------------- */

/* What the engine says between packets belongs to none. */
static void settle_time(struct replay *r, uint64_t now)
{
	const struct story_place place = r->place;
	struct conn *conn = r->conn;

	r->place = (struct story_place){ 0, now };
	r->conn = NULL;
	settle(r, PASSING_MAX);
	r->place = place;
	r->conn = conn;
}

void world_time(struct replay *r, uint64_t at_us)
{
	const uint64_t now = at_us > r->now ? at_us : r->now;

	if (now < r->due && now < r->seen + TICK_US) {
		r->now = now;
		return;
	}
	/* Each deadline at its time, though nobody sends then. The last packets
	 * may have brought earlier ones than we know: so ask before time goes
	 * on, too. */
	for (;;) {
		r->due = engine_tick(r->engine, r->now, r->out);
		settle_time(r, r->now);
		if (r->due > now)
			break;
		if (r->due > r->now)
			r->now = r->due;
	}
	r->now = r->seen = now;
}

static void answer_nat(struct replay *r, const struct ends *ask)
{
	struct conn_found found =
		conns_find(r->conns, &ask->client, &ask->server);

	engine_nat(r->engine, ask, found.conn ? &found.conn->nat : NULL);
}

static uint32_t place_for(const struct replay *r)
{
	for (uint32_t i = 0; i < PASSING_MAX; i++)
		if (!r->passing[i].used)
			return i;
	return 0; /* the engine holds half as many */
}

void world_packet(struct replay *r, const struct passing *x)
{
	const uint32_t tag = place_for(r);

	r->passing[tag] = *x;
	r->passing[tag].used = true;
	if (engine_packet(r->engine, x->ip, tag, r->now, r->out) ==
	    ENGINE_ASK_NAT) {
		answer_nat(r, &r->out->ask);
		engine_packet(r->engine, x->ip, tag, r->now, r->out);
	}
	settle(r, tag);
}

void world_data_over(struct replay *r, const struct conn *c)
{
	engine_data_over(r->engine, &c->key_from, &c->key_to, c->reset, r->now,
			 r->out);
	settle(r, PASSING_MAX);
	engine_data_closed(r->engine, &c->key_from, &c->key_to, true,
			   c->side[0].ip_bytes, c->side[1].ip_bytes, r->now,
			   r->out);
	settle(r, PASSING_MAX);
}

void world_control_closed(struct replay *r, const struct conn *c)
{
	engine_control_closed(r->engine, &c->ends, r->now, r->out);
	settle(r, PASSING_MAX);
}

void world_shutdown(struct replay *r)
{
	bool more;

	do {
		more = engine_shutdown(r->engine, r->now, r->out);
		settle_time(r, r->now);
	} while (more);
}
