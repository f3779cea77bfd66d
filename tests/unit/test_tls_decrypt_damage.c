/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cannot be read, or not on: flipped bits, missing keys, other suites. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <sallyport/tls_hello.h>
#include <sallyport/tls_record.h>

#include "along.h"
#include "support.h"

/* From both ends of a record's body: nonce or IV, text, MAC, padding, tag. */
#define FLIPPED_PER_END 48

static const struct peers_spec tls13 = { .version = TLS1_3_VERSION,
					 .cipher = "TLS_AES_128_GCM_SHA256" };
static const struct peers_spec tls12 = { .version = TLS1_2_VERSION,
					 .cipher =
						 "ECDHE-ECDSA-AES128-SHA256" };

static const struct peers_spec specs[] = {
	{ .version = TLS1_3_VERSION, .cipher = "TLS_AES_256_GCM_SHA384" },
	{ .version = TLS1_3_VERSION, .cipher = "TLS_CHACHA20_POLY1305_SHA256" },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-ECDSA-CHACHA20-POLY1305" },
	{ .version = TLS1_2_VERSION, .cipher = "ECDHE-ECDSA-AES128-SHA" },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-ECDSA-AES256-SHA384",
	  .mac_first = true },
};

static struct along *along_of(const struct peers *p)
{
	return along_start(span_of(p->log, p->log_len));
}

static struct peers *connected(const struct peers_spec *spec)
{
	struct peers *p = peers_start(spec);

	peers_connect(p);
	peers_say_text(p, DECRYPT_CLIENT, "USER ftpuser\r\n");
	peers_say_text(p, DECRYPT_SERVER, "331 and the password?\r\n");
	return p;
}

/* A record among the peers' bytes. */
struct found {
	size_t piece, at, len; /* with its header */
	enum decrypt_side from;
	uint64_t number;
};

/* Go to the next one; start with a zeroed @f. */
static bool next_record(const struct peers *p, uint64_t number[2],
			struct found *f)
{
	const struct peers_piece *piece;

	f->at += f->len;
	if (f->len > 0 &&
	    f->at == p->piece[f->piece].at + p->piece[f->piece].len)
		f->piece++;
	if (f->piece == p->pieces)
		return false;
	piece = &p->piece[f->piece];
	f->from = piece->from;
	f->len = TLS_RECORD_HEADER + (size_t)p->bytes[f->at + 3] * 256 +
		 p->bytes[f->at + 4];
	assert_true(f->at + f->len <= piece->at + piece->len);
	f->number = ++number[f->from];
	return true;
}

/* What was handed out by everything before @f. */
static struct along *before(const struct peers *p, const struct found *f)
{
	struct along *a = along_of(p);

	for (size_t i = 0; i < f->piece; i++)
		along_take(a, p->piece[i].from, peers_span(p, i));
	along_take(a, f->from,
		   span_sub(peers_span(p, f->piece), 0,
			    f->at - p->piece[f->piece].at));
	assert_int_equal(decrypt_status(a->d)->result, DECRYPT_OK);
	return a;
}

static void expect_equal(const struct along *a, const struct along *b,
			 enum decrypt_side side)
{
	assert_int_equal(a->text_len[side], b->text_len[side]);
	assert_int_equal(a->messages[side], b->messages[side]);
	assert_int_equal(a->alerts[side], b->alerts[side]);
}

/* With that bit turned, nothing from @f on is handed out. */
static void expect_refused(struct peers *p, const struct found *f, size_t at,
			   unsigned int bit)
{
	struct along *right = before(p, f), *a = along_of(p);
	const struct decrypt_status *s = decrypt_status(a->d);

	p->bytes[f->at + at] ^= (uint8_t)(1u << bit);
	along_take_all(a, p, ALONG_WHOLE);
	p->bytes[f->at + at] ^= (uint8_t)(1u << bit);
	expect_equal(a, right, f->from);
	along_expect_start(a, p);
	/* With a wrong length the body may be awaited, and the other side goes
	 * on meanwhile. */
	if (at < 3 || at >= TLS_RECORD_HEADER) {
		expect_equal(a, right, !f->from);
		assert_int_not_equal(s->result, DECRYPT_OK);
		assert_int_equal(s->side, f->from);
		assert_true(s->record == f->number);
	}
	if (at >= TLS_RECORD_HEADER)
		assert_int_equal(s->result, DECRYPT_NOT_AUTHENTIC);
	along_stop(right);
	along_stop(a);
}

