/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: the grammar of RFC 4291, the text of RFC 5952, comparisons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include <sallyport/addr.h>

#include "support.h"

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(span_str(text), &a), PARSE_OK);
	return a;
}

static void both_families_parse(void **state)
{
	static const struct {
		const char *text, *canonical;
		bool v4;
	} cases[] = {
		{ "0.0.0.0", "0.0.0.0", true },
		{ "10.1.4.4", "10.1.4.4", true },
		{ "255.255.255.255", "255.255.255.255", true },
		{ "::", "::", false },
		{ "::1", "::1", false },
		{ "1::", "1::", false },
		{ "fc00:10:2:5::5", "fc00:10:2:5::5", false },
		{ "FC00::A", "fc00::a", false },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", false },
		{ "0001:0002:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", false },
		/* RFC 5952 4.2.2: one group is not shortened. */
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", false },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", false },
		{ "1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8", false },
		/* RFC 5952 4.2.3: the longest run, the first of two. */
		{ "1:0:0:4:0:0:0:8", "1:0:0:4::8", false },
		{ "1:0:0:4:5:0:0:8", "1::4:5:0:0:8", false },
		{ "0:0:0:4:5:6:7:8", "::4:5:6:7:8", false },
		{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::", false },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304", false },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", false },
		{ "::1.2.3.4", "::102:304", false },
		{ "::fffe:1.2.3.4", "::fffe:102:304", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span g = guarded_str(cases[i].text);
		char text[ADDR_TEXT_MAX];
		struct addr a;
		size_t len;

		assert_int_equal(addr_parse(g, &a), PARSE_OK);
		assert_int_equal(addr_is_v4(&a), cases[i].v4);
		len = addr_format(&a, text);
		assert_int_equal(len, strlen(cases[i].canonical));
		assert_string_equal(text, cases[i].canonical);
		guarded_free(g);
	}
}

static void attack12_bad_addresses(void **state)
{
	static const char *const cases[] = {
		"",
		".",
		"1",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		"1.2.3.4.5",
		"1.2.3.256",
		"01.2.3.4",
		"1.2.3.04",
		"1.2.3.-4",
		"+1.2.3.4",
		" 1.2.3.4",
		"1.2.3.4 ",
		"1..3.4",
		"0x1.2.3.4",
		"1.2.3.4/24",
		":",
		":::",
		"1:",
		":1",
		"1:2",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		":1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1::2::3",
		"::1::",
		"1:::2",
		"12345::",
		"::g",
		"fe80::1%eth0",
		"[::1]",
		"::1 ",
		"1.2.3.4::",
		"::1.2.3",
		"::1.2.3.4.5",
		"::1.2.3.256",
		"::01.2.3.4",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1.2.3.4:1::",
		"::1.2.3.4:5",
		"::12345.2.3.4",
		"::-1",
		"::+1",
		"1:2:3:4:5:6:7:8:",
		"::1:",
		"1:2:3:4:5:6:7:1.2.12.0",
		/* IPv4-mapped, however it is written. */
		"::ffff:10.0.0.1",
		"::ffff:a00:1",
		"::FFFF:0:0",
		"0:0:0:0:0:ffff:10.0.0.1",
		"0::ffff:a00:1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span g = guarded_str(cases[i]);
		struct addr a;

		if (addr_parse(g, &a) != PARSE_BAD)
			fail_msg("'%s' was taken", cases[i]);
		guarded_free(g);
	}
}

static void families_are_kept_apart(void **state)
{
	struct addr a;

	(void)state;
	assert_int_equal(addr_parse_v4(span_str("::1"), &a), PARSE_BAD);
	assert_int_equal(addr_parse_v6(span_str("1.2.3.4"), &a), PARSE_BAD);
}

