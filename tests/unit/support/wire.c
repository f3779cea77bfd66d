/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wire: see wire.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

#define ROUNDS_MAX 4000

/* --- the ends ------------------------------------------------------------ */

static void send_from(struct wire *w, enum side from, size_t offset,
		      const void *bytes, size_t len, uint8_t flags)
{
	struct wire_end *me = &w->end[from];
	struct wire_tcp g = {
		.src = me->at,
		.dst = w->end[!from].at,
		.seq = me->isn + 1 + (uint32_t)offset,
		.ack = me->peer_isn + 1 + (uint32_t)me->received +
		       (me->fin_received ? 1 : 0),
		.flags = flags,
		.timestamps = w->timestamps,
		.bytes = bytes,
		.len = len,
	};

	/* Signed: a forged segment may lie before the stream's start. */
	if ((int64_t)(offset + len) > (int64_t)me->sent_max)
		me->sent_max = offset + len;
	me->ack_sent = me->received;
	wire_tcp(w, &g);
}

static void send_ack(struct wire *w, enum side from)
{
	struct wire_end *me = &w->end[from];

	send_from(w, from, me->sent_max + (me->fin_sent ? 1 : 0), "", 0,
		  TCP_ACK);
}

/* A receiver gets a packet: RFC 9293 3.10.7.4, as far as a test needs. */
static void arrive(struct wire *w, struct span bytes)
{
	struct packet p;
	struct wire_end *me;
	struct span payload;
	enum side to;
	int64_t offset, acked;

	assert_int_equal(packet_decode(bytes, &p), PACKET_TCP);
	assert_true(packet_checksum_ok(&p));
	if (endpoint_equal(&p.dst, &w->end[SERVER].at))
		to = SERVER;
	else if (endpoint_equal(&p.dst, &w->end[CLIENT].at))
		to = CLIENT;
	else
		return; /* a data connection's SYN */
	me = &w->end[to];
	payload = packet_payload(&p);
	if (p.flags & TCP_RST) {
		me->reset = true;
		return;
	}
	if (p.flags & TCP_SYN) {
		me->peer_isn = p.seq;
		return;
	}
	acked = (int32_t)(p.ack - (me->isn + 1));
	assert_true(acked <= (int64_t)me->sent_max + 1);
	if (acked > (int64_t)me->sent_max)
		me->fin_acked = 1;
	if (acked > (int64_t)me->acked)
		me->acked = acked > (int64_t)me->sent_max ? me->sent_max
							  : (size_t)acked;
	offset = (int32_t)(p.seq - (me->peer_isn + 1));
	if (payload.len > me->payload_max)
		me->payload_max = payload.len;
	for (size_t i = 0; i < payload.len; i++) {
		int64_t at = offset + (int64_t)i;

		/* TCP does not look at what it has acknowledged. */
		if (at < (int64_t)me->ack_sent || at >= WIRE_STREAM_MAX)
			continue;
		if (me->have[at] && me->got[at] != payload.at[i])
			fail_msg("byte %ld came as %02x, then as %02x",
				 (long)at, me->got[at], payload.at[i]);
		me->got[at] = payload.at[i];
		me->have[at] = 1;
	}
	while (me->received < WIRE_STREAM_MAX && me->have[me->received])
		me->received++;
	if (p.flags & TCP_FIN &&
	    offset + (int64_t)payload.len == (int64_t)me->received)
		me->fin_received = true;
	if ((payload.len || p.flags & TCP_FIN) && !w->hold_acks)
		send_ack(w, to);
}

/* An ACK or RST of our own, in the wire view: conntrack would translate it. */
static void arrive_injected(struct wire *w, struct span bytes)
{
	struct packet p;
	enum side to;
	int64_t acked;

	assert_int_equal(packet_decode(bytes, &p), PACKET_TCP);
	assert_true(packet_checksum_ok(&p));
	if (endpoint_equal(&p.dst, &w->nat.client_public))
		to = CLIENT;
	else
		to = SERVER;
	if (to == SERVER)
		assert_true(endpoint_equal(&p.dst, &w->nat.server_public));
	assert_true(endpoint_equal(&p.src, &w->end[!to].at));
	if (p.flags & TCP_RST) {
		w->end[to].reset = true;
		w->end[to].resets++;
		w->end[to].reset_seq = p.seq;
		w->end[to].reset_ack = p.flags & TCP_ACK ? p.ack : 0;
		return;
	}
	acked = (int32_t)(p.ack - (w->end[to].isn + 1));
	assert_true(acked <= (int64_t)w->end[to].sent_max);
	if (acked > (int64_t)w->end[to].acked)
		w->end[to].acked = (size_t)acked;
}

