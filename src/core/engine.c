/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's front: its memory, and the way of each packet.
 *
 *   SYN to a control port          a session begins          session.c
 *   packet of a known session      TCP, then lines           control.c
 *   data to or from a control port a session in its middle   control.c
 *   other SYN                      a data connection?        data.c
 *   data of a data connection      is it TLS?                data_tls.c
 *   anything else                  accepted unchanged
 *
 * A PORT line is found in stream.c, read in ftp_session.c, judged, rewritten
 * and turned into a pinhole in endpoint.c; the pinhole lives in pinhole.c; the
 * changed packet is built in forward.c. What an encrypted session says is
 * followed in session_tls.c, and opens grants in grant.c.
 */
#include <stddef.h>
#include <string.h>

#include "control.h"
#include "data.h"
#include "data_tls.h"
#include "grant.h"
#include "hold.h"
#include "outcome.h"
#include "peer.h"
#include "pinhole.h"
#include "session_table.h"
#include "session_tls.h"
#include "state.h"

/* Parts of lines and unacknowledged bytes: room for every second session to
 * have one line under way, and for fourteen to have a window of 64 KiB. */
#define CHUNKS_SPARE 3840

static uint32_t chunks_for(const struct engine_limits *l)
{
	return l->sessions / 2 + CHUNKS_SPARE;
}

/* Edits under way: one for every eighth session. */
static uint32_t edits_for(const struct engine_limits *l)
{
	return l->sessions / 8 + 256;
}

/* Grants: every session may have one for each mode. */
static uint32_t grants_for(const struct engine_limits *l)
{
	return 2 * l->sessions;
}

static bool limits_are_fine(const struct engine_limits *l)
{
	return l->sessions && l->sessions <= ENGINE_SESSIONS_MAX &&
	       l->pinholes && l->pinholes <= ENGINE_PINHOLES_MAX &&
	       l->sessions_per_client && l->pinholes_per_client &&
	       l->pinholes_per_server && l->line_length >= ENGINE_LINE_MIN &&
	       l->line_length <= ENGINE_LINE_MAX;
}

