/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What leaves the gateway: the packet itself where nothing changes, else a
 * copy with translated numbers, with rewritten endpoints, and without what is
 * withheld.
 *
 * An edit is atomic: a segment that touches any part of a rewritten endpoint
 * carries all of the new text, so that every retransmission, with whatever
 * boundaries, gives the receiver the same stream. What no longer fits into
 * the packet is left out at its end; the sender will repeat it, because
 * nobody acknowledges it.
 */
#include "forward.h"

#include <string.h>

#include "outcome.h"
#include "state.h"

/* A receiver that named no MSS takes this much (RFC 9293 3.7.1). */
#define MSS_DEFAULT_V4 536
#define MSS_DEFAULT_V6 1220

/* Part of a stream on its way out: old numbers [from, to). */
struct slice {
	uint32_t from, to;
	size_t limit; /* bytes that the packet may carry */
	size_t len;   /* bytes written to e->payload */
	bool full;    /* no more fits */
	bool refill;  /* some of it was seen in earlier packets */
	bool cut;     /* something of the packet is left out */
};

static bool put(struct engine *e, struct slice *out, const uint8_t *at,
		size_t len, bool atomic)
{
	if (len > out->limit - out->len) {
		out->full = out->cut = true;
		if (atomic)
			return false;
		len = out->limit - out->len;
	}
	memcpy(e->payload + out->len, at, len);
	out->len += len;
	return !out->full;
}

/* Old bytes [@from, @to), unchanged: what lies before the packet was seen
 * earlier and is in the store. */
static bool put_old(struct engine *e, struct slice *out,
		    const struct stream *st, const struct packet *p,
		    uint32_t from, uint32_t to)
{
	uint32_t border = seq_min(seq_max(from, p->seq), to);
	struct span payload = packet_payload(p);

	if (seq_before(from, border)) {
		size_t want = border - from;
		size_t room = out->limit - out->len;

		if (want > room) {
			out->full = true;
			want = room;
		}
		room = store_copy(&st->store, &e->chunks, from, want,
				  e->payload + out->len);
		out->len += room;
		out->refill = true;
		if (out->full || room < want) {
			out->cut = true;
			return false;
		}
	}
	payload = span_sub(payload, border - p->seq, to - border);
	return !payload.len || put(e, out, payload.at, payload.len, false);
}

static void fill(struct engine *e, struct slice *out, const struct stream *st,
		 const struct packet *p)
{
	const struct edit *ed = seqmap_at(&st->map, &e->edits, out->from);
	uint32_t at = out->from;

	while (seq_before(at, out->to)) {
		if (ed && !seq_before(at, ed->at)) {
			if (!put(e, out, (const uint8_t *)ed->text, ed->new_len,
				 true))
				return;
			at = ed->at + ed->len;
			ed = seqmap_next(&e->edits, ed);
			continue;
		}
		uint32_t stop = ed ? seq_min(out->to, ed->at) : out->to;

		if (!put_old(e, out, st, p, at, stop))
			return;
		at = stop;
	}
}

/* Numbers of @p as the receiver knows them. */
struct numbers {
	uint32_t seq, ack;
	bool sack_changed;
};

static struct numbers translate(struct engine *e, const struct session *s,
				enum direction d, const struct packet *p,
				uint32_t from)
{
	const struct seqmap *own = &s->side[d].map;
	const struct seqmap *other = &s->side[!d].map;
	struct numbers n = { seqmap_forward(own, &e->edits, from), p->ack,
			     false };

	if (p->flags & TCP_ACK)
		n.ack = seqmap_backward(other, &e->edits, p->ack);
	n.sack_changed = p->sack_blocks && (other->base || other->count);
	return n;
}

/* SACK edges are numbers of the other direction, like the acknowledgement
 * (RFC 2018 3). */
static void translate_sacks(struct engine *e, const struct seqmap *other,
			    const struct packet *p, uint8_t *copy)
{
	for (unsigned int i = 0; i < p->sack_blocks; i++) {
		uint32_t left, right;

		packet_sack(p, i, &left, &right);
		packet_set_sack(p, copy, i,
				seqmap_backward(other, &e->edits, left),
				seqmap_backward(other, &e->edits, right));
	}
}

