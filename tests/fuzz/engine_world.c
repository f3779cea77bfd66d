/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world around the engine, for fuzz_engine.c, which includes this file:
 * pairs of TCP ends, the kernel's set, and the judge of all that the engine
 * decides.
 */
#include <stdlib.h>
#include <string.h>

#include <sallyport/engine.h>
#include <sallyport/packet.h>

#include "core/grant.h"
#include "core/pinhole.h"
#include "core/session_table.h"
#include "core/state.h"

/* Three to port 21, one to port 990. */
#define PAIRS       4
#define STREAM_MAX  4096
#define GOT_MAX     (2 * STREAM_MAX)
#define TAGS_MAX    4096
#define PACKETS_MAX (1u << 20)
/* An action fails, and so does one that undoes what depended on it. */
#define LEVELS      3
#define SET_MAX     64
#define SECRET      "s3cr3t"

/* One end of a control connection. */
struct end {
	struct endpoint at;
	uint32_t isn, peer_isn;
	size_t len, sent, acked, received, ack_sent;
	uint8_t stream[STREAM_MAX], got[GOT_MAX], have[GOT_MAX];
	bool fin, owes_ack;
};

struct pair {
	struct end end[2];
	struct nat_view nat;
	uint16_t mss;
	bool forged;   /* the streams are not only what the ends said */
	bool required; /* TLS was, all the time: see check_secret() */
	bool cut;      /* the engine has reset it */
};

static struct fuzz {
	struct engine *e;
	struct policy policy;
	struct policy_server server;
	struct policy_client client;
	uint64_t now;
	struct pair pair[PAIRS];
	uint8_t failing; /* a bit per action type: the kernel refuses it */
	bool del_failed, nat_unknown, hold_acks, lose;
	struct pinhole_key set[SET_MAX];
	size_t set_len;
	uint32_t tags;
	struct span packet[TAGS_MAX];
	uint8_t verdicts[TAGS_MAX];
	size_t packets_len;
	bool full; /* no room for another packet: stop */
} f;

/* Not cleared between runs: what is in them is written first. */
static uint8_t packets[PACKETS_MAX];
static struct outcome outcomes[LEVELS];
static uint8_t *memory;

static void must(bool holds)
{
	if (!holds)
		abort();
}

#include "engine_checks.c"

/* --- packets ----------------------------------------------------------------- */

static void put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static void put32(uint8_t *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b + 2, v);
}

struct tcp {
	struct endpoint src, dst;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t mss;
	struct span payload;
};

static size_t ip_header(const struct tcp *t, uint8_t *b, size_t len)
{
	memset(b, 0, 64);
	if (addr_is_v4(&t->src.addr)) {
		b[0] = 0x45;
		put16(b + 2, (uint32_t)(20 + len));
		b[9] = 6;
		memcpy(b + 12, addr_v4_bytes(&t->src.addr), 4);
		memcpy(b + 16, addr_v4_bytes(&t->dst.addr), 4);
		return 20;
	}
	b[0] = 0x60;
	put16(b + 4, (uint32_t)len);
	b[6] = 6;
	memcpy(b + 8, t->src.addr.b, 16);
	memcpy(b + 24, t->dst.addr.b, 16);
	return 40;
}

static size_t build(const struct tcp *t, uint8_t *out)
{
	uint8_t raw[128];
	size_t options = t->mss ? 4 : 0;
	size_t at = ip_header(t, raw, 20 + options);
	struct packet p;
	size_t len;

	put16(raw + at, t->src.port);
	put16(raw + at + 2, t->dst.port);
	put32(raw + at + 4, t->seq);
	put32(raw + at + 8, t->ack);
	put32(raw + at + 12, 0);
	raw[at + 12] = (uint8_t)((20 + options) << 2);
	raw[at + 13] = t->flags;
	put16(raw + at + 14, 64240);
	put32(raw + at + 16, 0);
	raw[at + 20] = 2;
	raw[at + 21] = 4;
	put16(raw + at + 22, t->mss);
	must(packet_decode(span_of(raw, at + 20 + options), &p) == PACKET_TCP);
	len = packet_copy(&p, t->payload, out);
	packet_set_checksum(&p, out, len);
	return len;
}