static void flip_record(struct peers *p, const struct found *f)
{
	for (size_t at = 0; at < TLS_RECORD_HEADER; at++)
		for (unsigned int bit = 0; bit < 8; bit++)
			expect_refused(p, f, at, bit);
	for (size_t at = TLS_RECORD_HEADER; at < f->len; at++)
		if (at < TLS_RECORD_HEADER + FLIPPED_PER_END ||
		    at >= f->len - FLIPPED_PER_END)
			expect_refused(p, f, at, at % 8);
}

/* Is that record encrypted? */
static bool is_sealed(const struct peers *p, const struct found *f,
		      const bool changed[2])
{
	if (p->spec.version == TLS1_3_VERSION)
		return p->bytes[f->at] == TLS_APPLICATION_DATA;
	return changed[f->from];
}

static void test_flipped_bits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct peers *p = connected(&specs[i]);
		bool changed[2] = { false, false };
		uint64_t number[2] = { 0, 0 };
		struct found f = { .len = 0 };
		unsigned int sealed = 0;

		while (next_record(p, number, &f)) {
			if (is_sealed(p, &f, changed)) {
				flip_record(p, &f);
				sealed++;
			}
			changed[f.from] |=
				p->bytes[f.at] == TLS_CHANGE_CIPHER_SPEC;
		}
		assert_true(sealed >= 4);
		peers_stop(p);
	}
}

/* A record that is lost, comes twice or changes places with the next. */
static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct peers *p = connected(&specs[i]);
		size_t last = p->pieces;
		struct along *a = along_of(p), *b = along_of(p);

		peers_say_text(p, DECRYPT_CLIENT, "PASS word\r\n");
		peers_say_text(p, DECRYPT_CLIENT, "NOOP\r\n");
		for (size_t k = 0; k < last; k++) {
			along_take(a, p->piece[k].from, peers_span(p, k));
			along_take(b, p->piece[k].from, peers_span(p, k));
		}
		assert_int_equal(along_take(a, DECRYPT_CLIENT,
					    peers_span(p, last + 1)),
				 DECRYPT_NOT_AUTHENTIC);
		assert_int_equal(along_take(b, DECRYPT_CLIENT,
					    peers_span(p, last)),
				 DECRYPT_OK);
		assert_int_equal(along_take(b, DECRYPT_CLIENT,
					    peers_span(p, last)),
				 DECRYPT_NOT_AUTHENTIC);
		along_stop(a);
		along_stop(b);
		peers_stop(p);
	}
}

static void expect_text(const struct along *a, const char *text)
{
	char got[DECRYPT_TEXT_MAX];
	size_t len = decrypt_explain(decrypt_status(a->d), got);

	assert_string_equal(got, text);
	assert_int_equal(len, strlen(text));
}

/* Without the lines of @label. */
static void expect_missing(const struct peers *p, const char *label,
			   const char *text)
{
	char log[PEERS_LOG_MAX];
	size_t used = 0;
	struct span rest = span_of(p->log, p->log_len);
	struct along *a;

	while (rest.len > 0) {
		size_t n = span_find(rest, '\n') + 1;

		if (!span_equal(span_sub(rest, 0, strlen(label)),
				span_str(label))) {
			memcpy(log + used, rest.at, n);
			used += n;
		}
		rest = span_sub(rest, n, rest.len);
	}
	a = along_start(span_of(log, used));
	assert_int_equal(along_take_all(a, p, ALONG_WHOLE), DECRYPT_NO_KEY);
	expect_text(a, text);
	assert_true(a->text_len[0] < p->text_len[0] ||
		    a->text_len[1] < p->text_len[1]);
	/* It stays so. */
	assert_int_equal(along_take(a, DECRYPT_CLIENT, span_str("x")),
			 DECRYPT_NO_KEY);
	along_stop(a);
}

