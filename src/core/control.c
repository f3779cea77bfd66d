/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP packets of a control connection: handshake, numbers, end (RFC 9293). */
#include "control.h"

#include "change.h"
#include "forward.h"
#include "hold.h"
#include "outcome.h"
#include "refusal.h"
#include "session_table.h"
#include "state.h"
#include "stream.h"

/* A packet further than this from what is expected is not from the peer: as
 * much as either end may have under way here. */
#define NEAR STORE_MAX

static void take_syn(struct session *s, enum direction d,
		     const struct packet *p)
{
	struct stream *st = &s->side[d];

	st->synced = st->confirmed = true;
	st->next = st->una = st->released = st->line_at = st->forged =
		st->store.at = p->seq + 1;
	s->side[!d].mss = p->mss;
	if (d == FROM_CLIENT)
		s->syn_isn = p->seq;
	else
		s->server_isn = p->seq;
}

/*
 * A SYN with the ports of a live session changes nothing yet: it may be forged,
 * or late. If the server answers it (see answers_syn), the old session is
 * over; one that is CLOSING must not leave the table before. The number of the
 * session's own SYN is known until another one comes.
 */
static void remember_syn(struct engine *e, struct session *s,
			 const struct packet *p)
{
	if (s->life == LIFE_CLOSING)
		session_keep(e, s);
	s->syn = !s->midstream && s->syn != SYN_OTHER && p->seq == s->syn_isn
			 ? SYN_AGAIN
			 : SYN_OTHER;
	s->syn_isn = p->seq;
	s->syn_mss = p->mss;
}

/* The handshake that began the session may come once more, sent twice or late:
 * who answers with the old number answers no new connection. */
static bool answers_syn(const struct session *s, const struct packet *p)
{
	bool again = s->syn == SYN_AGAIN && p->seq == s->server_isn;

	return s->syn != SYN_NONE && (p->flags & TCP_ACK) &&
	       p->ack == s->syn_isn + 1 && !again;
}

/* The old session ends and a new one takes its place. */
static struct session *replace(struct engine *e, struct session *s)
{
	struct ends ends = s->ends;
	uint32_t isn = s->syn_isn;
	uint16_t mss = s->syn_mss;
	struct session *new;

	session_end(e, s, SESSION_END_REPLACED);
	session_free(e, s);
	new = session_new(e, &ends);
	if (new) {
		struct packet syn = { .seq = isn, .mss = mss };

		take_syn(new, FROM_CLIENT, &syn);
	}
	return new;
}

static void control_syn(struct engine *e, struct session *s, enum direction d,
			const struct packet *p, uint32_t tag)
{
	/* With an id it was told of, be it that it was picked up half: then a
	 * SYN is another connection, as it is for one that is OPEN. */
	bool fresh = s->life == LIFE_HALF_OPEN && !s->id;

	if (d == FROM_CLIENT) {
		if (fresh)
			take_syn(s, d, p);
		else
			remember_syn(e, s, p);
	} else {
		if (!fresh && answers_syn(s, p)) {
			s = replace(e, s);
			fresh = s != NULL;
		}
		if (fresh)
			take_syn(s, d, p);
	}
	if (s)
		session_changed(e, s);
	outcome_accept(e, tag);
}

/* Whoever forges a packet without seeing the connection has to guess this. */
static bool is_near(const struct stream *st, const struct packet *p)
{
	int32_t distance = (int32_t)(p->seq - st->next);

	return !st->synced ||
	       (distance >= -(int32_t)NEAR && distance <= (int32_t)NEAR);
}

/* Both directions have sent FIN and have theirs acknowledged. */
static bool is_over(const struct session *s)
{
	const struct stream *c = &s->side[FROM_CLIENT];
	const struct stream *v = &s->side[FROM_SERVER];

	return c->fin && v->fin && c->una == c->next && v->una == v->next;
}

static void note_sender(struct stream *st, const struct packet *p)
{
	st->window = p->window;
	if (p->has_timestamp) {
		st->has_timestamp = true;
		st->tsval = p->tsval;
	}
}

/* Nagle's sender is stuck: it repeats, in order, only what is withheld. (An
 * acknowledgement covers all before it, so that must have arrived for sure.) */
static bool is_stuck(const struct stream *st, const struct packet *p)
{
	uint32_t len = (uint32_t)packet_payload(p).len;

	return st->confirmed && len && seq_before(st->released, st->next) &&
	       p->seq + len == st->next && seq_before(st->forged, st->next) &&
	       (p->flags & TCP_ACK);
}

