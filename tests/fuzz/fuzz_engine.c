/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole conversations. The input is a program: each step is a byte that
 * chooses an operation of `steps`, and the bytes that this one wants. Four
 * pairs of TCP ends talk through one small engine: two clients behind one
 * public address, one pair over IPv6, all of them translated; and one to the
 * port of implicit TLS, which is not.
 *
 * What must hold, whatever is sent:
 *   every packet gets one verdict, at the latest at the end;
 *   what is changed decodes, is no longer than it may be, has right checksums;
 *   a receiver never gets two different bytes at one place, unless somebody
 *   forged one;
 *   what both ends really said arrives, however it was cut, lost or refused;
 *   a pinhole is for the two peers of a session, to an allowed port, and in
 *   the kernel's set as long as it is open;
 *   an ACK of our own acknowledges nothing that was not sent;
 *   a grant is for a trusted session whose handshake is finished, and no more
 *   data connections are open under it than may be;
 *   where TLS is required, no server reads a password in the clear;
 *   after the end nothing is left in any table.
 */
#include "engine_world.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 400

/* The program. */
static struct cursor in;

/* A segment of @p's stream, or of @forged bytes. */
static void segment(struct pair *p, int from, size_t at, struct span bytes,
		    uint8_t flags)
{
	struct end *me = &p->end[from];
	uint8_t out[STREAM_MAX + 128];
	struct tcp t = {
		.src = me->at,
		.dst = p->end[!from].at,
		.seq = me->isn + 1 + (uint32_t)at,
		.ack = me->peer_isn + 1 + (uint32_t)me->received,
		.flags = flags,
		.payload = bytes,
	};

	if (at + bytes.len > me->sent && at + bytes.len <= me->len)
		me->sent = at + bytes.len;
	me->owes_ack = false;
	me->ack_sent = me->received;
	give(span_of(out, build(&t, out)));
}

/* Receivers acknowledge what they got. */
static void acknowledge(void)
{
	for (int i = 0; i < 2 * PAIRS && !f.hold_acks; i++) {
		struct pair *p = &f.pair[i / 2];
		struct end *me = &p->end[i % 2];

		if (me->owes_ack)
			segment(p, i % 2, me->sent, span_str(""), TCP_ACK);
	}
}

static struct pair *any_pair(uint8_t from)
{
	return &f.pair[from / 2 % PAIRS];
}

/* --- steps ---------------------------------------------------------------- */

static void handshake(struct pair *p)
{
	struct end *c = &p->end[0], *s = &p->end[1];
	struct tcp t = { .src = c->at,
			 .dst = s->at,
			 .seq = c->isn,
			 .flags = TCP_SYN,
			 .mss = p->mss };
	uint8_t out[128];

	/* Whatever is lost on the way, in the end they agree. */
	c->peer_isn = s->isn;
	s->peer_isn = c->isn;
	give(span_of(out, build(&t, out)));
	t = (struct tcp){ .src = s->at,
			  .dst = c->at,
			  .seq = s->isn,
			  .ack = c->isn + 1,
			  .flags = TCP_SYN | TCP_ACK,
			  .mss = p->mss };
	give(span_of(out, build(&t, out)));
	segment(p, 0, 0, span_str(""), TCP_ACK);
}

/* The same ports again, with other numbers. */
static void step_connect(void)
{
	uint8_t who = rd_u8(&in);
	struct pair *p = any_pair(who);
	uint32_t client_isn = p->end[0].isn, server_isn = p->end[1].isn;
	bool forged = p->forged;

	for (int i = 0; i < 2; i++) {
		struct end *e = &p->end[i];
		struct endpoint at = e->at;

		memset(e, 0, sizeof(*e));
		e->at = at;
		e->isn = rd_be32(&in);
	}
	if (p->end[0].isn == client_isn && p->end[1].isn == server_isn)
		p->end[1].isn++;
	p->mss = rd_be16(&in);
	p->forged = forged;
	p->cut = false;
	p->required = f.policy.explicit_tls == TLS_REQUIRE;
	handshake(p);
}

static void append(struct end *e, struct span text)
{
	if (text.len > STREAM_MAX - e->len)
		return;
	memcpy(e->stream + e->len, text.at, text.len);
	e->len += text.len;
}