/* --- what the engine decides ----------------------------------------------------- */

/* The pair whose ends these are; @from says which of them sends. */
static struct pair *pair_of(const struct endpoint *src,
			    const struct endpoint *dst, int *from)
{
	for (int i = 0; i < PAIRS; i++) {
		struct pair *p = &f.pair[i];

		for (*from = 0; *from < 2; ++*from)
			if (endpoint_equal(src, &p->end[*from].at) &&
			    endpoint_equal(dst, &p->end[!*from].at))
				return p;
	}
	return NULL;
}

/* A receiver gets a packet (RFC 9293 3.10.7.4, as far as is needed). */
static void arrive(const struct packet *p)
{
	struct span payload = packet_payload(p);
	int from;
	struct pair *pair = pair_of(&p->src, &p->dst, &from);
	struct end *me;
	int64_t acked, at;

	if (!pair || p->flags & (TCP_RST | TCP_SYN) || !packet_checksum_ok(p))
		return;
	me = &pair->end[!from];
	acked = (int32_t)(p->ack - (me->isn + 1));
	if (p->flags & TCP_ACK && acked > (int64_t)me->acked &&
	    acked <= (int64_t)me->sent)
		me->acked = (size_t)acked;
	if (from == 0)
		check_secret(pair, payload);
	at = (int32_t)(p->seq - (me->peer_isn + 1));
	/* An empty one with an old number makes it repeat its ACK. */
	me->owes_ack |= payload.len > 0 || at < (int64_t)me->received;
	for (size_t i = 0; i < payload.len; i++, at++) {
		/* What was acknowledged is not looked at again. */
		if (at < (int64_t)me->ack_sent ||
		    at >= (int64_t)sizeof(me->got))
			continue;
		must(pair->forged || !me->have[at] ||
		     me->got[at] == payload.at[i]);
		me->got[at] = payload.at[i];
		me->have[at] = 1;
	}
	while (me->received < sizeof(me->have) && me->have[me->received])
		me->received++;
}

static void check_changed(const struct packet *was, struct span bytes)
{
	size_t had = packet_payload(was).len;
	int from;
	const struct pair *pair = pair_of(&was->src, &was->dst, &from);
	struct packet now;

	must(packet_decode(bytes, &now) == PACKET_TCP);
	must(now.ip.len == bytes.len && packet_checksum_ok(&now));
	must(endpoint_equal(&now.src, &was->src));
	must(endpoint_equal(&now.dst, &was->dst));
	must(now.payload_at == was->payload_at);
	must(packet_payload(&now).len <= had ||
	     packet_payload(&now).len <= 1460 ||
	     (pair && packet_payload(&now).len <= pair->mss));
}

static void take_verdict(const struct verdict *v)
{
	struct packet was, now;
	struct span bytes;

	must(v->tag < f.tags && !f.verdicts[v->tag]);
	f.verdicts[v->tag] = 1;
	if (v->kind == VERDICT_DROP)
		return;
	bytes = v->bytes.len ? v->bytes : f.packet[v->tag];
	if (packet_decode(f.packet[v->tag], &was) != PACKET_TCP) {
		must(!v->bytes.len);
		return;
	}
	if (v->bytes.len)
		check_changed(&was, v->bytes);
	must(packet_decode(bytes, &now) == PACKET_TCP);
	if (f.lose)
		f.lose = false;
	else
		arrive(&now);
}

static size_t set_find(const struct pinhole_key *key)
{
	size_t i = 0;

	while (i < f.set_len && !(addr_equal(&f.set[i].from, &key->from) &&
				  endpoint_equal(&f.set[i].to, &key->to)))
		i++;
	return i;
}

