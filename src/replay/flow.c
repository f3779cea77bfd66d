/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data connections: what the engine says to their SYN, and what they carry.
 *
 * The SYN is given to the engine as it comes to the gateway, with the address
 * that its sender knows; where only the other side was captured, that address
 * is put back.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/state.h"
#include "replay/translate.h"

static bool is_client(const struct pair *p, const struct addr *a)
{
	return addr_equal(a, &p->client.addr) ||
	       addr_equal(a, &p->nat.client_public.addr);
}

/* The other name of @a, where it is @real and the gateway translates it. */
static struct addr name_of(const struct addr *a, const struct addr *real,
			   const struct addr *other)
{
	return addr_equal(a, real) ? *other : *a;
}

/* As the sender names both ends: itself truly, the other one by its public
 * address. */
static void name_ends(struct replay *r, struct conn *c, const struct pair *p)
{
	const struct addr *client = &p->client.addr;
	const struct addr *server = &p->server.addr;
	const struct addr *client_public = &p->nat.client_public.addr;
	const struct addr *server_public = &p->nat.server_public.addr;

	if (c->flow.active) {
		c->key_from.addr =
			name_of(&c->from.addr, server_public, server);
		c->key_to.addr = name_of(&c->to.addr, client, client_public);
	} else {
		c->key_from.addr =
			name_of(&c->from.addr, client_public, client);
		c->key_to.addr = name_of(&c->to.addr, server, server_public);
	}
	/* A pinhole knows the port as well. */
	holes_named(r->holes, &c->key_from.addr, &c->to, &c->key_to);
}

/* As the engine gets its SYN. */
static void name_syn(struct replay *r, struct conn *c, const struct pair *pair)
{
	c->key_from = c->from;
	c->key_to = c->to;
	/* Where both sides were captured, the SYN is there as it came. A client
	 * may know the real address too, from a reply that was encrypted. */
	if (!pair->seen_twice)
		name_ends(r, c, pair);
}

/* A packet of @side as the queue shows it: behind DNAT, before SNAT. */
static void give(struct replay *r, struct conn *c, int side,
		 const struct frame *f, const struct endpoint *from,
		 const struct endpoint *to)
{
	const struct packet *p = &f->packet;
	struct passing x = {
		.story = { .place = r->place,
			   .session = c->flow.session,
			   .client = c->flow.client,
			   .server = c->flow.server,
			   .from_client = (side == 0) != c->flow.active,
			   .payload = f->payload },
		.out_src = side ? c->key_to : c->out_from,
		.out_dst = side ? c->key_from : c->out_to,
		.raw = f->raw,
		.wire_len = f->wire_len,
	};

	if (p->ip.len > sizeof(r->view_room))
		return;
	x.ip = span_of(r->view_room, translate(p, side ? to : from,
					       side ? from : to, r->view_room));
	r->conn = c;
	world_packet(r, &x);
	r->conn = NULL;
}

void flow_pass(struct replay *r, const struct conn *c, int side,
	       const struct frame *f)
{
	if (!r->writer)
		return;
	writer_put_as(r->writer, r->now, f->raw, f->wire_len,
		      side ? &c->key_to : &c->out_from,
		      side ? &c->key_from : &c->out_to);
}

static struct conn *flow_new(struct replay *r, const struct pair *pair,
			     const struct endpoint *from,
			     const struct endpoint *to)
{
	struct conn *c = conns_add(r->conns, CONN_DATA, from, to);

	if (!c) {
		r->failed = true;
		return NULL;
	}
	c->flow.session = pair->session;
	c->flow.client = pair->client;
	c->flow.server = pair->server;
	c->flow.from = *from;
	c->flow.to = *to;
	c->flow.active = !is_client(pair, &from->addr);
	name_syn(r, c, pair);
	c->in_to = c->key_to;
	c->out_from = world_public(r->config, &c->key_from, &c->key_to.addr);
	c->out_to = c->key_to;
	return c;
}

static void explain(struct conn *c, const struct pair *pair)
{
	char reason[PAIR_REASON_MAX];

	if (c->flow.related || c->reason)
		return;
	pair_reason(pair, &c->key_to, reason);
	c->reason = strdup(reason);
}

void flow_syn(struct replay *r, struct frame *f, struct pair *pair)
{
	struct conn *c = flow_new(r, pair, &f->packet.src, &f->packet.dst);
	struct conn_found found = { c, 0, 0 };

	if (!c)
		return;
	c->isn = f->packet.seq;
	legs_is_second(&found, f);
	conn_mend(c, 0, f, r->frame_room);
	conn_take(c, 0, f, &r->place);
	give(r, c, 0, f, &c->key_from, &c->key_to);
	explain(c, pair);
}

