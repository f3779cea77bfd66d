/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records made by hand: messages in every cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <sallyport/tls_handshake.h>
#include <sallyport/tls_hello.h>

#include "along.h"
#include "handshake.h"
#include "seal.h"
#include "support.h"
#include "tls_talk.h"

/* The random of tls_client_hello(), and every secret. */
#define RANDOM \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define SECRET \
	"2222222222222222222222222222222222222222222222222222222222222222"

static const char log_1_3[] =
	"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET "\n"
	"SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET "\n"
	"CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET "\n"
	"SERVER_TRAFFIC_SECRET_0 " RANDOM " " SECRET "\n";

/* One side's next record; the secret is @secret, the number goes up. */
struct sealer {
	uint8_t secret[SUITE_HASH_MAX];
	uint64_t sequence;
};

static void new_keys(struct sealer *s)
{
	memset(s->secret, 0x22, sizeof(s->secret));
	s->sequence = 0;
}

/* What it answers to a record that holds @inner. */
static enum decrypt_result say(struct along *a, enum decrypt_side from,
			       struct sealer *s, const void *inner, size_t len)
{
	uint8_t record[SEAL_MAX];
	size_t n =
		seal_1_3(s->secret, s->sequence++, span_of(inner, len), record);

	return along_take(a, from, span_of(record, n));
}

/* Up to where the server's handshake keys start. */
static struct along *greeted(struct sealer *server)
{
	struct along *a = along_start(span_str(log_1_3));
	uint8_t hello[TLS_TALK_MAX];

	assert_int_equal(along_take(a, DECRYPT_CLIENT,
				    span_of(hello,
					    tls_client_hello(hello, TLS_1_3,
							     NULL))),
			 DECRYPT_OK);
	assert_int_equal(along_take(a, DECRYPT_SERVER,
				    span_of(hello,
					    tls_server_hello(hello, TLS_1_3,
							     false))),
			 DECRYPT_OK);
	new_keys(server);
	return a;
}

/* EncryptedExtensions, Certificate, Finished, of a few bytes each. */
static const uint8_t flight[] = "\x08\0\0\x02\0\0"
				"\x0b\0\0\x05hello"
				"\x14\0\0\x04mac!";
#define FLIGHT_LEN (sizeof(flight) - 1)

/* @len bytes of the flight from @at on in a record of their own. */
static enum decrypt_result say_flight(struct along *a, struct sealer *s,
				      size_t at, size_t len)
{
	uint8_t inner[FLIGHT_LEN + 1];

	memcpy(inner, flight + at, len);
	inner[len] = TLS_HANDSHAKE;
	return say(a, DECRYPT_SERVER, s, inner, len + 1);
}

static void expect_flight(const struct along *a)
{
	static const uint8_t types[] = { TLS_ENCRYPTED_EXTENSIONS,
					 TLS_CERTIFICATE, TLS_FINISHED };

	assert_int_equal(a->messages[DECRYPT_SERVER], sizeof(types));
	assert_memory_equal(a->message[DECRYPT_SERVER], types, sizeof(types));
}

/* All in one record, and in three, cut anywhere. */
static void test_messages_in_records(void **state)
{
	(void)state;
	for (size_t x = 1; x < FLIGHT_LEN; x++)
		for (size_t y = x; y < FLIGHT_LEN; y++) {
			struct sealer s;
			struct along *a = greeted(&s);

			assert_int_equal(say_flight(a, &s, 0, x), DECRYPT_OK);
			if (y > x)
				assert_int_equal(say_flight(a, &s, x, y - x),
						 DECRYPT_OK);
			assert_int_equal(say_flight(a, &s, y, FLIGHT_LEN - y),
					 DECRYPT_OK);
			expect_flight(a);
			along_stop(a);
		}
}

/* Behind its handshake. */
static struct along *settled(struct sealer *s)
{
	struct along *a = greeted(s);

	assert_int_equal(say_flight(a, s, 0, FLIGHT_LEN), DECRYPT_OK);
	expect_flight(a);
	new_keys(s);
	return a;
}

#define INNER(literal) literal, sizeof(literal) - 1