/* A pinhole is for the two peers of one session, and nobody else. */
static void check_key(const struct action *a)
{
	const struct addr *from = &a->hole.key.from;
	const struct addr *to = &a->hole.key.to.addr;
	bool fits = false;

	for (int i = 0; i < PAIRS; i++) {
		const struct pair *p = &f.pair[i];
		const struct addr *client = &p->end[0].at.addr;
		const struct addr *server = &p->end[1].at.addr;

		fits |= addr_equal(from, server) &&
			addr_equal(to, &p->nat.client_public.addr);
		fits |= addr_equal(from, client) &&
			addr_equal(to, &p->nat.server_public.addr);
	}
	/* Sessions of raw packets are not translated by these views. */
	must(fits || addr_equal(from, &a->ends.client.addr) ||
	     addr_equal(from, &a->ends.server.addr));
	must(policy_port_allowed(&f.policy, a->hole.key.to.port));
	must(a->hole.timeout_us == f.policy.pinhole_timeout_us);
}

/* The kernel knows the way to the public address; and where it says that it
 * knows no translation, there is none. */
static bool is_for(const struct packet *p, const struct endpoint *from,
		   const struct endpoint *to, const struct endpoint *public)
{
	return endpoint_equal(&p->src, from) &&
	       (endpoint_equal(&p->dst, public) || endpoint_equal(&p->dst, to));
}

static void check_inject(struct span bytes)
{
	struct packet p;

	must(packet_decode(bytes, &p) == PACKET_TCP && packet_checksum_ok(&p));
	must(p.ip.len == bytes.len && !packet_payload(&p).len);
	must(p.flags == TCP_ACK || p.flags == TCP_RST ||
	     p.flags == (TCP_RST | TCP_ACK));
	for (int i = 0; i < PAIRS; i++) {
		struct pair *pair = &f.pair[i];
		struct end *to = NULL;
		int64_t acked;

		if (is_for(&p, &pair->end[1].at, &pair->end[0].at,
			   &pair->nat.client_public))
			to = &pair->end[0];
		if (is_for(&p, &pair->end[0].at, &pair->end[1].at,
			   &pair->nat.server_public))
			to = &pair->end[1];
		if (to && p.flags & TCP_RST)
			pair->cut = true;
		if (!to || pair->forged || p.flags & TCP_RST)
			continue;
		acked = (int32_t)(p.ack - (to->isn + 1));
		must(acked <= (int64_t)to->sent + to->fin);
		if (acked > (int64_t)to->acked && acked <= (int64_t)to->sent)
			to->acked = (size_t)acked;
	}
}

/* The kernel does @a; false: it refuses. */
static bool take_action(const struct action *a)
{
	size_t i;

	if (f.failing >> a->type & 1) {
		f.del_failed |= a->type == ACTION_PINHOLE_DEL;
		return false;
	}
	switch (a->type) {
	case ACTION_PINHOLE_ADD:
		check_key(a);
		if (set_find(&a->hole.key) < f.set_len)
			break;
		must(f.set_len < SET_MAX);
		f.set[f.set_len++] = a->hole.key;
		break;
	case ACTION_PINHOLE_DEL:
		i = set_find(&a->hole.key);
		if (i < f.set_len)
			f.set[i] = f.set[--f.set_len];
		break;
	case ACTION_DATA_CREATE:
		check_data(a);
		break;
	case ACTION_INJECT:
		check_inject(a->inject.bytes);
		break;
	case ACTION_LIBERAL:
		must(endpoint_equal(&a->liberal.from, &a->ends.client));
		break;
	case ACTION_FAST_PATH:
		must(a->mark.bits == f.policy.fast_mark);
		must(endpoint_equal(&a->mark.from, &a->ends.client));
		break;
	case ACTION_DATA_QUEUE:
	case ACTION_DATA_PASS:
		must(a->mark.bits == f.policy.data_mark);
		break;
	}
	return true;
}

/* Every byte that an event names can be read. */
static void read_text(struct span s)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < s.len; i++)
		sum = (uint8_t)(sum + s.at[i]);
}