static const char *const said[2][24] = {
	{ "USER a\r\n",
	  "PASS b\r\n",
	  "PASV\r\n",
	  "EPSV\r\n",
	  "LPSV\r\n",
	  "EPSV ALL\r\n",
	  "PORT 10,1,4,4,19,137\r\n",
	  "PORT 10,1,4,5,19,137\r\n",
	  "EPRT |1|10.1.4.4|5001|\r\n",
	  "EPRT |2|fc00:10:1:4::4|5001|\r\n",
	  "LPRT 4,4,10,1,4,4,2,19,137\r\n",
	  "LIST\r\n",
	  "ABOR\r\n",
	  "REIN\r\n",
	  "QUIT\r\n",
	  "AUTH TLS\r\n",
	  "NOOP\r\n",
	  "\xff\xf4\xff\xf2"
	  "ABOR\r\n",
	  "PORT 0,0,0,0,19,138\r\n",
	  "PORT 10,1,4,4,19",
	  "STOR x\r\n",
	  "AUTH GSSAPI\r\n",
	  "GET / HTTP/1.1\r\n",
	  "PORT 10,2,5,9,19,137\r\n" },
	{ "220 hello\r\n",
	  "331 ?\r\n",
	  "230 in\r\n",
	  "200 ok\r\n",
	  "227 Entering (10,2,5,5,164,16)\r\n",
	  "227 (0,0,0,0,164,17)\r\n",
	  "227 (198,51,100,200,164,18)\r\n",
	  "229 (|||42003|)\r\n",
	  "228 (4,4,10,2,5,5,2,164,19)\r\n",
	  "150 go\r\n",
	  "226 done\r\n",
	  "500 no\r\n",
	  "211-many\r\n",
	  " inner\r\n",
	  "211 end\r\n",
	  "421 bye\r\n",
	  "221 bye\r\n",
	  "234 go\r\n",
	  "334 more\r\n",
	  "227 Entering (10,2,5",
	  "120 wait\r\n",
	  "633 x\r\n",
	  "what?\r\n",
	  "227 (10,2,5,9,164,16)\r\n" },
};

/* A usual line, in one segment of its own. */
static void step_say(void)
{
	uint8_t who = rd_u8(&in), what = rd_u8(&in) % 24;
	struct pair *p = any_pair(who);
	struct end *e = &p->end[who % 2];
	size_t at = e->len;

	append(e, span_str(said[who % 2][what]));
	if (at == e->sent)
		segment(p, who % 2, at, span_of(e->stream + at, e->len - at),
			TCP_ACK | TCP_PSH);
}

/* Any bytes, said but not sent. */
static void step_write(void)
{
	uint8_t who = rd_u8(&in), len = rd_u8(&in);

	append(&any_pair(who)->end[who % 2],
	       rd_take(&in, len < in.rest.len ? len : in.rest.len));
}

/* A usual line, said but not sent. */
static void step_write_line(void)
{
	uint8_t who = rd_u8(&in), what = rd_u8(&in) % 24;

	append(&any_pair(who)->end[who % 2], span_str(said[who % 2][what]));
}

/* Some part of what was said, new or not, with any flags but SYN. */
static void step_segment(void)
{
	uint8_t who = rd_u8(&in), flags = rd_u8(&in) & ~TCP_SYN;
	size_t back = rd_u8(&in), len = rd_u8(&in);
	struct pair *p = any_pair(who);
	struct end *e = &p->end[who % 2];
	size_t at = back & 0x80 ? e->sent + (back & 0x7f)
				: e->sent - (back < e->sent ? back : e->sent);

	if (at > e->len)
		at = e->len;
	if (len > e->len - at)
		len = e->len - at;
	if (flags & (TCP_FIN | TCP_RST)) {
		p->forged = true; /* the ends do not know of it */
		e->fin = true;
	}
	segment(p, who % 2, at, span_of(e->stream + at, len), flags);
}

/* All that is not acknowledged, a few segments of at most @len bytes. */
static void send_rest(struct pair *p, int from, size_t len)
{
	struct end *e = &p->end[from];

	for (size_t at = e->acked; at < e->len; at += len)
		segment(p, from, at,
			span_of(e->stream + at,
				e->len - at < len ? e->len - at : len),
			TCP_ACK);
}

