/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data connections: TLS or not, and does it go on with an earlier session? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "handshake.h"
#include "replay/data_hello.h"
#include "support.h"
#include "tls_peers.h"

struct rig {
	struct data_hello *hello;
	struct story_flow flow;
	uint64_t at[2];
};

/* The next bytes of @side, in pieces of @step. */
static void say(struct rig *rig, int side, struct span bytes, size_t step)
{
	while (bytes.len) {
		struct span part = span_sub(bytes, 0, step);
		struct span copy = guarded(part.at, part.len);

		data_hello_take(&rig->hello, &rig->flow, side, rig->at[side],
				copy);
		guarded_free(copy);
		rig->at[side] += part.len;
		bytes = span_sub(bytes, part.len, SIZE_MAX);
	}
}

static void expect(struct rig *rig, bool resumption, bool resumed)
{
	assert_int_equal(rig->flow.tls, DATA_TLS_YES);
	assert_int_equal(rig->flow.tls_resumption, resumption);
	assert_int_equal(rig->flow.tls_resumed, resumed);
	/* Nothing more can show. */
	assert_null(rig->hello);
}

static void stop(struct rig *rig)
{
	free(rig->hello);
	*rig = (struct rig){ 0 };
}

/* --- handshakes of real programs ------------------------------------------------- */

static const struct known {
	const char *client, *server;
	bool asks, resumed;
} known[] = {
	{ "tls12.client", "tls12.server", false, false },
	{ "tls13.client", "tls13.server", false, false },
	{ "tls12-ticket.client", "tls12-ticket.server", true, true },
	{ "tls12-session-id.client", "tls12-session-id.server", true, true },
	{ "tls13-psk.client", "tls13-psk.server", true, true },
	{ "tls13-psk-refused.client", "tls13-psk-refused.server", true, false },
	{ "tls13-early-data.client", "tls13-early-data.server", true, true },
	{ "tls10.client", "tls10.server", false, false },
	{ "curl.client", "curl.server", false, false },
	{ "lftp.client", "lftp.server", false, false },
};

/* Whoever connects: in active mode that is the FTP server, which is the TLS
 * server all the same (RFC 4217 7). */
static void test_known(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 7, 100, SIZE_MAX };
	struct rig rig = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
			const int client = k % 2;

			say(&rig, client, handshake_stream(known[i].client),
			    steps[k]);
			assert_int_equal(rig.flow.tls_resumption,
					 known[i].asks);
			assert_false(rig.flow.tls_resumed);
			say(&rig, !client, handshake_stream(known[i].server),
			    steps[k]);
			expect(&rig, known[i].asks, known[i].resumed);
			stop(&rig);
		}
	}
}

/* Cut in two at every byte. */
static void test_cuts(void **state)
{
	struct rig rig = { 0 };

	(void)state;
	for (size_t i = 2; i < 5; i++) {
		const size_t len = handshake_stream(known[i].client).len;

		for (size_t cut = 1; cut < len; cut++) {
			struct span c = handshake_stream(known[i].client);

			say(&rig, 0, span_sub(c, 0, cut), SIZE_MAX);
			say(&rig, 0, span_sub(c, cut, SIZE_MAX), SIZE_MAX);
			say(&rig, 1, handshake_stream(known[i].server), cut);
			expect(&rig, true, true);
			stop(&rig);
		}
	}
}

/* Only the beginning is there: it is TLS, and no more is said. */
static void test_prefixes(void **state)
{
	const size_t len = handshake_stream("tls13-psk.client").len;
	struct rig rig = { 0 };

	(void)state;
	for (size_t cut = 1; cut < len; cut += 11) {
		say(&rig, 0,
		    span_sub(handshake_stream("tls13-psk.client"), 0, cut),
		    SIZE_MAX);
		assert_int_equal(rig.flow.tls, DATA_TLS_YES);
		assert_false(rig.flow.tls_resumed);
		stop(&rig);
	}
	/* The ServerHello alone says nothing either. */
	say(&rig, 1, handshake_stream("tls13-psk.server"), SIZE_MAX);
	assert_int_equal(rig.flow.tls, DATA_TLS_YES);
	assert_false(rig.flow.tls_resumption);
	assert_false(rig.flow.tls_resumed);
	stop(&rig);
}

/* --- peers of our own ---------------------------------------------------------------- */

static void take_all(struct rig *rig, const struct peers *p)
{
	for (size_t i = 0; i < p->pieces; i++)
		say(rig, p->piece[i].from == DECRYPT_SERVER, peers_span(p, i),
		    SIZE_MAX);
}

