/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS records: real streams in any cut, and every header that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/tls_record.h>

#include "handshake.h"
#include "support.h"

#define BYTES(s) (s), sizeof(s) - 1

#define CCS   "\x14\x03\x03\x00\x01\x01"
#define HELLO "\x17\x03\x03\x00\x05hello"

static const char *const streams[] = {
	"curl.client",
	"lftp.server",
	"tls10.client",
	"tls10.server",
	"tls12-chain.server",
	"tls12-renegotiation.client",
	"tls12-renegotiation.server",
	"tls13-early-data.client",
	"tls13-retry.client",
	"tls13-retry.server",
	"tls13-too-new.server",
};

/* A stream without its headers, and what the headers said. */
struct told {
	uint8_t body[HANDSHAKE_STREAM_MAX];
	size_t len, records, open;
	uint8_t type[64];
	uint16_t length[64];
};

static void tell(struct told *t, const struct tls_piece *p)
{
	assert_int_equal(p->starts, t->open == 0);
	if (p->starts) {
		assert_true(t->records < ARRAY_SIZE(t->type));
		t->type[t->records] = p->type;
		t->length[t->records++] = p->length;
	}
	memcpy(t->body + t->len, p->body.at, p->body.len);
	t->len += p->body.len;
	t->open += p->body.len;
	assert_int_equal(p->ends, t->open == p->length);
	if (p->ends)
		t->open = 0;
}

/* All of @bytes must be records. */
static void feed(struct tls_record *r, struct span bytes, struct told *t)
{
	struct span in = guarded(bytes.at, bytes.len), rest = in;
	enum tls_record_result result;
	struct tls_piece piece;

	while ((result = tls_record_take(r, &rest, &piece)) == TLS_RECORD_PIECE)
		tell(t, &piece);
	assert_int_equal(result, TLS_RECORD_MORE);
	assert_int_equal(rest.len, 0);
	guarded_free(in);
}

/* The same stream read by a simple loop. */
static void read_plainly(struct span s, struct told *t)
{
	size_t at = 0;

	memset(t, 0, sizeof(*t));
	while (at < s.len) {
		size_t length = (size_t)s.at[at + 3] << 8 | s.at[at + 4];

		t->type[t->records] = s.at[at];
		t->length[t->records++] = (uint16_t)length;
		memcpy(t->body + t->len, s.at + at + 5, length);
		t->len += length;
		at += 5 + length;
	}
	assert_int_equal(at, s.len);
}

static void cut_and_compare(struct span s, size_t first, size_t step)
{
	static struct told want, got;
	struct tls_record r = { .have = 0 };
	size_t at = first;

	read_plainly(s, &want);
	memset(&got, 0, sizeof(got));
	feed(&r, span_sub(s, 0, first), &got);
	for (; at < s.len; at += step)
		feed(&r, span_sub(s, at, step), &got);
	assert_true(tls_record_at_boundary(&r));
	assert_int_equal(tls_record_kept(&r).len, 0);
	assert_memory_equal(&want, &got, sizeof(want));
}

static void every_cut_of_real_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		struct span s = handshake_stream(streams[i]);

		for (size_t first = 0; first <= s.len; first++)
			cut_and_compare(s, first, s.len);
		cut_and_compare(s, 0, 1);
		cut_and_compare(s, 0, 3);
		cut_and_compare(s, 2, 7);
	}
}

static void fields_of_a_piece(void **state)
{
	struct span in = span_of(BYTES("\x16\x03\x01\x00\x03"
				       "ab"));
	struct tls_record r = { .have = 0 };
	struct tls_piece p;

	(void)state;
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_int_equal(p.type, TLS_HANDSHAKE);
	assert_int_equal(p.version, 0x0301);
	assert_int_equal(p.length, 3);
	assert_span(p.body, "ab");
	assert_true(p.starts && !p.ends);
	assert_false(tls_record_at_boundary(&r));
	assert_int_equal(tls_record_kept(&r).len, 0);
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_MORE);
	in = span_str("c");
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_span(p.body, "c");
	assert_true(!p.starts && p.ends && p.length == 3);
	assert_true(tls_record_at_boundary(&r));
}

/*
 * Byte by byte: the first @good bytes of @bytes are taken, and then @want
 * comes, again and again; the bytes of the open header, @kept of them, are
 * still there.
 */
static void expect_end(const char *bytes, size_t len, size_t good, size_t kept,
		       enum tls_record_result want)
{
	struct tls_record r = { .have = 0 };
	struct tls_piece piece;

	for (size_t i = 0; i < good; i++) {
		struct span in = span_of(bytes + i, 1);
		enum tls_record_result got = tls_record_take(&r, &in, &piece);

		assert_true(got == TLS_RECORD_MORE || got == TLS_RECORD_PIECE);
		assert_int_equal(in.len, 0);
	}
	for (int i = 0; i < 2; i++) {
		struct span in = span_of(bytes + good, len - good);

		assert_int_equal(tls_record_take(&r, &in, &piece), want);
		assert_ptr_equal(in.at, bytes + good);
		assert_true(span_equal(tls_record_kept(&r),
				       span_of(bytes + good - kept, kept)));
	}
}

/* The same in one call for each record: nothing of the bad header is taken. */
static void expect_end_at_once(const char *bytes, size_t len, size_t at,
			       enum tls_record_result want)
{
	struct tls_record r = { .have = 0 };
	struct span in = span_of(bytes, len);
	enum tls_record_result got;
	struct tls_piece piece;

