/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where TLS begins and ends on a control connection, what it hides of its
 * handshake, and what cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "confide.h"
#include "support.h"

/* --- what is hidden ------------------------------------------------------ */

static void test_certificates(void **state)
{
	struct peers_spec spec = confide_tls13;
	struct confide *c;

	(void)state;
	spec.client_certificate = true;
	for (int asked = 0; asked < 2; asked++) {
		struct peers *p = peers_start(&spec);

		if (asked)
			SSL_CTX_set_verify(p->ctx[SERVER], SSL_VERIFY_NONE,
					   NULL);
		peers_connect(p);
		c = confide_start(p, NULL);
		confide_enter_tls(c, p);
		if (asked) {
			confide_expect(
				c, "server CN=ftp.example for ftp.example\n");
			peers_ask_certificate(p);
			confide_feed(c);
			confide_expect(
				c, "request\n"
				   "client CN=ftp.example for ftp.example\n");
		} else {
			confide_expect(
				c, "request\n"
				   "server CN=ftp.example for ftp.example\n"
				   "client CN=ftp.example for ftp.example\n");
		}
		assert_null(c->why);
		confide_stop(c);
	}
}

static void test_new_keys(void **state)
{
	struct confide *c = confide_begin(&confide_tls13);

	(void)state;
	peers_update_keys(c->peers, CLIENT, true);
	confide_say(c, CLIENT, "NOOP\r\n");
	confide_say(c, SERVER, "200 x\r\n");
	confide_expect(c, "NOOP\n200 x (1)\n");
	assert_null(c->why);
	confide_stop(c);
}

/* The second handshake is encrypted, and so is its certificate. */
static void test_renegotiation(void **state)
{
	struct peers *p = peers_start(&confide_tls12);
	struct confide *c;

	(void)state;
	peers_connect(p);
	peers_renegotiate(p);
	c = confide_start(p, NULL);
	confide_enter_tls(c, p);
	confide_say(c, CLIENT, "NOOP\r\n");
	confide_expect(c, "server CN=ftp.example for ftp.example\nNOOP\n");
	assert_null(c->why);
	confide_stop(c);
}

/* CCC, and AUTH again, with other keys (RFC 4217 12). */
static void test_clear_and_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct peers *a = peers_start(confide_specs[i]);
		struct peers *b = peers_start(confide_specs[!i]);
		struct confide *c;

		peers_connect(a);
		peers_connect(b);
		c = confide_start(a, b);
		confide_enter_tls(c, a);
		c->len = 0;
		confide_say(c, CLIENT, "CCC\r\n");
		confide_say(c, SERVER, "200 in the clear\r\n");
		peers_close(a, SERVER);
		confide_feed(c);
		/* The client closes as ftplib does, or as curl does not. */
		if (i)
			peers_close(a, CLIENT);
		confide_feed(c);
		confide_send_text(c, CLIENT, "PASV\r\n");
		confide_send_text(c, SERVER, "227 (10,2,5,5,164,17)\r\n");
		confide_expect(c, "CCC\n200 in the clear (1)\n");
		confide_enter_tls(c, b);
		c->len = 0;
		confide_say(c, CLIENT, "NOOP\r\n");
		confide_say(c, SERVER, "200 x\r\n");
		confide_expect(c, "NOOP\n200 x (1)\n");
		assert_null(c->why);
		assert_int_equal(hidden_counts(c->hidden).encrypted, 1);
		peers_stop(a);
		confide_stop(c);
	}
}

/* What a line began in the clear does not go on under TLS. */
static void test_half_a_line(void **state)
{
	struct peers *p = peers_start(&confide_tls12);
	struct confide *c;

	(void)state;
	peers_connect(p);
	c = confide_start(p, NULL);
	confide_enter_tls(c, p);
	confide_say(c, CLIENT, "CCC\r\nNO");
	peers_close(p, CLIENT);
	confide_feed(c);
	confide_send_text(c, CLIENT, "OP\r\n");
	peers_close(p, SERVER);
	confide_feed(c);
	confide_expect(c, "CCC\n");
	assert_null(c->why);
	confide_stop(c);
}