/* The C library is the judge of both directions. */
static void agrees_with_the_library(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t zeros = random_next(&seed);
		char want[INET6_ADDRSTRLEN], got[ADDR_TEXT_MAX];
		struct addr a, back;
		uint8_t b[16];

		for (int j = 0; j < 16; j++)
			b[j] = zeros >> j / 2 * 2 & 3
				       ? 0
				       : (uint8_t)random_next(&seed);
		a = i % 4 == 0 ? addr_v4(b) : addr_v6(b);
		if (addr_is_v4(&a))
			inet_ntop(AF_INET, addr_v4_bytes(&a), want,
				  sizeof(want));
		else
			inet_ntop(AF_INET6, a.b, want, sizeof(want));
		addr_format(&a, got);
		/* The library writes ::1.2.3.4 where RFC 5952 does not ask. */
		if (addr_is_v4(&a) || !strchr(want, '.'))
			assert_string_equal(got, want);
		assert_int_equal(addr_parse(span_str(want), &back), PARSE_OK);
		assert_true(addr_equal(&a, &back));
		assert_int_equal(addr_parse(span_str(got), &back), PARSE_OK);
		assert_true(addr_equal(&a, &back));
	}
}

static void longest_texts_fit(void **state)
{
	static const char longest[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
	struct endpoint e = { .addr = addr(longest), .port = 65535 };
	char text[ENDPOINT_TEXT_MAX];

	(void)state;
	assert_int_equal(addr_format(&e.addr, text), ADDR_TEXT_MAX - 1);
	assert_string_equal(text, longest);
	assert_int_equal(endpoint_format(&e, text), ENDPOINT_TEXT_MAX - 1);
	assert_string_equal(text,
			    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void endpoints(void **state)
{
	struct endpoint a = { addr("10.1.4.4"), 21 }, b = a;
	char text[ENDPOINT_TEXT_MAX];

	(void)state;
	assert_int_equal(endpoint_format(&a, text), 11);
	assert_string_equal(text, "10.1.4.4:21");
	assert_true(endpoint_equal(&a, &b));
	b.port = 20;
	assert_false(endpoint_equal(&a, &b));
	b.port = 21;
	b.addr = addr("10.1.4.5");
	assert_false(endpoint_equal(&a, &b));
	b.addr = addr("fc00::1");
	endpoint_format(&b, text);
	assert_string_equal(text, "[fc00::1]:21");
}

static void unspecified(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "0.0.0.0", true }, { "::", true },   { "0.0.0.1", false },
		{ "::1", false },    { "1::", false }, { "1.0.0.0", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = addr(cases[i].text);

		assert_int_equal(addr_is_unspecified(&a), cases[i].want);
	}
}

static void prefixes(void **state)
{
	static const struct {
		const char *prefix;
		uint8_t len;
		const char *addr;
		bool want;
	} cases[] = {
		{ "10.1.4.0", 120, "10.1.4.255", true },
		{ "10.1.4.0", 120, "10.1.5.0", false },
		{ "10.1.4.4", 128, "10.1.4.4", true },
		{ "10.1.4.4", 128, "10.1.4.5", false },
		{ "10.1.4.4", 127, "10.1.4.5", true },
		{ "10.1.4.4", 127, "10.1.4.6", false },
		{ "10.128.0.0", 105, "10.255.1.1", true },
		{ "10.128.0.0", 105, "10.127.1.1", false },
		{ "0.0.0.0", 96, "255.1.2.3", true },
		{ "0.0.0.0", 96, "::1", false },
		{ "::", 0, "10.1.4.4", true },
		{ "fc00:10:2:5::", 64, "fc00:10:2:5::5", true },
		{ "fc00:10:2:5::", 64, "fc00:10:2:4::5", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix p = { addr(cases[i].prefix), cases[i].len };
		struct addr a = addr(cases[i].addr);

		assert_int_equal(prefix_contains(&p, &a), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families_parse),
		cmocka_unit_test(attack12_bad_addresses),
		cmocka_unit_test(families_are_kept_apart),
		cmocka_unit_test(agrees_with_the_library),
		cmocka_unit_test(longest_texts_fit),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(unspecified),
		cmocka_unit_test(prefixes),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
