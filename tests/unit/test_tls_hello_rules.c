/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hellos made by hand: what the RFCs rule out, and what real ones seldom do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/tls_hello.h>

#include "support.h"

/* A literal as a view; fit for a static table. */
#define VIEW(s)                                     \
	{                                           \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}
#define BYTES(s) ((struct span)VIEW(s))
#define NONE     BYTES("")

/* Room for the longest that is made here. */
#define HELLO_MAX 1024

static uint8_t hello[HELLO_MAX];
static size_t hello_len;

static void put(struct span bytes)
{
	assert_true(hello_len + bytes.len <= sizeof(hello));
	memcpy(hello + hello_len, bytes.at, bytes.len);
	hello_len += bytes.len;
}

static void put_be16(size_t value)
{
	put(span_of((uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2));
}

static void put_random(struct span end)
{
	static const uint8_t zeros[32];

	put(span_of(zeros, sizeof(zeros) - end.len));
	put(end);
}

static void put_extensions(struct span extensions)
{
	if (extensions.len == 0)
		return;
	put_be16(extensions.len);
	put(extensions);
}

/* The parts of a ClientHello that a test may choose. */
struct client {
	uint16_t version;
	struct span id, suites, compression, extensions;
};

static const struct client plain = {
	.version = TLS_1_2,
	.id = { (const uint8_t *)"", 0 },
	.suites = { (const uint8_t *)"\xc0\x2f", 2 },
	.compression = { (const uint8_t *)"", 1 },
	.extensions = { (const uint8_t *)"", 0 },
};

static enum parse parse_client(struct client c, struct tls_client_hello *out)
{
	struct span body;
	enum parse got;

	hello_len = 0;
	put_be16(c.version);
	put_random(NONE);
	put(span_of((uint8_t[]){ (uint8_t)c.id.len }, 1));
	put(c.id);
	put_be16(c.suites.len);
	put(c.suites);
	put(span_of((uint8_t[]){ (uint8_t)c.compression.len }, 1));
	put(c.compression);
	put_extensions(c.extensions);
	body = guarded(hello, hello_len);
	got = tls_client_hello_parse(body, out);
	guarded_free(body);
	return got;
}

/* The result for a ClientHello with these extensions. */
static enum parse with(struct span extensions, struct tls_client_hello *out)
{
	struct client c = plain;

	c.extensions = extensions;
	return parse_client(c, out);
}

static void client_version(uint16_t legacy, struct span extensions,
			   uint16_t want)
{
	struct client c = plain;
	struct tls_client_hello h;

	c.version = legacy;
	c.extensions = extensions;
	assert_int_equal(parse_client(c, &h), PARSE_OK);
	assert_int_equal(h.version, want);
	assert_int_equal(h.legacy_version, legacy);
}

/* RFC 8446 4.2.1: the list rules if it is there; GREASE and drafts do not. */
static void versions_offered(void **state)
{
	struct client c = plain;
	struct tls_client_hello h;

	(void)state;
	client_version(TLS_SSL_3_0, NONE, TLS_SSL_3_0);
	client_version(TLS_1_1, NONE, TLS_1_1);
	client_version(TLS_1_3, NONE, TLS_1_2);
	client_version(TLS_1_2, BYTES("\0\x2b\0\7\6\xfa\xfa\3\4\3\3"), TLS_1_3);
	client_version(TLS_1_2, BYTES("\0\x2b\0\5\4\3\1\3\2"), TLS_1_1);
	client_version(TLS_1_2, BYTES("\0\x2b\0\5\4\x7f\x1c\xfe\xfd"), 0);
	c.version = 0x0200;
	assert_int_equal(parse_client(c, &h), PARSE_BAD);
	c.version = 0xfefd;
	assert_int_equal(parse_client(c, &h), PARSE_BAD);
	assert_int_equal(with(BYTES("\0\x2b\0\1\0"), &h), PARSE_BAD);
	assert_int_equal(with(BYTES("\0\x2b\0\4\3\3\4\3"), &h), PARSE_BAD);
}

static void suites_counted(void **state)
{
	struct client c = plain;
	struct tls_client_hello h;

	(void)state;
	c.suites = BYTES("\x0a\x0a\x13\1\0\xff\x56\0\xea\xea\xca\xda\x0a\x1a");
	assert_int_equal(parse_client(c, &h), PARSE_OK);
	assert_int_equal(h.ciphers, 3);
	c.suites = NONE;
	assert_int_equal(parse_client(c, &h), PARSE_BAD);
	c.suites = BYTES("\x13\1\x13");
	assert_int_equal(parse_client(c, &h), PARSE_BAD);
}

static void session_id_and_compression(void **state)
{
	struct client c = plain;
	struct tls_client_hello h;

	(void)state;
	c.id = BYTES("0123456789abcdef0123456789abcdef");
	assert_int_equal(parse_client(c, &h), PARSE_OK);
	assert_int_equal(h.session_id.len, TLS_SESSION_ID_MAX);
	assert_int_equal(h.resumption, TLS_RESUME_SESSION_ID);
	c.id = BYTES("0123456789abcdef0123456789abcdef0");
	assert_int_equal(parse_client(c, &h), PARSE_BAD);
	c.id = NONE;
	c.compression = BYTES("\1\0");
	assert_int_equal(parse_client(c, &h), PARSE_OK);
	assert_int_equal(h.resumption, TLS_RESUME_NONE);
	c.compression = BYTES("\1");
	assert_int_equal(parse_client(c, &h), PARSE_BAD);
	c.compression = NONE;
	assert_int_equal(parse_client(c, &h), PARSE_BAD);
}

static void server_names(void **state)
{
	static const struct {
		struct span extension;
		enum parse want;
	} name[] = {
		{ BYTES("\0\0\0\6\0\4\0\0\1a"), PARSE_OK },
		/* Another type beside it; one of them twice; none at all. */
		{ BYTES("\0\0\0\x0a\0\x8\7\0\1z\0\0\1a"), PARSE_OK },
		{ BYTES("\0\0\0\x0a\0\x8\0\0\1a\0\0\1b"), PARSE_BAD },
		{ BYTES("\0\0\0\2\0\0"), PARSE_BAD },
		{ BYTES("\0\0\0\0"), PARSE_BAD },
		/* Empty, with a NUL, with something behind the list. */
		{ BYTES("\0\0\0\5\0\3\0\0\0"), PARSE_BAD },
		{ BYTES("\0\0\0\x8\0\6\0\0\3a\0b"), PARSE_BAD },
		{ BYTES("\0\0\0\7\0\4\0\0\1a!"), PARSE_BAD },
	};
	struct tls_client_hello h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		assert_int_equal(with(name[i].extension, &h), name[i].want);
}

static void longest_server_name(void **state)
{
	static uint8_t e[9 + TLS_SNI_MAX + 1];
	struct tls_client_hello h;

	(void)state;
	memset(e, 'x', sizeof(e));
	for (size_t len = TLS_SNI_MAX; len <= TLS_SNI_MAX + 1; len++) {
		const uint8_t head[] = {
			0,
			0,
			(uint8_t)((len + 5) >> 8),
			(uint8_t)(len + 5),
			(uint8_t)((len + 3) >> 8),
			(uint8_t)(len + 3),
			0,
			(uint8_t)(len >> 8),
			(uint8_t)len,
		};

		memcpy(e, head, sizeof(head));
		assert_int_equal(with(span_of(e, 9 + len), &h),
				 len <= TLS_SNI_MAX ? PARSE_OK : PARSE_BAD);
	}
}

static void protocol_names(void **state)
{
	struct tls_client_hello h;

	(void)state;
	assert_int_equal(with(BYTES("\0\x10\0\4\0\2\1a"), &h), PARSE_OK);
	assert_int_equal(with(BYTES("\0\x10\0\2\0\0"), &h), PARSE_BAD);
	assert_int_equal(with(BYTES("\0\x10\0\3\0\1\0"), &h), PARSE_BAD);
	assert_int_equal(with(BYTES("\0\x10\0\5\0\3\1a\0"), &h), PARSE_BAD);
	assert_int_equal(with(BYTES("\0\x10\0\4\0\2\2a"), &h), PARSE_BAD);
}

#define BINDER "\x20zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz" /* 33 bytes */

static void pre_shared_keys(void **state)
{
	static const struct {
		struct span extensions;
		enum parse want;
	} psk[] = {
		{ BYTES("\0\x29\0\x2c\0\7\0\1i\0\0\0\0\0\x21" BINDER),
		  PARSE_OK },
		/* Two keys, one binder; one key, two binders. */
		{ BYTES("\0\x29\0\x33\0\x0e\0\1i\0\0\0\0\0\1j\0\0\0\0"
			"\0\x21" BINDER),
		  PARSE_BAD },
		{ BYTES("\0\x29\0\x4d\0\7\0\1i\0\0\0\0\0\x42" BINDER BINDER),
		  PARSE_BAD },
		/* No key; an empty one; a binder of one byte. */
		{ BYTES("\0\x29\0\4\0\0\0\0"), PARSE_BAD },
		{ BYTES("\0\x29\0\x2b\0\6\0\0\0\0\0\0\0\x21" BINDER),
		  PARSE_BAD },
		{ BYTES("\0\x29\0\x0d\0\7\0\1i\0\0\0\0\0\2\1z"), PARSE_BAD },
		/* RFC 8446 4.2.11: it is the last one. */
		{ BYTES("\0\x29\0\x2c\0\7\0\1i\0\0\0\0\0\x21" BINDER
			"\0\x17\0\0"),
		  PARSE_BAD },
		{ BYTES("\0\x17\0\0"
			"\0\x29\0\x2c\0\7\0\1i\0\0\0\0\0\x21" BINDER),
		  PARSE_OK },
	};
	struct tls_client_hello h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(psk); i++) {
		assert_int_equal(with(psk[i].extensions, &h), psk[i].want);
		if (psk[i].want == PARSE_OK)
			assert_int_equal(h.resumption, TLS_RESUME_PSK);
	}
}

