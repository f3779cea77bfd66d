/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON written straight as text: jansson must read the same out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report/escape.h"
#include "report/json_text.h"

/* The object as jansson reads it; the caller gives it back. */
static json_t *read_back(struct json_text *t)
{
	char *text = json_text_done(t);
	json_t *json;

	assert_non_null(text);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_object(json));
	free(text);
	return json;
}

static void test_empty(void **state)
{
	struct json_text t;
	char *text;

	(void)state;
	json_text_begin(&t);
	text = json_text_done(&t);
	assert_string_equal(text, "{}");
	free(text);
}

static void test_all_kinds(void **state)
{
	static const uint8_t four[] = { 10, 1, 4, 4 };
	struct endpoint e = { addr_v4(four), 21 };
	struct json_text t;
	char *text;

	(void)state;
	json_text_begin(&t);
	json_text_word(&t, "word", "a");
	json_text_word(&t, "none", NULL);
	json_text_uint(&t, "most", UINT64_MAX);
	json_text_uint(&t, "zero", 0);
	json_text_int(&t, "least", INT64_MIN);
	json_text_int(&t, "plus", 7);
	json_text_bool(&t, "yes", true);
	json_text_bool(&t, "no", false);
	json_text_addr(&t, "addr", &e.addr);
	json_text_endpoint(&t, "end", &e);
	e.port = 0;
	json_text_endpoint(&t, "any", &e);
	json_text_fields(&t, "{\"x\":1,\"y\":[2]}");
	json_text_fields(&t, "{}");
	text = json_text_done(&t);
	assert_string_equal(
		text,
		"{\"word\":\"a\",\"most\":18446744073709551615,\"zero\":0,"
		"\"least\":-9223372036854775808,\"plus\":7,\"yes\":true,"
		"\"no\":false,\"addr\":\"10.1.4.4\","
		"\"end\":{\"addr\":\"10.1.4.4\",\"port\":21},"
		"\"any\":{\"addr\":\"10.1.4.4\"},\"x\":1,\"y\":[2]}");
	free(text);
}

/* What cannot be made is no field but a failure. */
static void test_failure(void **state)
{
	struct json_text t;

	(void)state;
	json_text_begin(&t);
	json_text_fields(&t, NULL);
	json_text_bool(&t, "more", true);
	assert_null(json_text_done(&t));
}

/* Each byte, alone and in between, of a word and of network text. */
static void test_every_byte(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		const char raw[] = { 'a', (char)byte, 'b' };
		char word[] = { 'a', (char)(byte ? byte : 1), 'b', 0 };
		char shown[ESCAPE_SIZE(sizeof(raw))];
		struct json_text t;
		json_t *json;

		json_text_begin(&t);
		json_text_span(&t, "raw", span_of(raw, sizeof(raw)));
		/* Words are UTF-8. */
		json_text_word(&t, "word", byte < 0x80 ? word : "a");
		json = read_back(&t);
		escape_text(span_of(raw, sizeof(raw)), shown, sizeof(shown));
		assert_string_equal(json_string_value(
					    json_object_get(json, "raw")),
				    shown);
		assert_string_equal(json_string_value(
					    json_object_get(json, "word")),
				    byte < 0x80 ? word : "a");
		json_decref(json);
	}
}

/* Text of every length around the first room, of the kind that grows most. */
static void test_lengths(void **state)
{
	static const char kinds[] = { 'x', '"', '\\', '\n', '\0', '\xff' };
	static char raw[700], shown[ESCAPE_SIZE(sizeof(raw))];

	(void)state;
	for (size_t kind = 0; kind < sizeof(kinds); kind++) {
		memset(raw, kinds[kind], sizeof(raw));
		for (size_t len = 0; len <= sizeof(raw); len++) {
			struct json_text t;
			json_t *json;

			json_text_begin(&t);
			json_text_span(&t, "a", span_of(raw, len));
			json_text_span(&t, "b", span_of(raw, len));
			json = read_back(&t);
			escape_text(span_of(raw, len), shown, sizeof(shown));
			assert_string_equal(json_string_value(
						    json_object_get(json, "a")),
					    shown);
			assert_string_equal(json_string_value(
						    json_object_get(json, "b")),
					    shown);
			json_decref(json);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
