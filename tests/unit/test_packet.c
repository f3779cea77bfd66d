/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP and TCP headers, read: packets made by another program, damage, fragments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/packet.h>

#include "known.h"
#include "support.h"

static void expect_known(const struct known_packet *k, const struct packet *p)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&p->src.addr, text);
	assert_string_equal(text, k->src);
	addr_format(&p->dst.addr, text);
	assert_string_equal(text, k->dst);
	assert_int_equal(p->src.port, k->sport);
	assert_int_equal(p->dst.port, k->dport);
	assert_int_equal(p->seq, k->seq);
	assert_int_equal(p->ack, k->ack);
	assert_int_equal(p->has_timestamp, k->has_timestamp);
	assert_int_equal(p->tsval, k->tsval);
	assert_int_equal(p->tsecr, k->tsecr);
	assert_int_equal(p->tcp_at, k->tcp_at);
	assert_int_equal(p->payload_at, k->payload_at);
	assert_int_equal(p->window, k->window);
	assert_int_equal(p->mss, k->mss);
	assert_int_equal(p->flags, k->flags);
	assert_int_equal(p->sack_blocks, k->sacks);
	assert_int_equal(packet_seq_len(p), k->seq_len);
	assert_true(p->has_ports && !p->is_signed);
	assert_span(packet_payload(p), k->payload);
	assert_true(packet_checksum_ok(p));
}

static void known_packets(void **state)
{
	uint8_t b[256] = { 0 };

	(void)state;
	for (size_t i = 0; i < KNOWN_PACKETS; i++) {
		size_t len = known_unhex(known_packet[i].hex, b);
		struct packet p;

		assert_true(known_sums_right(b, len, known_packet[i].tcp_at));
		for (size_t behind = 0; behind < 20; behind++) {
			struct span s = guarded(b, len + behind);

			memset(&p, 0x5a, sizeof(p));
			assert_int_equal(packet_decode(s, &p), PACKET_TCP);
			assert_int_equal(p.ip.len, len);
			expect_known(&known_packet[i], &p);
			guarded_free(s);
		}
		/* One bit wrong anywhere in the TCP part is noticed. */
		packet_decode(span_of(b, len), &p);
		for (size_t at = p.payload_at; at < len; at++) {
			b[at] ^= 0x10;
			assert_false(packet_checksum_ok(&p));
			b[at] ^= 0x10;
		}
	}
}

static void sack_blocks(void **state)
{
	static const uint32_t want[3][2] = { { 0xfffffffa, 5 },
					     { 100, 200 },
					     { 300, 400 } };
	uint8_t b[256], copy[256];
	struct packet p, q;
	size_t len = known_unhex(known_sack6, b);

	(void)state;
	assert_int_equal(packet_decode(span_of(b, len), &p), PACKET_TCP);
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t left, right;

		packet_sack(&p, i, &left, &right);
		assert_int_equal(left, want[i][0]);
		assert_int_equal(right, want[i][1]);
	}
	assert_int_equal(packet_copy(&p, span_str(""), copy), len);
	packet_set_sack(&p, copy, 1, 0x11223344, 0x55667788);
	packet_set_checksum(&p, copy, len);
	assert_int_equal(packet_decode(span_of(copy, len), &q), PACKET_TCP);
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t left, right;

		packet_sack(&q, i, &left, &right);
		assert_int_equal(left, i == 1 ? 0x11223344 : want[i][0]);
		assert_int_equal(right, i == 1 ? 0x55667788 : want[i][1]);
	}
	assert_true(known_sums_right(copy, len, 40));
}

/* --- damage ------------------------------------------------------------------ */

static void every_truncation(void **state)
{
	uint8_t b[256];
	struct packet p;

	(void)state;
	for (size_t i = 0; i < KNOWN_PACKETS; i++) {
		size_t len = known_unhex(known_packet[i].hex, b);

		for (size_t n = 0; n < len; n++) {
			struct span s = guarded(b, n);

			assert_int_equal(packet_decode(s, &p), PACKET_BAD);
			guarded_free(s);
		}
	}
}

/* The same, but the IP header agrees with the length. */
static void every_honest_truncation(void **state)
{
	uint8_t b[256];
	struct packet p;

	(void)state;
	for (size_t i = 0; i < KNOWN_PACKETS; i++) {
		size_t len = known_unhex(known_packet[i].hex, b);
		bool v4 = b[0] >> 4 == 4;

		for (size_t n = v4 ? 20 : 40; n < len; n++) {
			struct span s;

			b[v4 ? 3 : 5] = (uint8_t)(v4 ? n : n - 40);
			s = guarded(b, n);
			assert_int_equal(packet_decode(s, &p),
					 n < known_packet[i].payload_at
						 ? PACKET_BAD
						 : PACKET_TCP);
			guarded_free(s);
		}
	}
}

/* Whatever one byte is changed to: no byte outside is read (guard page), and
 * what is decoded is consistent. */
