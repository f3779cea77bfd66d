/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: values one by one, bad syntax, and the manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "io/config_schema.h"
#include "support.h"

#define MANUAL "man/sallyport.conf.5"

/* Both bounds of every number are taken, and their neighbours are not. */
static void test_number_bounds(void **state)
{
	size_t numbers = 0;

	(void)state;
	for (size_t i = 0; i < schema_rows; i++) {
		const struct schema_row *row = &schema[i];
		char text[24], why[SCHEMA_WHY_MAX];
		uint64_t value;

		if (row->type != SCHEMA_NUMBER)
			continue;
		numbers++;
		for (int step = 0; step < 4; step++) {
			value = step < 2 ? row->lo : row->hi;
			value += step == 0 ? UINT64_MAX : step == 3;
			snprintf(text, sizeof(text), "%ju", (uintmax_t)value);
			assert_int_equal(schema_parse(row, span_str(text),
						      &value, why),
					 step == 1 || step == 2);
		}
	}
	assert_int_equal(numbers, 14);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t us; /* 0: refused */
	} cases[] = {
		{ "1s", 1000000 },
		{ "60s", 60000000 },
		{ "3600s", 3600000000 },
		{ "60m", 3600000000 },
		{ "1h", 3600000000 },
		{ "0s", 0 },
		{ "3601s", 0 },
		{ "61m", 0 },
		{ "2h", 0 },
		{ "4294967295h", 0 },
		{ "60", 0 },
		{ "s", 0 },
		{ "", 0 },
		{ "60 s", 0 },
		{ "60S", 0 },
		{ "060s", 0 },
		{ "-1s", 0 },
		{ "1.5m", 0 },
		{ "1m30s", 0 },
		{ "1ms", 0 },
	};
	const struct schema_row *row =
		schema_find(schema_find(NULL, span_str("pinhole")),
			    span_str("timeout"));
	char why[SCHEMA_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t us = 7;
		struct span text = guarded_str(cases[i].text);

		assert_int_equal(schema_parse(row, text, &us, why),
				 cases[i].us != 0);
		assert_int_equal(us, cases[i].us ? cases[i].us : 7);
		guarded_free(text);
	}
}

static void test_marks(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t mark;
	} cases[] = {
		{ "0", false, 0 },
		{ "1", true, 1 },
		{ "4096", true, 4096 },
		{ "0x0", false, 0 },
		{ "0xabCDef09", true, 0xabcdef09 },
		{ "0xffffffff", true, ~0u },
		{ "4294967295", true, ~0u },
		{ "4294967296", false, 0 },
		{ "0x", false, 0 },
		{ "0x123456789", false, 0 },
		{ "0X1", false, 0 },
		{ "0xg", false, 0 },
		{ "1 ", false, 0 },
		{ "010", false, 0 },
		{ "1000h", false, 0 },
	};
	const struct schema_row *row =
		schema_find(schema_find(NULL, span_str("pinhole")),
			    span_str("connmark"));
	char why[SCHEMA_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t mark = 7;
		struct span text = guarded_str(cases[i].text);

		assert_int_equal(schema_parse(row, text, &mark, why),
				 cases[i].good);
		assert_int_equal(mark, cases[i].good ? cases[i].mark : 7);
		guarded_free(text);
	}
}

static void test_endpoints(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "127.0.0.1:9742", true },
		{ "[::1]:1", true },
		{ "203.0.113.9:65535", true },
		{ "127.0.0.1", false },
		{ "127.0.0.1:", false },
		{ "127.0.0.1:0", false },
		{ "127.0.0.1:65536", false },
		{ "127.0.0.1:01", false },
		{ "127.0.0.1:1 ", false },
		{ "[127.0.0.1]:1", false },
		{ "::1:1", false },
		{ "[::1]", false },
		{ "[::1", false },
		{ "[::1]1", false },
		{ "[]:1", false },
		{ "[", false },
		{ "]:1", false },
		{ ":1", false },
		{ "", false },
		{ "localhost:1", false },
		{ "0.0.0.0:1", false },
		{ "[::]:1", false },
	};
	const struct schema_row *row =
		schema_find(schema_find(NULL, span_str("metrics")),
			    span_str("listen"));
	char why[SCHEMA_WHY_MAX], printed[ENDPOINT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct endpoint e = { .port = 7 };
		struct span text = guarded_str(cases[i].text);

		assert_int_equal(schema_parse(row, text, &e, why),
				 cases[i].good);
		endpoint_format(&e, printed);
		if (cases[i].good)
			assert_string_equal(printed, cases[i].text);
		else
			assert_int_equal(e.port, 7);
		guarded_free(text);
	}
}

