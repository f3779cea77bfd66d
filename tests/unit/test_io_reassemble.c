/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments put together: every order, both families; and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/checksum.h>
#include <sallyport/packet.h>

#include "fragments.h"
#include "known.h"
#include "support.h"

/* --- what works ----------------------------------------------------------- */

static void others_pass(void **state)
{
	struct piece whole = { 0, "payload!", 8, false };
	struct rig rig;
	size_t len;

	(void)state;
	rig_start(&rig, false);
	len = rig_build4(&rig, &whole, rig.packet);
	rig.packet[6] = 0x40; /* don't fragment */
	for (size_t n = 0; n <= len; n++) {
		assert_int_equal(rig_give(&rig, n), REASSEMBLE_PASS);
		assert_int_equal(rig.out.len, n);
	}
	assert_int_equal(rig_counts(&rig)->fragments, 0);
	assert_int_equal(reassemble_waiting(rig.r), 0);
	rig_stop(&rig);
}

/* All orders of four fragments, each order with every one of them twice. */
static void one_order(bool v6, unsigned int order, int again)
{
	static const size_t cut[] = { 0, 8, 16, 24, 29 };
	unsigned int left[4] = { 0, 1, 2, 3 };
	struct rig rig;

	rig_start(&rig, v6);
	for (unsigned int n = 4; n > 0; n--) {
		unsigned int pick = order % n, i = left[pick];
		enum reassemble_result want =
			n > 1 ? REASSEMBLE_WAITS : REASSEMBLE_WHOLE;

		order /= n;
		left[pick] = left[n - 1];
		assert_int_equal(rig_send_letters(&rig, cut[i], cut[i + 1]),
				 want);
		if (n == 1)
			rig_expect_text(&rig, LETTERS);
		if (again == (int)i)
			assert_int_equal(rig_send_letters(&rig, cut[i],
							  cut[i + 1]),
					 REASSEMBLE_DROPPED);
	}
	assert_int_equal(rig_counts(&rig)->whole, 1);
	assert_int_equal(rig_counts(&rig)->duplicates, again >= 0);
	assert_int_equal(rig_counts(&rig)->overlapped, 0);
	assert_int_equal(reassemble_waiting(rig.r), 0);
	rig_stop(&rig);
}

static void every_order(void **state)
{
	(void)state;
	for (unsigned int order = 0; order < 24; order++)
		for (int again = -1; again < 4; again++) {
			one_order(false, order, again);
			one_order(true, order, again);
		}
}

/* As rig_send(), with the addresses of the packet @known. */
static void rig_send_known(struct rig *rig, const uint8_t *known,
			   const struct piece *p)
{
	size_t at = rig->v6 ? 8 : 12, ends = rig->v6 ? 32 : 8;
	size_t len = (rig->v6 ? rig_build6 : rig_build4)(rig, p, rig->packet);

	memcpy(rig->packet + at, known + at, ends);
	assert_int_equal(rig_give(rig, len),
			 p->more ? REASSEMBLE_WHOLE : REASSEMBLE_WAITS);
}

/* A segment whose checksums another program made, cut at every unit and put
 * together, is that segment. */
static void a_segment_survives(void **state)
{
	uint8_t b[KNOWN_MAX];
	struct packet p;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t header = i ? IPV6 : IPV4;
		size_t len = known_unhex(i ? known_sack6 : known_port4, b);

		for (size_t cut = 8; cut < len - header; cut += 8) {
			struct piece first = { 0, b + header, cut, true };
			struct piece last = { (uint32_t)cut, b + header + cut,
					      len - header - cut, false };
			struct rig rig;

			rig_start(&rig, i);
			rig_send_known(&rig, b, &last);
			rig_send_known(&rig, b, &first);
			rig_expect(&rig, span_of(b + header, len - header));
			assert_int_equal(packet_decode(rig.out, &p),
					 PACKET_TCP);
			assert_true(packet_checksum_ok(&p));
			assert_int_equal(p.dst.port, 21);
			rig_stop(&rig);
		}
	}
}

