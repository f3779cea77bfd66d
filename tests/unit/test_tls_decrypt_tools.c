/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions of curl (OpenSSL) and lftp (GnuTLS): see tls/make_sessions.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <sallyport/tls_hello.h>

#include "along.h"
#include "support.h"

/* The longest file there, with room. */
#define SESSION_MAX 8192

/* Heads of a chunk; 0 and 1 are an enum decrypt_side. */
#define CHUNK_LOG 2

static const struct {
	const char *name;
	uint16_t version, cipher;
} sessions[] = {
	{ "curl-13", TLS_1_3, 0x1302 },
	{ "curl-12", TLS_1_2, 0xc030 },
	{ "lftp-13", TLS_1_3, 0x1302 },
	{ "lftp-12-cbc", TLS_1_2, 0xc013 },
	{ "lftp-12-mac-first", TLS_1_2, 0xc014 },
	{ "lftp-12-chacha", TLS_1_2, 0xcca8 },
};

static struct span read_session(const char *name)
{
	static uint8_t bytes[SESSION_MAX];
	char path[64];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "tests/unit/tls/%s.session", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_in_range(len, 1, sizeof(bytes) - 1);
	return span_of(bytes, len);
}

static uint8_t next_chunk(struct cursor *c, struct span *bytes)
{
	uint8_t head = rd_u8(c);

	*bytes = rd_take(c, rd_be16(c));
	assert_false(c->bad);
	return head;
}

/* Has what @side said this line? */
static bool said(const struct along *a, enum decrypt_side side,
		 const char *line)
{
	return memmem(a->text[side], a->text_len[side], line, strlen(line));
}

static void expect_talk(const struct along *a)
{
	assert_memory_equal(a->text[DECRYPT_CLIENT] +
				    a->text_len[DECRYPT_CLIENT] - 6,
			    "QUIT\r\n", 6);
	assert_true(said(a, DECRYPT_CLIENT, "USER ftpuser\r\n"));
	assert_true(said(a, DECRYPT_SERVER, "331 "));
	assert_true(said(a, DECRYPT_CLIENT, "PASS secret\r\n"));
	assert_true(said(a, DECRYPT_SERVER, "\r\n230 Login successful.\r\n"));
	assert_true(said(a, DECRYPT_CLIENT, "\r\nRETR file\r\n"));
	assert_true(said(a, DECRYPT_SERVER, "\r\n226 Transfer complete.\r\n"));
	assert_true(said(a, DECRYPT_SERVER, "221 "));
}

static void expect_session(size_t i)
{
	struct cursor c = cursor_of(read_session(sessions[i].name));
	const struct decrypt_status *s;
	struct span bytes;
	struct along *a;

	assert_int_equal(next_chunk(&c, &bytes), CHUNK_LOG);
	a = along_start(bytes);
	s = decrypt_status(a->d);
	while (c.rest.len > 0) {
		uint8_t side = next_chunk(&c, &bytes);

		assert_true(along_take(a, (enum decrypt_side)side, bytes) <=
			    DECRYPT_CLOSED);
	}
	assert_int_equal(s->version, sessions[i].version);
	assert_int_equal(s->cipher, sessions[i].cipher);
	expect_talk(a);
	along_stop(a);
}

static void test_sessions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++)
		expect_session(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
