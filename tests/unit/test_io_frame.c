/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured packets made readable, and given other ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/checksum.h>

#include "replay/frame.h"
#include "replay/translate.h"
#include "support.h"
#include "wire.h"

static uint8_t room[FRAME_ROOM], other[FRAME_ROOM];

/* A packet with @len letters; gives its length. */
static size_t packet(bool v6, size_t len, uint8_t *out)
{
	static char letters[60000];

	memset(letters, 'x', sizeof(letters));
	return wire_build(
		&(struct wire_tcp){
			.src = wire_endpoint(v6 ? "fc00::4" : "10.1.4.4", 4000),
			.dst = wire_endpoint(v6 ? "fc00::5" : "10.2.5.5", 21),
			.seq = 1000,
			.ack = 2000,
			.flags = TCP_ACK,
			.timestamps = true,
			.bytes = letters,
			.len = len },
		out);
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* --- reading ----------------------------------------------------------------- */

static void test_whole(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct frame f;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		size_t len = packet(v6, 100, bytes);
		struct span ip;

		bytes[v6 ? 7 : 8] = 61;
		if (!v6)
			put16(bytes + 4, 777);
		ip = guarded(bytes, len);
		frame_read(ip, false, room, &f);
		assert_int_equal(f.kind, PACKET_TCP);
		assert_ptr_equal(f.ip.at, ip.at);
		assert_ptr_equal(f.raw.at, ip.at);
		assert_int_equal(f.payload, 100);
		assert_int_equal(f.wire_len, len);
		assert_int_equal(f.ttl, 61);
		assert_int_equal(f.id, v6 ? 0 : 777);
		assert_false(f.snapped);
		guarded_free(ip);
	}
}

/* Wherever the capture cut it: what is there is readable and says so. */
static void test_snapped(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct frame f;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		const size_t head = v6 ? 40 : 20, len = packet(v6, 100, bytes);

		for (size_t cut = 1; cut < len; cut++) {
			struct span ip = guarded(bytes, cut);

			frame_read(ip, true, room, &f);
			if (cut < head + 32) {
				assert_int_not_equal(f.kind, PACKET_TCP);
				guarded_free(ip);
				continue;
			}
			assert_int_equal(f.kind, PACKET_TCP);
			assert_true(f.snapped);
			assert_int_equal(f.wire_len, len);
			assert_int_equal(f.payload, 100);
			assert_int_equal(f.ip.len, cut);
			assert_int_equal(packet_payload(&f.packet).len,
					 cut - head - 32);
			assert_true(packet_checksum_ok(&f.packet));
			/* It leaves as it came. */
			assert_ptr_equal(f.raw.at, ip.at);
			assert_int_equal(f.raw.len, cut);
			guarded_free(ip);
		}
	}
}

/* Only padding was cut off, or nothing. */
static void test_snapped_behind(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	const size_t len = packet(false, 10, bytes);
	struct frame f;

	(void)state;
	frame_read(span_of(bytes, len), true, room, &f);
	assert_int_equal(f.kind, PACKET_TCP);
	assert_int_equal(f.payload, 10);
	assert_int_equal(f.wire_len, len);
}

/* The length is a lie, and nobody cut it. */
static void test_lie(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	size_t len = packet(false, 10, bytes);
	struct frame f;

	(void)state;
	put16(bytes + 2, len + 1);
	frame_read(span_of(bytes, len), false, room, &f);
	assert_int_equal(f.kind, PACKET_BAD);
	assert_int_equal(f.raw.len, len);
	assert_int_equal(f.wire_len, len + 1);
	frame_read(span_of(bytes, 0), false, room, &f);
	assert_int_not_equal(f.kind, PACKET_TCP);
	assert_int_equal(f.wire_len, 0);
	frame_read(span_of((const uint8_t *)"\x45", 1), true, room, &f);
	assert_int_not_equal(f.kind, PACKET_TCP);
}