static void test_begins_in_the_middle(void **state)
{
	static const struct {
		const char *client, *server;
		bool read;
	} cases[] = {
		{ "AUTH TLS\r\n", "234 go\r\n", true },
		{ "", "234 go\r\n", true },
		{ "me\r\n", "230 in\r\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peers *p = peers_start(&confide_tls13);
		struct confide *c;

		peers_connect(p);
		c = confide_start(p, NULL);
		c->midstream = true;
		confide_send_text(c, CLIENT, cases[i].client);
		confide_send_text(c, SERVER, cases[i].server);
		confide_feed(c);
		c->len = 0;
		confide_say(c, CLIENT, "NOOP\r\n");
		confide_expect(c, cases[i].read ? "NOOP\n" : "");
		if (!cases[i].read)
			assert_string_equal(
				c->why, "the beginning of its TLS handshake "
					"was not captured");
		confide_stop(c);
	}
}

/* Bytes that nobody captured. */
static void test_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct confide *c = confide_begin(confide_specs[i]);

		confide_say(c, CLIENT, "NOOP\r\n");
		c->seq[SERVER] += 20;
		confide_say(c, CLIENT, "MODE S\r\n");
		confide_expect(c, "NOOP\n");
		assert_string_equal(c->why,
				    "20 bytes of the server were not captured, "
				    "and TLS cannot be read behind a gap");
		assert_string_equal(hidden_unread(c->hidden, 1), c->why);
		assert_int_equal(hidden_counts(c->hidden).unread, 1);
		confide_stop(c);
	}
}

/* In the clear it is only a line that is missing. */
static void test_gap_before(void **state)
{
	struct peers *p = peers_start(&confide_tls13);
	struct confide *c;

	(void)state;
	peers_connect(p);
	c = confide_start(p, NULL);
	confide_send_text(c, CLIENT, "FEAT\r\n");
	c->seq[SERVER] += 20;
	confide_send_text(c, SERVER, "half\r\n");
	confide_enter_tls(c, p);
	c->len = 0;
	confide_say(c, CLIENT, "NOOP\r\n");
	confide_expect(c, "NOOP\n");
	assert_null(c->why);
	confide_stop(c);
}

static void test_not_authentic(void **state)
{
	static const char record[] = "\x17\x03\x03\0\x20"
				     "0123456789abcdef0123456789abcdef";

	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct confide *c = confide_begin(confide_specs[i]);

		confide_send_bytes(c, CLIENT,
				   span_of(record, sizeof(record) - 1));
		assert_non_null(strstr(c->why, "of the client does not "
					       "authenticate"));
		confide_say(c, CLIENT, "NOOP\r\n");
		confide_expect(c, "");
		confide_stop(c);
	}
}

static void test_half_a_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		for (int half = 0; half < 2; half++) {
			struct confide *c = confide_begin(confide_specs[i]);

			if (half)
				confide_send_text(c, CLIENT, "\x17\x03\x03");
			confide_fin(c, SERVER);
			assert_null(c->why);
			confide_fin(c, CLIENT);
			if (half)
				assert_string_equal(
					c->why, "its last record is not whole");
			else
				assert_null(c->why);
			confide_expect(c, "");
			confide_stop(c);
		}
	}
}

/* --- bounds ------------------------------------------------------------ */

static void test_too_many(void **state)
{
	static const char hello[] = "\x16";
	struct peers *p = peers_start(&confide_tls13);
	struct confide *c;

	(void)state;
	peers_connect(p);
	c = confide_start(p, NULL);
	for (uint64_t id = 1; id <= HIDDEN_TLS_MAX; id++)
		confide_send_as(c, id, CLIENT, span_str(hello));
	assert_null(c->why);
	confide_send_as(c, HIDDEN_TLS_MAX + 1, CLIENT, span_str(hello));
	assert_string_equal(c->why, "too many encrypted sessions at once to "
				    "decrypt them all");
	c->why = NULL;
	hidden_close(c->hidden, 17);
	confide_send_as(c, HIDDEN_TLS_MAX + 2, CLIENT, span_str(hello));
	assert_null(c->why);
	assert_int_equal(hidden_counts(c->hidden).encrypted,
			 HIDDEN_TLS_MAX + 2);
	/* As many sessions as the engine follows. */
	for (uint64_t id = HIDDEN_TLS_MAX + 3; id <= 6000; id++, c->why = NULL)
		confide_send_as(c, id, CLIENT, span_str("\x17"));
	assert_non_null(hidden_unread(c->hidden, 5001));
	assert_null(hidden_unread(c->hidden, 5002));
	confide_stop(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_new_keys),
		cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_clear_and_again),
		cmocka_unit_test(test_half_a_line),
		cmocka_unit_test(test_begins_in_the_middle),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_gap_before),
		cmocka_unit_test(test_not_authentic),
		cmocka_unit_test(test_half_a_record),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