	do {
		got = tls_record_take(&r, &in, &piece);
	} while (got == TLS_RECORD_PIECE);
	assert_int_equal(got, want);
	assert_ptr_equal(in.at, bytes + at);
	assert_int_equal(in.len, len - at);
	assert_int_equal(tls_record_kept(&r).len, 0);
	assert_true(tls_record_at_boundary(&r));
}

static void not_tls_as_early_as_can_be(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, good, kept;
	} bad[] = {
		{ BYTES("USER x"), 0, 0 },
		{ BYTES("\x13\x03\x01"), 0, 0 },
		{ BYTES("\x19\x03\x01"), 0, 0 },
		{ BYTES("\x16\x02\x01"), 1, 1 },
		{ BYTES("\x16\x04\x01"), 1, 1 },
		{ BYTES("\x17\x03\x03\x49\x00"), 3, 3 },
		{ BYTES("\x17\x03\x03\x48\x01"), 4, 4 },
		{ BYTES("\x16\x03\x01\x00\x00"), 4, 4 },
		{ BYTES("\x15\x03\x03\x00\x00"), 4, 4 },
		{ BYTES("\x18\x03\x03\x00\x00"), 4, 4 },
		{ BYTES("\x14\x03\x03\x00\x00"), 4, 4 },
		{ BYTES("\x14\x03\x03\x00\x02"), 4, 4 },
		{ BYTES("\x14\x03\x03\x01"), 3, 3 },
		/* Behind a record. */
		{ BYTES(HELLO "221 Bye"), 10, 0 },
		{ BYTES(HELLO "\x15\x31"), 11, 1 },
		/* Protected: any length but 0. */
		{ BYTES(CCS "\x14\x03\x03\x00\x00"), 10, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		expect_end(bad[i].bytes, bad[i].len, bad[i].good, bad[i].kept,
			   TLS_RECORD_NOT_TLS);
		expect_end_at_once(bad[i].bytes, bad[i].len,
				   bad[i].good - bad[i].kept,
				   TLS_RECORD_NOT_TLS);
	}
}

/* After a failed handshake a server may say 421 in the clear. */
static void rfc37_cleartext_after_a_refusal(void **state)
{
	static uint8_t bytes[64];
	struct span alert = handshake_stream("tls12-no-cipher.server");
	static const char line[] = "421 Service not available.\r\n";

	(void)state;
	memcpy(bytes, alert.at, alert.len);
	memcpy(bytes + alert.len, line, sizeof(line) - 1);
	expect_end((const char *)bytes, alert.len + sizeof(line) - 1, alert.len,
		   0, TLS_RECORD_NOT_TLS);
}

static void lengths_at_their_limits(void **state)
{
	static uint8_t longest[TLS_RECORD_HEADER + TLS_RECORD_MAX] = {
		0x17, 0x03, 0x03, 0x48, 0x00
	};
	struct tls_record r = { .have = 0 };
	struct span in = span_of(longest, sizeof(longest));
	struct tls_piece p;

	(void)state;
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_int_equal(p.body.len, TLS_RECORD_MAX);
	assert_true(p.starts && p.ends && in.len == 0);

	/* RFC 8446 5.1: only application data may be empty. */
	in = span_of(BYTES("\x17\x03\x03\x00\x00"
			   "\x18\x03\x03\x00\x01z"));
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_true(p.starts && p.ends && p.length == 0 && p.body.len == 0);
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_int_equal(p.type, TLS_HEARTBEAT);
	assert_span(p.body, "z");
	in = span_of(BYTES("\x17\x03\x03\x00\x00"));
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_true(p.ends && tls_record_at_boundary(&r));
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_MORE);
}

/* RFC 5246 7.1: in a renegotiation it is encrypted. */
static void change_cipher_spec_under_protection(void **state)
{
	struct span in = span_of(BYTES(CCS "\x14\x03\x03\x00\x04wxyz"));
	struct tls_record r = { .have = 0 };
	struct tls_piece p;

	(void)state;
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_int_equal(tls_record_take(&r, &in, &p), TLS_RECORD_PIECE);
	assert_int_equal(p.type, TLS_CHANGE_CIPHER_SPEC);
	assert_span(p.body, "wxyz");
}

/* RFC 5246 E.2, made by hand: a version 2 hello that offers TLS 1.0. */
static void sslv2_hello(void **state)
{
	static const char v2[] = "\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10"
				 "\x00\x00\x2f"
				 "0123456789abcdef";

	(void)state;
	expect_end(BYTES(v2), 2, 2, TLS_RECORD_SSLV2);
	expect_end_at_once(BYTES(v2), 0, TLS_RECORD_SSLV2);
	/* Not another message, not later, not Telnet's IAC. */
	expect_end(BYTES("\x80\x1c\x04"), 2, 2, TLS_RECORD_NOT_TLS);
	expect_end(BYTES("\xff\xf4\xff\xf2"), 2, 2, TLS_RECORD_NOT_TLS);
	expect_end(BYTES(HELLO "\x80\x1c\x01"), 10, 0, TLS_RECORD_NOT_TLS);
	expect_end_at_once(BYTES(HELLO "\x80\x1c\x01"), 10, TLS_RECORD_NOT_TLS);
}

static void the_state_is_small(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct tls_record), 1, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_of_real_streams),
		cmocka_unit_test(fields_of_a_piece),
		cmocka_unit_test(not_tls_as_early_as_can_be),
		cmocka_unit_test(rfc37_cleartext_after_a_refusal),
		cmocka_unit_test(lengths_at_their_limits),
		cmocka_unit_test(change_cipher_spec_under_protection),
		cmocka_unit_test(sslv2_hello),
		cmocka_unit_test(the_state_is_small),
	};

	return cmocka_run_group_tests_name("tls record", tests, NULL, NULL);
}
