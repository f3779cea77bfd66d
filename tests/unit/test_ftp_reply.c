/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies: single, of many lines, endless, and texts that only look so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/ftp_reply.h>

#include "support.h"

struct line {
	const char *line;
	enum ftp_reply_step step;
	uint16_t code;
	uint32_t lines;
	const char *text;
};

static void feed(struct ftp_reply_state *st, const struct line *want)
{
	struct span g = guarded_str(want->line);
	struct ftp_reply_line got = ftp_reply_take(st, g);

	if (got.step != want->step)
		fail_msg("'%s' is step %d", want->line, got.step);
	assert_int_equal(got.code, want->code);
	assert_int_equal(got.lines, want->lines);
	assert_span(got.text, want->text);
	assert_int_equal(got.text_at, g.len - got.text.len);
	guarded_free(g);
}

static void feed_all(const struct line *lines, size_t n)
{
	struct ftp_reply_state st = { .code = 0 };

	for (size_t i = 0; i < n; i++)
		feed(&st, &lines[i]);
	assert_int_equal(st.code, 0);
	assert_int_equal(st.lines, 0);
}

static void single_lines(void **state)
{
	static const struct line lines[] = {
		{ "220 hello", FTP_REPLY_DONE, 220, 1, "hello" },
		{ "220 ", FTP_REPLY_DONE, 220, 1, "" },
		{ "220", FTP_REPLY_DONE, 220, 1, "" },
		{ "220  x", FTP_REPLY_DONE, 220, 1, " x" },
		{ "100 x", FTP_REPLY_DONE, 100, 1, "x" },
		{ "659 x", FTP_REPLY_DONE, 659, 1, "x" },
		{ "099 x", FTP_REPLY_BAD, 0, 0, "099 x" },
		{ "660 x", FTP_REPLY_BAD, 0, 0, "660 x" },
		{ "999 x", FTP_REPLY_BAD, 0, 0, "999 x" },
		{ "2200 x", FTP_REPLY_BAD, 0, 0, "2200 x" },
		{ "220x", FTP_REPLY_BAD, 0, 0, "220x" },
		{ "220\tx", FTP_REPLY_BAD, 0, 0, "220\tx" },
		{ "22 x", FTP_REPLY_BAD, 0, 0, "22 x" },
		{ "22", FTP_REPLY_BAD, 0, 0, "22" },
		{ "", FTP_REPLY_BAD, 0, 0, "" },
		{ " 220 x", FTP_REPLY_BAD, 0, 0, " 220 x" },
		{ "+20 x", FTP_REPLY_BAD, 0, 0, "+20 x" },
		{ "HTTP/1.1 200 OK", FTP_REPLY_BAD, 0, 0, "HTTP/1.1 200 OK" },
	};

	(void)state;
	feed_all(lines, ARRAY_SIZE(lines));
}

/* What is inside is text, whatever it looks like. */
static void rfc02_multi_line(void **state)
{
	static const struct line lines[] = {
		{ "211-Features:", FTP_REPLY_FIRST, 211, 0, "Features:" },
		{ " EPSV", FTP_REPLY_INNER, 0, 0, " EPSV" },
		{ "227 Entering Passive Mode (1,2,3,4,5,6)", FTP_REPLY_INNER, 0,
		  0, "227 Entering Passive Mode (1,2,3,4,5,6)" },
		{ "211-again", FTP_REPLY_INNER, 0, 0, "211-again" },
		{ "212 no", FTP_REPLY_INNER, 0, 0, "212 no" },
		{ "", FTP_REPLY_INNER, 0, 0, "" },
		{ "2111 no", FTP_REPLY_INNER, 0, 0, "2111 no" },
		{ " 211 no", FTP_REPLY_INNER, 0, 0, " 211 no" },
		{ "21", FTP_REPLY_INNER, 0, 0, "21" },
		{ "211 End", FTP_REPLY_DONE, 211, 10, "End" },
		{ "230-", FTP_REPLY_FIRST, 230, 0, "" },
		{ "230", FTP_REPLY_DONE, 230, 2, "" },
		{ "227-", FTP_REPLY_FIRST, 227, 0, "" },
		{ "227 (1,2,3,4,5,6)", FTP_REPLY_DONE, 227, 2,
		  "(1,2,3,4,5,6)" },
	};

	(void)state;
	feed_all(lines, ARRAY_SIZE(lines));
}