static void test_inner_types(void **state)
{
	static const struct {
		const char *inner;
		size_t len;
		enum decrypt_result result;
	} cases[] = {
		{ INNER("NOOP\r\n\x17"), DECRYPT_OK },
		{ INNER("NOOP\r\n\x17\0\0\0\0"), DECRYPT_OK },
		{ INNER("\x17"), DECRYPT_OK },
		{ INNER("heartbeat\x18"), DECRYPT_OK },
		{ INNER("\x01\x00\x15"), DECRYPT_CLOSED },
		{ INNER("\x01\x5a\x15"), DECRYPT_OK }, /* user_canceled */
		{ INNER("\x02\x28\x15"), DECRYPT_CLOSED },
		{ INNER("\x18\0\0\x01\0\x16"), DECRYPT_OK },
		{ INNER("\x18\0\0\x01\x02\x16"), DECRYPT_UNEXPECTED },
		{ INNER("\x18\0\0\x02\0\0\x16"), DECRYPT_UNEXPECTED },
		{ INNER("\x18\0\0\0\x16"), DECRYPT_UNEXPECTED },
		{ INNER("\x18\0\0\x01\0x\x16"), DECRYPT_UNEXPECTED },
		{ INNER("\x01\0\0\x01\0\x16"), DECRYPT_UNEXPECTED },
		{ INNER("\x02\0\0\x01\0\x16"), DECRYPT_UNEXPECTED },
		{ INNER("\x0b\x01\0\x01\x16"), DECRYPT_UNEXPECTED },
		{ INNER("\x01\x15"), DECRYPT_UNEXPECTED },
		{ INNER("\x03\x00\x15"), DECRYPT_UNEXPECTED },
		{ INNER("\x15"), DECRYPT_UNEXPECTED },
		{ INNER("\x01\x14"), DECRYPT_UNEXPECTED },
		{ INNER("x\x19"), DECRYPT_UNEXPECTED },
		{ INNER("x\x13"), DECRYPT_UNEXPECTED },
		{ INNER("\0\0\0"), DECRYPT_UNEXPECTED },
		{ INNER(""), DECRYPT_UNEXPECTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sealer s;
		struct along *a = settled(&s);

		assert_int_equal(say(a, DECRYPT_SERVER, &s, cases[i].inner,
				     cases[i].len),
				 cases[i].result);
		along_stop(a);
	}
}

/* In the handshake nothing may stand behind Finished, and no key is updated. */
static void test_key_boundaries(void **state)
{
	static const char *const inner[] = {
		"\x14\0\0\x04mac!x\x16",
		"\x14\0\0\x04mac!\x04\0\0\x01x\x16",
		"\x18\0\0\x01\x01\x16",
	};
	static const size_t len[] = { 10, 14, 6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inner); i++) {
		struct sealer s;
		struct along *a = greeted(&s);

		assert_int_equal(say(a, DECRYPT_SERVER, &s, inner[i], len[i]),
				 DECRYPT_UNEXPECTED);
		along_stop(a);
	}
}

/* In TLS 1.3 a ChangeCipherSpec means nothing in the handshake, and must not
 * come behind it. */
static void test_change_cipher_spec(void **state)
{
	static const char fine[] = "\x14\x03\x03\0\x01\x01",
			  wrong[] = "\x14\x03\x03\0\x01\x02";
	struct sealer s;
	struct along *a = greeted(&s);

	(void)state;
	assert_int_equal(along_take(a, DECRYPT_SERVER, span_of(fine, 6)),
			 DECRYPT_OK);
	assert_int_equal(along_take(a, DECRYPT_SERVER, span_of(wrong, 6)),
			 DECRYPT_NOT_AUTHENTIC);
	along_stop(a);
	a = settled(&s);
	assert_int_equal(along_take(a, DECRYPT_SERVER, span_of(fine, 6)),
			 DECRYPT_NOT_AUTHENTIC);
	along_stop(a);
}