/* IPv6 with a header of options before TCP. */
static void test_extension(void **state)
{
	uint8_t plain[WIRE_PACKET_MAX], bytes[WIRE_PACKET_MAX];
	const size_t len = packet(true, 20, plain) + 8;
	struct frame f;

	(void)state;
	memcpy(bytes, plain, 40);
	memcpy(bytes + 40, (const uint8_t[8]){ 6, 0, 1, 4 }, 8);
	memcpy(bytes + 48, plain + 40, len - 48);
	bytes[6] = 60; /* destination options */
	put16(bytes + 4, len - 40);
	frame_read(span_of(bytes, len), false, room, &f);
	assert_int_equal(f.kind, PACKET_TCP);
	assert_int_equal(f.payload, 20);
	assert_int_equal(f.packet.tcp_at, 48);
	assert_int_equal(frame_sum(&f.packet), FRAME_SUM_GOOD);
	frame_read(span_of(bytes, len - 15), true, room, &f);
	assert_int_equal(f.kind, PACKET_TCP);
	assert_int_equal(f.payload, 20);
	assert_true(packet_checksum_ok(&f.packet));
}

/* --- checksums ------------------------------------------------------------------ */

static uint16_t pseudo(const struct packet *p, size_t tcp_len)
{
	const bool v4 = p->ip.at[0] >> 4 == 4;
	uint64_t sum = checksum_add(0, v4 ? span_sub(p->ip, 12, 8)
					  : span_sub(p->ip, 8, 32));

	sum = checksum_add16(sum, 6);
	return (uint16_t)~checksum_finish(
		checksum_add16(sum, (uint16_t)tcp_len));
}

static void test_sums(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct packet p;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		const size_t len = packet(v6, 33, bytes);
		uint8_t *sum = bytes + (v6 ? 40 : 20) + 16;
		uint16_t value;

		packet_decode(span_of(bytes, len), &p);
		assert_int_equal(frame_sum(&p), FRAME_SUM_GOOD);
		value = pseudo(&p, len - p.tcp_at);
		memcpy(sum, &value, 2);
		assert_int_equal(frame_sum(&p), FRAME_SUM_UNFINISHED);
		value = pseudo(&p, 0); /* to be cut into segments */
		memcpy(sum, &value, 2);
		assert_int_equal(frame_sum(&p), FRAME_SUM_UNFINISHED);
		value = 0;
		memcpy(sum, &value, 2);
		assert_int_equal(frame_sum(&p), FRAME_SUM_UNFINISHED);
		value = 0x1234;
		memcpy(sum, &value, 2);
		assert_int_equal(frame_sum(&p), FRAME_SUM_BAD);
	}
}

static void test_mend(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct frame f;
	size_t len;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		len = packet(v6, 33, bytes);
		bytes[(v6 ? 40 : 20) + 16] ^= 1;
		frame_read(span_of(bytes, len), false, room, &f);
		frame_mend_sum(&f, room);
		assert_ptr_equal(f.ip.at, room);
		assert_ptr_equal(f.raw.at, room);
		assert_ptr_equal(f.packet.ip.at, room);
		assert_int_equal(f.ip.len, len);
		assert_true(packet_checksum_ok(&f.packet));
		/* Once more, in place. */
		frame_mend_sum(&f, room);
		assert_true(packet_checksum_ok(&f.packet));
		/* One that was cut leaves as it was captured. */
		frame_read(span_of(bytes, len - 5), true, room, &f);
		frame_mend_sum(&f, room);
		assert_true(packet_checksum_ok(&f.packet));
		assert_ptr_equal(f.raw.at, bytes);
	}
}

/* --- other ends ----------------------------------------------------------------- */