static void rfc16_protected_replies(void **state)
{
	static const struct line lines[] = {
		{ "631 YII=", FTP_REPLY_DONE, 631, 1, "YII=" },
		{ "632 YII=", FTP_REPLY_DONE, 632, 1, "YII=" },
		{ "633-YII=", FTP_REPLY_FIRST, 633, 0, "YII=" },
		{ "633 YII=", FTP_REPLY_DONE, 633, 2, "YII=" },
	};

	(void)state;
	feed_all(lines, ARRAY_SIZE(lines));
}

static void the_longest_reply_ends(void **state)
{
	struct ftp_reply_state st = { .code = 0 };

	(void)state;
	feed(&st, &(struct line){ "211-", FTP_REPLY_FIRST, 211, 0, "" });
	for (int i = 2; i < FTP_REPLY_LINES_MAX; i++)
		assert_int_equal(ftp_reply_take(&st, span_str(" x")).step,
				 FTP_REPLY_INNER);
	feed(&st, &(struct line){ "211 x", FTP_REPLY_DONE, 211,
				  FTP_REPLY_LINES_MAX, "x" });
	assert_int_equal(st.code, 0);
}

/* One line more, and nothing behind it is believed any longer. */
static void an_endless_reply_stays_bad(void **state)
{
	struct ftp_reply_state st = { .code = 0 };

	(void)state;
	feed(&st, &(struct line){ "211-", FTP_REPLY_FIRST, 211, 0, "" });
	for (int i = 1; i < FTP_REPLY_LINES_MAX; i++)
		assert_int_equal(ftp_reply_take(&st, span_str(" x")).step,
				 FTP_REPLY_INNER);
	for (int i = 0; i < 3; i++) {
		feed(&st,
		     &(struct line){ "211 x", FTP_REPLY_BAD, 0, 0, "211 x" });
		feed(&st, &(struct line){ "227 (1,2,3,4,5,6)", FTP_REPLY_BAD, 0,
					  0, "227 (1,2,3,4,5,6)" });
	}
}

static void classes(void **state)
{
	(void)state;
	assert_true(ftp_reply_is_preliminary(150));
	assert_false(ftp_reply_is_preliminary(226));
	assert_true(ftp_reply_is_success(200));
	assert_true(ftp_reply_is_success(299));
	assert_false(ftp_reply_is_success(199));
	assert_false(ftp_reply_is_success(300));
	assert_false(ftp_reply_is_success(633));
}

static void every_prefix(void **state)
{
	static const char *const lines[] = {
		"227 Entering Passive Mode (1,2,3,4,5,6).", "228 x", "229 x"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		for (size_t len = 0; len <= strlen(lines[i]); len++) {
			struct span g = guarded(lines[i], len);
			size_t at = 99;

			assert_true(ftp_reply_may_name_endpoint(g, &at));
			assert_int_equal(at, 4);
			guarded_free(g);
		}
}

static void attack24_the_code_counts_at_the_start_only(void **state)
{
	static const char *const no[] = {
		"1",
		"3",
		"21",
		"23",
		"220",
		"226",
		"22:",
		"230",
		"327",
		"227-",
		"227x",
		"227\t(1,2,3,4,5,6)",
		"2270 ",
		" 227 ",
		"x227 ",
		"\xff",
		"\xff\xf1"
		"227 ",
		"2\xff",
		"150 227 (1,2,3,4,5,6)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		struct span g = guarded_str(no[i]);
		size_t at;

		if (ftp_reply_may_name_endpoint(g, &at))
			fail_msg("'%s' may not name an endpoint", no[i]);
		guarded_free(g);
	}
}

/* Whatever three digits are claimed to be, both functions agree. */
static void all_codes(void **state)
{
	(void)state;
	for (int code = 0; code < 1000; code++) {
		struct ftp_reply_state st = { .code = 0 };
		struct ftp_reply_line got;
		char line[8];
		size_t at;

		snprintf(line, sizeof(line), "%03d x", code);
		got = ftp_reply_take(&st, span_str(line));
		assert_int_equal(got.step == FTP_REPLY_DONE,
				 code >= 100 && code <= 659);
		assert_int_equal(ftp_reply_may_name_endpoint(span_str(line),
							     &at),
				 code >= 227 && code <= 229);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_lines),
		cmocka_unit_test(rfc02_multi_line),
		cmocka_unit_test(rfc16_protected_replies),
		cmocka_unit_test(attack24_the_code_counts_at_the_start_only),
		cmocka_unit_test(the_longest_reply_ends),
		cmocka_unit_test(an_endless_reply_stays_bad),
		cmocka_unit_test(classes),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(all_codes),
	};

	return cmocka_run_group_tests_name("ftp_reply", tests, NULL, NULL);
}