static void test_missing_keys(void **state)
{
	static const struct {
		const char *label, *text;
	} cases[] = {
		{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		  "the key log has no CLIENT_HANDSHAKE_TRAFFIC_SECRET for this "
		  "session" },
		{ "SERVER_HANDSHAKE_TRAFFIC_SECRET",
		  "the key log has no SERVER_HANDSHAKE_TRAFFIC_SECRET for this "
		  "session" },
		{ "CLIENT_TRAFFIC_SECRET_0",
		  "the key log has no CLIENT_TRAFFIC_SECRET_0 for this "
		  "session" },
		{ "SERVER_TRAFFIC_SECRET_0",
		  "the key log has no SERVER_TRAFFIC_SECRET_0 for this "
		  "session" },
	};
	struct peers *p = connected(&tls13);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_missing(p, cases[i].label, cases[i].text);
	peers_stop(p);
	p = connected(&tls12);
	expect_missing(p, "CLIENT_RANDOM",
		       "the key log has no CLIENT_RANDOM for this session");
	peers_stop(p);
}

/* Another secret than the right one, or one of another length. */
static void test_wrong_keys(void **state)
{
	static const struct {
		const struct peers_spec *spec;
		const char *text;
	} cases[] = {
		{ &tls13, "record 3 of the server does not authenticate" },
		{ &tls12, "record 4 of the client does not authenticate" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peers *p = connected(cases[i].spec);
		struct along *a;

		for (size_t k = 1; k < p->log_len; k++)
			if (p->log[k] == '\n')
				p->log[k - 1] =
					p->log[k - 1] == '0' ? '1' : '0';
		a = along_of(p);
		assert_int_equal(along_take_all(a, p, ALONG_WHOLE),
				 DECRYPT_NOT_AUTHENTIC);
		expect_text(a, cases[i].text);
		along_stop(a);
		peers_stop(p);
	}
}

static void test_unsupported(void **state)
{
	static const struct {
		struct peers_spec spec;
		const char *text;
	} cases[] = {
		{ { .version = TLS1_VERSION,
		    .cipher = "ECDHE-ECDSA-AES128-SHA" },
		  "TLS 1.0 is not supported" },
		{ { .version = TLS1_1_VERSION,
		    .cipher = "ECDHE-ECDSA-AES128-SHA" },
		  "TLS 1.1 is not supported" },
		{ { .version = TLS1_2_VERSION,
		    .cipher = "CAMELLIA128-SHA",
		    .rsa = true },
		  "cipher suite TLS_RSA_WITH_CAMELLIA_128_CBC_SHA is not "
		  "supported" },
		{ { .version = TLS1_2_VERSION,
		    .cipher = "ECDHE-ECDSA-AES128-CCM8" },
		  "cipher suite TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 is not "
		  "supported" },
		{ { .version = TLS1_3_VERSION,
		    .cipher = "TLS_AES_128_CCM_SHA256" },
		  "cipher suite TLS_AES_128_CCM_SHA256 is not supported" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peers *p = connected(&cases[i].spec);
		struct along *a = along_of(p);

		assert_int_equal(along_take_all(a, p, ALONG_WHOLE),
				 DECRYPT_UNSUPPORTED);
		expect_text(a, cases[i].text);
		along_stop(a);
		peers_stop(p);
	}
}

/* A client that stops at the certificate logs no traffic secret. Its alert is
 * in the clear, in TLS 1.3 too: it has not changed its keys yet. */
static void test_refused_certificate(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct peers *p = peers_start(i ? &tls13 : &tls12);
		struct along *a;

		SSL_CTX_set_verify(p->ctx[DECRYPT_CLIENT], SSL_VERIFY_PEER,
				   NULL);
		peers_connect_in_vain(p);
		a = along_of(p);
		assert_int_equal(along_take_all(a, p, ALONG_WHOLE),
				 DECRYPT_CLOSED);
		assert_int_equal(a->alerts[DECRYPT_CLIENT], 0);
		along_stop(a);
		peers_stop(p);
	}
}

/* RFC 4217 12.3; curl in passive mode sends no close_notify before. */
static void test_clear_again(void **state)
{
	static const char line[] = "PWD\r\n", answer[] = "257 \"/\"\r\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct peers *p = connected(&specs[i]);
		struct span rest;
		struct along *a;

		peers_close(p, DECRYPT_SERVER);
		a = along_of(p);
		assert_int_equal(along_take_all(a, p, ALONG_WHOLE),
				 DECRYPT_CLOSED);
		rest = span_str(line);
		assert_int_equal(decrypt_take(a->d, DECRYPT_CLIENT, &rest),
				 DECRYPT_CLOSED);
		assert_span(rest, line);
		rest = span_str(answer);
		assert_int_equal(decrypt_take(a->d, DECRYPT_SERVER, &rest),
				 DECRYPT_CLOSED);
		assert_span(rest, answer);
		along_stop(a);
		peers_stop(p);
	}
}