static void carry_out(struct wire *w, struct outcome *out);

static void do_action(struct wire *w, const struct action *a)
{
	struct kernel_set *set = w->with ? &w->with->set : &w->set;

	w->actions[a->type]++;
	w->last[a->type] = *a;
	if (w->fail_action[a->type]) {
		engine_action_failed(w->engine, a, w->now, w->again);
		carry_out(w, w->again);
	} else if (a->type == ACTION_INJECT) {
		arrive_injected(w, a->inject.bytes);
	} else if (a->type == ACTION_PINHOLE_ADD) {
		kernel_set_add(set, &a->hole.key);
	} else if (a->type == ACTION_PINHOLE_DEL) {
		kernel_set_del(set, &a->hole.key);
	}
}

static void carry_out(struct wire *w, struct outcome *out)
{
	/* Arrivals send more packets, which use the outcome again. */
	struct outcome *mine = malloc(sizeof(*mine));

	assert_non_null(mine);
	/* All taken: the last one may have been written over. */
	assert_true(out->events < OUTCOME_EVENTS_MAX);
	assert_true(out->actions < OUTCOME_ACTIONS_MAX);
	mine->actions = out->actions;
	mine->verdicts = out->verdicts;
	memcpy(mine->action, out->action, out->actions * sizeof(*out->action));
	memcpy(mine->verdict, out->verdict,
	       out->verdicts * sizeof(*out->verdict));
	memcpy(mine->bytes, out->bytes, out->bytes_len);
	for (size_t i = 0; i < out->verdicts; i++) {
		struct span *b = &mine->verdict[i].bytes;

		if (b->len)
			b->at = mine->bytes + (b->at - out->bytes);
	}
	for (size_t i = 0; i < out->actions; i++) {
		struct action *a = &mine->action[i];

		if (a->type == ACTION_INJECT)
			a->inject.bytes.at =
				mine->bytes + (a->inject.bytes.at - out->bytes);
	}
	for (size_t i = 0; i < out->events; i++)
		wire_log_event(w, &out->event[i]);
	for (size_t i = 0; i < mine->actions; i++)
		do_action(w, &mine->action[i]);
	for (size_t i = 0; i < mine->verdicts; i++) {
		const struct verdict *v = &mine->verdict[i];

		assert_true(v->tag < w->packets);
		assert_int_equal(w->verdicts[v->tag], 0);
		w->verdicts[v->tag] = v->kind == VERDICT_DROP ? 2 : 1;
		if (v->kind == VERDICT_DROP)
			continue;
		if (w->lose_next) {
			w->lose_next = false;
			continue;
		}
		arrive(w, v->bytes.len ? v->bytes : w->packet[v->tag]);
	}
	free(mine);
}

void wire_deliver(struct wire *w)
{
	carry_out(w, w->out);
}

/* Wires on one engine have one clock: the hub's. */
static void pass_time(struct wire *w, uint64_t us)
{
	if (w->with && w->with->now > w->now)
		w->now = w->with->now;
	w->now += us;
	if (w->with)
		w->with->now = w->now;
}

void wire_raw(struct wire *w, struct span packet)
{
	uint8_t *copy = malloc(packet.len + 1);
	uint32_t tag = w->packets++;

	assert_non_null(copy);
	assert_true(tag < WIRE_PACKETS_MAX);
	memcpy(copy, packet.at, packet.len);
	w->packet[tag] = span_of(copy, packet.len);
	w->verdicts[tag] = 0;
	pass_time(w, 10);
	if (engine_packet(w->engine, w->packet[tag], tag, w->now, w->out) ==
	    ENGINE_ASK_NAT) {
		assert_int_equal(w->out->verdicts + w->out->actions +
					 w->out->events,
				 0);
		w->asked_nat++;
		engine_nat(w->engine, &w->out->ask,
			   w->nat_unknown ? NULL : &w->nat);
		assert_int_equal(engine_packet(w->engine, w->packet[tag], tag,
					       w->now, w->out),
				 ENGINE_DONE);
	}
	carry_out(w, w->out);
}