static void test_peers(void **state)
{
	static const struct peers_spec specs[] = {
		{ .version = TLS1_2_VERSION,
		  .cipher = "ECDHE-ECDSA-AES128-GCM-SHA256" },
		{ .version = TLS1_2_VERSION,
		  .cipher = "ECDHE-RSA-AES256-GCM-SHA384",
		  .rsa = true },
		{ .version = TLS1_3_VERSION,
		  .cipher = "TLS_AES_128_GCM_SHA256" },
		{ .version = TLS1_3_VERSION,
		  .cipher = "TLS_AES_128_GCM_SHA256",
		  .retry = true },
	};
	struct rig rig = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct peers *p = peers_start(&specs[i]);

		peers_connect(p);
		assert_false(p->resumed);
		take_all(&rig, p);
		expect(&rig, false, false);
		stop(&rig);
		peers_connect(p);
		assert_true(p->resumed);
		take_all(&rig, p);
		expect(&rig, true, true);
		stop(&rig);
		peers_stop(p);
	}
}

/* --- what is no TLS -------------------------------------------------------------------- */

static void test_cleartext(void **state)
{
	static const char *const texts[] = { "",
					     "a",
					     "total 0\r\n",
					     "\x16\x02",
					     "\x15\x03\x03",
					     "\x17\x03\x03" };
	struct rig rig = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		say(&rig, 0, span_str(texts[i]), SIZE_MAX);
		assert_int_equal(rig.flow.tls,
				 i ? DATA_TLS_NO : DATA_TLS_UNKNOWN);
		assert_null(rig.hello);
		/* It stays so. */
		say(&rig, 1, handshake_stream("tls13.client"), SIZE_MAX);
		assert_int_equal(rig.flow.tls, i ? DATA_TLS_NO : DATA_TLS_YES);
		stop(&rig);
	}
}

/* It only looked like TLS. */
static void test_garbage(void **state)
{
	static const uint8_t bytes[][12] = {
		{ 0x16, 3, 3, 0xff, 0xff, 1, 2, 3 }, /* too long a record */
		{ 0x16, 3, 3, 0, 8, 99, 0xff, 0xff, 0xff }, /* and message */
		{ 0x16, 3, 3, 0, 4, 1, 0, 0, 0 },           /* an empty hello */
		{ 0x16, 3, 3, 0, 0, 0x17, 3, 3 },
	};
	struct rig rig = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		say(&rig, 0, span_of(bytes[i], sizeof(bytes[i])), 3);
		say(&rig, 1, span_of(bytes[i], sizeof(bytes[i])), 1);
		assert_int_equal(rig.flow.tls, DATA_TLS_YES);
		assert_false(rig.flow.tls_resumption);
		assert_false(rig.flow.tls_resumed);
		stop(&rig);
	}
}

/* --- out of order ------------------------------------------------------------------------ */

static void test_order(void **state)
{
	struct span c = handshake_stream("tls13-psk.client");
	struct rig rig = { 0 };

	(void)state;
	/* Again and overlapping: once each. */
	data_hello_take(&rig.hello, &rig.flow, 0, 0, span_sub(c, 0, 50));
	data_hello_take(&rig.hello, &rig.flow, 0, 0, span_sub(c, 0, 50));
	data_hello_take(&rig.hello, &rig.flow, 0, 20, span_sub(c, 20, 60));
	data_hello_take(&rig.hello, &rig.flow, 0, 10, span_sub(c, 10, 5));
	rig.at[0] = 80;
	say(&rig, 0, span_sub(c, 80, SIZE_MAX), SIZE_MAX);
	say(&rig, 1, handshake_stream("tls13-psk.server"), SIZE_MAX);
	expect(&rig, true, true);
	stop(&rig);
	/* A hole: then nothing is known. */
	c = handshake_stream("tls13-psk.client");
	data_hello_take(&rig.hello, &rig.flow, 0, 0, span_sub(c, 0, 50));
	data_hello_take(&rig.hello, &rig.flow, 0, 51, span_sub(c, 51, 100));
	assert_null(rig.hello);
	assert_int_equal(rig.flow.tls, DATA_TLS_YES);
	assert_false(rig.flow.tls_resumption);
	stop(&rig);
	/* The beginning is missing. */
	data_hello_take(&rig.hello, &rig.flow, 0, 5, span_sub(c, 5, 100));
	assert_null(rig.hello);
	assert_int_equal(rig.flow.tls, DATA_TLS_UNKNOWN);
	stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_cleartext),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