static void tickets_and_early_data(void **state)
{
	struct tls_client_hello h;

	(void)state;
	assert_int_equal(with(BYTES("\0\x23\0\0"), &h), PARSE_OK);
	assert_int_equal(h.resumption, TLS_RESUME_NONE);
	assert_int_equal(with(BYTES("\0\x23\0\1t"), &h), PARSE_OK);
	assert_int_equal(h.resumption, TLS_RESUME_TICKET);
	assert_int_equal(with(BYTES("\0\x2a\0\0"), &h), PARSE_OK);
	assert_true(h.early_data);
	assert_int_equal(with(BYTES("\0\x2a\0\1x"), &h), PARSE_BAD);
}

static void extensions_once_and_not_too_many(void **state)
{
	static uint8_t many[4 * (TLS_EXTENSIONS_MAX + 1)];
	struct tls_client_hello h;

	(void)state;
	assert_int_equal(with(BYTES("\0\x17\0\0\0\x17\0\0"), &h), PARSE_BAD);
	assert_int_equal(with(BYTES("\x1a\x1a\0\0\0\x17\0\0\x1a\x1a\0\0"), &h),
			 PARSE_BAD);
	for (size_t i = 0; i <= TLS_EXTENSIONS_MAX; i++)
		many[4 * i] = (uint8_t)(0x80 + i);
	assert_int_equal(with(span_of(many, sizeof(many) - 4), &h), PARSE_OK);
	assert_int_equal(with(span_of(many, sizeof(many)), &h), PARSE_BAD);
}