static void every_byte_every_value(void **state)
{
	uint8_t b[256];

	(void)state;
	for (size_t i = 0; i < KNOWN_PACKETS; i++) {
		size_t len = known_unhex(known_packet[i].hex, b);
		struct span s = guarded(b, len);
		uint8_t *at = (uint8_t *)(uintptr_t)s.at;

		for (size_t k = 0; k < len * 256; k++) {
			struct packet p;

			at[k / 256] = (uint8_t)k;
			if (packet_decode(s, &p) == PACKET_TCP) {
				assert_true(p.payload_at >= p.tcp_at + 20u);
				assert_true(p.payload_at <= p.ip.len);
				assert_true(p.ip.len <= len);
				assert_true(p.sack_blocks <=
					    TCP_SACK_BLOCKS_MAX);
				packet_checksum_ok(&p);
				for (unsigned int j = 0; j < p.sack_blocks; j++)
					packet_sack(&p, j, &p.seq, &p.ack);
			}
			at[k / 256] = b[k / 256];
		}
		guarded_free(s);
	}
}

static void contradictions(void **state)
{
	static const struct {
		const char *hex;
		size_t at;
		const char *to;
		enum packet_kind kind;
	} row[] = {
		{ known_port4, 0, "44", PACKET_BAD }, /* header of 16 bytes */
		{ known_port4, 0, "4f",
		  PACKET_BAD }, /* of 60: TCP's is short */
		{ known_port4, 2, "0013",
		  PACKET_BAD }, /* shorter than its header */
		{ known_port4, 2, "004b", PACKET_BAD }, /* longer than it is */
		{ known_port4, 2, "0033", PACKET_BAD }, /* TCP options cut */
		{ known_port4, 9, "11", PACKET_OTHER }, /* UDP */
		{ known_port4, 32, "40", PACKET_BAD },  /* TCP header of 16 */
		{ known_port4, 32, "f0",
		  PACKET_BAD }, /* of 60, but 54 are there */
		{ known_port4, 0, "55", PACKET_OTHER }, /* IP version 5 */
		{ known_sack6, 4, "003d", PACKET_BAD },
		{ known_sack6, 6, "11", PACKET_OTHER },
		{ known_sack6, 6, "3b", PACKET_OTHER }, /* no next header */
		{ known_sack6, 52, "40", PACKET_BAD },
		{ known_ext6, 41, "06", PACKET_BAD }, /* longer than all */
		{ known_ext6, 41, "01", PACKET_BAD }, /* TCP begins elsewhere */
		{ known_ext6, 48, "ff", PACKET_OTHER },
	};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (known_changed(row[i].hex, row[i].at, row[i].to, &p) !=
		    row[i].kind)
			fail_msg("row %zu", i);
}

/* TCP options that make no sense end the list; the packet stays readable. */
static void odd_options(void **state)
{
	struct packet p;

	(void)state;
	/* timestamp: nothing before the end counts as one */
	assert_int_equal(known_changed(known_port4, 40, "0000", &p),
			 PACKET_TCP);
	assert_false(p.has_timestamp);
	/* lengths 0, 1, 9, 11 and beyond the end */
	for (int len = 0; len < 256; len++) {
		char to[3];

		snprintf(to, sizeof(to), "%02x", (unsigned int)len);
		assert_int_equal(known_changed(known_port4, 43, to, &p),
				 PACKET_TCP);
		assert_int_equal(p.has_timestamp, len == 10);
	}
	/* MSS counts in a SYN only, and with its own length */
	assert_int_equal(known_changed(known_syn4, 33, "10", &p), PACKET_TCP);
	assert_int_equal(p.mss, 0);
	assert_int_equal(known_changed(known_syn4, 40, "0203", &p), PACKET_TCP);
	assert_int_equal(p.mss, 0);
	/* SACK of half a block */
	assert_int_equal(known_changed(known_sack6, 75, "16", &p), PACKET_TCP);
	assert_int_equal(p.sack_blocks, 0);
	/* TCP MD5 (18 bytes) and AO */
	assert_int_equal(known_changed(known_sack6, 74, "13", &p), PACKET_TCP);
	assert_true(p.is_signed);
	assert_int_equal(known_changed(known_sack6, 74, "1d", &p), PACKET_TCP);
	assert_true(p.is_signed);
}

/* --- fragments ------------------------------------------------------------------- */

static void ipv4_fragments(void **state)
{
	static const struct {
		const char *to; /* flags and offset */
		enum packet_kind kind;
		bool ports;
	} row[] = {
		{ "0000", PACKET_TCP, true },      /* may be fragmented */
		{ "8000", PACKET_TCP, true },      /* the unused flag */
		{ "2000", PACKET_FRAGMENT, true }, /* first */
		{ "6000", PACKET_FRAGMENT, true }, /* with "don't", too */
		{ "2002", PACKET_FRAGMENT, false },
		{ "0002", PACKET_FRAGMENT, false }, /* last */
		{ "1fff", PACKET_FRAGMENT, false },
		{ "2001", PACKET_BAD, false }, /* RFC 1858 3.1 */
		{ "0001", PACKET_BAD, false },
	};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		assert_int_equal(known_changed(known_port4, 6, row[i].to, &p),
				 row[i].kind);
		assert_int_equal(p.has_ports, row[i].ports);
		if (row[i].ports)
			assert_int_equal(p.dst.port, 21);
	}
}

