/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control connections, on their way to the engine. */
#include <string.h>

#include <sallyport/tls_record.h>

#include "replay/state.h"
#include "replay/translate.h"

/* --- how it is translated -------------------------------------------------- */

/* @e as the inside knows it, where its public address stands for one host. */
static struct endpoint inside_of(const struct config *c,
				 const struct endpoint *e)
{
	struct endpoint out = *e;

	for (size_t i = 0; i < c->nats; i++)
		if (c->nat[i].inside.len == 8 * sizeof(out.addr.b) &&
		    addr_equal(&c->nat[i].public_address, &e->addr))
			out.addr = c->nat[i].inside.addr;
	return out;
}

void signalling_translation(struct replay *r, struct conn *c)
{
	if (c->way[1]) {
		c->ends = (struct ends){ c->from, c->out_to };
		c->nat.client_public = c->out_from;
		c->nat.server_public = c->to;
	} else {
		c->ends.client = inside_of(r->config, &c->from);
		c->ends.server = inside_of(r->config, &c->to);
		c->nat.client_public = world_public(r->config, &c->ends.client,
						    &c->ends.server.addr);
		c->nat.server_public = world_public(r->config, &c->ends.server,
						    &c->ends.client.addr);
	}
	/* Found by the ends that the engine knows, too. */
	conns_add_way(r->conns, c, 2, &c->ends.client, &c->ends.server);
}

/* Let the copy of @p acknowledge what the engine has sent in place of what was
 * captured. */
static void acknowledge(const struct conn *c, int side, const struct packet *p,
			uint8_t *copy, size_t len)
{
	uint32_t left, right;

	packet_set_ack(p, copy, conn_ack(c, side, p->ack));
	for (unsigned int i = 0; i < p->sack_blocks; i++) {
		packet_sack(p, i, &left, &right);
		packet_set_sack(p, copy, i, conn_ack(c, side, left),
				conn_ack(c, side, right));
	}
	packet_set_checksum(p, copy, len);
}

/* @f as the queue shows it: behind DNAT, before SNAT. */
static struct span inside_view(struct replay *r, const struct conn *c, int side,
			       const struct frame *f,
			       const struct endpoint *src,
			       const struct endpoint *dst)
{
	const struct packet *p = &f->packet;
	const bool named =
		endpoint_equal(&p->src, src) && endpoint_equal(&p->dst, dst);
	const bool acked =
		!(p->flags & TCP_ACK) || conn_ack(c, side, p->ack) == p->ack;
	size_t len;

	if ((named && acked) || p->ip.len > sizeof(r->view_room))
		return p->ip;
	len = translate(p, src, dst, r->view_room);
	/* A wrong checksum stays wrong. */
	if (!acked && packet_checksum_ok(p))
		acknowledge(c, side, p, r->view_room, len);
	return span_of(r->view_room, len);
}

/* --- one packet ------------------------------------------------------------ */

static struct passing passing_of(struct replay *r, const struct conn *c,
				 int side, const struct frame *f)
{
	const struct endpoint *src = side ? &c->ends.server : &c->ends.client;
	const struct endpoint *dst = side ? &c->ends.client : &c->ends.server;

	return (struct passing){
		.story = { .place = r->place,
			   .session = c->session,
			   .client = c->ends.client,
			   .server = c->ends.server,
			   .from_client = side == 0,
			   .payload = f->payload },
		.out_src = side ? c->nat.server_public : c->nat.client_public,
		.out_dst = *dst,
		.ip = inside_view(r, c, side, f, src, dst),
		.raw = f->raw,
		.wire_len = f->wire_len,
		.end = f->packet.seq + (uint32_t)packet_payload(&f->packet).len,
	};
}

void signalling_pass(struct replay *r, struct conn *c, int side,
		     const struct frame *f)
{
	struct passing x = passing_of(r, c, side, f);

	r->conn = c;
	if (!c->fast)
		world_packet(r, &x);
	else if (r->writer)
		writer_put_as(r->writer, r->now, x.raw, x.wire_len, &x.out_src,
			      &x.out_dst);
	r->conn = NULL;
}

void signalling_flush(struct replay *r, struct conn *c)
{
	const struct story_place place = r->place;
	struct frame f;

	if (!c->syn_len)
		return;
	frame_read(span_of(c->syn, c->syn_len), false, r->frame_room, &f);
	c->syn_len = 0;
	signalling_translation(r, c);
	r->place = c->opened;
	if (f.kind == PACKET_TCP)
		signalling_pass(r, c, 0, &f);
	r->place = place;
}

static void decrypt(struct replay *r, const struct conn *c, int side,
		    const struct frame *f)
{
	const struct hidden_packet h = {
		.place = r->place,
		.session = c->session,
		.client = c->ends.client,
		.server = c->ends.server,
		.nat = &c->nat,
		.midstream = c->midstream,
		.from_client = side == 0,
		.packet = &f->packet,
		.cut = f->payload - (uint32_t)packet_payload(&f->packet).len,
	};
	const char *unread = hidden_packet(r->hidden, &h);

	if (unread && r->o->unread)
		r->o->unread(r->o->arg, c->session, unread);
}

static void count(struct conn *c, enum conn_phase phase, uint32_t fresh)
{
	c->share[phase].packets++;
	c->share[phase].bytes += fresh;
}

/* A connection that was picked up: by how its packets begin. Nothing else does
 * so (RFC 8446 5.1), and no line. */
static void guess_phase(struct conn *c, struct span payload)
{
	if (!c->midstream || c->phase != PHASE_CLEAR ||
	    payload.len < TLS_RECORD_HEADER || payload.at[1] != 3)
		return;
	if (payload.at[0] == TLS_HANDSHAKE)
		c->phase = PHASE_HANDSHAKE;
	else if (payload.at[0] == TLS_APPLICATION_DATA ||
		 payload.at[0] == TLS_CHANGE_CIPHER_SPEC ||
		 payload.at[0] == TLS_ALERT)
		c->phase = PHASE_RECORDS;
}

void signalling_packet(struct replay *r, const struct conn_found *found,
		       struct frame *f)
{
	struct conn *c = found->conn;
	struct conn_fresh fresh;
	enum conn_phase phase;

	guess_phase(c, packet_payload(&f->packet));
	/* What the packet brings about begins behind it. */
	phase = c->phase;
	fresh = conn_take(c, found->side, f, &r->place);
	if (f->payload)
		count(c, phase, fresh.bytes);
	signalling_pass(r, c, found->side, f);
	if (r->hidden && c->session && !c->told)
		decrypt(r, c, found->side, f);
	if (!conn_is_over(c))
		return;
	if (c->fast && !c->closed)
		world_control_closed(r, c);
	conns_closed(r->conns, c);
}

void signalling_tell(struct replay *r, struct conn *c)
{
	const struct story_traffic traffic = {
		.session = c->session,
		.client = c->ends.client,
		.server = c->ends.server,
		.packets = c->packets,
		.wire_bytes = c->wire_bytes,
		.clear = c->share[PHASE_CLEAR],
		.handshake = c->share[PHASE_HANDSHAKE],
		.records = c->share[PHASE_RECORDS],
	};

	if (c->told || !c->session)
		return;
	c->told = true;
	c->packets = c->wire_bytes = 0;
	memset(c->share, 0, sizeof(c->share));
	if (r->o->to.traffic)
		r->o->to.traffic(r->o->to.arg, &traffic);
}