/* The parts of a ServerHello that a test may choose. */
struct server {
	uint16_t version;
	struct span random_end, id;
	uint8_t compression;
	struct span extensions;
};

static enum parse parse_server(struct server s, struct tls_server_hello *out)
{
	struct span body;
	enum parse got;

	hello_len = 0;
	put_be16(s.version);
	put_random(s.random_end);
	put(span_of((uint8_t[]){ (uint8_t)s.id.len }, 1));
	put(s.id);
	put_be16(0x1301);
	put(span_of(&s.compression, 1));
	put_extensions(s.extensions);
	body = guarded(hello, hello_len);
	got = tls_server_hello_parse(body, out);
	guarded_free(body);
	return got;
}

#define RETRY                                                                \
	BYTES("\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8" \
	      "\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8" \
	      "\x33\x9c")
#define CHOOSES_1_3 "\0\x2b\0\2\3\4"

static const struct server_rule {
	struct server s;
	enum parse want;
	bool downgrade;
} server_rules[] = {
	{ { TLS_SSL_3_0, NONE, NONE, 1, NONE }, PARSE_OK, false },
	{ { TLS_1_2, NONE, NONE, 0, NONE }, PARSE_OK, false },
	{ { 0x02ff, NONE, NONE, 0, NONE }, PARSE_BAD, false },
	{ { TLS_1_3, NONE, NONE, 0, NONE }, PARSE_BAD, false },
	{ { TLS_1_2, BYTES("DOWNGRD\1"), NONE, 0, NONE }, PARSE_OK, true },
	{ { TLS_1_1, BYTES("DOWNGRD\0"), NONE, 0, NONE }, PARSE_OK, true },
	{ { TLS_1_2, BYTES("DOWNGRD\2"), NONE, 0, NONE }, PARSE_OK, false },
	{ { TLS_1_2, BYTES("DOWNGRD\1"), NONE, 0, BYTES(CHOOSES_1_3) },
	  PARSE_OK,
	  false },
	/* TLS 1.3: its own legacy version, no compression. */
	{ { TLS_1_1, NONE, NONE, 0, BYTES(CHOOSES_1_3) }, PARSE_BAD, false },
	{ { TLS_1_2, NONE, NONE, 1, BYTES(CHOOSES_1_3) }, PARSE_BAD, false },
	/* RFC 8446 4.2.1: not an older version, and only one. */
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x2b\0\2\3\3") },
	  PARSE_BAD,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x2b\0\3\3\4\0") },
	  PARSE_BAD,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x2b\0\1\3") }, PARSE_BAD, false },
	/* A HelloRetryRequest chooses no key, and is of TLS 1.3. */
	{ { TLS_1_2, RETRY, NONE, 0, BYTES(CHOOSES_1_3) }, PARSE_OK, false },
	{ { TLS_1_2, RETRY, NONE, 0, NONE }, PARSE_BAD, false },
	{ { TLS_1_2, RETRY, NONE, 0, BYTES(CHOOSES_1_3 "\0\x29\0\2\0\0") },
	  PARSE_BAD,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES(CHOOSES_1_3 "\0\x29\0\2\0\0") },
	  PARSE_OK,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES(CHOOSES_1_3 "\0\x29\0\1\0") },
	  PARSE_BAD,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x29\0\2\0\0") },
	  PARSE_BAD,
	  false },
	/* RFC 6066 3 and RFC 5077 3.2: answers without content. */
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\0\0\0\0\x23\0\0") },
	  PARSE_OK,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\0\0\1x") }, PARSE_BAD, false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x23\0\1x") }, PARSE_BAD, false },
	/* RFC 7301 3.1: one name. */
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x10\0\5\0\3\2hi") },
	  PARSE_OK,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x10\0\6\0\4\1a\1b") },
	  PARSE_BAD,
	  false },
	{ { TLS_1_2, NONE, NONE, 0, BYTES("\0\x17\0\0\0\x17\0\0") },
	  PARSE_BAD,
	  false },
	{ { TLS_1_2, NONE, BYTES("0123456789abcdef0123456789abcdef0"), 0,
	    NONE },
	  PARSE_BAD,
	  false },
};