void flow_syn_repeated(struct replay *r, struct conn *c, struct frame *f)
{
	const struct pair *pair =
		pairs_find(r->pairs, &c->from.addr, &c->to.addr);

	/* Late: the engine drops it (core/data.c). */
	if (c->flow.related && c->closed && !c->reset)
		return;
	conn_mend(c, 0, f, r->frame_room);
	conn_take(c, 0, f, &r->place);
	/* Unanswered: the gateway may have let it in meanwhile. */
	if (c->flow.related || c->side[1].synced || c->closed || !pair) {
		flow_pass(r, c, 0, f);
		return;
	}
	free(c->reason);
	c->reason = NULL;
	give(r, c, 0, f, &c->key_from, &c->key_to);
	explain(c, pair);
}

bool flow_is_awaited(struct replay *r, const struct conn *c,
		     const struct pair *pair)
{
	struct conn next = { .from = c->from,
			     .to = c->to,
			     .flow.active = c->flow.active };

	name_syn(r, &next, pair);
	return pair_opens(pair, &next.key_to);
}

/* Has the sender of @p, which is not the first, opened its connection? In active
 * mode the server did, from its data port as a rule (RFC 959 3.2). */
static bool opened_it(const struct pair *pair, const struct packet *p)
{
	const bool by_client = is_client(pair, &p->src.addr);
	const struct endpoint *server = by_client ? &p->dst : &p->src;
	const bool active = server->port + 1 == pair->server.port;

	return !(p->flags & TCP_SYN) && by_client != active;
}

struct conn *flow_midstream(struct replay *r, const struct frame *f,
			    const struct pair *pair)
{
	const struct packet *p = &f->packet;
	const bool opener = opened_it(pair, p);
	struct conn *c = flow_new(r, pair, opener ? &p->src : &p->dst,
				  opener ? &p->dst : &p->src);

	if (c)
		c->midstream = c->flow.midstream = true;
	return c;
}

void flow_verdict(struct conn *c, const struct event *ev)
{
	c->flow.related = ev->data.related;
	c->flow.active = ev->data.active;
	c->flow.granted = ev->data.granted;
	if (ev->session) {
		c->flow.session = ev->session;
		c->flow.client = ev->client;
		c->flow.server = ev->server;
	}
	free(c->reason);
	c->reason = ev->data.reason ? strdup(ev->data.reason) : NULL;
}

void flow_created(struct replay *r, struct conn *c,
		  const struct data_entry *entry)
{
	c->watched = entry->mark & r->config->policy.data_mark;
	c->in_to = entry->dnat_to;
	c->out_from = (struct endpoint){ entry->snat_to, entry->from.port };
	c->out_to = entry->dnat_to;
}

static void over(struct replay *r, struct conn *c)
{
	if (c->closed)
		return;
	if (c->flow.related)
		world_data_over(r, c);
	flow_tell(r, c);
	conns_closed(r->conns, c);
}

void flow_packet(struct replay *r, const struct conn_found *found,
		 struct frame *f)
{
	struct conn *c = found->conn;
	const int side = found->side;
	struct conn_fresh fresh = conn_take(c, side, f, &r->place);

	if (side == 0 && c->side[1].synced && f->packet.flags & TCP_ACK)
		c->established = true;
	if (fresh.bytes && !c->midstream && !c->told && (c->hello || !c->begun))
		data_hello_take(&c->hello, &c->flow, side, fresh.at,
				packet_payload(&f->packet));
	c->begun |= fresh.bytes != 0;
	if (c->watched && !c->told)
		give(r, c, side, f, &c->key_from, &c->in_to);
	else
		flow_pass(r, c, side, f);
	if (conn_is_over(c))
		over(r, c);
}

void flow_tell(struct replay *r, struct conn *c)
{
	if (c->told)
		return;
	c->told = true;
	free(c->hello);
	c->hello = NULL;
	c->flow.opened_us = c->opened.at_us;
	/* A capture's time may go back. */
	c->flow.closed_us = c->last.at_us > c->opened.at_us ? c->last.at_us
							    : c->opened.at_us;
	c->flow.reset = c->reset;
	c->flow.established = c->established;
	c->flow.reason = c->flow.midstream ? NULL : c->reason;
	c->flow.packets = c->packets;
	c->flow.bytes_from = c->side[0].bytes;
	c->flow.bytes_to = c->side[1].bytes;
	if (r->o->to.flow)
		r->o->to.flow(r->o->to.arg, &c->flow);
	c->flow.reason = NULL;
}
