/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYNs: of what they are the beginning. */
#include <string.h>

#include "replay/state.h"

bool opening_is_watched(const struct replay *r, uint16_t port)
{
	return policy_is_watched_port(&r->config->policy, port);
}

/* A SYN between hosts without a session: a stranger's, perhaps, to a port that
 * is open for somebody else. */
static void stranger_syn(struct replay *r, const struct frame *f)
{
	const struct packet *p = &f->packet;
	const struct passing x = {
		.story = { .place = r->place, .payload = f->payload },
		.out_src = world_public(r->config, &p->src, &p->dst.addr),
		.out_dst = p->dst,
		.ip = p->ip,
		.raw = f->raw,
		.wire_len = f->wire_len,
	};

	world_packet(r, &x);
}

/* A control connection begins. Its SYN waits for the packet behind it, for
 * that may be its second leg, which names the real server. */
static void control_syn(struct replay *r, struct frame *f,
			const struct endpoint *from, const struct endpoint *to)
{
	struct conn *c = conns_add(r->conns, CONN_CONTROL, from, to);
	struct conn_found found = { c, 0, 0 };

	if (!c) {
		r->failed = true;
		return;
	}
	c->isn = f->packet.seq;
	legs_is_second(&found, f);
	conn_mend(c, 0, f, r->frame_room);
	conn_take(c, 0, f, &r->place);
	if (f->packet.ip.len > sizeof(c->syn)) {
		/* Such a connection is picked up behind its SYN. */
		signalling_translation(r, c);
		return;
	}
	memcpy(c->syn, f->packet.ip.at, f->packet.ip.len);
	c->syn_len = (uint16_t)f->packet.ip.len;
}

/* The gateway may give another public port to a server: a session has shown it,
 * if there was one. */
static bool is_control(const struct replay *r, const struct packet *p,
		       const struct pair *pair)
{
	return opening_is_watched(r, p->dst.port) ||
	       (pair && endpoint_equal(&p->dst, &pair->nat.server_public));
}

/* @f is the second leg of the SYN that went from @src to @dst. */
static void second_syn(struct replay *r, struct frame *f,
		       const struct endpoint *src, const struct endpoint *dst)
{
	const struct packet *p = &f->packet;
	struct conn *c = conns_find(r->conns, src, dst).conn;

	r->counts->second_legs++;
	/* A control port that the gateway alone gives to the server. */
	if (!c && opening_is_watched(r, p->dst.port)) {
		control_syn(r, f, src, dst);
		c = conns_find(r->conns, src, dst).conn;
	}
	if (!c || c->way[1] || !conns_add_way(r->conns, c, 1, &p->src, &p->dst))
		return;
	c->out_from = p->src;
	c->out_to = p->dst;
	if (c->role == CONN_CONTROL)
		signalling_flush(r, c);
}

/* The connection with these ends is alive, and this is not its SYN. */
static bool is_again(struct replay *r, const struct conn_found *found,
		     const struct pair *pair)
{
	if (!found->conn || found->conn->closed)
		return false;
	return found->side != 0 || found->conn->role == CONN_CONTROL || !pair ||
	       !flow_is_awaited(r, found->conn, pair);
}

/* The same SYN as before, be it sent again or on its way. */
static bool is_repeated(const struct conn_found *found, const struct frame *f)
{
	return found->conn && found->side == 0 &&
	       found->conn->isn == f->packet.seq;
}

static void repeated(struct replay *r, const struct conn_found *found,
		     struct frame *f)
{
	if (legs_is_second(found, f)) {
		r->counts->second_legs++;
		return;
	}
	if (found->conn->role == CONN_DATA) {
		flow_syn_repeated(r, found->conn, f);
		return;
	}
	signalling_flush(r, found->conn);
	conn_mend(found->conn, 0, f, r->frame_room);
	signalling_packet(r, found, f);
}

void opening_syn(struct replay *r, struct frame *f)
{
	const struct packet *p = &f->packet;
	struct conn_found found = conns_find(r->conns, &p->src, &p->dst);
	struct endpoint src, dst;
	struct pair *pair;

	if (is_repeated(&found, f)) {
		repeated(r, &found, f);
		return;
	}
	pair = pairs_find(r->pairs, &p->src.addr, &p->dst.addr);
	if (is_again(r, &found, pair)) {
		if (legs_is_second(&found, f))
			r->counts->second_legs++;
		else
			again_syn(r, &found, f);
		return;
	}
	if (syns_find(r->syns, f, r->place.at_us, &src, &dst)) {
		second_syn(r, f, &src, &dst);
		return;
	}
	/* Of a connection that we do not keep. */
	if (syns_is_second(r->syns, f, r->place.at_us)) {
		r->counts->second_legs++;
		return;
	}
	syns_add(r->syns, f, r->place.at_us);
	if (is_control(r, p, pair))
		control_syn(r, f, &p->src, &p->dst);
	else if (pair)
		flow_syn(r, f, pair);
	else
		stranger_syn(r, f);
}