void wire_tcp(struct wire *w, const struct wire_tcp *g)
{
	static uint8_t bytes[WIRE_PACKET_MAX];

	wire_raw(w, span_of(bytes, wire_build(g, bytes)));
}

/* --- what tests call ------------------------------------------------------ */

static void start_end(struct wire_end *e, struct endpoint at, uint32_t isn)
{
	memset(e, 0, sizeof(*e));
	e->at = at;
	e->isn = isn;
	e->stream = calloc(1, WIRE_STREAM_MAX);
	e->got = calloc(1, WIRE_STREAM_MAX);
	e->have = calloc(1, WIRE_STREAM_MAX);
	assert_true(e->stream && e->got && e->have);
}

static void start_addresses(struct wire *w, const struct wire_options *o)
{
	uint16_t port = o->server_port ? o->server_port : 21;
	bool v6 = o->v6;

	start_end(&w->end[CLIENT],
		  wire_endpoint(v6 ? "fc00:10:1:4::4" : "10.1.4.4", 40404),
		  o->client_isn ? o->client_isn : 1000);
	start_end(&w->end[SERVER],
		  wire_endpoint(v6 ? "fc00:10:2:5::5" : "10.2.5.5", port),
		  o->server_isn ? o->server_isn : 900000);
	w->nat.client_public = w->end[CLIENT].at;
	w->nat.server_public = w->end[SERVER].at;
	if (o->snat)
		w->nat.client_public =
			wire_endpoint(v6 ? "2001:db8:203:113::100"
					 : "203.0.113.100",
				      50505);
	if (o->dnat)
		w->nat.server_public = wire_endpoint(v6 ? "2001:db8:198:51::200"
							: "198.51.100.200",
						     port);
}