/* The manual names every key, with the default of each that has one. */
static void test_manual(void **state)
{
	char *manual = file_text(MANUAL);

	(void)state;
	for (size_t i = 0; i < schema_rows; i++) {
		const struct schema_row *row = &schema[i];
		char item[80], value[80];
		char *at, *end;

		if (row->type == SCHEMA_SECTION)
			continue;
		snprintf(item, sizeof(item), "\n.It Ic %s\n", row->path);
		at = strstr(manual, item);
		if (!at)
			fail_msg("%s: no '.It Ic %s'", MANUAL, row->path);
		end = strstr(at + 1, "\n.It ");
		if (end)
			*end = '\0';
		if (!row->fallback)
			snprintf(value, sizeof(value), "Required.");
		else if (row->fallback[0] == '\0')
			snprintf(value, sizeof(value), "Default: none.");
		else
			snprintf(value, sizeof(value), "Default: %s%s%s.",
				 row->capacity ? "[" : "", row->fallback,
				 row->capacity ? "]" : "");
		if (!strstr(at, value))
			fail_msg("%s: %s: no '%s'", MANUAL, row->path, value);
		if (end)
			*end = '\n';
	}
	free(manual);
}

/* Whatever has a value has words that explain it. */
static void test_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema_rows; i++)
		assert_int_equal(schema[i].help != NULL,
				 schema[i].type != SCHEMA_SECTION);
}

/* One problem, which hides what stands behind it. */
static void test_syntax(void **state)
{
#define BYTES(s) s, sizeof(s) - 1
	static const struct {
		const char *text;
		size_t len;
		unsigned int line;
		const char *what;
	} cases[] = {
		{ BYTES("log:\n\tlevel: info\n"), 2, "not YAML: " },
		{ BYTES("log:\n  level: \"info\n\nqueue: 1\n"), 5,
		  "found unexpected end of stream" },
		{ BYTES("a: [1, 2\nb: c\n"), 2, "not YAML: " },
		{ BYTES("a: 1\n b: 2\n"), 2, "mapping values are not allowed" },
		{ BYTES("log:\n  level: in\0fo\n"), 2,
		  "control characters are not allowed" },
		{ BYTES("\n\nlog: \x01\n"), 3, "control characters" },
		{ BYTES("#\n# caf\xe9\n"), 2, "UTF-8" },
		{ BYTES("#\n# \xff\n"), 2, "invalid leading UTF-8 octet" },
		{ BYTES("\xff\xfel\0o\0g\0"), 1, "invalid leading UTF-8" },
		{ BYTES("\x7f"
			"ELF\x02\x01\x01"),
		  1, "control characters" },
		{ BYTES("log: @x\n"), 1, "cannot start any token" },
		{ BYTES("%YAML 3.0\n---\n"), 1, "incompatible YAML document" },
		{ BYTES("a: {{{{{{{{{{{{"), 1, "nested deeper than 8 levels" },
		{ BYTES("\n- - - - - - - - - -"), 2, "nested deeper than 8" },
		{ BYTES("? ? ? ? ? ? ? ? ? ?"), 1, "nested deeper than 8" },
	};
	static struct problems problems;
	struct config c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span bytes = guarded(cases[i].text, cases[i].len);
		enum config_result r = config_load_bytes(&c, bytes, &problems);
		const struct problem *last = &problems.item[problems.count - 1];

		assert_int_equal(r, CONFIG_BAD);
		assert_true(problems.count > 0);
		if (last->line != cases[i].line ||
		    !strstr(last->text, cases[i].what)) {
			print_error("line %u: %s\n", last->line, last->text);
			fail_msg("case %zu: not line %u: %s", i, cases[i].line,
				 cases[i].what);
		}
		guarded_free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_bounds),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_syntax),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
