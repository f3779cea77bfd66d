/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ends of a TLS connection, through memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lab_peers.h"
#include "support.h"
#include "tls/peer.h"

/* More than any handshake takes. */
#define ROUNDS_MAX 20

#define US_PER_S INT64_C(1000000)

/* 2000-01-01, when lab_expired_role()'s is over, and 2026-01-01. */
#define IN_2000 INT64_C(946684800)
#define IN_2026 INT64_C(1767225600)

struct pair {
	struct tls_peer *client, *server;
};

static struct pair pair_of(const struct tls_role *client,
			   const struct tls_role *server,
			   const struct tls_peer *like)
{
	struct pair p = { tls_peer_new(client, LAB_NAME, like),
			  tls_peer_new(server, NULL, NULL) };

	assert_non_null(p.client);
	assert_non_null(p.server);
	return p;
}

static void pair_free(struct pair *p)
{
	tls_peer_free(p->client);
	tls_peer_free(p->server);
}

/* What @from has to say, in pieces of at most @size bytes. Gives how many bytes
 * that were. */
static size_t carry(struct tls_peer *from, struct tls_peer *to, size_t size)
{
	uint8_t piece[4096];
	size_t all = 0, n;

	while ((n = tls_peer_drain(from, piece, size)) > 0) {
		struct span copy = guarded(piece, n);

		assert_true(tls_peer_feed(to, copy));
		guarded_free(copy);
		all += n;
	}
	return all;
}

/* The handshake; gives what the client's last call gave. */
static enum tls_peer_result shake_hands(struct pair *p, size_t size)
{
	enum tls_peer_result c = TLS_PEER_HUNGRY, s = TLS_PEER_HUNGRY;

	for (int i = 0;
	     i < ROUNDS_MAX && (c == TLS_PEER_HUNGRY || s == TLS_PEER_HUNGRY);
	     i++) {
		if (c == TLS_PEER_HUNGRY)
			c = tls_peer_handshake(p->client);
		carry(p->client, p->server, size);
		if (s == TLS_PEER_HUNGRY)
			s = tls_peer_handshake(p->server);
		carry(p->server, p->client, size);
	}
	return c;
}

static void say(struct tls_peer *from, struct tls_peer *to, const char *text)
{
	char got[TLS_PEER_TEXT_MAX];
	size_t len;

	assert_int_equal(tls_peer_write(from, span_str(text)), TLS_PEER_DONE);
	carry(from, to, 4096);
	assert_true(tls_peer_pending(to));
	assert_int_equal(tls_peer_read(to, got, sizeof(got), &len),
			 TLS_PEER_DONE);
	assert_span(span_of(got, len), text);
}

static void talk(uint16_t version, size_t size)
{
	struct pair p =
		pair_of(lab_client_role(), lab_server_role(version), NULL);
	struct tls_facts facts;
	char got[8];
	size_t len;

	assert_int_equal(shake_hands(&p, size), TLS_PEER_DONE);
	tls_peer_facts(p.client, &facts);
	assert_int_equal(facts.version, version);
	assert_false(facts.resumed);
	assert_memory_equal(facts.cipher, "TLS_", 4);
	say(p.client, p.server, "USER me\r\n");
	say(p.server, p.client, "331 Password, please\r\n");
	assert_int_equal(tls_peer_read(p.server, got, sizeof(got), &len),
			 TLS_PEER_HUNGRY);
	tls_peer_close(p.client);
	carry(p.client, p.server, size);
	assert_int_equal(tls_peer_read(p.server, got, sizeof(got), &len),
			 TLS_PEER_ENDED);
	pair_free(&p);
}

static void test_talk(void **state)
{
	static const uint16_t versions[] = { 0x0302, 0x0303, 0x0304 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		talk(versions[i], 4096);
		talk(versions[i], 1);
	}
}

static void test_resumption(void **state)
{
	static const uint16_t versions[] = { 0x0303, 0x0304 };
	struct tls_facts facts;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		const struct tls_role *role = lab_server_role(versions[i]);
		struct pair first = pair_of(lab_client_role(), role, NULL);

		assert_int_equal(shake_hands(&first, 4096), TLS_PEER_DONE);
		/* TLS 1.3 hands its ticket out with what follows. */
		say(first.server, first.client, "230 Welcome\r\n");
		/* As often as there are data connections, one after another
		 * and whatever becomes of each. */
		for (int k = 0; k < 5; k++) {
			struct pair next =
				pair_of(lab_client_role(), role, first.client);

			assert_int_equal(shake_hands(&next, 4096),
					 TLS_PEER_DONE);
			tls_peer_facts(next.client, &facts);
			assert_true(facts.resumed);
			tls_peer_facts(next.server, &facts);
			assert_true(facts.resumed);
			pair_free(&next);
		}
		pair_free(&first);
	}
}

/* Nobody to resume: a session of its own. */
static void test_no_session_yet(void **state)
{
	struct pair first =
		pair_of(lab_client_role(), lab_server_role(0), NULL);
	struct pair next =
		pair_of(lab_client_role(), lab_server_role(0), first.client);
	struct tls_facts facts;

	(void)state;
	assert_int_equal(shake_hands(&next, 4096), TLS_PEER_DONE);
	tls_peer_facts(next.client, &facts);
	assert_false(facts.resumed);
	pair_free(&first);
	pair_free(&next);
}