/* RFC 1858 3: a first fragment without the TCP flags. */
static void tiny_first_fragment(void **state)
{
	uint8_t b[256];
	struct packet p;

	(void)state;
	known_unhex(known_port4, b);
	b[6] = 0x20;
	for (uint8_t len = 20; len < 74; len++) {
		struct span s;

		b[3] = len;
		s = guarded(b, len);
		assert_int_equal(packet_decode(s, &p),
				 len < 40 ? PACKET_BAD : PACKET_FRAGMENT);
		guarded_free(s);
	}
}

static void ipv6_fragments(void **state)
{
	static const struct {
		const char *header;
		enum packet_kind kind;
		bool ports;
	} row[] = {
		{ "0600000100000001", PACKET_FRAGMENT, true },
		{ "0600000000000001", PACKET_FRAGMENT, true }, /* RFC 6946 */
		{ "0600001000000001", PACKET_FRAGMENT, false },
		{ "0600fff800000001", PACKET_FRAGMENT, false },
		{ "0600000800000001", PACKET_BAD, false },
		{ "0600000900000001", PACKET_BAD, false },
		/* of other content, or with headers in the fragment */
		{ "1100001000000001", PACKET_OTHER, false },
		{ "1100000100000001", PACKET_BAD, false },
		{ "3c00000100000001", PACKET_BAD, false },
	};
	uint8_t b[256], longer[256];
	size_t len = known_unhex(known_sack6, b);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct packet p;
		struct span s;

		memcpy(longer, b, 40);
		known_unhex(row[i].header, longer + 40);
		memcpy(longer + 48, b + 40, len - 40);
		longer[5] = (uint8_t)(len - 40 + 8);
		longer[6] = 44;
		s = guarded(longer, len + 8);
		assert_int_equal(packet_decode(s, &p), row[i].kind);
		assert_int_equal(p.has_ports, row[i].ports);
		if (row[i].ports)
			assert_int_equal(p.dst.port, 21);
		guarded_free(s);
	}
}

/* Each kind of header, and chains of them up to the bound. */
static void ipv6_extensions(void **state)
{
	static const uint8_t kind[] = { 0, 43, 60, 135, 139, 140, 51 };
	uint8_t b[256], longer[512];
	size_t len = known_unhex(known_sack6, b);

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kind); k++) {
		for (size_t n = 1; n <= IPV6_EXTENSIONS_MAX + 1; n++) {
			size_t ext = 16; /* AH counts words, others 8 bytes */
			struct packet p;
			struct span s;

			memset(longer, 0, sizeof(longer));
			memcpy(longer, b, 40);
			for (size_t i = 0; i < n; i++) {
				uint8_t *h = longer + 40 + i * ext;

				h[0] = i + 1 < n ? kind[k] : 6;
				h[1] = kind[k] == 51 ? 2 : 1;
			}
			longer[6] = kind[k];
			longer[5] = (uint8_t)(n * ext + len - 40);
			longer[4] = (uint8_t)((n * ext + len - 40) >> 8);
			memcpy(longer + 40 + n * ext, b + 40, len - 40);
			s = guarded(longer, n * ext + len);
			assert_int_equal(packet_decode(s, &p),
					 n <= IPV6_EXTENSIONS_MAX
						 ? PACKET_TCP
						 : PACKET_OTHER);
			if (n <= IPV6_EXTENSIONS_MAX) {
				assert_int_equal(p.tcp_at, 40 + n * ext);
				assert_true(packet_checksum_ok(&p));
			}
			guarded_free(s);
		}
	}
}

/* ::ffff:10.1.4.4 must not pass for 10.1.4.4: it would belong to the IPv4
 * session. Nobody may send it (RFC 4291 2.5.5.2). */
static void ipv6_mapped_addresses(void **state)
{
	static const char mapped[] = "00000000000000000000ffff0a010404";
	struct packet p;

	(void)state;
	assert_int_equal(known_changed(known_sack6, 8, mapped, &p), PACKET_BAD);
	assert_int_equal(known_changed(known_sack6, 24, mapped, &p),
			 PACKET_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_packets),
		cmocka_unit_test(sack_blocks),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(every_honest_truncation),
		cmocka_unit_test(every_byte_every_value),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(odd_options),
		cmocka_unit_test(ipv4_fragments),
		cmocka_unit_test(tiny_first_fragment),
		cmocka_unit_test(ipv6_fragments),
		cmocka_unit_test(ipv6_extensions),
		cmocka_unit_test(ipv6_mapped_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
