/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key logs: what is found, what is named as broken, and what is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "support.h"
#include "tls/keylog.h"

#define RANDOM_A \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define RANDOM_B \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeefe"
#define SECRET_32 \
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define SECRET_48 SECRET_32 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define OTHER_48  SECRET_32 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecc"

static const uint8_t random_a[] = {
	0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
	0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
	0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
};

/* The start of every secret, as bytes and as in the file. */
static const uint8_t secret_start[] = { 0xa0, 0xa1, 0xa2, 0xa3,
					0xa4, 0xa5, 0xa6, 0xa7 };
static const char secret_text[] = "a0a1a2a3a4a5a6a7";

static struct keylog *read_text(const char *text)
{
	struct span copy = guarded_str(text);
	struct keylog *log;

	assert_int_equal(keylog_read(&log, copy), KEYLOG_OK);
	guarded_free(copy);
	return log;
}

static struct span find_a(const struct keylog *log, enum keylog_label label)
{
	return keylog_find(log, label, span_of(random_a, sizeof(random_a)));
}

/* Fails the test unless it is one of SECRET_48 or a part of it. */
static void expect_secret(struct span s, size_t len)
{
	assert_int_equal(s.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(s.at[i], 0xa0 + i);
}

static void test_labels(void **state)
{
	struct keylog *log = read_text(
		"# a comment\n"
		"\n"
		"CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n"
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_A " " SECRET_32 "\r\n"
		"EXPORTER_SECRET " RANDOM_A " " SECRET_32 "\n"
		"\r\n"
		"RSA 0011223344556677 " SECRET_48 "\n"
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_A " " SECRET_48 "\n"
		"SERVER_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_32 "\n"
		"CLIENT_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_48);
	const struct keylog_facts *f = keylog_facts(log);

	(void)state;
	assert_int_equal(f->secrets, 5);
	assert_int_equal(f->ignored, 2);
	assert_int_equal(f->count, 0);
	assert_int_equal(f->more, 0);
	expect_secret(find_a(log, KEYLOG_MASTER), 48);
	expect_secret(find_a(log, KEYLOG_SERVER_HANDSHAKE), 32);
	expect_secret(find_a(log, KEYLOG_CLIENT_HANDSHAKE), 48);
	expect_secret(find_a(log, KEYLOG_SERVER_TRAFFIC), 32);
	expect_secret(find_a(log, KEYLOG_CLIENT_TRAFFIC), 48);
	keylog_free(log);
}

static void test_digits(void **state)
{
	struct keylog *log = read_text(
		"CLIENT_RANDOM 00112233445566778899AABBCCDDEEFF"
		"00112233445566778899aabbCCddeeFF "
		"A0a1A2a3A4a5A6a7A8a9AAabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbd"
		"bebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf\n");

	(void)state;
	expect_secret(find_a(log, KEYLOG_MASTER), 48);
	keylog_free(log);
}

static void test_not_there(void **state)
{
	struct keylog *log =
		read_text("CLIENT_RANDOM " RANDOM_B " " SECRET_48 "\n");

	(void)state;
	assert_int_equal(find_a(log, KEYLOG_MASTER).len, 0);
	assert_int_equal(
		keylog_find(log, KEYLOG_MASTER, span_of(random_a, 31)).len, 0);
	keylog_free(log);
	log = read_text("SERVER_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_32 "\n");
	assert_int_equal(find_a(log, KEYLOG_CLIENT_TRAFFIC).len, 0);
	assert_int_equal(find_a(log, KEYLOG_MASTER).len, 0);
	keylog_free(log);
	log = read_text("");
	assert_int_equal(find_a(log, KEYLOG_MASTER).len, 0);
	keylog_free(log);
}

/* Each of these is skipped, named by its number, and not shown. */
static void test_broken_lines(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{ "CLIENT_RANDOM", "the random must be 64 hexadecimal digits" },
		{ "CLIENT_RANDOM ",
		  "the random must be 64 hexadecimal digits" },
		{ "CLIENT_RANDOM 00 " SECRET_48,
		  "the random must be 64 hexadecimal digits" },
		{ "CLIENT_RANDOM " RANDOM_A "00 " SECRET_48,
		  "the random must be 64 hexadecimal digits" },
		{ "CLIENT_RANDOM  " RANDOM_A " " SECRET_48,
		  "the random must be 64 hexadecimal digits" },
		{ "CLIENT_RANDOM\t" RANDOM_A " " SECRET_48,
		  "this is no line of a key log" },
		{ "CLIENT_RANDOM " RANDOM_A,
		  "the secret has the wrong length" },
		{ "CLIENT_RANDOM " RANDOM_A " " SECRET_32,
		  "the secret has the wrong length" },
		{ "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "0",
		  "the secret has the wrong length" },
		{ "CLIENT_RANDOM " RANDOM_A " " SECRET_48 " ",
		  "the secret has the wrong length" },
		{ "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_48 SECRET_32,
		  "the secret has the wrong length" },
		{ "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " x" SECRET_32,
		  "the secret has the wrong length" },
		{ "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " ga" SECRET_32
		  "a0a1a2a3a4a5a6a7a8a9aaabacadae",
		  "the secret must be in hexadecimal digits" },
		{ "client_random " RANDOM_A " " SECRET_48,
		  "this is no line of a key log" },
		{ " CLIENT_RANDOM " RANDOM_A " " SECRET_48,
		  "this is no line of a key log" },
		{ "LABEL_WITHOUT_MORE", "this is no line of a key log" },
		{ "USER ftpuser", NULL }, /* a label that nobody knows yet */
		{ "\xef\xbb\xbf# a byte order mark",
		  "this is no line of a key log" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct keylog_facts *f;
		struct keylog *log;
		char text[1024];

		snprintf(text, sizeof(text),
			 "# first\n%s\nCLIENT_RANDOM " RANDOM_A " " SECRET_48
			 "\n",
			 cases[i].line);
		log = read_text(text);
		f = keylog_facts(log);
		assert_int_equal(f->count, cases[i].text != NULL);
		assert_int_equal(f->ignored, cases[i].text == NULL);
		if (cases[i].text) {
			assert_int_equal(f->problem[0].line, 2);
			assert_string_equal(f->problem[0].text, cases[i].text);
		}
		assert_int_equal(f->secrets, 1);
		expect_secret(find_a(log, KEYLOG_MASTER), 48);
		keylog_free(log);
	}
}

/* Nothing but a NUL in the label, the random, the secret. */
static void test_nul(void **state)
{
	static const char line[] = "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n";

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(line) - 1; i++) {
		char text[sizeof(line)];
		struct keylog *log;

		memcpy(text, line, sizeof(line));
		text[i] = '\0';
		assert_int_equal(keylog_read(&log,
					     span_of(text, sizeof(line) - 1)),
				 KEYLOG_OK);
		assert_int_equal(keylog_facts(log)->secrets, 0);
		assert_int_equal(keylog_facts(log)->count, 1);
		keylog_free(log);
	}
}

/* The same again is fine; something else for the same session is not. */
static void test_twice(void **state)
{
	struct keylog *log =
		read_text("CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n"
			  "CLIENT_RANDOM " RANDOM_B " " OTHER_48 "\n"
			  "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n"
			  "CLIENT_RANDOM " RANDOM_A " " OTHER_48 "\n");
	const struct keylog_facts *f = keylog_facts(log);

	(void)state;
	assert_int_equal(f->secrets, 2);
	assert_int_equal(f->count, 1);
	assert_int_equal(f->problem[0].line, 4);
	assert_string_equal(
		f->problem[0].text,
		"an earlier line has another secret for the same session");
	expect_secret(find_a(log, KEYLOG_MASTER), 48);
	keylog_free(log);
}

static void test_many_problems(void **state)
{
	char text[3 * (KEYLOG_PROBLEMS_MAX + 5) + 1] = "";
	struct keylog *log;

	(void)state;
	for (size_t i = 0; i < KEYLOG_PROBLEMS_MAX + 5; i++)
		memcpy(text + 3 * i, "??\n", 4);
	log = read_text(text);
	assert_int_equal(keylog_facts(log)->count, KEYLOG_PROBLEMS_MAX);
	assert_int_equal(keylog_facts(log)->more, 5);
	assert_int_equal(
		keylog_facts(log)->problem[KEYLOG_PROBLEMS_MAX - 1].line,
		KEYLOG_PROBLEMS_MAX);
	keylog_free(log);
}

/* Session @number's random and line, and back. */
static size_t put_line(char *out, unsigned int number)
{
	return (size_t)sprintf(out, "CLIENT_RANDOM %056d%08x %s%032x\n", 0,
			       number * 2654435761u, SECRET_32, number);
}

static void test_many(void **state)
{
	enum { SESSIONS = 3000, LINE = 176 };
	char *text = malloc(SESSIONS * LINE + 1);
	struct keylog *log;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (unsigned int i = 0; i < SESSIONS; i++)
		len += put_line(text + len, i);
	assert_int_equal(keylog_read(&log, span_of(text, len)), KEYLOG_OK);
	assert_int_equal(keylog_facts(log)->secrets, SESSIONS);
	for (unsigned int i = 0; i < SESSIONS; i++) {
		uint8_t random[KEYLOG_RANDOM_LEN] = { 0 };
		struct span s;

		for (int b = 0; b < 4; b++)
			random[28 + b] =
				(uint8_t)((i * 2654435761u) >> (24 - 8 * b));
		s = keylog_find(log, KEYLOG_MASTER,
				span_of(random, sizeof(random)));
		assert_int_equal(s.len, 48);
		assert_int_equal(s.at[46] << 8 | s.at[47], i);
	}
	keylog_free(log);
	free(text);
}

static void test_bounds(void **state)
{
	static const char line[] = "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n";
	const size_t n = sizeof(line) - 1;
	char *text = calloc(1, KEYLOG_FILE_MAX + 1);
	struct keylog *log = NULL;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= KEYLOG_SECRETS_MAX; i++)
		memcpy(text + i * n, line, n);
	assert_int_equal(keylog_read(&log,
				     span_of(text, n * KEYLOG_SECRETS_MAX)),
			 KEYLOG_OK);
	assert_int_equal(keylog_facts(log)->secrets, 1);
	keylog_free(log);
	assert_int_equal(
		keylog_read(&log, span_of(text, n * (KEYLOG_SECRETS_MAX + 1))),
		KEYLOG_TOO_MANY);
	assert_null(log);
	memset(text, '\n', KEYLOG_FILE_MAX + 1);
	assert_int_equal(keylog_read(&log, span_of(text, KEYLOG_FILE_MAX)),
			 KEYLOG_OK);
	keylog_free(log);
	assert_int_equal(keylog_read(&log, span_of(text, KEYLOG_FILE_MAX + 1)),
			 KEYLOG_TOO_LONG);
	assert_null(log);
	free(text);
}

/* A file of @size bytes that starts with @text. */
static void make_file(char path[32], const char *text, off_t size)
{
	int fd;

	strcpy(path, "/tmp/keylog.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	if (size > 0)
		assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void test_files(void **state)
{
	static const char line[] = "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n";
	struct keylog *log;
	char path[32];

	(void)state;
	make_file(path, line, 0);
	assert_int_equal(keylog_load(&log, path), KEYLOG_OK);
	expect_secret(find_a(log, KEYLOG_MASTER), 48);
	keylog_free(log);
	unlink(path);
	assert_int_equal(keylog_load(&log, path), KEYLOG_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_null(log);
	assert_int_equal(keylog_load(&log, "/"), KEYLOG_SYSTEM);
	assert_int_equal(errno, EISDIR);
	make_file(path, line, KEYLOG_FILE_MAX + 1);
	assert_int_equal(keylog_load(&log, path), KEYLOG_TOO_LONG);
	assert_null(log);
	unlink(path);
}

/* What comes piece by piece, and has no size. */
static void test_pipe(void **state)
{
	static const char line[] = "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n";
	struct keylog *log;
	char path[32];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(write(fd[1], line, sizeof(line) - 1),
				 sizeof(line) - 1);
	close(fd[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd[0]);
	assert_int_equal(keylog_load(&log, path), KEYLOG_OK);
	assert_int_equal(keylog_facts(log)->count, 0);
	expect_secret(find_a(log, KEYLOG_MASTER), 48);
	keylog_free(log);
	close(fd[0]);
}

/* Blocks that OpenSSL's allocator gave back with a secret in them. */
static unsigned int unwiped;

static void look(const void *at)
{
	size_t size = at ? malloc_usable_size((void *)at) : 0;

	unwiped += memmem(at, size, secret_start, sizeof(secret_start)) ||
		   memmem(at, size, secret_text, strlen(secret_text));
}

static void *watched_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *watched_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	look(at);
	return realloc(at, size);
}

static void watched_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	look(at);
	free(at);
}

/* Big enough for both buffers to grow several times. */
static void test_wiped(void **state)
{
	static const char line[] = "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n";
	static char text[1000 * (sizeof(line) - 1) + 1];
	struct keylog *log;
	char path[32];

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		memcpy(text + i * (sizeof(line) - 1), line, sizeof(line));
	make_file(path, text, 0);
	unwiped = 0;
	assert_int_equal(keylog_load(&log, path), KEYLOG_OK);
	expect_secret(find_a(log, KEYLOG_MASTER), 48);
	keylog_free(log);
	keylog_free(NULL);
	assert_int_equal(unwiped, 0);
	/* It would have been seen. */
	OPENSSL_free(OPENSSL_strdup(text));
	assert_int_equal(unwiped, 1);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_broken_lines),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_wiped),
	};

	if (!CRYPTO_set_mem_functions(watched_malloc, watched_realloc,
				      watched_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