static void test_versions_that_do_not_meet(void **state)
{
	static const struct tls_role_spec new_one = { .version_min = 0x0304 };
	struct tls_role *role = tls_role_new(&new_one);
	struct pair p = pair_of(role, lab_server_role(0x0303), NULL);

	(void)state;
	assert_int_equal(shake_hands(&p, 4096), TLS_PEER_FAILED);
	assert_non_null(strstr(tls_peer_error(p.client), "protocol version"));
	pair_free(&p);
	tls_role_free(role);
}

static void test_what_is_no_tls(void **state)
{
	struct tls_peer *p = tls_peer_new(lab_client_role(), NULL, NULL);

	(void)state;
	assert_int_equal(tls_peer_handshake(p), TLS_PEER_HUNGRY);
	assert_true(tls_peer_feed(p, span_str("220 This is FTP\r\n")));
	assert_int_equal(tls_peer_handshake(p), TLS_PEER_FAILED);
	assert_string_equal(tls_peer_error(p), "wrong version number");
	/* Neither does it begin anew. */
	assert_int_equal(tls_peer_handshake(p), TLS_PEER_FAILED);
	tls_peer_free(p);
	tls_peer_free(NULL);
}

/* Damage anywhere ends it, and nothing of it is read. */
static void test_damaged_records(void **state)
{
	uint8_t bytes[256];
	char got[64];
	size_t len, n = 1;

	(void)state;
	for (size_t at = 0; at < n; at++) {
		struct pair p = pair_of(lab_client_role(),
					lab_server_role(0x0303), NULL);
		enum tls_peer_result r;

		assert_int_equal(shake_hands(&p, 4096), TLS_PEER_DONE);
		tls_peer_write(p.client, span_str("PASS secret\r\n"));
		n = tls_peer_drain(p.client, bytes, sizeof(bytes));
		assert_in_range(n, 20, sizeof(bytes) - 1);
		bytes[at] ^= 0x01;
		assert_true(tls_peer_feed(p.server, span_of(bytes, n)));
		r = tls_peer_read(p.server, got, sizeof(got), &len);
		/* A longer length waits for what does not come. */
		assert_true(r == TLS_PEER_FAILED || r == TLS_PEER_HUNGRY);
		pair_free(&p);
	}
}

/* --- certificates ------------------------------------------------------------------------- */

static enum certificate_result shown_by(const struct tls_role *role,
					int64_t now, const char *name,
					struct certificate *out)
{
	struct pair p = pair_of(lab_client_role(), role, NULL);
	struct certificate_view view = { .sni = span_str(name),
					 .now_us = (uint64_t)(now * US_PER_S) };
	enum certificate_result result;

	assert_int_equal(shake_hands(&p, 4096), TLS_PEER_DONE);
	result = tls_peer_certificate(p.client, &view, out);
	/* Clients show none. */
	assert_int_equal(tls_peer_certificate(p.server, &view, out),
			 CERTIFICATE_NONE);
	pair_free(&p);
	return result;
}

static void test_certificate(void **state)
{
	struct certificate c;

	(void)state;
	assert_int_equal(shown_by(lab_server_role(0), IN_2026, LAB_NAME, &c),
			 CERTIFICATE_OK);
	assert_span(certificate_name_span(&c.subject), "CN=" LAB_NAME);
	assert_span(certificate_name_span(&c.san[0]), LAB_NAME);
	assert_string_equal(c.key, "EC P-256");
	assert_true(c.self_signed);
	assert_false(c.expired);
	assert_false(c.name_mismatch);
	assert_int_equal(c.chain_count, 1);
	assert_int_equal(shown_by(lab_server_role(0), IN_2026, "other", &c),
			 CERTIFICATE_OK);
	assert_true(c.name_mismatch);
}

static void test_expired(void **state)
{
	struct certificate c;

	(void)state;
	assert_int_equal(shown_by(lab_expired_role(), IN_2000, LAB_NAME, &c),
			 CERTIFICATE_OK);
	assert_true(c.expired);
	assert_int_equal(shown_by(lab_expired_role(), IN_2000 - 365 * 86400,
				  LAB_NAME, &c),
			 CERTIFICATE_OK);
	assert_false(c.expired);
}

static void test_what_cannot_be_made(void **state)
{
	char name[66] = "";
	const struct identity_spec spec = { name, 0, IN_2026 };
	const struct tls_role_spec unknown = { .version_max = 0x0399 };
	struct identity *id;

	(void)state;
	memset(name, 'a', 64);
	id = identity_new(&spec);
	assert_non_null(id);
	identity_free(id);
	name[64] = 'a';
	assert_null(identity_new(&spec));
	assert_null(tls_role_new(&unknown));
	identity_free(NULL);
	tls_role_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk),
		cmocka_unit_test(test_resumption),
		cmocka_unit_test(test_no_session_yet),
		cmocka_unit_test(test_versions_that_do_not_meet),
		cmocka_unit_test(test_what_is_no_tls),
		cmocka_unit_test(test_damaged_records),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_what_cannot_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