static void take_event(const struct event *ev)
{
	must(ev->type < EVENT_TYPES && ev->at_us == f.now);
	switch (ev->type) {
	case EVENT_COMMAND:
		read_text(ev->command.verb);
		read_text(ev->command.arg);
		break;
	case EVENT_REPLY:
		read_text(ev->reply.text);
		break;
	case EVENT_AUTH:
		read_text(ev->auth.mechanism);
		break;
	case EVENT_TLS:
		read_text(ev->tls.sni);
		read_text(ev->tls.alpn);
		read_text(ev->tls.chain);
		break;
	case EVENT_GRANT:
		read_text(ev->grant.server_name);
		break;
	case EVENT_ALERT:
		must(ev->alert.rule < ALERTS && alert_name(ev->alert.rule));
		break;
	default:
		break;
	}
}

static void carry_out(int level)
{
	const struct outcome *out = &outcomes[level];
	bool done[OUTCOME_ACTIONS_MAX];

	must(out->verdicts <= OUTCOME_VERDICTS_MAX);
	/* All taken: one may have been written over. */
	must(out->actions < OUTCOME_ACTIONS_MAX);
	must(out->events < OUTCOME_EVENTS_MAX);
	for (size_t i = 0; i < out->actions; i++)
		done[i] = take_action(&out->action[i]);
	for (size_t i = 0; i < out->actions; i++) {
		if (done[i])
			continue;
		must(level + 1 < LEVELS);
		engine_action_failed(f.e, &out->action[i], f.now,
				     &outcomes[level + 1]);
		carry_out(level + 1);
	}
	for (size_t i = 0; i < out->events; i++)
		take_event(&out->event[i]);
	for (size_t i = 0; i < out->verdicts; i++)
		take_verdict(&out->verdict[i]);
}

static void check_tables(void)
{
	struct pinhole_info h;
	struct engine_stats n;
	uint64_t open = 0;
	uint32_t at = 0;

	engine_stats(f.e, &n);
	while (engine_next_pinhole(f.e, &at, &h)) {
		if (h.state[0] != 'o')
			continue;
		open++;
		must(set_find(&h.key) < f.set_len);
	}
	must(open == n.pinholes && n.sessions <= f.e->sessions.used);
	must(n.control_packets <= n.packets);
	check_grants();
	check_counts();
}

/* The engine gave up a session that may still have bytes under way: if it
 * picks it up again, it may rewrite what was sent unchanged before. */
static void forget(void)
{
	for (int i = 0; i < PAIRS; i++)
		f.pair[i].forged = true;
}

/* --- sending ------------------------------------------------------------------------ */

static void give(struct span bytes)
{
	uint32_t tag = f.tags;
	uint64_t evicted = f.e->stats.sessions_evicted;

	if (f.tags == TAGS_MAX || bytes.len > PACKETS_MAX - f.packets_len) {
		f.full = true;
		return;
	}
	if (bytes.len)
		memcpy(packets + f.packets_len, bytes.at, bytes.len);
	f.packet[f.tags++] = span_of(packets + f.packets_len, bytes.len);
	f.packets_len += bytes.len;
	f.now += 10;
	if (engine_packet(f.e, f.packet[tag], tag, f.now, &outcomes[0]) ==
	    ENGINE_ASK_NAT) {
		struct ends ask = outcomes[0].ask;
		int from;
		struct pair *p = pair_of(&ask.client, &ask.server, &from);
		struct nat_view view = nat_identity(&ask);

		must(!outcomes[0].verdicts && !outcomes[0].events);
		engine_nat(f.e, &ask,
			   f.nat_unknown    ? NULL
			   : p && from == 0 ? &p->nat
					    : &view);
		must(engine_packet(f.e, f.packet[tag], tag, f.now,
				   &outcomes[0]) == ENGINE_DONE);
	}
	carry_out(0);
	check_tables();
	if (f.e->stats.sessions_evicted != evicted)
		forget();
}
