/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets made from nothing. The checksums come from the engine's own writer,
 * which has tests of its own against known packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

struct endpoint wire_endpoint(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	assert_int_equal(addr_parse(span_str(addr), &e.addr), PARSE_OK);
	return e;
}

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

size_t wire_build(const struct wire_tcp *g, uint8_t *out)
{
	uint8_t raw[128] = { 0 };
	bool v4 = addr_is_v4(&g->src.addr);
	size_t at = v4 ? 20 : 40;
	size_t options = (g->mss ? 4 : 0) + (g->timestamps ? 12 : 0);
	uint8_t *tcp = raw + at;
	struct packet p;
	size_t len;

	if (v4) {
		raw[0] = 0x45;
		put16(raw + 2, (uint32_t)(at + 20 + options));
		raw[8] = 64;
		raw[9] = 6;
		memcpy(raw + 12, addr_v4_bytes(&g->src.addr), 4);
		memcpy(raw + 16, addr_v4_bytes(&g->dst.addr), 4);
	} else {
		raw[0] = 0x60;
		put16(raw + 4, (uint32_t)(20 + options));
		raw[6] = 6;
		raw[7] = 64;
		memcpy(raw + 8, g->src.addr.b, 16);
		memcpy(raw + 24, g->dst.addr.b, 16);
	}
	put16(tcp, g->src.port);
	put16(tcp + 2, g->dst.port);
	put32(tcp + 4, g->seq);
	put32(tcp + 8, g->ack);
	tcp[12] = (uint8_t)((20 + options) / 4 << 4);
	tcp[13] = g->flags;
	put16(tcp + 14, 64240);
	if (g->mss) {
		tcp[20] = 2;
		tcp[21] = 4;
		put16(tcp + 22, g->mss);
	}
	if (g->timestamps) {
		uint8_t *ts = tcp + 20 + (g->mss ? 4 : 0);

		ts[0] = ts[1] = 1;
		ts[2] = 8;
		ts[3] = 10;
		put32(ts + 4, 1000);
	}
	assert_int_equal(packet_decode(span_of(raw, at + 20 + options), &p),
			 PACKET_TCP);
	len = packet_copy(&p, span_of(g->bytes, g->len), out);
	assert_true(len > 0);
	packet_set_checksum(&p, out, len);
	return len;
}