/* A message of the client is open when its keys change. */
static void test_open_message(void **state)
{
	static const char part[] = "\x16\x03\x03\0\x02\x0b\0";
	struct along *a = along_start(span_str(log_1_3));
	uint8_t hello[TLS_TALK_MAX];
	size_t n = tls_client_hello(hello, TLS_1_3, NULL);

	(void)state;
	along_take(a, DECRYPT_CLIENT, span_of(hello, n));
	assert_int_equal(along_take(a, DECRYPT_CLIENT, span_of(part, 7)),
			 DECRYPT_OK);
	n = tls_server_hello(hello, TLS_1_3, false);
	assert_int_equal(along_take(a, DECRYPT_SERVER, span_of(hello, n)),
			 DECRYPT_UNEXPECTED);
	along_stop(a);
	/* In TLS 1.2 its own ChangeCipherSpec does that. */
	a = along_start(span_str(""));
	n = tls_client_hello(hello, TLS_1_2, NULL);
	along_take(a, DECRYPT_CLIENT, span_of(hello, n));
	n = tls_server_hello(hello, TLS_1_2, false);
	along_take(a, DECRYPT_SERVER, span_of(hello, n));
	along_take(a, DECRYPT_CLIENT, span_of(part, 7));
	assert_int_equal(along_take(a, DECRYPT_CLIENT,
				    span_of("\x14\x03\x03\0\x01\x01", 6)),
			 DECRYPT_UNEXPECTED);
	along_stop(a);
}

/* For SHA-384, in a session with SHA-256. */
static void test_secret_length(void **state)
{
	static const char log[] =
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET
		"22222222222222222222222222222222\n";
	struct along *a = along_start(span_str(log));
	uint8_t hello[TLS_TALK_MAX];
	size_t n = tls_client_hello(hello, TLS_1_3, NULL);
	struct sealer s;

	(void)state;
	along_take(a, DECRYPT_CLIENT, span_of(hello, n));
	n = tls_server_hello(hello, TLS_1_3, false);
	along_take(a, DECRYPT_SERVER, span_of(hello, n));
	new_keys(&s);
	assert_int_equal(say_flight(a, &s, 0, FLIGHT_LEN), DECRYPT_NO_KEY);
	along_stop(a);
}

/* What follows a close_notify is not touched, be it in the same segment; half
 * a header of the other side is no clear text. */
static void test_behind_close(void **state)
{
	static const char line[] = "257 fine\r\n";
	uint8_t bytes[SEAL_MAX + sizeof(line)];
	struct sealer s;
	struct along *a = settled(&s);
	struct span rest;
	size_t n = seal_1_3(s.secret, 0, span_of("\x01\x00\x15", 3), bytes);

	(void)state;
	memcpy(bytes + n, line, sizeof(line));
	rest = span_of(bytes, n + strlen(line));
	assert_int_equal(decrypt_take(a->d, DECRYPT_SERVER, &rest),
			 DECRYPT_CLOSED);
	assert_span(rest, line);
	assert_int_equal(decrypt_take(a->d, DECRYPT_SERVER, &rest),
			 DECRYPT_CLOSED);
	assert_span(rest, line);
	assert_int_equal(along_take(a, DECRYPT_CLIENT, span_str("\x17")),
			 DECRYPT_OK);
	assert_int_equal(along_take(a, DECRYPT_CLIENT, span_str("PWD\r\n")),
			 DECRYPT_NOT_TLS);
	along_stop(a);
}

/* A client that has encrypted something has no clear alerts any more. Behind a
 * fatal one is no TLS. */
static void test_clear_alert(void **state)
{
	static const char alert[] = "\x15\x03\x03\0\x02\x02\x28QUIT\r\n";

	(void)state;
	for (int sealed = 0; sealed < 2; sealed++) {
		struct sealer s;
		struct along *a = greeted(&s);
		struct span rest;

		if (sealed)
			assert_int_equal(say(a, DECRYPT_CLIENT, &s,
					     "\x0b\0\x16", 3),
					 DECRYPT_OK);
		rest = span_of(alert, sizeof(alert) - 1);
		assert_int_equal(decrypt_take(a->d, DECRYPT_CLIENT, &rest),
				 sealed ? DECRYPT_NOT_AUTHENTIC
					: DECRYPT_CLOSED);
		if (!sealed)
			assert_span(rest, "QUIT\r\n");
		assert_int_equal(a->alerts[DECRYPT_CLIENT], 0);
		along_stop(a);
	}
}

