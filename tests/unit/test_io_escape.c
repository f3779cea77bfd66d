/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text made printable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report/escape.h"
#include "support.h"

/* @raw is used up to its NUL unless @len says otherwise. */
static const struct {
	const char *raw;
	size_t len;
	const char *shown;
} cases[] = {
	{ "", 0, "" },
	{ "USER anna", 0, "USER anna" },
	{ "a\r\nb\tc", 0, "a\\r\\nb\\tc" },
	{ "C:\\dir", 0, "C:\\\\dir" },
	{ "\\x41", 0, "\\\\x41" },
	{ "a\0b", 3, "a\\x00b" },
	{ "\x1b[31m\x7f", 0, "\\x1b[31m\\x7f" },
	{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\xaa", 0,
	  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\xaa" },
	{ "caf\xe9", 0, "caf\\xe9" },
	/* C1 control, soft hyphen, direction override, byte order mark, tag */
	{ "\xc2\x9b", 0, "\\xc2\\x9b" },
	{ "\xc2\xad", 0, "\\xc2\\xad" },
	{ "\xe2\x80\xae", 0, "\\xe2\\x80\\xae" },
	{ "\xef\xbb\xbf", 0, "\\xef\\xbb\\xbf" },
	{ "\xf3\xa0\x81\x81", 0, "\\xf3\\xa0\\x81\\x81" },
	/* neighbours of what is refused */
	{ "\xc2\xa0\xc2\xac\xc2\xae", 0, "\xc2\xa0\xc2\xac\xc2\xae" },
	/* overlong, surrogate, beyond Unicode, lone and missing bytes */
	{ "\xc0\xaf", 0, "\\xc0\\xaf" },
	{ "\xe0\x80\xaf", 0, "\\xe0\\x80\\xaf" },
	{ "\xf0\x80\x80\xaf", 0, "\\xf0\\x80\\x80\\xaf" },
	{ "\xed\xa0\x80", 0, "\\xed\\xa0\\x80" },
	{ "\xf4\x90\x80\x80", 0, "\\xf4\\x90\\x80\\x80" },
	{ "\xff\xfe", 0, "\\xff\\xfe" },
	{ "\x80", 0, "\\x80" },
	{ "\xe2\x82", 0, "\\xe2\\x82" },
	{ "\xc3(", 0, "\\xc3(" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = cases[i].len ? cases[i].len : strlen(cases[i].raw);
		struct span raw = guarded(cases[i].raw, len);
		char *shown = escape_dup(raw);

		assert_string_equal(shown, cases[i].shown);
		free(shown);
		guarded_free(raw);
	}
}

/* The inverse, for the test alone: what the reader of a log may do. */
static size_t unescape(const char *text, uint8_t *out)
{
	size_t len = 0;
	char hex[3] = "";

	for (; *text; text++) {
		if (*text != '\\') {
			out[len++] = (uint8_t)*text;
			continue;
		}
		switch (*++text) {
		case 'x':
			memcpy(hex, text + 1, 2);
			out[len++] = (uint8_t)strtoul(hex, NULL, 16);
			text += 2;
			break;
		case 'r':
			out[len++] = '\r';
			break;
		case 'n':
			out[len++] = '\n';
			break;
		case 't':
			out[len++] = '\t';
			break;
		default:
			out[len++] = (uint8_t)*text;
		}
	}
	return len;
}

static void check_bytes(const uint8_t *raw, size_t len)
{
	char shown[ESCAPE_SIZE(4)];
	uint8_t back[ESCAPE_SIZE(4)];
	size_t n = escape_text(span_of(raw, len), shown, sizeof(shown));
	json_t *json = json_string(shown);

	assert_int_equal(n, strlen(shown));
	assert_non_null(json); /* jansson refuses what is not UTF-8 */
	json_decref(json);
	for (size_t i = 0; i < n; i++)
		assert_true((uint8_t)shown[i] >= ' ' && shown[i] != 0x7f);
	assert_int_equal(unescape(shown, back), len);
	assert_memory_equal(back, raw, len);
}

/* Every pair of bytes, and many fours: valid, printable, reversible. */
static void test_any_bytes(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < 65536; i++) {
		uint8_t raw[2] = { (uint8_t)(i >> 8), (uint8_t)i };

		check_bytes(raw, sizeof(raw));
	}
	for (unsigned int i = 0; i < 200000; i++) {
		uint8_t raw[4];

		seed = seed * 1664525 + 1013904223;
		memcpy(raw, &seed, sizeof(raw));
		raw[0] |= 0xc0; /* so that sequences begin */
		raw[i % 3 + 1] = 0x80 | (raw[i % 3 + 1] & 0x3f);
		check_bytes(raw, sizeof(raw));
	}
}

/* Cut short, the text ends between two characters. */
static void test_truncation(void **state)
{
	static const char raw[] = "a\xc3\xa9\x01\\";
	static const char *const shown[] = {
		"",
		"",
		"a",
		"a",
		"a\xc3\xa9",
		"a\xc3\xa9",
		"a\xc3\xa9",
		"a\xc3\xa9",
		"a\xc3\xa9\\x01",
		"a\xc3\xa9\\x01",
		"a\xc3\xa9\\x01\\\\",
	};

	(void)state;
	for (size_t size = 1; size < ARRAY_SIZE(shown); size++) {
		char *out = malloc(size);
		size_t len = escape_text(span_str(raw), out, size);

		assert_string_equal(out, shown[size]);
		assert_int_equal(len, strlen(out));
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
