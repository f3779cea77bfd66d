/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The URL that probe is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lab/url.h"
#include "support.h"

static const char *parse(const char *text, struct url *out)
{
	struct span copy = guarded_str(text);
	const char *wrong = url_parse(copy, out);

	guarded_free(copy);
	return wrong;
}

static void test_good(void **state)
{
	static const struct {
		const char *text, *host, *user, *password, *formatted;
		enum client_tls tls;
		uint16_t port;
		bool has_password;
	} good[] = {
		{ "ftp://ftp.example", "ftp.example", "anonymous", "anonymous@",
		  "ftp://ftp.example", CLIENT_FTP, 21, false },
		{ "ftpes://a_b-c.example/", "a_b-c.example", "anonymous",
		  "anonymous@", "ftpes://a_b-c.example", CLIENT_EXPLICIT, 21,
		  false },
		{ "FTPS://192.0.2.5:2121", "192.0.2.5", "anonymous",
		  "anonymous@", "ftps://192.0.2.5:2121", CLIENT_IMPLICIT, 2121,
		  false },
		{ "ftps://[2001:DB8:0::5]", "2001:db8::5", "anonymous",
		  "anonymous@", "ftps://[2001:db8::5]", CLIENT_IMPLICIT, 990,
		  false },
		{ "ftp://[::1]:65535/", "::1", "anonymous", "anonymous@",
		  "ftp://[::1]:65535", CLIENT_FTP, 65535, false },
		{ "ftp://me:secret@h", "h", "me", "secret", "ftp://h",
		  CLIENT_FTP, 21, true },
		{ "ftp://me@h:990", "h", "me", "", "ftp://h:990", CLIENT_FTP,
		  990, false },
		{ "ftp://me:@h", "h", "me", "", "ftp://h", CLIENT_FTP, 21,
		  true },
		{ "ftp://me:a@b:c@h", "h", "me", "a@b:c", "ftp://h", CLIENT_FTP,
		  21, true },
		{ "ftp://d%6Fm%5cme:%2F%25%3a@h", "h", "dom\\me",
		  "/%:", "ftp://h", CLIENT_FTP, 21, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char text[URL_TEXT_MAX];
		struct url u;

		assert_null(parse(good[i].text, &u));
		assert_string_equal(u.host, good[i].host);
		assert_string_equal(u.user, good[i].user);
		assert_string_equal(u.password, good[i].password);
		assert_int_equal(u.tls, good[i].tls);
		assert_int_equal(u.port, good[i].port);
		assert_int_equal(u.has_password, good[i].has_password);
		url_format(&u, text);
		assert_string_equal(text, good[i].formatted);
	}
}

static void test_addresses(void **state)
{
	struct url u;

	(void)state;
	assert_null(parse("ftp://192.0.2.5", &u));
	assert_true(u.is_addr);
	assert_true(addr_is_v4(&u.addr));
	assert_null(parse("ftp://[2001:db8::5]", &u));
	assert_true(u.is_addr);
	assert_false(addr_is_v4(&u.addr));
	assert_null(parse("ftp://192.0.2.555", &u));
	assert_false(u.is_addr);
}

/* What is wrong is said without showing a password. */
static void test_bad(void **state)
{
	static const struct {
		const char *text, *wrong;
	} bad[] = {
		{ "", "begins with" },
		{ "ftp", "begins with" },
		{ "ftp:", "begins with" },
		{ "ftp:/me:secret@h", "begins with" },
		{ "http://me:secret@h", "begins with" },
		{ "sftp://me:secret@h", "begins with" },
		{ "ftp://", "host is missing" },
		{ "ftp:///", "host is missing" },
		{ "ftp://me:secret@", "host is missing" },
		{ "ftp://:21", "host is missing" },
		{ "ftp://h/file", "path" },
		{ "ftp://me:secret/@h", "path" },
		{ "ftp://me:secret@h\r\nDELE x", "neither a name" },
		{ "ftp://h?x", "neither a name" },
		{ "ftp://secret%h", "neither a name" },
		{ "ftp://2001:db8::5", "port" },
		{ "ftp://[2001:db8::5", "brackets" },
		{ "ftp://[192.0.2.5]", "brackets" },
		{ "ftp://[fe80::1%eth0]", "brackets" },
		{ "ftp://[::ffff:192.0.2.5]", "brackets" },
		{ "ftp://[::1]x", "behind the brackets" },
		{ "ftp://h:", "port" },
		{ "ftp://h:0", "port" },
		{ "ftp://h:65536", "port" },
		{ "ftp://h:021", "port" },
		{ "ftp://h:21x", "port" },
		{ "ftp://h:secret", "port" },
		{ "ftp://:secret@h", "user is empty" },
		{ "ftp://@h", "user is empty" },
		{ "ftp://me:secret%@h", "hexadecimal" },
		{ "ftp://me:secret%4@h", "hexadecimal" },
		{ "ftp://me:secret%zz@h", "hexadecimal" },
		{ "ftp://me%0d%0aDELE%20x:secret@h", "line break" },
		{ "ftp://me:secret%0A@h", "line break" },
		{ "ftp://me:secret%00@h", "line break" },
		{ "ftp://me:secret\n@h", "line break" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct url u = { .port = 7 };
		const char *wrong = parse(bad[i].text, &u);

		if (!wrong || !strstr(wrong, bad[i].wrong))
			fail_msg("%s: %s", bad[i].text,
				 wrong ? wrong : "taken");
		assert_null(strstr(wrong, "secret"));
		assert_int_equal(u.port, 7);
	}
}

/* Text of @len bytes between @before and @after. */
static const char *parse_long(const char *before, size_t len, const char *after,
			      struct url *out)
{
	static char text[2048];
	size_t at = strlen(before);

	memcpy(text, before, at);
	memset(text + at, 'a', len);
	memcpy(text + at + len, after, strlen(after) + 1);
	return parse(text, out);
}

static void test_bounds(void **state)
{
	struct url u;

	(void)state;
	assert_null(parse_long("ftp://", URL_HOST_MAX - 1, "", &u));
	assert_int_equal(strlen(u.host), URL_HOST_MAX - 1);
	assert_non_null(parse_long("ftp://", URL_HOST_MAX, "", &u));
	assert_null(parse_long("ftp://", URL_LOGIN_MAX - 1, ":x@h", &u));
	assert_int_equal(strlen(u.user), URL_LOGIN_MAX - 1);
	assert_non_null(parse_long("ftp://", URL_LOGIN_MAX, ":x@h", &u));
	assert_null(parse_long("ftp://x:", URL_LOGIN_MAX - 1, "@h", &u));
	assert_non_null(parse_long("ftp://x:", URL_LOGIN_MAX, "@h", &u));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