/* A message as long as they may be, in records as long as they may be. */
static void test_long_message(void **state)
{
	static uint8_t message[TLS_MESSAGE_HEADER + TLS_MESSAGE_MAX] = {
		TLS_CERTIFICATE, TLS_MESSAGE_MAX >> 16
	};
	static uint8_t inner[TLS_RECORD_MAX];
	const size_t most = TLS_RECORD_MAX - 17;
	struct sealer s;
	struct along *a = greeted(&s);

	(void)state;
	for (size_t at = 0; at < sizeof(message); at += most) {
		size_t n = sizeof(message) - at;

		if (n > most)
			n = most;
		memcpy(inner, message + at, n);
		inner[n] = TLS_HANDSHAKE;
		assert_int_equal(say(a, DECRYPT_SERVER, &s, inner, n + 1),
				 DECRYPT_OK);
	}
	assert_int_equal(along_count(a, DECRYPT_SERVER, TLS_CERTIFICATE), 1);
	along_stop(a);
}

/* Both hellos of TLS 1.2, the server's with @value at @at of its message's
 * body, and a ChangeCipherSpec that ends with @change. */
static struct along *change_cipher(size_t at, uint8_t value, char change)
{
	const char record[] = { 0x14, 3, 3, 0, 1, change };
	struct along *a = along_start(span_str(""));
	uint8_t hello[TLS_TALK_MAX];
	size_t n = tls_client_hello(hello, TLS_1_2, NULL);

	along_take(a, DECRYPT_CLIENT, span_of(hello, n));
	n = tls_server_hello(hello, TLS_1_2, false);
	hello[TLS_RECORD_HEADER + TLS_MESSAGE_HEADER + at] = value;
	assert_int_equal(along_take(a, DECRYPT_SERVER, span_of(hello, n)),
			 DECRYPT_OK);
	along_take(a, DECRYPT_CLIENT, span_of(record, sizeof(record)));
	return a;
}

/* Behind version, random and an empty session id. */
#define CIPHER_AT      35
#define COMPRESSION_AT 37

static void test_change_cipher_1_2(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		char change;
		const char *text;
	} cases[] = {
		{ CIPHER_AT, 0xc0, 1,
		  "the key log has no CLIENT_RANDOM for this session" },
		{ CIPHER_AT, 0xc0, 2,
		  "record 2 of the client is not what TLS allows there" },
		{ CIPHER_AT, 0xee, 1, "cipher suite 0xee2f is not known" },
		{ COMPRESSION_AT, 1, 1, "TLS compression is not supported" },
		{ 1, 0, 1, "SSL 3.0 is not supported" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct along *a = change_cipher(cases[i].at, cases[i].value,
						cases[i].change);
		char text[DECRYPT_TEXT_MAX];

		decrypt_explain(decrypt_status(a->d), text);
		assert_string_equal(text, cases[i].text);
		along_stop(a);
	}
}

/* 0-RTT data that never ends. */
static void test_early_flood(void **state)
{
	static uint8_t record[TLS_RECORD_HEADER + 16384] = { 0x17, 3, 3, 0x40 };
	struct along *a = along_start(span_str(""));
	struct span hello = handshake_stream("tls13-early-data.client");

	(void)state;
	hello = span_sub(hello, 0,
			 TLS_RECORD_HEADER + (size_t)hello.at[3] * 256 +
				 hello.at[4]);
	assert_int_equal(along_take(a, DECRYPT_CLIENT, hello), DECRYPT_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(along_take(a, DECRYPT_CLIENT,
					    span_of(record, sizeof(record))),
				 DECRYPT_OK);
	assert_int_equal(decrypt_status(a->d)->skipped, 65536);
	record[3] = 0;
	record[4] = 1;
	assert_int_equal(along_take(a, DECRYPT_CLIENT,
				    span_of(record, TLS_RECORD_HEADER + 1)),
			 DECRYPT_UNEXPECTED);
	along_stop(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_in_records),
		cmocka_unit_test(test_inner_types),
		cmocka_unit_test(test_key_boundaries),
		cmocka_unit_test(test_change_cipher_spec),
		cmocka_unit_test(test_behind_close),
		cmocka_unit_test(test_clear_alert),
		cmocka_unit_test(test_open_message),
		cmocka_unit_test(test_secret_length),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_change_cipher_1_2),
		cmocka_unit_test(test_early_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
