/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views and the cursor: every read at, before and behind the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sallyport/span.h>

#include "support.h"

static void sub_stays_inside(void **state)
{
	static const struct {
		size_t from, len;
		const char *want;
	} cases[] = {
		{ 0, 5, "abcde" },
		{ 0, 0, "" },
		{ 1, 3, "bcd" },
		{ 1, 99, "bcde" },
		{ 5, 1, "" },
		{ 6, 1, "" },
		{ SIZE_MAX, SIZE_MAX, "" },
		{ 2, SIZE_MAX, "cde" },
		{ 4, 1, "e" },
	};
	struct span s = span_str("abcde");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_span(span_sub(s, cases[i].from, cases[i].len),
			    cases[i].want);
	assert_ptr_equal(span_sub(s, 99, 1).at, s.at + 5);
}

static void an_empty_span_needs_no_address(void **state)
{
	struct span none = span_of(NULL, 0);
	struct cursor c = cursor_of(none);

	(void)state;
	assert_int_equal(span_sub(none, 0, 5).len, 0);
	assert_int_equal(span_sub(none, 3, 5).len, 0);
	assert_int_equal(span_find(none, 'x'), 0);
	assert_true(span_equal(none, span_str("")));
	assert_true(span_equal_nocase(none, span_str("")));
	assert_int_equal(rd_take(&c, 0).len, 0);
	assert_false(c.bad);
	assert_int_equal(rd_be32(&c), 0);
	assert_true(c.bad);
}

static void equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, nocase;
	} cases[] = {
		{ "", "", true, true },
		{ "abc", "abc", true, true },
		{ "abc", "ABC", false, true },
		{ "abc", "abcd", false, false },
		{ "abc", "abd", false, false },
		/* '[' and '{' differ like letters do, and are none. */
		{ "[", "{", false, false },
		{ "@", "`", false, false },
		{ "Z", "z", false, true },
		{ "\xc4", "\xe4", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span a = span_str(cases[i].a), b = span_str(cases[i].b);

		assert_int_equal(span_equal(a, b), cases[i].equal);
		assert_int_equal(span_equal_nocase(a, b), cases[i].nocase);
		assert_int_equal(span_equal_nocase(b, a), cases[i].nocase);
	}
}

static void find_gives_the_first(void **state)
{
	(void)state;
	assert_int_equal(span_find(span_str("a\nb\n"), '\n'), 1);
	assert_int_equal(span_find(span_str("abc"), '\n'), 3);
	assert_int_equal(span_find(span_of("a\0b", 3), 0), 1);
}

static void big_endian_reads(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct span g = guarded(bytes, sizeof(bytes));
	struct cursor c = cursor_of(g);

	(void)state;
	assert_int_equal(rd_peek(&c), 1);
	assert_int_equal(rd_u8(&c), 1);
	assert_int_equal(rd_be16(&c), 0x0203);
	assert_int_equal(rd_be24(&c), 0x040506);
	assert_int_equal(rd_be32(&c), 0x0708090a);
	assert_false(c.bad);
	assert_int_equal(rd_peek(&c), -1);
	assert_false(c.bad);
	guarded_free(g);
}

/* Whatever fails first, all that comes later gives nothing. */
static void failure_sticks(void **state)
{
	struct span g = guarded("\xff\xff\xff", 3);

	(void)state;
	for (size_t len = 0; len < 4; len++) {
		struct cursor c = cursor_of(span_sub(g, 3 - len, len));

		assert_int_equal(rd_be32(&c), 0);
		assert_true(c.bad);
		assert_int_equal(rd_peek(&c), -1);
		assert_int_equal(rd_u8(&c), 0);
		assert_int_equal(rd_be16(&c), 0);
		assert_int_equal(rd_be24(&c), 0);
		assert_int_equal(rd_decimal(&c, 3, 255), 0);
		assert_int_equal(rd_take(&c, 1).len, 0);
		rd_expect(&c, 0xff);
		assert_true(c.bad);
	}
	guarded_free(g);
}

static void take_gives_views(void **state)
{
	struct span s = span_str("hello");
	struct cursor c = cursor_of(s);

	(void)state;
	assert_span(rd_take(&c, 2), "he");
	assert_ptr_equal(c.rest.at, s.at + 2);
	assert_int_equal(rd_take(&c, 4).len, 0);
	assert_true(c.bad);
	assert_int_equal(c.rest.len, 0);
}

static void expect_takes_one_byte(void **state)
{
	struct cursor c = cursor_of(span_str("ab"));

	(void)state;
	rd_expect(&c, 'a');
	assert_false(c.bad);
	assert_int_equal(rd_peek(&c), 'b');
	rd_expect(&c, 'a');
	assert_true(c.bad);
}

static void attack12_decimals_are_strict(void **state)
{
	static const struct {
		const char *text;
		unsigned int digits;
		uint32_t max;
		bool good;
		uint32_t value;
		const char *rest;
	} cases[] = {
		{ "0", 3, 255, true, 0, "" },
		{ "0,", 3, 255, true, 0, "," },
		{ "255", 3, 255, true, 255, "" },
		{ "65535|", 5, 65535, true, 65535, "|" },
		{ "4294967295", 10, UINT32_MAX, true, UINT32_MAX, "" },
		{ "9x", 3, 255, true, 9, "x" },
		{ "", 3, 255, false, 0, "" },
		{ "x", 3, 255, false, 0, "" },
		{ "256", 3, 255, false, 0, "" },
		{ "00", 3, 255, false, 0, "" },
		{ "010", 3, 255, false, 0, "" },
		{ "-1", 3, 255, false, 0, "" },
		{ "+1", 3, 255, false, 0, "" },
		{ " 1", 3, 255, false, 0, "" },
		{ "1000", 3, 9999, false, 0, "" },
		{ "65536", 5, 65535, false, 0, "" },
		{ "65557", 5, 65535, false, 0, "" },
		{ "4294967296", 10, UINT32_MAX, false, 0, "" },
		{ "18446744073709551617", 99, UINT32_MAX, false, 0, "" },
		{ "99999999999999999999999999", 99, UINT32_MAX, false, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span g = guarded_str(cases[i].text);
		struct cursor c = cursor_of(g);

		assert_int_equal(rd_decimal(&c, cases[i].digits, cases[i].max),
				 cases[i].value);
		assert_int_equal(!c.bad, cases[i].good);
		if (cases[i].good)
			assert_span(c.rest, cases[i].rest);
		guarded_free(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sub_stays_inside),
		cmocka_unit_test(an_empty_span_needs_no_address),
		cmocka_unit_test(equality),
		cmocka_unit_test(find_gives_the_first),
		cmocka_unit_test(big_endian_reads),
		cmocka_unit_test(failure_sticks),
		cmocka_unit_test(take_gives_views),
		cmocka_unit_test(expect_takes_one_byte),
		cmocka_unit_test(attack12_decimals_are_strict),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