static void server_hello_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(server_rules); i++) {
		const struct server_rule *r = &server_rules[i];
		struct tls_server_hello h;

		assert_int_equal(parse_server(r->s, &h), r->want);
		if (r->want == PARSE_OK)
			assert_int_equal(h.downgrade, r->downgrade);
	}
}

/* RFC 5246 7.4.1.3: an empty session id never comes back as a resumed one. */
static void resumption_needs_an_id(void **state)
{
	struct tls_server_hello h = { .version = TLS_1_2, .session_id = NONE };

	(void)state;
	assert_false(tls_server_hello_resumes(&h, NONE));
	h.session_id = BYTES("abc");
	assert_true(tls_server_hello_resumes(&h, BYTES("abc")));
	assert_false(tls_server_hello_resumes(&h, BYTES("abd")));
	assert_false(tls_server_hello_resumes(&h, NONE));
	/* RFC 8446 D.4: a server of TLS 1.3 always gives it back. */
	h.version = TLS_1_3;
	assert_false(tls_server_hello_resumes(&h, BYTES("abc")));
	h.psk = true;
	assert_true(tls_server_hello_resumes(&h, BYTES("abc")));
}

static void version_names(void **state)
{
	(void)state;
	assert_string_equal(tls_version_name(TLS_SSL_2_0), "SSL 2.0");
	assert_string_equal(tls_version_name(TLS_SSL_3_0), "SSL 3.0");
	assert_string_equal(tls_version_name(TLS_1_0), "TLS 1.0");
	assert_string_equal(tls_version_name(TLS_1_1), "TLS 1.1");
	assert_string_equal(tls_version_name(TLS_1_2), "TLS 1.2");
	assert_string_equal(tls_version_name(TLS_1_3), "TLS 1.3");
	assert_null(tls_version_name(0));
	assert_null(tls_version_name(0x0305));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_offered),
		cmocka_unit_test(suites_counted),
		cmocka_unit_test(session_id_and_compression),
		cmocka_unit_test(server_names),
		cmocka_unit_test(longest_server_name),
		cmocka_unit_test(protocol_names),
		cmocka_unit_test(pre_shared_keys),
		cmocka_unit_test(tickets_and_early_data),
		cmocka_unit_test(extensions_once_and_not_too_many),
		cmocka_unit_test(server_hello_rules),
		cmocka_unit_test(resumption_needs_an_id),
		cmocka_unit_test(version_names),
	};

	return cmocka_run_group_tests_name("tls hello rules", tests, NULL,
					   NULL);
}