/* Header options come from the first fragment alone (RFC 791 3.2). */
static void ipv4_options(void **state)
{
	struct rig rig;
	struct piece p = { 0,
			   "\x01\x01\x01\x01"
			   "aaaaaaaa",
			   12, true };

	(void)state;
	rig_start(&rig, false);
	assert_int_equal(rig_send_text(&rig, 8, "end", false),
			 REASSEMBLE_WAITS);
	rig_build4(&rig, &p, rig.packet);
	rig.packet[0] = 0x46; /* the first four bytes are options */
	rig.packet[8] = 99;
	assert_int_equal(rig_give(&rig, IPV4 + 12), REASSEMBLE_WHOLE);
	assert_int_equal(rig.out.len, 24 + 8 + 3);
	assert_int_equal(rig.out.at[0], 0x46);
	assert_int_equal(rig.out.at[8], 99);
	assert_int_equal(rig.out.at[3], 35);
	assert_memory_equal(rig.out.at + 24, "aaaaaaaaend", 11);
	assert_int_equal(checksum_finish(
				 checksum_add(0, span_of(rig.out.at, 24))),
			 0);
	rig_stop(&rig);
}

/* Hop-by-hop and destination options before the fragment header stay, and the
 * last of them names what the first fragment says. */
static void ipv6_extensions(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, true);
	for (unsigned int i = 0; i < 2; i++) {
		struct piece p = { i * 8, i ? "end" : "aaaaaaaa", i ? 3u : 8u,
				   i == 0 };
		size_t len = rig_build6(&rig, &p, rig.packet);

		memmove(rig.packet + 64, rig.packet + 40, len - 40);
		memset(rig.packet + 40, 0, 24);
		rig.packet[6] = 0;   /* hop-by-hop */
		rig.packet[40] = 60; /* destination, of 16 bytes */
		rig.packet[48] = 44;
		rig.packet[49] = 1;
		rig.packet[64] = i ? 17 : 6; /* the first one's counts */
		rig_put16(rig.packet + 4, len - 40 + 24);
		assert_int_equal(rig_give(&rig, len + 24),
				 i ? REASSEMBLE_WHOLE : REASSEMBLE_WAITS);
	}
	assert_int_equal(rig.out.len, 64 + 11);
	assert_int_equal(rig.out.at[5], 24 + 11);
	assert_int_equal(rig.out.at[6], 0);
	assert_int_equal(rig.out.at[40], 60);
	assert_int_equal(rig.out.at[48], 6);
	assert_memory_equal(rig.out.at + 64, "aaaaaaaaend", 11);
	rig_stop(&rig);
}

/* RFC 6946: apart from whatever else has that identification. */
static void ipv6_atomic(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, true);
	assert_int_equal(rig_send_letters(&rig, 0, 8), REASSEMBLE_WAITS);
	assert_int_equal(rig_send_text(&rig, 0, "on its own", false),
			 REASSEMBLE_WHOLE);
	rig_expect_text(&rig, "on its own");
	assert_int_equal(rig_send_letters(&rig, 8, 29), REASSEMBLE_WHOLE);
	rig_expect_text(&rig, LETTERS);
	rig_stop(&rig);
}

/* Identification, protocol, addresses and family keep datagrams apart. */
static void strangers(void **state)
{
	static const struct {
		size_t at;
		bool v6;
	} row[] = { { 5, false }, { 9, false }, { 15, false }, { 19, false },
		    { 23, true }, { 39, true }, { 47, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct piece p = rig_letters(8, 29);
		struct rig rig;
		size_t len;

		rig_start(&rig, row[i].v6);
		assert_int_equal(rig_send_letters(&rig, 0, 8),
				 REASSEMBLE_WAITS);
		len = (rig.v6 ? rig_build6 : rig_build4)(&rig, &p, rig.packet);
		rig.packet[row[i].at] ^= 0x40;
		assert_int_equal(rig_give(&rig, len), REASSEMBLE_WAITS);
		assert_int_equal(reassemble_waiting(rig.r), 2);
		assert_int_equal(rig_send_letters(&rig, 8, 29),
				 REASSEMBLE_WHOLE);
		rig_stop(&rig);
	}
}

/* An IPv6 packet may name IPv4's addresses, as ::ffff:10.1.4.4 does. */
static void families_stay_apart(void **state)
{
	struct piece first = rig_letters(0, 8), last = rig_letters(8, 29);
	struct rig rig;
	size_t len;

	(void)state;
	rig_start(&rig, false);
	len = rig_build4(&rig, &first, rig.packet);
	rig.packet[9] = 0;
	assert_int_equal(rig_give(&rig, len), REASSEMBLE_WAITS);
	len = rig_build6(&rig, &last, rig.packet);
	memset(rig.packet + 8, 0, 32);
	memset(rig.packet + 18, 0xff, 2);
	memset(rig.packet + 34, 0xff, 2);
	memcpy(rig.packet + 20, (const uint8_t[]){ 10, 1, 4, 4 }, 4);
	memcpy(rig.packet + 36, (const uint8_t[]){ 10, 2, 5, 5 }, 4);
	assert_int_equal(rig_give(&rig, len), REASSEMBLE_WAITS);
	assert_int_equal(reassemble_waiting(rig.r), 2);
	rig_stop(&rig);
}

/* --- damage ---------------------------------------------------------------- */

static void bad_fragments(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct rig rig;
		uint64_t bad = 0;

		rig_start(&rig, v6);
		/* not of whole units; empty */
		for (size_t len = 0; len < 17; len++) {
			struct piece p = { 8, LETTERS, len, true };

			if (len > 0 && len % 8 == 0)
				continue;
			assert_int_equal(rig_send(&rig, &p),
					 REASSEMBLE_DROPPED);
			assert_int_equal(rig_counts(&rig)->bad, ++bad);
		}
		assert_int_equal(rig_send_text(&rig, 8, "", false),
				 REASSEMBLE_DROPPED);
		assert_int_equal(reassemble_waiting(rig.r), 0);
		rig_stop(&rig);
	}
}