/* As much as came, or as the receiver takes, and at least one endpoint, which
 * cannot be divided; but never more than IP does. */
static size_t payload_limit(const struct stream *st, const struct packet *p)
{
	size_t options = p->payload_at - p->tcp_at - 20u;
	size_t mss = st->mss ? st->mss
			     : (addr_is_v4(&p->src.addr) ? MSS_DEFAULT_V4
							 : MSS_DEFAULT_V6);
	size_t most = UINT16_MAX - p->payload_at;
	size_t room = mss > options ? mss - options : 0;

	if (room < packet_payload(p).len)
		room = packet_payload(p).len;
	if (room < HOSTPORT_TEXT_MAX)
		room = HOSTPORT_TEXT_MAX;
	return room < most ? room : most;
}

static void send_changed(struct engine *e, const struct session *s,
			 enum direction d, const struct packet *p, uint32_t tag,
			 const struct slice *out, const struct numbers *n)
{
	size_t len = p->payload_at + out->len;
	uint8_t *copy = outcome_bytes(e, len);
	uint8_t flags = p->flags;

	if (!copy ||
	    !packet_copy(p, (struct span){ e->payload, out->len }, copy)) {
		outcome_drop(e, tag, DROP_NO_ROOM);
		return;
	}
	if (out->cut)
		flags &= (uint8_t) ~(TCP_FIN | TCP_PSH | TCP_URG);
	packet_set_seq(p, copy, n->seq);
	packet_set_ack(p, copy, n->ack);
	packet_set_flags(p, copy, flags);
	if (n->sack_changed)
		translate_sacks(e, &s->side[!d].map, p, copy);
	packet_set_checksum(p, copy, len);
	outcome_replace(e, tag, (struct span){ copy, len });
}

/* What of @p, and of the bytes withheld before it, may leave now. */
static struct slice slice_of(const struct stream *st, const struct packet *p,
			     uint32_t released)
{
	uint32_t end = p->seq + (uint32_t)packet_payload(p).len;
	struct slice out = { .from = p->seq, .to = end };

	out.limit = payload_limit(st, p);
	if (!st->synced || p->flags & (TCP_SYN | TCP_RST))
		return out;
	if (seq_before(released, out.from) && seq_before(out.from, st->next))
		out.from = released;
	if (seq_before(st->una, st->forged) && seq_before(st->una, out.from) &&
	    end != p->seq)
		out.from = st->una;
	if (seq_before(st->released, end)) {
		out.to = seq_max(st->released, out.from);
		out.cut = true;
	}
	return out;
}

/* Most packets: numbers are the same on both sides, and nothing is withheld
 * from this packet, or owed to the receiver since one before. */
static bool is_untouched(const struct stream *st, const struct stream *other,
			 const struct packet *p, uint32_t released)
{
	uint32_t end = p->seq + (uint32_t)packet_payload(p).len;

	return seqmap_is_plain(&st->map) && seqmap_is_plain(&other->map) &&
	       !seq_before(released, p->seq) &&
	       !seq_before(st->released, end) &&
	       !seq_before(st->una, st->forged);
}

/*
 * What was acknowledged nobody needs again, and if a login was refused in it,
 * nobody shall see that: its edit is forgotten by now. An empty segment with an
 * old number still makes the receiver repeat its ACK (RFC 9293 3.10.7.4).
 */
static bool hides_acked(const struct engine *e, const struct session *s,
			enum direction d, uint32_t seq)
{
	return e->policy->explicit_tls == TLS_REQUIRE && d == FROM_CLIENT &&
	       s->read == READ_TRUSTED && s->side[d].confirmed &&
	       seq_before(seq, s->side[d].una);
}

static void leave_out_acked(const struct stream *st, struct slice *out)
{
	if (seq_before(st->una, out->to)) {
		out->from = st->una;
	} else if (out->from != out->to) {
		out->to = out->from;
		out->cut = true;
	}
}

