/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An engine of its own for a measurement, and packets to drive it with. */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define IPV4_HEADER 20
#define TCP_HEADER  20
#define TIMESTAMPS  12 /* with the padding that everybody uses */
#define STEP_US     10

static const struct policy default_policy = {
	.control_port = { 21 },
	.control_ports = 1,
	.implicit_port = { 990 },
	.implicit_ports = 1,
	.minimum_tls = 0x0303,
	.pinhole_timeout_us = 60000000,
	.minimum_port = 1024,
	.require_login = true,
};

void rig_make(struct rig *r, uint32_t sessions, uint32_t pinholes)
{
	*r = (struct rig){
		.limits = {
			.sessions = sessions,
			.pinholes = pinholes,
			.sessions_per_client = 1024,
			.pinholes_per_client = pinholes,
			.pinholes_per_server = pinholes,
			.line_length = 4096,
			.verify_checksums = true,
		},
		.policy = default_policy,
	};
	r->size = engine_size(&r->limits);
	r->memory = bench_alloc(r->size);
	r->out = bench_alloc(sizeof(*r->out));
}

void rig_free(struct rig *r)
{
	free(r->memory);
	free(r->out);
}

void rig_reset(struct rig *r)
{
	/* The same key each time: the same packets give the same outcomes. */
	static const uint8_t key[ENGINE_KEY_LEN] = "an open secret!";

	if (r->engine)
		memset(r->memory, 0, r->size);
	r->now = 1000000;
	r->engine =
		engine_init(r->memory, r->size, &r->limits, &r->policy, key);
	if (!r->engine)
		bench_die("engine_init");
}

static struct endpoint end_of(uint32_t addr, uint16_t port)
{
	const uint8_t b[4] = { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16),
			       (uint8_t)(addr >> 8), (uint8_t)addr };

	return (struct endpoint){ addr_v4(b), port };
}

static void answer_nat(struct rig *r)
{
	const struct ends *ask = &r->out->ask;
	struct nat_view view = nat_identity(ask);

	if (r->translate_every && ask->client.port % r->translate_every == 0) {
		/* 203.0.113.100 and 198.51.100.200 */
		view.client_public = end_of(0xcb007164, ask->client.port);
		view.server_public = end_of(0xc63364c8, ask->server.port);
	}
	engine_nat(r->engine, ask, &view);
}

void rig_feed(struct rig *r, struct span packet)
{
	r->now += STEP_US;
	if (engine_packet(r->engine, packet, 1, r->now, r->out) ==
	    ENGINE_ASK_NAT) {
		answer_nat(r);
		engine_packet(r->engine, packet, 1, r->now, r->out);
	}
}

struct talk talk_of(uint32_t i)
{
	return (struct talk){
		/* 10.64.0.0 and on, and 10.2.5.5 */
		.end = { end_of(0x0a400000 + i / 16,
				(uint16_t)(40000 + i % 16)),
			 end_of(0x0a020505, 21) },
		.next = { 1000000, 2000000 },
	};
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

struct segment {
	const struct endpoint *from, *to;
	uint32_t seq, ack;
	uint8_t flags;
	const char *text;
};

static size_t options_write(const struct segment *g, uint8_t *at)
{
	static const uint8_t timestamps[4] = { 1, 1, 8, 10 };
	static const uint8_t mss[4] = { 2, 4, 1460 >> 8, 1460 & 255 };
	size_t len = 0;

	if (g->flags & TCP_SYN) {
		memcpy(at, mss, sizeof(mss));
		len = sizeof(mss);
	}
	memcpy(at + len, timestamps, sizeof(timestamps));
	put32(at + len + 4, g->seq);
	put32(at + len + 8, g->ack);
	return len + TIMESTAMPS;
}

static struct span segment_write(const struct segment *g, uint8_t *out)
{
	uint8_t *tcp = out + IPV4_HEADER;
	size_t payload = strlen(g->text), header, len;
	struct packet p;

	memset(out, 0, IPV4_HEADER + TCP_HEADER);
	header = TCP_HEADER + options_write(g, tcp + TCP_HEADER);
	len = IPV4_HEADER + header + payload;
	if (len > TALK_PACKET_MAX)
		bench_die("a line is too long");
	out[0] = 0x45;
	put16(out + 2, (uint32_t)len);
	out[8] = 64;
	out[9] = 6;
	memcpy(out + 12, addr_v4_bytes(&g->from->addr), 4);
	memcpy(out + 16, addr_v4_bytes(&g->to->addr), 4);
	put16(tcp, g->from->port);
	put16(tcp + 2, g->to->port);
	put32(tcp + 4, g->seq);
	put32(tcp + 8, g->ack);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = g->flags;
	put16(tcp + 14, 64240);
	memcpy(tcp + header, g->text, payload);
	if (packet_decode((struct span){ out, len }, &p) != PACKET_TCP)
		bench_die("a packet of ours is wrong");
	packet_set_checksum(&p, out, len);
	return (struct span){ out, len };
}

struct span talk_send(struct talk *t, enum side from, uint8_t flags,
		      const char *text, uint8_t out[TALK_PACKET_MAX])
{
	const struct segment g = { &t->end[from], &t->end[!from], t->next[from],
				   t->got[from],  flags,          text };

	t->next[from] +=
		(uint32_t)strlen(text) + !!(flags & (TCP_SYN | TCP_FIN));
	return segment_write(&g, out);
}

void talk_hear(struct talk *t, enum side to, struct span packet)
{
	struct packet p;

	if (packet_decode(packet, &p) == PACKET_TCP && packet_seq_len(&p))
		t->got[to] = p.seq + packet_seq_len(&p);
}

struct span syn_make(const struct endpoint *from, const struct endpoint *to,
		     uint8_t out[TALK_PACKET_MAX])
{
	const struct segment g = { from, to, 3000000, 0, TCP_SYN, "" };

	return segment_write(&g, out);
}
