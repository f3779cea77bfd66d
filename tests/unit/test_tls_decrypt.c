/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading along in sessions of OpenSSL's own: every suite, every turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <sallyport/tls_handshake.h>

#include "along.h"
#include "support.h"

/* Two records and a bit. */
#define LONG_TEXT 40000

static const struct peers_spec suites[] = {
	{ .version = TLS1_3_VERSION, .cipher = "TLS_AES_128_GCM_SHA256" },
	{ .version = TLS1_3_VERSION, .cipher = "TLS_AES_256_GCM_SHA384" },
	{ .version = TLS1_3_VERSION, .cipher = "TLS_CHACHA20_POLY1305_SHA256" },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-RSA-AES256-GCM-SHA384",
	  .rsa = true },
	{ .version = TLS1_2_VERSION,
	  .cipher = "AES128-GCM-SHA256",
	  .rsa = true },
	{ .version = TLS1_2_VERSION,
	  .cipher = "DHE-RSA-AES256-GCM-SHA384",
	  .rsa = true },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-ECDSA-CHACHA20-POLY1305" },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-RSA-CHACHA20-POLY1305",
	  .rsa = true },
	{ .version = TLS1_2_VERSION, .cipher = "AES128-SHA", .rsa = true },
	{ .version = TLS1_2_VERSION, .cipher = "AES256-SHA", .rsa = true },
	{ .version = TLS1_2_VERSION, .cipher = "AES128-SHA256", .rsa = true },
	{ .version = TLS1_2_VERSION, .cipher = "AES256-SHA256", .rsa = true },
	{ .version = TLS1_2_VERSION, .cipher = "ECDHE-ECDSA-AES128-SHA256" },
	{ .version = TLS1_2_VERSION, .cipher = "ECDHE-ECDSA-AES256-SHA384" },
	{ .version = TLS1_2_VERSION,
	  .cipher = "ECDHE-RSA-AES256-SHA384",
	  .rsa = true },
};

static void say_long(struct peers *p, enum decrypt_side from)
{
	static char text[LONG_TEXT];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	peers_say(p, from, text, sizeof(text));
}

/* A login, a long text, each length up to a few blocks, and good-bye. */
static void talk(struct peers *p)
{
	static const char line[] = "0123456789abcdefghijklmnopqrstuvwxyz";

	peers_say_text(p, DECRYPT_SERVER, "220 ready\r\n");
	peers_say_text(p, DECRYPT_CLIENT, "USER ftpuser\r\n");
	say_long(p, DECRYPT_SERVER);
	for (size_t len = 1; len < sizeof(line); len++)
		peers_say(p, DECRYPT_CLIENT, line, len);
	say_long(p, DECRYPT_CLIENT);
	peers_close(p, DECRYPT_CLIENT);
	peers_close(p, DECRYPT_SERVER);
}

static void expect_suite(const struct peers_spec *spec)
{
	struct peers *p = peers_start(spec);

	peers_connect(p);
	assert_false(p->resumed);
	talk(p);
	along_expect(p, true);
	peers_connect(p);
	assert_true(p->resumed);
	talk(p);
	along_expect(p, true);
	peers_stop(p);
}

static void test_suites(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		expect_suite(&suites[i]);
}

static void test_mac_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		struct peers_spec spec = suites[i];

		spec.mac_first = true;
		if (spec.version == TLS1_2_VERSION &&
		    !strstr(spec.cipher, "GCM") &&
		    !strstr(spec.cipher, "CHACHA"))
			expect_suite(&spec);
	}
}

/* A session of a few lines; what @spec changes must not matter. */
static struct along *read_short(struct peers *p)
{
	struct along *a;

	peers_say_text(p, DECRYPT_CLIENT, "NOOP\r\n");
	peers_say_text(p, DECRYPT_SERVER, "200 fine\r\n");
	along_expect(p, false);
	a = along_start(span_of(p->log, p->log_len));
	assert_int_equal(along_take_all(a, p, ALONG_WHOLE), DECRYPT_OK);
	return a;
}

static void test_retry(void **state)
{
	struct peers_spec spec = suites[1];
	struct peers *p;

	(void)state;
	spec.retry = true;
	p = peers_start(&spec);
	peers_connect(p);
	along_stop(read_short(p));
	peers_connect(p);
	assert_true(p->resumed);
	along_stop(read_short(p));
	peers_stop(p);
}