/* Whole cache lines, so that all sessions lie in them alike. */
#define SESSION_ROOM \
	((sizeof(struct session) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE)

/* Lay the tables out behind the engine; with @a->base NULL only count. */
static void lay_out(struct engine *e, struct arena *a,
		    const struct engine_limits *l)
{
	uint32_t peers = l->sessions + 2 * l->pinholes + 1;

	pool_init(&e->sessions, a, SESSION_ROOM, l->sessions);
	pool_init(&e->holes, a, sizeof(struct hole), l->pinholes);
	pool_init(&e->grants, a, sizeof(struct grant), grants_for(l));
	pool_init(&e->peers, a, sizeof(struct peer), peers);
	pool_init(&e->chunks, a, sizeof(struct store_chunk), chunks_for(l));
	pool_init(&e->held, a, sizeof(struct held), HELD_MAX);
	pool_init(&e->edits, a, sizeof(struct edit), edits_for(l));
	table_init(&e->by_ends, a, l->sessions, &e->sessions,
		   offsetof(struct session, hash_next));
	table_init(&e->by_key, a, l->pinholes, &e->holes,
		   offsetof(struct hole, hash_next));
	table_init(&e->by_flow, a, l->pinholes, &e->holes,
		   offsetof(struct hole, flow_next));
	table_init(&e->by_grant, a, l->sessions, &e->grants,
		   offsetof(struct grant, hash_next));
	table_init(&e->by_addr, a, l->sessions, &e->peers,
		   offsetof(struct peer, hash_next));
	changes_init(&e->changes, a, l->sessions, l->pinholes);
	e->line = arena_take(a, LINE_ROOM);
	e->plain = arena_take(a, LINE_ROOM);
	e->packet = arena_take(a, PACKET_ROOM);
	e->payload = arena_take(a, PACKET_ROOM);
	e->message = arena_take(a, MESSAGE_ROOM);
}

static void link_up(struct engine *e)
{
	e->life_via = (struct links){ &e->sessions,
				      offsetof(struct session, life_link) };
	e->held_via = (struct links){ &e->held, offsetof(struct held, by_seq) };
	e->age_via = (struct links){ &e->held, offsetof(struct held, by_age) };
	e->state_via =
		(struct links){ &e->holes, offsetof(struct hole, by_state) };
	e->owner_via =
		(struct links){ &e->holes, offsetof(struct hole, by_owner) };
	e->grant_via =
		(struct links){ &e->grants, offsetof(struct grant, by_owner) };
	for (int i = 0; i < LIVES; i++)
		e->life[i] = LIST_EMPTY;
	for (int i = 0; i < HOLE_STATES; i++)
		e->hole_state[i] = LIST_EMPTY;
	e->held_age = LIST_EMPTY;
}

size_t engine_size(const struct engine_limits *limits)
{
	struct arena a = { NULL, sizeof(struct engine) };
	struct engine shape;

	if (!limits_are_fine(limits))
		return 0;
	lay_out(&shape, &a, limits);
	return a.used + CACHE_LINE;
}

struct engine *engine_init(void *memory, size_t size,
			   const struct engine_limits *limits,
			   const struct policy *policy,
			   const uint8_t key[ENGINE_KEY_LEN])
{
	struct engine *e = memory;
	size_t odd = (uintptr_t)memory % CACHE_LINE;
	/* The tables lie in cache lines wherever the caller's memory does. */
	struct arena a = { (uint8_t *)memory + (odd ? CACHE_LINE - odd : 0),
			   sizeof(*e) };

	if (!engine_size(limits) || size < engine_size(limits))
		return NULL;
	e->limits = *limits;
	e->policy = policy;
	memcpy(&e->key, key, sizeof(e->key));
	e->text_key = e->key;
	lay_out(e, &a, limits);
	link_up(e);
	return e;
}

void engine_set_policy(struct engine *e, const struct policy *policy)
{
	e->policy = policy;
}

/* --- one packet ----------------------------------------------------------- */

static bool concerns_control(const struct engine *e, const struct packet *p)
{
	return policy_is_watched_port(e->policy, p->dst.port) ||
	       policy_is_watched_port(e->policy, p->src.port);
}

static bool ends_equal(const struct ends *a, const struct ends *b)
{
	return endpoint_equal(&a->client, &b->client) &&
	       endpoint_equal(&a->server, &b->server);
}

/* Is the answer to "how is this session translated?" there? */
static bool answered(const struct engine *e, const struct ends *ends)
{
	return e->answer_there && ends_equal(&e->answer_ends, ends);
}

static void take_answer(struct engine *e, struct session *s)
{
	e->answer_there = false;
	s->nat = e->answer;
	s->nat_state = e->answer_known ? NAT_KNOWN : NAT_UNKNOWN;
	if (!e->answer_known && s->read == READ_TRUSTED)
		alert_raise(e, s, ALERT_NAT_UNKNOWN);
}

void engine_nat(struct engine *e, const struct ends *ask,
		const struct nat_view *view)
{
	e->answer_there = true;
	e->answer_ends = *ask;
	e->answer_known = view != NULL;
	e->answer = view ? *view : nat_identity(ask);
}

/* The first content of a session: before it is read, its translation must be
 * known. */
static enum engine_result ask_nat(struct engine *e, const struct ends *ends)
{
	e->out->ask = *ends;
	return ENGINE_ASK_NAT;
}

static enum engine_result known_session(struct engine *e, struct session *s,
					enum direction d,
					const struct packet *p, uint32_t tag)
{
	if (s->nat_state == NAT_UNASKED && packet_payload(p).len) {
		if (!answered(e, &s->ends))
			return ask_nat(e, &s->ends);
		take_answer(e, s);
	}
	control_packet(e, s, d, p, tag);
	return ENGINE_DONE;
}

static void new_session(struct engine *e, const struct packet *p, uint32_t tag)
{
	const struct ends ends = { p->src, p->dst };
	struct session *s = session_new(e, &ends);

	if (s)
		control_packet(e, s, FROM_CLIENT, p, tag);
	else
		outcome_accept(e, tag);
}

/* Content on a control port of a session whose start was not seen. */
static enum engine_result midstream(struct engine *e, const struct packet *p,
				    uint32_t tag)
{
	enum direction d = policy_is_watched_port(e->policy, p->dst.port)
				   ? FROM_CLIENT
				   : FROM_SERVER;
	struct ends ends = { p->src, p->dst };
	struct session *s;

	if (d == FROM_SERVER)
		ends = (struct ends){ p->dst, p->src };
	if (!answered(e, &ends))
		return ask_nat(e, &ends);
	s = session_new(e, &ends);
	if (!s) {
		e->answer_there = false;
		outcome_accept(e, tag);
		return ENGINE_DONE;
	}
	s->midstream = true;
	take_answer(e, s);
	/* The handshake went by unseen, so nothing is granted, and a close of
	 * TLS could not be told from data. */
	if (s->implicit_tls || session_tls_looks_so(packet_payload(p))) {
		s->encrypted = true;
		session_opaque(s);
	}
	control_packet(e, s, d, p, tag);
	return ENGINE_DONE;
}

static bool checksum_is_bad(struct engine *e, struct session *s,
			    const struct packet *p)
{
	if (!e->limits.verify_checksums || packet_checksum_ok(p))
		return false;
	e->stats.bad_checksums++;
	alert_raise(e, s, ALERT_BAD_CHECKSUM);
	return true;
}

/* A packet that belongs to no session that we know. */
static enum engine_result stray(struct engine *e, const struct packet *p,
				uint32_t tag, bool control)
{
	if ((p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		if (policy_is_watched_port(e->policy, p->dst.port)) {
			new_session(e, p, tag);
			return ENGINE_DONE;
		}
		data_syn(e, p, tag);
		return ENGINE_DONE;
	} else if (control && packet_payload(p).len &&
		   !(p->flags & (TCP_RST | TCP_SYN))) {
		return midstream(e, p, tag);
	} else if (data_payload(e, p, tag)) {
		return ENGINE_DONE;
	}
	outcome_accept(e, tag);
	return ENGINE_DONE;
}

static enum engine_result tcp_packet(struct engine *e, const struct packet *p,
				     uint32_t tag)
{
	enum direction d;
	struct session *s = session_find(e, &p->src, &p->dst, &d);
	bool control = s || concerns_control(e, p);
	enum engine_result result = ENGINE_DONE;

	/* Its receiver will not read it either (RFC 9293 3.1). */
	if (control && checksum_is_bad(e, s, p))
		outcome_accept(e, tag);
	else if (s)
		result = known_session(e, s, d, p, tag);
	else
		result = stray(e, p, tag, control);
	if (result == ENGINE_DONE)
		e->stats.control_packets += control;
	return result;
}

/* The kernel puts fragments together before they are queued; what comes here
 * in parts came around that. Its first part carries the ports: without it
 * the others are worth nothing. */
static void fragment(struct engine *e, const struct packet *p, uint32_t tag)
{
	if (!p->has_ports || !concerns_control(e, p)) {
		outcome_accept(e, tag);
		return;
	}
	alert_raise(e, NULL, ALERT_FRAGMENT);
	outcome_drop(e, tag, DROP_FRAGMENT);
}

enum engine_result engine_packet(struct engine *e, struct span bytes,
				 uint32_t tag, uint64_t now_us,
				 struct outcome *out)
{
	enum engine_result result = ENGINE_DONE;
	struct packet p;

	outcome_begin(e, out, now_us);
	switch (packet_decode(bytes, &p)) {
	case PACKET_TCP:
		result = tcp_packet(e, &p, tag);
		break;
	case PACKET_FRAGMENT:
		fragment(e, &p, tag);
		break;
	case PACKET_OTHER:
		outcome_accept(e, tag);
		break;
	case PACKET_BAD:
		outcome_drop(e, tag, DROP_MALFORMED);
		break;
	}
	if (result == ENGINE_DONE)
		e->stats.packets++;
	return result;
}

/* --- time and the kernel ---------------------------------------------------- */

uint64_t engine_tick(struct engine *e, uint64_t now_us, struct outcome *out)
{
	uint64_t next, due;

	outcome_begin(e, out, now_us);
	next = hold_tick(e);
	due = hole_tick(e);
	next = due < next ? due : next;
	due = session_tick(e);
	return due < next ? due : next;
}

void engine_action_failed(struct engine *e, const struct action *failed,
			  uint64_t now_us, struct outcome *out)
{
	enum direction d;
	struct session *s;
	struct hole *h;

	outcome_begin(e, out, now_us);
	e->stats.actions_failed++;
	s = session_find(e, &failed->ends.client, &failed->ends.server, &d);
	alert_raise(e, s, ALERT_ACTION_FAILED);
	switch (failed->type) {
	case ACTION_PINHOLE_ADD:
		h = hole_by_id(e, failed->pinhole, &failed->hole.key);
		if (h)
			hole_refused(e, h);
		break;
	case ACTION_DATA_CREATE:
		data_refused(e, failed);
		break;
	case ACTION_LIBERAL:
	case ACTION_INJECT:
		/* Rewriting cannot go on, so nothing may depend on it. */
		if (s)
			session_doubt(e, s, ALERT_ACTION_FAILED);
		break;
	case ACTION_FAST_PATH:
		if (s && s->fast)
			session_tls_stay(e, s);
		break;
	case ACTION_DATA_PASS:  /* its packets are queued on, and pass */
	case ACTION_DATA_QUEUE: /* it is over, most likely */
	case ACTION_PINHOLE_DEL:
		break; /* the kernel's own timeout will do it */
	}
}

void engine_control_closed(struct engine *e, const struct ends *ends,
			   uint64_t now_us, struct outcome *out)
{
	enum direction d;
	struct session *s;

	outcome_begin(e, out, now_us);
	s = session_find(e, &ends->client, &ends->server, &d);
	/* Of one that is still queued the packets themselves tell the end. */
	if (s && d == FROM_CLIENT && s->fast)
		session_end(e, s, SESSION_END_UNSEEN);
}

bool engine_shutdown(struct engine *e, uint64_t now_us, struct outcome *out)
{
	outcome_begin(e, out, now_us);
	for (int life = 0; life < LIVES; life++) {
		while (e->life[life].head != NIL) {
			struct session *s =
				pool_at(&e->sessions, e->life[life].head);

			if (!outcome_has_room_for_end(e))
				return true;
			session_end(e, s, SESSION_END_SHUTDOWN);
			session_free(e, s);
		}
	}
	return false;
}
