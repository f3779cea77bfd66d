/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate chain's facts as JSON and as a line for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report/certificate_json.h"
#include "report/certificate_text.h"
#include "support.h"

static void set(struct certificate_name *name, const char *text)
{
	name->len = (uint16_t)strlen(text);
	memcpy(name->at, text, name->len);
}

static struct certificate plain(void)
{
	struct certificate c;

	memset(&c, 0, sizeof(c));
	set(&c.subject, "CN=ftp.example");
	set(&c.issuer, "CN=Example CA");
	set(&c.san[0], "ftp.example");
	set(&c.san[1], "10.2.5.5");
	c.san_count = 2;
	strncpy(c.key, "EC P-256", sizeof(c.key) - 1);
	c.not_before = 1763892942;
	c.not_after = 1798761599;
	c.chain_count = 2;
	return c;
}

static void check(const struct certificate *c, bool server, const char *json,
		  const char *text)
{
	json_t *object = certificate_json(c, server);
	char *line = json_dumps(object, JSON_COMPACT);
	char *shown = NULL;
	size_t len;
	FILE *to = open_memstream(&shown, &len);

	assert_string_equal(line, json);
	certificate_text(to, c, server);
	fclose(to);
	assert_string_equal(shown, text);
	free(shown);
	free(line);
	json_decref(object);
}

#define TIMES                                     \
	"\"not_before\":\"2025-11-23T10:15:42Z\"" \
	",\"not_after\":\"2026-12-31T23:59:59Z\""

static void test_plain(void **state)
{
	struct certificate c = plain();

	(void)state;
	check(&c, true,
	      "{\"subject\":\"CN=ftp.example\",\"issuer\":\"CN=Example "
	      "CA\"," TIMES
	      ",\"san\":[\"ftp.example\",\"10.2.5.5\"],\"key\":\"EC P-256\""
	      ",\"side\":\"server\",\"chain\":2}",
	      "certificate server CN=ftp.example, issued by CN=Example CA, "
	      "EC P-256, valid until 2026-12-31");
}

static void test_all_faults(void **state)
{
	struct certificate c = plain();

	(void)state;
	c.expired = true;
	c.not_yet_valid = true;
	c.self_signed = true;
	c.name_mismatch = true;
	set(&c.wanted, "www.example");
	check(&c, true,
	      "{\"subject\":\"CN=ftp.example\",\"issuer\":\"CN=Example "
	      "CA\"," TIMES
	      ",\"san\":[\"ftp.example\",\"10.2.5.5\"],\"key\":\"EC P-256\""
	      ",\"side\":\"server\",\"expired\":true,\"not_yet_valid\":true"
	      ",\"self_signed\":true,\"name_mismatch\":true,\"chain\":2}",
	      "certificate server CN=ftp.example, issued by CN=Example CA, "
	      "EC P-256, valid until 2026-12-31 (EXPIRED, NOT VALID BEFORE "
	      "2025-11-23, self-signed, not for \"www.example\")");
}

static void test_no_subject(void **state)
{
	struct certificate c = plain();

	(void)state;
	c.subject.len = 0;
	c.issuer.len = 0;
	c.san_more = 184;
	c.address_mismatch = true;
	set(&c.wanted, "10.2.5.6");
	check(&c, false,
	      "{\"subject\":\"\",\"issuer\":\"\"," TIMES
	      ",\"san\":[\"ftp.example\",\"10.2.5.5\"],\"san_more\":184"
	      ",\"key\":\"EC P-256\",\"side\":\"client\""
	      ",\"address_mismatch\":true,\"chain\":2}",
	      "certificate client for ftp.example and 185 more, issued by "
	      "nobody, EC P-256, valid until 2026-12-31 (not for "
	      "\"10.2.5.6\")");
	c.san_count = 1;
	c.san_more = 0;
	c.address_mismatch = false;
	check(&c, false,
	      "{\"subject\":\"\",\"issuer\":\"\"," TIMES
	      ",\"san\":[\"ftp.example\"],\"key\":\"EC P-256\""
	      ",\"side\":\"client\",\"chain\":2}",
	      "certificate client for ftp.example, issued by nobody, EC P-256, "
	      "valid until 2026-12-31");
	c.san_count = 0;
	check(&c, false,
	      "{\"subject\":\"\",\"issuer\":\"\"," TIMES
	      ",\"san\":[],\"key\":\"EC P-256\",\"side\":\"client\""
	      ",\"chain\":2}",
	      "certificate client for nobody, issued by nobody, EC P-256, "
	      "valid until 2026-12-31");
}

/* Bytes that are not UTF-8, that steer a terminal, and a NUL. */
static void test_escapes(void **state)
{
	struct certificate c = plain();

	(void)state;
	set(&c.subject, "CN=caf\xc3\xa9\xff");
	set(&c.issuer, "CN=a\\, b\x1b[31m\xe2\x80\xae");
	memcpy(c.san[0].at, "ftp\0exam\nple", 12);
	c.san[0].len = 12;
	c.san_count = 1;
	c.name_mismatch = true;
	set(&c.wanted, "\xe9");
	check(&c, true,
	      "{\"subject\":\"CN=caf\xc3\xa9\\\\xff\","
	      "\"issuer\":\"CN=a\\\\\\\\, b\\\\x1b[31m\\\\xe2\\\\x80\\\\xae\""
	      "," TIMES ",\"san\":[\"ftp\\\\x00exam\\\\nple\"]"
	      ",\"key\":\"EC P-256\",\"side\":\"server\""
	      ",\"name_mismatch\":true,\"chain\":2}",
	      "certificate server CN=caf\xc3\xa9\\xff, issued by "
	      "CN=a\\\\, b\\x1b[31m\\xe2\\x80\\xae, EC P-256, valid until "
	      "2026-12-31 (not for \"\\xe9\")");
}

/* Full buffers: every byte becomes four characters. */
static void test_longest(void **state)
{
	struct certificate c = plain();
	char *line;
	json_t *json;

	(void)state;
	c.san_count = CERTIFICATE_SAN_MAX;
	for (size_t i = 0; i < CERTIFICATE_SAN_MAX; i++) {
		c.san[i].len = CERTIFICATE_NAME_MAX;
		memset(c.san[i].at, 0xff, CERTIFICATE_NAME_MAX);
	}
	c.subject = c.san[0];
	json = certificate_json(&c, true);
	assert_int_equal(json_string_length(json_object_get(json, "subject")),
			 4 * CERTIFICATE_NAME_MAX);
	assert_int_equal(json_array_size(json_object_get(json, "san")),
			 CERTIFICATE_SAN_MAX);
	line = json_dumps(json, JSON_COMPACT);
	assert_non_null(line);
	free(line);
	json_decref(json);
}

static void test_time(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 1709210096, "2024-02-29T12:34:56Z" },
		{ -62135596800, "0001-01-01T00:00:00Z" },
		{ -62167219200, "0000-01-01T00:00:00Z" },
		{ INT64_MIN, "0000-01-01T00:00:00Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char text[CERTIFICATE_TIME_MAX];

		assert_int_equal(certificate_time(times[i].seconds, text),
				 CERTIFICATE_TIME_MAX - 1);
		assert_string_equal(text, times[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_all_faults),
		cmocka_unit_test(test_no_subject),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