/* Messages of TLS 1.3 come whole, be they in many records. */
static void expect_client_certificate(size_t fragment, size_t padding)
{
	static const uint8_t server[] = {
		TLS_ENCRYPTED_EXTENSIONS,
		TLS_CERTIFICATE_REQUEST,
		TLS_CERTIFICATE,
		TLS_CERTIFICATE_VERIFY,
		TLS_FINISHED,
		TLS_NEW_SESSION_TICKET,
		TLS_NEW_SESSION_TICKET,
	};
	static const uint8_t client[] = { TLS_CERTIFICATE,
					  TLS_CERTIFICATE_VERIFY,
					  TLS_FINISHED };
	struct peers_spec spec = suites[0];
	struct along *a;
	struct peers *p;

	spec.client_certificate = true;
	spec.fragment = fragment;
	spec.padding = padding;
	p = peers_start(&spec);
	peers_connect(p);
	a = read_short(p);
	assert_int_equal(a->messages[DECRYPT_SERVER], sizeof(server));
	assert_memory_equal(a->message[DECRYPT_SERVER], server, sizeof(server));
	assert_int_equal(a->messages[DECRYPT_CLIENT], sizeof(client));
	assert_memory_equal(a->message[DECRYPT_CLIENT], client, sizeof(client));
	along_stop(a);
	peers_stop(p);
}

static void test_messages(void **state)
{
	(void)state;
	expect_client_certificate(0, 0);
	expect_client_certificate(512, 0);
	expect_client_certificate(0, 256);
	expect_client_certificate(512, 4096);
}

static void test_late_certificate(void **state)
{
	struct peers *p = peers_start(&suites[2]);
	struct along *a;

	(void)state;
	peers_connect(p);
	peers_ask_certificate(p);
	a = read_short(p);
	assert_int_equal(along_count(a, DECRYPT_CLIENT, TLS_FINISHED), 2);
	along_stop(a);
	peers_stop(p);
}

static void test_key_update(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct peers *p = peers_start(&suites[i]);
		struct along *a;

		peers_connect(p);
		peers_update_keys(p, DECRYPT_CLIENT, false);
		peers_say_text(p, DECRYPT_CLIENT, "USER ftpuser\r\n");
		peers_update_keys(p, DECRYPT_SERVER, true);
		peers_say_text(p, DECRYPT_SERVER, "331 and?\r\n");
		/* The answer to the server, with a wish of its own. */
		peers_update_keys(p, DECRYPT_CLIENT, true);
		peers_update_keys(p, DECRYPT_CLIENT, false);
		a = read_short(p);
		assert_int_equal(along_count(a, DECRYPT_CLIENT, TLS_KEY_UPDATE),
				 3);
		assert_int_equal(along_count(a, DECRYPT_SERVER, TLS_KEY_UPDATE),
				 2);
		along_stop(a);
		peers_stop(p);
	}
}

static void test_renegotiation(void **state)
{
	static const size_t which[] = { 3, 7, 9, 14 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(which); i++) {
		struct peers *p = peers_start(&suites[which[i]]);
		struct along *a;

		peers_connect(p);
		peers_say_text(p, DECRYPT_CLIENT, "USER ftpuser\r\n");
		peers_renegotiate(p);
		a = read_short(p);
		assert_int_equal(along_count(a, DECRYPT_CLIENT,
					     TLS_CLIENT_HELLO),
				 1);
		assert_int_equal(along_count(a, DECRYPT_SERVER, TLS_FINISHED),
				 2);
		along_stop(a);
		peers_stop(p);
	}
}

static void expect_early(bool taken, bool retry)
{
	struct peers_spec spec = suites[0];
	struct peers *p;
	struct along *a;

	spec.early_data = true;
	p = peers_start(&spec);
	peers_connect(p);
	if (retry)
		SSL_CTX_set1_groups_list(p->ctx[DECRYPT_SERVER], "P-384");
	p->spec.early_data = taken;
	peers_connect_early(p, "USER early\r\n");
	if (taken)
		assert_int_equal(SSL_get_early_data_status(
					 p->ssl[DECRYPT_CLIENT]),
				 SSL_EARLY_DATA_ACCEPTED);
	a = read_short(p);
	/* One or two records (EndOfEarlyData), each with type and tag. */
	assert_true(decrypt_status(a->d)->skipped >=
		    strlen("USER early\r\n") + 17);
	along_stop(a);
	peers_stop(p);
}

static void test_early_data(void **state)
{
	(void)state;
	expect_early(true, false);
	expect_early(false, false);
	expect_early(false, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_mac_first),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_late_certificate),
		cmocka_unit_test(test_key_update),
		cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_early_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
