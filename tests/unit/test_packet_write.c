/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP and TCP headers, written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/packet.h>

#include "known.h"
#include "support.h"

/* --- writing ------------------------------------------------------------------------ */

/* The same payload: the same packet. */
static void copy_of_itself(void **state)
{
	uint8_t b[256], copy[256];
	struct packet p;

	(void)state;
	for (size_t i = 0; i < KNOWN_PACKETS; i++) {
		size_t len = known_unhex(known_packet[i].hex, b);

		packet_decode(span_of(b, len + 9), &p);
		memset(copy, 0xee, sizeof(copy));
		assert_int_equal(packet_copy(&p, packet_payload(&p), copy),
				 len);
		packet_set_checksum(&p, copy, len);
		assert_memory_equal(copy, b, len);
		assert_int_equal(copy[len], 0xee);
	}
}

/* Other payloads, of every length: both lengths and both checksums are right
 * and nothing else changes. */
static void copy_with_other_payload(void **state)
{
	uint8_t b[256], copy[512], payload[256];
	struct packet p, q;

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31);
	for (size_t i = 0; i < KNOWN_PACKETS; i++) {
		size_t had = known_unhex(known_packet[i].hex, b);

		packet_decode(span_of(b, had), &p);
		for (size_t n = 0; n <= sizeof(payload); n++) {
			struct span s = guarded(payload, n);
			size_t len = packet_copy(&p, s, copy);

			assert_int_equal(len, known_packet[i].payload_at + n);
			packet_set_seq(&p, copy, 0x10203040);
			packet_set_ack(&p, copy, 0x50607080);
			packet_set_flags(&p, copy, TCP_ACK | TCP_FIN);
			packet_set_checksum(&p, copy, len);
			guarded_free(s);
			assert_true(known_sums_right(copy, len,
						     known_packet[i].tcp_at));
			assert_int_equal(packet_decode(span_of(copy, len), &q),
					 PACKET_TCP);
			assert_int_equal(q.ip.len, len);
			assert_int_equal(q.seq, 0x10203040);
			assert_int_equal(q.ack, 0x50607080);
			assert_int_equal(q.flags, TCP_ACK | TCP_FIN);
			assert_int_equal(q.window, p.window);
			assert_int_equal(q.tsval, p.tsval);
			assert_int_equal(q.sack_blocks, p.sack_blocks);
			assert_true(span_equal(packet_payload(&q),
					       span_of(payload, n)));
		}
	}
}

static void longest_packet(void **state)
{
	static uint8_t payload[65536], copy[65536 + 128];
	uint8_t b[256];

	(void)state;
	for (size_t i = 0; i < KNOWN_PACKETS; i++) {
		size_t len = known_unhex(known_packet[i].hex, b);
		struct packet p, q;

		packet_decode(span_of(b, len), &p);
		len = 65535 - p.payload_at;
		assert_int_equal(packet_copy(&p, span_of(payload, len + 1),
					     copy),
				 0);
		assert_int_equal(packet_copy(&p, span_of(payload, len), copy),
				 65535);
		packet_set_checksum(&p, copy, 65535);
		assert_int_equal(packet_decode(span_of(copy, 65535), &q),
				 PACKET_TCP);
		assert_true(known_sums_right(copy, 65535, p.tcp_at));
	}
}

static void acks_from_nothing(void **state)
{
	static const char *const ends[2][2] = { { "10.1.4.4", "10.2.5.5" },
						{ "fc00::1", "2001:db8::2" } };

	(void)state;
	for (int i = 0; i < 4; i++) {
		bool v6 = i & 1, ts = i & 2;
		struct packet_ack a = { .flags = TCP_ACK,
					.seq = 0xfffffff0,
					.ack = 0x01020304,
					.window = 777,
					.has_timestamp = ts,
					.tsval = 5,
					.tsecr = 6 };
		size_t want = (v6 ? 60 : 40) + (ts ? 12 : 0);
		uint8_t *out = malloc(PACKET_ACK_MAX);
		struct packet p;

		assert_non_null(out);
		a.src.port = 21;
		a.dst.port = 40404;
		assert_int_equal(addr_parse(span_str(ends[v6][0]), &a.src.addr),
				 PARSE_OK);
		assert_int_equal(addr_parse(span_str(ends[v6][1]), &a.dst.addr),
				 PARSE_OK);
		assert_int_equal(packet_make_ack(&a, out), want);
		assert_int_equal(packet_decode(span_of(out, want), &p),
				 PACKET_TCP);
		assert_true(known_sums_right(out, want, v6 ? 40 : 20));
		assert_true(endpoint_equal(&p.src, &a.src));
		assert_true(endpoint_equal(&p.dst, &a.dst));
		assert_int_equal(p.seq, a.seq);
		assert_int_equal(p.ack, a.ack);
		assert_int_equal(p.flags, TCP_ACK);
		assert_int_equal(p.window, 777);
		assert_int_equal(p.has_timestamp, ts);
		assert_int_equal(p.tsval, ts ? 5 : 0);
		assert_int_equal(p.tsecr, ts ? 6 : 0);
		assert_int_equal(packet_seq_len(&p), 0);
		free(out);
	}
}

/* SYN and FIN take a number each (RFC 9293 3.4). */
static void sequence_length(void **state)
{
	static const struct {
		const char *flags;
		uint32_t len;
	} row[] = { { "10", 22 },
		    { "11", 23 },
		    { "02", 23 },
		    { "03", 24 },
		    { "04", 22 } };
	struct packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		known_changed(known_port4, 33, row[i].flags, &p);
		assert_int_equal(packet_seq_len(&p), row[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_of_itself),
		cmocka_unit_test(copy_with_other_payload),
		cmocka_unit_test(longest_packet),
		cmocka_unit_test(acks_from_nothing),
		cmocka_unit_test(sequence_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