/* The same by writing all of it anew. */
static void expect_translated(const struct packet *p,
			      const struct endpoint *src,
			      const struct endpoint *dst)
{
	static uint8_t got[FRAME_ROOM];
	struct packet q;
	size_t len = translate(p, src, dst, got);

	assert_int_equal(len, p->ip.len);
	assert_int_equal(packet_decode(span_of(got, len), &q), PACKET_TCP);
	assert_true(endpoint_equal(&q.src, src));
	assert_true(endpoint_equal(&q.dst, dst));
	assert_true(packet_checksum_ok(&q));
	memcpy(other, got, len);
	packet_set_checksum(&q, other, len);
	assert_memory_equal(got, other, len);
	assert_int_equal(q.seq, p->seq);
	assert_int_equal(q.ack, p->ack);
	assert_memory_equal(packet_payload(&q).at, packet_payload(p).at,
			    packet_payload(p).len);
}

static struct endpoint any_end(bool v6, uint64_t *seed)
{
	uint8_t b[16];
	struct endpoint e = { .port = (uint16_t)random_next(seed) };

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)random_next(seed);
	b[0] = 0x20;
	e.addr = v6 ? addr_v6(b) : addr_v4(b);
	return e;
}

static void test_translate(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	uint64_t seed = 1;
	struct packet p;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		const bool v6 = i % 2;
		const struct endpoint src = any_end(v6, &seed);
		const struct endpoint dst = any_end(v6, &seed);
		const size_t len =
			packet(v6, (size_t)(random_next(&seed) % 90), bytes);

		assert_int_equal(packet_decode(span_of(bytes, len), &p),
				 PACKET_TCP);
		expect_translated(&p, &src, &dst);
		expect_translated(&p, &p.src, &dst);
		expect_translated(&p, &p.src, &p.dst);
	}
}

/* A checksum that was wrong is as wrong as before. The IPv4 one is right. */
static void test_translate_wrong(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	const struct endpoint src = wire_endpoint("203.0.113.1", 999);
	struct packet p, q;
	size_t len;

	(void)state;
	for (unsigned int bit = 0; bit < 16; bit++) {
		len = packet(false, 20, bytes);
		bytes[20 + 16 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		packet_decode(span_of(bytes, len), &p);
		translate(&p, &src, &p.dst, other);
		packet_decode(span_of(other, len), &q);
		assert_false(packet_checksum_ok(&q));
		translate(&q, &p.src, &p.dst, room);
		assert_memory_equal(room, bytes, len);
	}
}

/* RFC 1624 3: where the sum comes out as zero, in one of its two forms. */
static void test_translate_zero(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct endpoint src = wire_endpoint("10.1.4.4", 0);
	unsigned int zeros = 0;
	struct packet p;
	size_t len = packet(false, 20, bytes);

	(void)state;
	packet_decode(span_of(bytes, len), &p);
	for (unsigned int port = 0; port <= 0xffff; port++) {
		struct packet q;
		uint16_t sum;

		src.port = (uint16_t)port;
		translate(&p, &src, &p.dst, other);
		memcpy(&sum, other + 20 + 16, 2);
		zeros += sum == 0 || sum == 0xffff;
		packet_decode(span_of(other, len), &q);
		assert_true(packet_checksum_ok(&q));
		/* And back: nothing is lost on the way. */
		translate(&q, &p.src, &p.dst, room);
		packet_decode(span_of(room, len), &q);
		assert_true(packet_checksum_ok(&q));
	}
	assert_true(zeros > 0);
}

static void test_translate_family(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct packet p;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		const struct endpoint alien =
			wire_endpoint(v6 ? "10.9.9.9" : "fc00::9", 9);
		const size_t len = packet(v6, 20, bytes);

		packet_decode(span_of(bytes, len), &p);
		assert_int_equal(translate(&p, &alien, &alien, other), len);
		assert_memory_equal(other, bytes, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_snapped),
		cmocka_unit_test(test_snapped_behind),
		cmocka_unit_test(test_lie),
		cmocka_unit_test(test_extension),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_mend),
		cmocka_unit_test(test_translate),
		cmocka_unit_test(test_translate_wrong),
		cmocka_unit_test(test_translate_zero),
		cmocka_unit_test(test_translate_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
