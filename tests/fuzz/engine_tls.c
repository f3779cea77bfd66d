/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of TLS, for fuzz_engine.c, which includes this file: records, data
 * connections that only a grant lets in, and what is configured for both.
 */

/* What both ends say under TLS; nothing in it is really encrypted. */
static const struct {
	size_t len;
	const char *bytes;
} canned[] = {
	/* ClientHello, 1.2 */
	{ 66, "\x16\x03\x01\x00\x3d\x01\x00\x00\x39\x03\x03\x11\x11\x11"
	      "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
	      "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
	      "\x11\x00\x00\x04\x13\x01\xc0\x2f\x01\x00\x00\x0c\x00\x00"
	      "\x00\x08\x00\x06\x00\x00\x03\x61\x2e\x62" },
	/* 1.3 */
	{ 75, "\x16\x03\x01\x00\x46\x01\x00\x00\x42\x03\x03\x11\x11\x11"
	      "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
	      "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
	      "\x11\x00\x00\x04\x13\x01\xc0\x2f\x01\x00\x00\x15\x00\x00"
	      "\x00\x08\x00\x06\x00\x00\x03\x61\x2e\x62\x00\x2b\x00\x05"
	      "\x04\x03\x04\x03\x03" },
	/* ServerHello, 1.2 */
	{ 49, "\x16\x03\x03\x00\x2c\x02\x00\x00\x28\x03\x03\x22\x22\x22"
	      "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
	      "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
	      "\x22\x00\xc0\x2f\x00\x00\x00" },
	/* 1.3 */
	{ 55, "\x16\x03\x03\x00\x32\x02\x00\x00\x2e\x03\x03\x22\x22\x22"
	      "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
	      "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
	      "\x22\x00\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04" },
	/* HelloRetryRequest */
	{ 55, "\x16\x03\x03\x00\x32\x02\x00\x00\x2e\x03\x03\xcf\x21\xad"
	      "\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2"
	      "\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33"
	      "\x9c\x00\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04" },
	/* Certificate, CertificateRequest */
	{ 26, "\x16\x03\x03\x00\x15\x0b\x00\x00\x09\x00\x00\x06\x00\x00"
	      "\x03\x61\x62\x63\x0d\x00\x00\x04\x00\x00\x00\x00" },
	/* ChangeCipherSpec */
	{ 6, "\x14\x03\x03\x00\x01\x01" },
	/* Finished, 1.2 */
	{ 45, "\x16\x03\x03\x00\x28\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66" },
	/* 1.3 */
	{ 58, "\x17\x03\x03\x00\x35\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66" },
	/* close_notify, 1.2 */
	{ 31, "\x15\x03\x03\x00\x1a\x61\x61\x61\x61\x61\x61\x61\x61\x61"
	      "\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61"
	      "\x61\x61\x61" },
	/* 1.3 */
	{ 24, "\x17\x03\x03\x00\x13\x61\x61\x61\x61\x61\x61\x61\x61\x61"
	      "\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61" },
	/* data */
	{ 34, "\x17\x03\x03\x00\x1d\x64\x64\x64\x64\x64\x64\x64\x64\x64"
	      "\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64"
	      "\x64\x64\x64\x64\x64\x64" },
	/* ServerHello, ChangeCipherSpec and Finished, 1.3 */
	{ 119, "\x16\x03\x03\x00\x32\x02\x00\x00\x2e\x03\x03\x22\x22\x22"
	       "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
	       "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
	       "\x22\x00\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04\x14"
	       "\x03\x03\x00\x01\x01\x17\x03\x03\x00\x35\x66\x66\x66\x66"
	       "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	       "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	       "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	       "\x66\x66\x66\x66\x66\x66\x66" },
	/* ChangeCipherSpec and Finished, 1.2 */
	{ 51, "\x14\x03\x03\x00\x01\x01\x16\x03\x03\x00\x28\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66" },
	/* 1.3, with data behind */
	{ 98, "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x35\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	      "\x66\x66\x66\x66\x66\x66\x66\x66\x17\x03\x03\x00\x1d\x64"
	      "\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64"
	      "\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64\x64" },
	/* handshake_failure */
	{ 7, "\x15\x03\x03\x00\x02\x02\x28" },
};

#define CANNED (sizeof(canned) / sizeof(*canned))

static void say_bytes(uint8_t who, struct span bytes)
{
	struct pair *p = any_pair(who);
	struct end *e = &p->end[who % 2];
	size_t at = e->len;

	append(e, bytes);
	if (at == e->sent)
		segment(p, who % 2, at, span_of(e->stream + at, e->len - at),
			TCP_ACK | TCP_PSH);
}

/* A usual record or two. */
static void step_records(void)
{
	uint8_t who = rd_u8(&in), what = rd_u8(&in) % CANNED;

	say_bytes(who, span_of(canned[what].bytes, canned[what].len));
}

/* A record of any type and length, with bytes of the input as far as they go;
 * or (type 0) such bytes without a header, such as a recorded stream. */
static void step_record(void)
{
	uint8_t who = rd_u8(&in), type = rd_u8(&in), record[2048] = { 0 };
	size_t len = rd_be16(&in) % (sizeof(record) - 5), at = type ? 5 : 0;
	struct span body;

	record[0] = type;
	record[1] = record[2] = type ? 3 : 0;
	put16(record + 3, type ? (uint32_t)len : 0);
	body = rd_take(&in, len < in.rest.len ? len : in.rest.len);
	if (body.len)
		memcpy(record + at, body.at, body.len);
	say_bytes(who, span_of(record, at + (type ? len : body.len)));
}

/* All that makes a session encrypted; the ways to break it are other steps'. */
static void step_handshake(void)
{
	static const uint8_t script[2][6] = { { 0, 2, 6, 7, 6, 7 },
					      { 1, 12, 14, 11, 11, 11 } };
	static const uint8_t from[2][6] = { { 0, 1, 0, 0, 1, 1 },
					    { 0, 1, 0, 1, 0, 1 } };
	uint8_t who = rd_u8(&in), which = rd_u8(&in) & 1;

	who = (uint8_t)(who & ~1);
	for (int i = 0; i < 6; i++) {
		uint8_t what = script[which][i];

		say_bytes(who | from[which][i],
			  span_of(canned[what].bytes, canned[what].len));
		acknowledge();
	}
}

/* The one password that must not be seen; see check_secret(). */
static void step_secret(void)
{
	uint8_t who = rd_u8(&in);
	struct pair *p = any_pair(who);
	struct end *e = &p->end[0];

	if (e->len && e->stream[e->len - 1] != '\n')
		return; /* then it would be part of something else */
	say_bytes((uint8_t)(who & ~1), span_str("PASS " SECRET "\r\n"));
}

/* --- data connections ------------------------------------------------------------ */

static struct endpoint data_from, data_to;

/* Of the client or (by 1) the server, from the data port or not, to one of the
 * addresses of the other, inside the range or not. */
static void step_grant_syn(void)
{
	uint8_t who = rd_u8(&in), how = rd_u8(&in), port = rd_u8(&in);
	struct pair *p = any_pair(who);
	bool active = who % 2;
	struct tcp t = { .seq = 99, .flags = TCP_SYN, .mss = 1460 };
	uint8_t out[128];

	t.src = p->end[active].at;
	t.dst = how & 1  ? p->end[!active].at
		: active ? p->nat.client_public
			 : p->nat.server_public;
	t.src.port = active ? (uint16_t)(p->end[1].at.port - 1) : port;
	t.dst.port = (uint16_t)(41999 + how / 8);
	if (how & 2)
		t.src.addr.b[15] ^= 1;
	if (how & 4)
		t.src.port ^= 0x4000;
	data_from = t.src;
	data_to = t.dst;
	give(span_of(out, build(&t, out)));
}

/* It ends, by its FINs or for conntrack. */
static void step_data_end(void)
{
	uint8_t how = rd_u8(&in);

	f.now += 10;
	if (how & 1)
		engine_data_over(f.e, &data_from, &data_to, how & 2, f.now,
				 &outcomes[0]);
	else
		engine_data_closed(f.e, &data_from, &data_to, how & 2, 1, 2,
				   f.now, &outcomes[0]);
	carry_out(0);
	check_tables();
}

/* Payload on it: a canned record, from either end. */
static void step_data_payload(void)
{
	uint8_t how = rd_u8(&in), at = rd_u8(&in), len = rd_u8(&in);
	const struct hole *h = hole_find_used(f.e, &data_from, &data_to);
	size_t what = how / 2 % CANNED;
	struct tcp t = { .src = data_from, .flags = TCP_ACK };
	uint8_t out[512];

	t.dst = h ? h->target : data_to;
	if (how & 1) {
		struct endpoint other = t.src;

		t.src = t.dst;
		t.dst = other;
	}
	t.flags |= how & 0x80 ? TCP_SYN : 0;
	t.seq = (how & 0x80 ? 99 : 100) + at;
	t.payload = span_sub(span_of(canned[what].bytes, canned[what].len), at,
			     len);
	give(span_of(out, build(&t, out)));
}

/* --- what is configured, and what the kernel says ---------------------------------- */

static void step_tls_policy(void)
{
	uint8_t how = rd_u8(&in);

	f.policy.explicit_tls = (enum policy_explicit_tls)(how % 4 % 3);
	f.server.tls = how >> 2 & 1 ? SERVER_TLS_EXPECTED : SERVER_TLS_UNKNOWN;
	f.server.data = how >> 3 & 1 ? DATA_REQUIRE_TLS : DATA_ANY;
	f.policy.fast_path = how >> 4 & 1;
	f.policy.minimum_tls = how >> 5 & 1 ? 0x0304 : 0x0303;
	f.policy.clients = how >> 6 & 1;
	f.server.public_addresses = how >> 7 & 1;
	if (f.policy.explicit_tls != TLS_REQUIRE)
		for (int i = 0; i < PAIRS; i++)
			f.pair[i].required = false;
	engine_set_policy(f.e, &f.policy);
}

static void step_tls_kernel(void)
{
	uint8_t how = rd_u8(&in);
	struct pair *p = any_pair(how);
	const struct ends ends = { p->end[0].at, p->end[1].at };

	f.failing = (uint8_t)((f.failing & 31) | (how & 0x60));
	if (!(how & 0x80))
		return;
	f.now += 10;
	engine_control_closed(f.e, &ends, f.now, &outcomes[0]);
	carry_out(0);
	check_tables();
}