static void step_send(void)
{
	uint8_t who = rd_u8(&in), len = rd_u8(&in);

	send_rest(any_pair(who), who % 2, len < 4 ? 1460 : len);
}

/* Other bytes than the stream has, at any place. */
static void step_forge(void)
{
	uint8_t who = rd_u8(&in), flags = rd_u8(&in), len = rd_u8(&in);
	int16_t off = (int16_t)rd_be16(&in);
	struct pair *p = any_pair(who);
	struct end *e = &p->end[who % 2];
	size_t had = e->sent;

	p->forged = true;
	segment(p, who % 2, (size_t)((int64_t)e->sent + off),
		rd_take(&in, len < in.rest.len ? len : in.rest.len), flags);
	e->sent = had;
}

static void step_ack(void)
{
	uint8_t who = rd_u8(&in);

	if (who & 0x80)
		f.hold_acks = !f.hold_acks;
	segment(any_pair(who), who % 2, any_pair(who)->end[who % 2].sent,
		span_str(""), TCP_ACK);
}

/* A SYN: to an element of the set, from its peer or from somebody else. */
static void step_data_syn(void)
{
	uint8_t which = rd_u8(&in), port = rd_u8(&in);
	struct tcp t = { .flags = TCP_SYN, .mss = 1460 };
	uint8_t out[128];

	if (!f.set_len)
		return;
	t.dst = f.set[which % f.set_len].to;
	t.src = (struct endpoint){ f.set[which % f.set_len].from, port };
	if (port & 0x80)
		t.src.addr.b[15] ^= 1;
	give(span_of(out, build(&t, out)));
	if (port & 0x40)
		engine_data_closed(f.e, &t.src, &t.dst, true, 1, 2, f.now,
				   &outcomes[0]);
	else
		outcomes[0].actions = outcomes[0].events =
			outcomes[0].verdicts = 0;
	carry_out(0);
}

static void step_time(void)
{
	uint32_t sessions = f.e->sessions.used;

	f.now += 1ull << rd_u8(&in) % 42;
	engine_tick(f.e, f.now, &outcomes[0]);
	carry_out(0);
	if (f.e->sessions.used < sessions)
		forget();
}

static void step_kernel(void)
{
	uint8_t how = rd_u8(&in);

	f.failing = how & 31;
	f.nat_unknown = how >> 5 & 1;
	f.lose = how >> 6 & 1;
}

static void step_policy(void)
{
	uint8_t how = rd_u8(&in);

	f.policy.require_login = how & 1;
	f.policy.early_connect = how >> 1 & 1;
	f.policy.active_source =
		how >> 2 & 1 ? ACTIVE_SOURCE_DATA : ACTIVE_SOURCE_ANY;
	f.server.active = how >> 3 & 1 ? ACTIVE_REFUSE : ACTIVE_ALLOW;
	engine_set_policy(f.e, &f.policy);
}

/* Any packet at all. */
static void step_raw(void)
{
	uint16_t len = rd_be16(&in);
	struct span bytes = rd_take(&in, len < in.rest.len ? len : in.rest.len);
	struct packet p;
	int from;

	if (packet_decode(bytes, &p) == PACKET_TCP) {
		struct pair *pair = pair_of(&p.src, &p.dst, &from);

		if (pair)
			pair->forged = true;
	}
	give(bytes);
}

#include "engine_tls.c"

static void (*const steps[])(void) = {
	step_connect,
	step_say,
	step_write,
	step_write_line,
	step_segment,
	step_send,
	step_ack,
	step_data_syn,
	step_time,
	step_kernel,
	step_policy,
	step_forge,
	step_raw,
	/* Of engine_tls.c. New ones come last: seeds name them by number. */
	step_records,
	step_record,
	step_handshake,
	step_secret,
	step_grant_syn,
	step_data_end,
	step_data_payload,
	step_tls_policy,
	step_tls_kernel,
};

/* --- beginning and end ------------------------------------------------------- */

static struct endpoint endpoint_of(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	must(addr_parse(span_str(addr), &e.addr) == PARSE_OK);
	return e;
}