static void forward_slice(struct engine *e, struct session *s, enum direction d,
			  const struct packet *p, uint32_t tag,
			  uint32_t released)
{
	struct stream *st = &s->side[d];
	struct slice out = slice_of(st, p, released);
	uint32_t end = p->seq + (uint32_t)packet_payload(p).len;
	const struct edit *ed;
	struct numbers n;
	bool same_text;

	if (hides_acked(e, s, d, out.from))
		leave_out_acked(st, &out);
	n = translate(e, s, d, p, out.from);
	ed = seqmap_at(&st->map, &e->edits, out.from);
	same_text = out.from == p->seq && out.to == end &&
		    !(ed && seq_before(ed->at, end));
	if (same_text && n.seq == p->seq && n.ack == p->ack &&
	    !n.sack_changed) {
		outcome_accept(e, tag);
		return;
	}
	fill(e, &out, st, p);
	e->stats.packets_renumbered += same_text && !out.cut;
	e->stats.packets_refilled += out.refill;
	e->stats.packets_cut += out.cut;
	send_changed(e, s, d, p, tag, &out, &n);
}

void forward_packet(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p, uint32_t tag, uint32_t released)
{
	if (is_untouched(&s->side[d], &s->side[!d], p, released) &&
	    !hides_acked(e, s, d, p->seq))
		outcome_accept(e, tag);
	else
		forward_slice(e, s, d, p, tag, released);
}

void forward_ask_liberal(struct engine *e, struct session *s)
{
	struct action *a;

	if (s->liberal_asked)
		return;
	s->liberal_asked = true;
	a = outcome_action(e, ACTION_LIBERAL, s->id);
	a->ends = s->ends;
	a->liberal.from = s->ends.client;
	a->liberal.to = s->nat.server_public;
}

/* The addresses of a packet of ours to the sender of direction @d, or to its
 * receiver. Before local translation: conntrack turns it towards them. */
static void address(const struct session *s, bool to_client,
		    struct packet_ack *ack)
{
	if (to_client) {
		ack->src = s->ends.server;
		ack->dst = s->nat.client_public;
	} else {
		ack->src = s->ends.client;
		ack->dst = s->nat.server_public;
	}
}

static bool inject(struct engine *e, const struct session *s,
		   const struct packet_ack *ack)
{
	uint8_t *bytes = outcome_bytes(e, PACKET_ACK_MAX);
	struct action *a;

	if (!bytes)
		return false;
	a = outcome_action(e, ACTION_INJECT, s->id);
	a->ends = s->ends;
	a->inject.bytes = (struct span){ bytes, packet_make_ack(ack, bytes) };
	return true;
}

void forward_forge_ack(struct engine *e, struct session *s, enum direction d,
		       const struct packet *p)
{
	struct stream *st = &s->side[d];
	const struct stream *other = &s->side[!d];
	struct packet_ack ack = {
		.flags = TCP_ACK,
		.seq = p->ack, /* what the sender expects from the other */
		.ack = st->next,
		.window = other->window,
		.has_timestamp = p->has_timestamp && other->has_timestamp,
		.tsval = other->tsval,
		.tsecr = p->tsval,
	};

	address(s, d == FROM_CLIENT, &ack);
	forward_ask_liberal(e, s);
	if (!inject(e, s, &ack))
		return;
	st->forged = st->next;
	e->stats.acks_sent++;
}

void forward_reset(struct engine *e, struct session *s, enum direction d,
		   const struct packet *p, uint32_t released)
{
	struct packet_ack to_sender = { .flags = TCP_RST, .seq = p->ack };
	struct packet_ack to_receiver = {
		.flags = TCP_RST | TCP_ACK,
		/* All that left before: @p may be a retransmission. */
		.seq = seqmap_forward(&s->side[d].map, &e->edits, released),
		.ack = seqmap_backward(&s->side[!d].map, &e->edits, p->ack),
	};

	if (!(p->flags & TCP_ACK))
		return;
	address(s, d == FROM_CLIENT, &to_sender);
	address(s, d == FROM_SERVER, &to_receiver);
	e->stats.resets_sent += inject(e, s, &to_sender);
	if (s->life != LIFE_CLOSING)
		e->stats.resets_sent += inject(e, s, &to_receiver);
}
