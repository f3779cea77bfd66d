/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SYN with the ends of a connection that is still there.
 *
 * It may be forged, or late, or its sender has lost the old connection. Who is
 * right shows when the other end answers it: only then the old one is over (as
 * the engine has it, control.c). Where a pinhole waits for it, the gateway
 * lets it in at once, and nothing needs an answer.
 */
#include <string.h>

#include "replay/state.h"

/* What of the old connection the new one begins with. */
struct heir {
	struct conn_again syn;
	uint8_t bytes[CONN_SYN_MAX];
	struct endpoint from, to, out_from, out_to;
	bool has_far;
	bool bad_sums;
};

void again_syn(struct replay *r, const struct conn_found *found,
	       struct frame *f)
{
	struct conn *c = found->conn;
	const struct packet *p = &f->packet;

	if (c->role == CONN_CONTROL)
		signalling_flush(r, c);
	conn_mend(c, found->side, f, r->frame_room);
	if (found->side == 0 && p->ip.len <= sizeof(c->syn)) {
		c->again.isn = p->seq;
		c->again.len = (uint16_t)p->ip.len;
		c->again.place = r->place;
		memcpy(c->syn, p->ip.at, p->ip.len);
	}
	if (c->role == CONN_CONTROL)
		signalling_pass(r, c, found->side, f);
	else
		flow_pass(r, c, found->side, f);
}

/* Its SYN has left before. */
static struct conn *begin_flow(struct replay *r, const struct heir *h,
			       struct frame *syn)
{
	struct pair *pair = pairs_find(r->pairs, &h->from.addr, &h->to.addr);
	struct writer *writer = r->writer;

	if (!pair)
		return NULL;
	r->writer = NULL;
	flow_syn(r, syn, pair);
	r->writer = writer;
	return conns_find(r->conns, &h->from, &h->to).conn;
}

static struct conn *begin_control(struct replay *r, const struct heir *h,
				  const struct frame *syn)
{
	struct conn *c = conns_add(r->conns, CONN_CONTROL, &h->from, &h->to);
	struct conn_found found = { c, 0, 0 };

	if (!c)
		return NULL;
	c->isn = h->syn.isn;
	c->side[0].sums_seen = true;
	c->side[0].bad_sums = h->bad_sums;
	legs_is_second(&found, syn);
	conn_take(c, 0, syn, &h->syn.place);
	return c;
}

static void begin(struct replay *r, const struct heir *h, enum conn_role role)
{
	const struct story_place place = r->place;
	struct conn *c;
	struct frame syn;

	frame_read(span_of(h->bytes, h->syn.len), false, r->syn_room, &syn);
	r->place = h->syn.place;
	c = role == CONN_CONTROL ? begin_control(r, h, &syn)
				 : begin_flow(r, h, &syn);
	r->place = place;
	if (!c)
		return;
	if (h->has_far &&
	    conns_add_way(r->conns, c, 1, &h->out_from, &h->out_to)) {
		c->out_from = h->out_from;
		c->out_to = h->out_to;
	}
	if (role == CONN_CONTROL)
		signalling_translation(r, c);
}

static bool answers(const struct conn_found *found, const struct packet *p)
{
	/* Few packets are SYNs, and only those look further. */
	return (p->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) &&
	       found->side == 1 && found->conn->again.len &&
	       p->ack == found->conn->again.isn + 1;
}

bool again_answered(struct replay *r, const struct conn_found *found,
		    const struct frame *f)
{
	struct conn *c = found->conn;
	struct heir heir;
	enum conn_role role;

	if (!answers(found, &f->packet))
		return false;
	role = c->role;
	heir = (struct heir){
		.syn = c->again,
		.from = c->from,
		.to = c->to,
		.out_from = c->out_from,
		.out_to = c->out_to,
		.has_far = c->way[1] != NULL,
		.bad_sums = c->side[0].bad_sums,
	};
	memcpy(heir.bytes, c->syn, sizeof(heir.bytes));
	conns_drop(r->conns, c);
	begin(r, &heir, role);
	return true;
}