static void begin(void)
{
	static const char *const ends[PAIRS][4] = {
		{ "10.1.4.4", "10.2.5.5", "203.0.113.100", "198.51.100.200" },
		{ "10.1.4.5", "10.2.5.5", "203.0.113.100", "198.51.100.200" },
		{ "fc00:10:1:4::4", "fc00:10:2:5::5", "2001:db8:1::100",
		  "2001:db8:2::200" },
		{ "10.1.4.6", "10.2.5.5", "10.1.4.6", "10.2.5.5" },
	};
	static const struct engine_limits limits = { 4, 6, 3, 4, 5, 512, true };
	const uint8_t key[ENGINE_KEY_LEN] = { 7 };
	size_t size = engine_size(&limits);

	memset(&f, 0, sizeof(f));
	f.now = 1000000;
	f.policy.control_port[0] = 21;
	f.policy.control_ports = 1;
	f.policy.implicit_port[0] = 990;
	f.policy.implicit_ports = 1;
	f.policy.pinhole_timeout_us = 60 * US_PER_S;
	f.policy.minimum_port = 1024;
	f.policy.require_login = true;
	f.policy.server = &f.server;
	f.policy.servers = 1;
	f.server.addresses = 1;
	f.server.address[0].len = 0;
	f.server.passive = (struct port_range){ 42000, 42020 };
	f.server.max_data = 2;
	f.server.new_data = 6000;
	f.server.public_address[0] = endpoint_of("192.0.2.77", 0).addr;
	f.policy.data_mark = 0x4000;
	f.policy.fast_mark = 0x8000;
	f.policy.client = &f.client;
	f.client.addresses = 1;
	f.client.public_address = endpoint_of("203.0.113.100", 0).addr;
	f.client.active = (struct port_range){ 42000, 42009 };
	for (int i = 0; i < PAIRS; i++) {
		struct pair *p = &f.pair[i];

		p->end[0].at = endpoint_of(ends[i][0], 40404);
		p->end[1].at = endpoint_of(ends[i][1], i < 3 ? 21 : 990);
		p->nat.client_public =
			endpoint_of(ends[i][2],
				    (uint16_t)(i < 3 ? 50505 + i : 40404));
		p->nat.server_public =
			endpoint_of(ends[i][3], p->end[1].at.port);
		p->mss = 1460;
	}
	if (!memory)
		memory = calloc(1, size);
	must(memory != NULL);
	/* Its tables clear what they hand out. */
	memset(memory, 0, sizeof(struct engine));
	f.e = engine_init(memory, size, &limits, &f.policy, key);
	must(f.e != NULL);
}

/* All that was really said must arrive, in as many rounds as TCP may need. */
static void deliver(struct pair *p, int from)
{
	struct end *e = &p->end[from];

	for (size_t round = 0; e->acked < e->len && !f.full && !p->cut;
	     round++) {
		must(round < 400);
		send_rest(p, from, 1000);
		acknowledge();
	}
}

static void finish(void)
{
	bool more;

	f.failing = 0;
	f.hold_acks = f.lose = false;
	acknowledge();
	for (int i = 0; i < 2 * PAIRS; i++)
		if (!f.pair[i / 2].forged)
			deliver(&f.pair[i / 2], i % 2);
	do {
		more = engine_shutdown(f.e, f.now, &outcomes[0]);
		carry_out(0);
	} while (more);
	for (uint32_t i = 0; i < f.tags; i++)
		must(f.verdicts[i]);
	must(!f.set_len || f.del_failed);
	must(!f.e->sessions.used && !f.e->chunks.used && !f.e->held.used);
	must(!f.e->edits.used && !f.e->peers.used && !f.e->grants.used);
	must(!f.e->stats.tls_sessions && !f.e->stats.tls_fast);
	must(f.e->holes.used == f.e->stats.data_connections);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = cursor_of(span_of(data, size));
	begin();
	for (int i = 0; i < STEPS_MAX && in.rest.len && !f.full; i++) {
		steps[rd_u8(&in) % (sizeof(steps) / sizeof(*steps))]();
		acknowledge();
	}
	finish();
	return 0;
}
