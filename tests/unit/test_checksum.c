/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet checksum against RFC 1071's own words and example. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/checksum.h>

#include "support.h"

/* RFC 1071 1: 16-bit words added with end-around carry, then turned over. */
static uint16_t naive(const uint8_t *b, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* As it would be stored: first byte first. */
static uint16_t stored(uint64_t sum)
{
	uint16_t value = checksum_finish(sum);
	uint8_t b[2];

	memcpy(b, &value, sizeof(b));
	return (uint16_t)(b[0] << 8 | b[1]);
}

static void rfc1071_example(void **state)
{
	static const uint8_t b[] = { 0x00, 0x01, 0xf2, 0x03,
				     0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(stored(checksum_add(0, span_of(b, sizeof(b)))),
			 (uint16_t)~0xddf2);
	assert_int_equal(stored(0), 0xffff);
}

/* Every length up to some segments, from every alignment, up to the last
 * readable byte. */
static void like_the_naive_one(void **state)
{
	uint64_t seed = 1;
	uint8_t b[300];

	(void)state;
	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)random_next(&seed);
	for (size_t len = 0; len <= sizeof(b) - 8; len++) {
		for (size_t at = 0; at < 8; at++) {
			struct span s = span_of(b + at, len);

			assert_int_equal(stored(checksum_add(0, s)),
					 naive(s.at, s.len));
		}
		struct span end = guarded(b, len);

		assert_int_equal(stored(checksum_add(0, end)), naive(b, len));
		guarded_free(end);
	}
}

/* The hardest carries: all ones, and a whole IP packet of them. */
static void all_ones(void **state)
{
	static uint8_t b[65535];

	(void)state;
	memset(b, 0xff, sizeof(b));
	for (size_t len = 65500; len <= sizeof(b); len++)
		assert_int_equal(stored(checksum_add(0, span_of(b, len))),
				 naive(b, len));
	assert_int_equal(stored(checksum_add(UINT64_MAX, span_of(b, 8))), 0);
}

/* In parts, at even places, and with values in host order. */
static void in_parts(void **state)
{
	uint64_t seed = 2;
	uint8_t b[256];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t len = random_next(&seed) % sizeof(b);
		size_t cut = random_next(&seed) % (len + 1) & ~(size_t)1;
		uint16_t value = (uint16_t)random_next(&seed);
		uint8_t whole[sizeof(b) + 2] = { (uint8_t)(value >> 8),
						 (uint8_t)value };
		uint64_t sum = checksum_add16(0, value);

		for (size_t i = 0; i < len; i++)
			b[i] = (uint8_t)random_next(&seed);
		memcpy(whole + 2, b, len);
		sum = checksum_add(sum, span_of(b, cut));
		sum = checksum_add(sum, span_of(b + cut, len - cut));
		assert_int_equal(stored(sum), naive(whole, len + 2));
	}
}

/* Data that holds its own checksum sums to nothing. */
static void checks_itself(void **state)
{
	uint64_t seed = 3;
	uint8_t b[64];

	(void)state;
	for (int round = 0; round < 1000; round++) {
		uint16_t sum;

		for (size_t i = 0; i < sizeof(b); i++)
			b[i] = (uint8_t)random_next(&seed);
		memset(b + 10, 0, 2);
		sum = checksum_finish(checksum_add(0, span_of(b, sizeof(b))));
		memcpy(b + 10, &sum, sizeof(sum));
		assert_int_equal(
			checksum_finish(checksum_add(0, span_of(b, sizeof(b)))),
			0);
	}
}

/* Headers of every length; nothing behind one is touched or counted. */
static void of_an_ipv4_header(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (uint8_t words = 5; words <= 15; words++) {
		uint8_t b[64], before[64];

		for (size_t i = 0; i < sizeof(b); i++)
			b[i] = (uint8_t)random_next(&seed);
		b[0] = 0x40 | words;
		memcpy(before, b, sizeof(b));
		checksum_set_ipv4(b);
		assert_int_equal(naive(b, 4 * words), 0);
		memcpy(before + 10, b + 10, 2);
		assert_memory_equal(b, before, sizeof(b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc1071_example),
		cmocka_unit_test(like_the_naive_one),
		cmocka_unit_test(all_ones),
		cmocka_unit_test(in_parts),
		cmocka_unit_test(checks_itself),
		cmocka_unit_test(of_an_ipv4_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