/* After the close_notify of one side the other may still speak TLS. */
static void test_half_closed(void **state)
{
	struct peers *p = connected(&tls13);

	(void)state;
	peers_close(p, DECRYPT_CLIENT);
	peers_say_text(p, DECRYPT_SERVER, "221 bye\r\n");
	peers_close(p, DECRYPT_SERVER);
	along_expect(p, true);
	peers_stop(p);
}

static void expect_first(enum decrypt_side from, struct span bytes,
			 enum decrypt_result result, const char *text)
{
	struct along *a = along_start(span_str(""));

	assert_int_equal(along_take(a, from, bytes), result);
	expect_text(a, text);
	along_stop(a);
}

#define RECORD(literal) span_of(literal, sizeof(literal) - 1)

static void test_unexpected(void **state)
{
	static const char of_server[] =
		"record 1 of the server is not what TLS allows there";
	static const char of_client[] =
		"record 1 of the client is not what TLS allows there";
	struct peers *p = connected(&tls12);

	(void)state;
	/* Each hello from the wrong side, or too early. */
	expect_first(DECRYPT_SERVER, peers_span(p, 0), DECRYPT_UNEXPECTED,
		     of_server);
	expect_first(DECRYPT_CLIENT, peers_span(p, 1), DECRYPT_UNEXPECTED,
		     of_client);
	expect_first(DECRYPT_SERVER, peers_span(p, 1), DECRYPT_UNEXPECTED,
		     of_server);
	/* What has no meaning before any hello, or none at all. */
	expect_first(DECRYPT_CLIENT, RECORD("\x14\x03\x01\x00\x01\x01"),
		     DECRYPT_UNEXPECTED, of_client);
	expect_first(DECRYPT_CLIENT, RECORD("\x17\x03\x03\x00\x01x"),
		     DECRYPT_UNEXPECTED, of_client);
	expect_first(DECRYPT_CLIENT, RECORD("\x15\x03\x01\x00\x01\x01"),
		     DECRYPT_UNEXPECTED, of_client);
	expect_first(DECRYPT_CLIENT,
		     RECORD("\x16\x03\x01\x00\x04\x0b\x01\x00\x01"),
		     DECRYPT_UNEXPECTED, of_client);
	expect_first(DECRYPT_CLIENT, RECORD("\x16\x03\x01\x00\x04\x18\0\0\0"),
		     DECRYPT_UNEXPECTED, of_client);
	expect_first(DECRYPT_CLIENT, span_str("USER ftpuser\r\n"),
		     DECRYPT_NOT_TLS, "record 1 of the client is not TLS");
	/* Nothing is wrong with nothing. */
	expect_first(DECRYPT_SERVER, span_str(""), DECRYPT_OK,
		     "nothing is wrong");
	peers_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_missing_keys),
		cmocka_unit_test(test_wrong_keys),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_refused_certificate),
		cmocka_unit_test(test_clear_again),
		cmocka_unit_test(test_half_closed),
		cmocka_unit_test(test_unexpected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