/* Neither end shall think that the other is still there. */
static void cut_off(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p, uint32_t tag, uint32_t released)
{
	forward_reset(e, s, d, p, released);
	outcome_drop(e, tag, DROP_POLICY);
	session_end(e, s,
		    refusal_is_policy(e) ? SESSION_END_POLICY
					 : SESSION_END_NUMBERS);
}

static void take_and_forward(struct engine *e, struct session *s,
			     enum direction d, const struct packet *p,
			     uint32_t tag)
{
	struct stream *st = &s->side[d];
	/* A stream that begins with this packet withholds nothing before it. */
	uint32_t released = st->synced ? st->released : p->seq;
	uint32_t next = st->next;
	enum fate fate = FATE_DROP;
	enum drop_reason why = DROP_OVERLAP;

	if (!s->cut)
		fate = stream_take(e, s, d, p);
	if (s->cut) {
		cut_off(e, s, d, p, tag, released);
		return;
	}
	if (fate == FATE_HOLD) {
		why = hold_add(e, s, d, p, tag);
		if (why == DROP_REASONS)
			return;
		alert_raise(e, s, ALERT_HOLD_OVERFLOW);
		fate = FATE_DROP;
	}
	if (fate == FATE_DROP) {
		outcome_drop(e, tag, why);
		return;
	}
	if (next == st->next && is_stuck(st, p))
		forward_forge_ack(e, s, d, p);
	forward_packet(e, s, d, p, tag, released);
}

static void release_held(struct engine *e, struct session *s, enum direction d)
{
	struct packet p;
	uint32_t tag;

	while (s->side[d].held_count &&
	       e->out->verdicts < OUTCOME_VERDICTS_MAX &&
	       hold_take_ready(e, &s->side[d], &p, &tag)) {
		session_changed(e, s);
		take_and_forward(e, s, d, &p, tag);
	}
}

/*
 * Is the session real, so that its content may be read? A session that began
 * here is, when the client acknowledges the server's SYN; nobody can forge
 * that. One that was picked up in its middle is read at once, but stays
 * HALF_OPEN until both directions were seen.
 */
static bool is_real(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p)
{
	const struct stream *server = &s->side[FROM_SERVER];

	if (p->flags & TCP_RST)
		return s->midstream;
	/* Its SYN passed without us, so this is the middle for us. */
	if (!server->synced && d == FROM_SERVER && packet_payload(p).len)
		s->midstream = true;
	if (s->midstream) {
		s->seen |= (uint8_t)(1 << d);
		if (!s->id)
			session_open(e, s);
		if (s->seen == (1 << FROM_CLIENT | 1 << FROM_SERVER))
			session_establish(e, s);
		return true;
	}
	if (!server->synced || !(p->flags & TCP_ACK) ||
	    (d == FROM_CLIENT && seq_before(p->ack, server->next)))
		return false;
	session_open(e, s);
	session_establish(e, s);
	return true;
}

/*
 * Was @p more than a bare acknowledgement? That one changes only what a later
 * one will change again: what must not be kept any more. (Or it shows a gap, and
 * with it doubt: which is told by itself.)
 */
static bool leaves_traces(const struct packet *p)
{
	return packet_payload(p).len || p->flags & (TCP_FIN | TCP_RST);
}

void control_packet(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p, uint32_t tag)
{
	s->last_us = e->now;
	if (p->flags & TCP_SYN) {
		control_syn(e, s, d, p, tag);
		return;
	}
	if (s->life == LIFE_HALF_OPEN && !is_real(e, s, d, p)) {
		outcome_accept(e, tag);
		return;
	}
	if (leaves_traces(p))
		session_changed(e, s);
	if (p->is_signed)
		session_doubt(e, s, ALERT_TCP_SIGNED);
	note_sender(&s->side[d], p);
	if (p->flags & TCP_ACK && is_near(&s->side[d], p))
		stream_acked(e, s, !d, p->ack);
	if (p->flags & TCP_RST) {
		forward_packet(e, s, d, p, tag, p->seq);
		if (s->side[d].synced && is_near(&s->side[d], p))
			session_end(e, s, SESSION_END_RST);
	} else {
		take_and_forward(e, s, d, p, tag);
	}
	if (s->side[FROM_CLIENT].held_count)
		release_held(e, s, FROM_CLIENT);
	if (s->side[FROM_SERVER].held_count)
		release_held(e, s, FROM_SERVER);
	if (is_over(s))
		session_end(e, s, SESSION_END_FIN);
}