/* A header of 16 bytes; a total that is shorter than the header. */
static void bad_ipv4_headers(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} row[] = { { 0, 0x44 }, { 0, 0x40 }, { 3, 19 }, { 0, 0x4f } };
	struct piece p = rig_letters(8, 29);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct rig rig;
		size_t len;

		rig_start(&rig, false);
		len = rig_build4(&rig, &p, rig.packet);
		rig.packet[row[i].at] = row[i].value;
		assert_int_equal(rig_give(&rig, len), REASSEMBLE_DROPPED);
		assert_int_equal(rig_counts(&rig)->bad, 1);
		rig_stop(&rig);
	}
}

/* A fragment that was not captured to its end is never used. */
static void every_truncation(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct piece p = rig_letters(8, 29);
		struct rig rig;
		size_t len;

		rig_start(&rig, v6);
		rig_send_letters(&rig, 0, 8);
		len = (v6 ? rig_build6 : rig_build4)(&rig, &p, rig.packet);
		for (size_t n = 0; n < len; n++) {
			enum reassemble_result r = rig_give(&rig, n);

			assert_true(r == REASSEMBLE_PASS ||
				    r == REASSEMBLE_DROPPED);
			if (n >= (v6 ? 48u : 20u))
				assert_int_equal(r, REASSEMBLE_DROPPED);
		}
		assert_int_equal(rig_give(&rig, len), REASSEMBLE_WHOLE);
		rig_stop(&rig);
	}
}

/* Fragments cut at random out of a few datagrams, shuffled by reordering and
 * repetition, never make anything but those datagrams. */
static void storm(void **state)
{
	static uint8_t text[4][4000];
	uint64_t seed = 4;
	struct rig rig;
	unsigned int whole = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i / 4000][i % 4000] = (uint8_t)random_next(&seed);
	rig_start(&rig, false);
	for (unsigned int n = 0; n < 40000; n++) {
		uint64_t z = random_next(&seed);
		size_t at = (z >> 8) % 10 * 400, len = 400;
		struct piece p = { (uint32_t)at, text[z & 3] + at, len,
				   at + len < 4000 };

		rig.id = z & 3;
		rig.now += z >> 60 == 0 ? SECOND : 1000;
		if (rig_send(&rig, &p) != REASSEMBLE_WHOLE)
			continue;
		rig_expect(&rig, span_of(text[z & 3], 4000));
		whole++;
	}
	assert_true(whole > 400);
	assert_int_equal(rig_counts(&rig)->conflicts, 0);
	assert_int_equal(rig_counts(&rig)->overlapped, 0);
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_pass),
		cmocka_unit_test(every_order),
		cmocka_unit_test(a_segment_survives),
		cmocka_unit_test(ipv4_options),
		cmocka_unit_test(ipv6_extensions),
		cmocka_unit_test(ipv6_atomic),
		cmocka_unit_test(strangers),
		cmocka_unit_test(families_stay_apart),
		cmocka_unit_test(bad_fragments),
		cmocka_unit_test(bad_ipv4_headers),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