static void start_policy(struct wire *w, uint16_t port)
{
	struct policy *p = &w->policy;

	p->control_port[0] = 21;
	p->control_ports = 1;
	if (port && port != 21)
		p->control_port[p->control_ports++] = port;
	p->implicit_port[0] = 990;
	p->implicit_ports = 1;
	p->pinhole_timeout_us = 60 * 1000000ull;
	p->minimum_port = 1024;
	p->require_login = true;
	p->connmark = 0x1000;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

void wire_start(struct wire *w, const struct wire_options *o)
{
	const uint8_t key[ENGINE_KEY_LEN] = { o->key, 1, 2, 3 };
	size_t size;

	memset(w, 0, sizeof(*w));
	w->now = 1000000;
	w->mss = o->mss ? o->mss : 1460;
	start_policy(w, o->server_port);
	w->limits = (struct engine_limits){
		.sessions = or_default(o->sessions, 64),
		.pinholes = or_default(o->pinholes, 64),
		.sessions_per_client = or_default(o->sessions_per_client, 64),
		.pinholes_per_client = or_default(o->pinholes_per_client, 64),
		.pinholes_per_server = or_default(o->pinholes_per_server, 64),
		.line_length = or_default(o->line_length, 4096),
		.verify_checksums = true,
	};
	size = engine_size(&w->limits);
	w->memory = calloc(1, size);
	w->engine = engine_init(w->memory, size, &w->limits, &w->policy, key);
	assert_non_null(w->engine);
	w->out = malloc(sizeof(*w->out));
	w->again = malloc(sizeof(*w->again));
	w->packet = calloc(WIRE_PACKETS_MAX, sizeof(*w->packet));
	w->verdicts = calloc(WIRE_PACKETS_MAX, 1);
	w->log = calloc(1, WIRE_LOG_MAX);
	assert_true(w->out && w->again && w->packet && w->verdicts && w->log);
	start_addresses(w, o);
}

void wire_join(struct wire *w, struct wire *hub, const struct wire_options *o,
	       const struct endpoint *client)
{
	wire_start(w, o);
	free(w->memory);
	w->memory = NULL;
	w->engine = hub->engine;
	w->with = hub;
	w->end[CLIENT].at = *client;
	if (!o->snat)
		w->nat.client_public = *client;
}

void wire_stop(struct wire *w)
{
	for (uint32_t i = 0; i < w->packets; i++)
		free((void *)(uintptr_t)w->packet[i].at);
	for (int i = 0; i < 2; i++) {
		free(w->end[i].stream);
		free(w->end[i].got);
		free(w->end[i].have);
	}
	free(w->packet);
	free(w->verdicts);
	free(w->log);
	free(w->out);
	free(w->again);
	free(w->memory);
}

void wire_connect(struct wire *w)
{
	struct wire_end *c = &w->end[CLIENT], *s = &w->end[SERVER];
	struct wire_tcp g = { .src = c->at,
			      .dst = s->at,
			      .seq = c->isn,
			      .flags = TCP_SYN,
			      .mss = w->mss };

	wire_tcp(w, &g);
	g = (struct wire_tcp){ .src = s->at,
			       .dst = c->at,
			       .seq = s->isn,
			       .ack = c->isn + 1,
			       .flags = TCP_SYN | TCP_ACK,
			       .mss = w->mss };
	wire_tcp(w, &g);
	send_ack(w, CLIENT);
}

void wire_write(struct wire *w, enum side from, const void *bytes, size_t len)
{
	struct wire_end *e = &w->end[from];

	assert_true(e->stream_len + len <= WIRE_STREAM_MAX);
	memcpy(e->stream + e->stream_len, bytes, len);
	e->stream_len += len;
}

void wire_segment_flags(struct wire *w, enum side from, size_t a, size_t b,
			uint8_t flags)
{
	assert_true(a <= b && b <= w->end[from].stream_len);
	send_from(w, from, a, w->end[from].stream + a, b - a,
		  flags | TCP_ACK | TCP_PSH);
}

void wire_segment(struct wire *w, enum side from, size_t a, size_t b)
{
	wire_segment_flags(w, from, a, b, 0);
}

void wire_forge(struct wire *w, enum side from, size_t a, const char *bytes,
		uint8_t flags)
{
	send_from(w, from, a, bytes, strlen(bytes), flags | TCP_ACK);
}

void wire_pump(struct wire *w, enum side from)
{
	struct wire_end *e = &w->end[from];

	for (int round = 0; e->acked < e->stream_len; round++) {
		size_t end = e->acked + w->mss;

		if (round > ROUNDS_MAX)
			fail_msg("stuck at %zu of %zu", e->acked,
				 e->stream_len);
		wire_segment(w, from, e->acked,
			     end < e->stream_len ? end : e->stream_len);
	}
}

void wire_say(struct wire *w, enum side from, const char *text)
{
	wire_write(w, from, text, strlen(text));
	wire_pump(w, from);
}

void wire_syn(struct wire *w, const struct endpoint *from,
	      const struct endpoint *to)
{
	struct wire_tcp g = { .src = *from,
			      .dst = *to,
			      .seq = 7 + w->syns++,
			      .flags = TCP_SYN,
			      .mss = 1460 };

	wire_tcp(w, &g);
}

void wire_fin(struct wire *w, enum side from)
{
	struct wire_end *e = &w->end[from];

	e->fin_sent = true;
	wire_segment_flags(w, from, e->stream_len, e->stream_len, TCP_FIN);
}

void wire_rst(struct wire *w, enum side from)
{
	send_from(w, from, w->end[from].sent_max, "", 0, TCP_RST | TCP_ACK);
}

void wire_wait(struct wire *w, uint64_t us)
{
	pass_time(w, us);
	engine_tick(w->engine, w->now, w->out);
	carry_out(w, w->out);
}

void wire_login(struct wire *w)
{
	wire_say(w, SERVER, "220 ready\r\n");
	wire_say(w, CLIENT, "USER ftpuser\r\n");
	wire_say(w, SERVER, "331 password?\r\n");
	wire_say(w, CLIENT, "PASS secret\r\n");
	wire_say(w, SERVER, "230 in\r\n");
}
