/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telnet sequences: stripped whole, and cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/telnet.h>

#include "support.h"

#define IAC      "\xff"
#define BYTES(s) (s), sizeof(s) - 1

/* Strips a guarded copy into a guarded buffer of just the same size. */
static void check(const char *raw, size_t len, const char *want, bool seen,
		  bool incomplete)
{
	struct span in = guarded(raw, len), out = guarded(raw, len);
	struct telnet_line line = telnet_strip(in, (uint8_t *)out.at);

	assert_span(span_sub(out, 0, line.len), want);
	assert_int_equal(line.seen, seen);
	assert_int_equal(line.incomplete, incomplete);
	guarded_free(in);
	guarded_free(out);
}

static void sequences(void **state)
{
	(void)state;
	check(BYTES(""), "", false, false);
	check(BYTES("RETR file"), "RETR file", false, false);
	check(BYTES(IAC IAC), "\xff", true, false);
	check(BYTES("a" IAC IAC "b"),
	      "a\xff"
	      "b",
	      true, false);
	check(BYTES(IAC "\xfb\x01"
			"USER x"),
	      "USER x", true, false);
	check(BYTES(IAC "\xfe\xff"
			"USER x"),
	      "USER x", true, false);
	check(BYTES(IAC "\xf1"
			"NOOP"),
	      "NOOP", true, false);
	check(BYTES(IAC "\x41"
			"NOOP"),
	      "NOOP", true, false);
	check(BYTES(IAC "\xfa\x18 text" IAC "\xf0"
			"NOOP"),
	      "NOOP", true, false);
	/* Inside SB ... SE a quoted IAC is data, and SE alone is too. */
	check(BYTES(IAC "\xfa\x18" IAC IAC "\xf0x" IAC "\xf0"
			"NOOP"),
	      "NOOP", true, false);
	check(BYTES("A" IAC "\xf1"
		    "B" IAC "\xfb\x01"
		    "OR"),
	      "ABOR", true, false);
}

static void cut_sequences(void **state)
{
	(void)state;
	check(BYTES("PWD" IAC), "PWD", true, true);
	check(BYTES("PWD" IAC "\xfb"), "PWD", true, true);
	check(BYTES("PWD" IAC "\xfa"), "PWD", true, true);
	check(BYTES("PWD" IAC "\xfa\x18 abc"), "PWD", true, true);
	check(BYTES("PWD" IAC "\xfa\x18 abc" IAC), "PWD", true, true);
}

/* RFC 959 4.1.3: IP and DM go before ABOR, so that a busy server looks up. */
static void rfc07_interrupt_before_abor(void **state)
{
	(void)state;
	check(BYTES(IAC "\xf4" IAC "\xf2"
			"ABOR"),
	      "ABOR", true, false);
	check(BYTES(IAC "\xf4" IAC "\xf2"
			"STAT"),
	      "STAT", true, false);
}

static void attack20_telnet_inside_a_keyword_shows(void **state)
{
	(void)state;
	check(BYTES("PO" IAC "\xf1"
		    "RT 1,2,3,4,5,6"),
	      "PORT 1,2,3,4,5,6", true, false);
	check(BYTES("PORT 1,2,3,4,5" IAC "\xfb,6"), "PORT 1,2,3,4,56", true,
	      false);
	check(BYTES("PORT 1,2,3,4,5,6" IAC), "PORT 1,2,3,4,5,6", true, true);
}

/* Cut anywhere: never more than what the whole line gives. */
static void every_prefix(void **state)
{
	static const char raw[] =
		IAC "\xf4" IAC "\xf2" IAC "\xfa\x01zz" IAC "\xf0"
		    "AB" IAC IAC "OR" IAC "\xfd\x03"
		    "!";
	static const char want[] = "AB\xff"
				   "OR!";

	(void)state;
	for (size_t len = 0; len < sizeof(raw); len++) {
		struct span in = guarded(raw, len), out = guarded(raw, len);
		struct telnet_line line = telnet_strip(in, (uint8_t *)out.at);

		assert_in_range(line.len, 0, sizeof(want) - 1);
		assert_memory_equal(out.at, want, line.len);
		guarded_free(in);
		guarded_free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences),
		cmocka_unit_test(cut_sequences),
		cmocka_unit_test(rfc07_interrupt_before_abor),
		cmocka_unit_test(attack20_telnet_inside_a_keyword_shows),
		cmocka_unit_test(every_prefix),
	};

	return cmocka_run_group_tests_name("telnet", tests, NULL, NULL);
}
