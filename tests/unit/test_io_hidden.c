/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The captures of pcaps/ with their key logs: what was said under TLS, whether
 * the data connections that were really made are the ones that were announced,
 * and whether the engine's grants let in the same that we say they do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "overhear.h"
#include "support.h"

static const char lab[] = "servers:\n"
			  "  - name: lab\n"
			  "    address: [10.2.5.5, \"fc00:10:2:5::5\"]\n"
			  "    passive-ports: 42000-42999\n";

static const struct overhear_ways as_it_is;

#define LOGIN     "USER 331 PASS=*** 230 "
#define PROTECTED "PBSZ=0 200 PROT=P 200 "
#define CLEAR     "PBSZ=0 200 PROT=C 200 "
#define GET       "RETR 150 226 "
#define PUT       "STOR 150 226 "
#define QUIT      "QUIT 221"

/* lftp's two ways. */
#define GET_SET LOGIN "PWD 257 " PROTECTED "TYPE 200 SIZE 213 MDTM 213 "
#define PUT_SET LOGIN "PWD 257 " PROTECTED "TYPE 200 "
#define GET_END GET QUIT
#define PUT_END PUT "SITE 500 SITE 500 " QUIT
#define BOTH                                            \
	LOGIN PROTECTED "TYPE 200 PASV 227 (PASV) " GET \
			"TYPE 200 PASV 227 (PASV) " PUT QUIT

static const struct talk {
	const char *name, *text;
} talks[] = {
	{ "ftps-active-get-v4", GET_SET "PORT (PORT) 200 " GET_END },
	{ "ftps-active-get-v6", GET_SET "EPRT (EPRT) 200 " GET_END },
	{ "ftps-active-put-v4", PUT_SET "PORT (PORT) 200 " PUT_END },
	{ "ftps-active-put-v6", PUT_SET "EPRT (EPRT) 200 " PUT_END },
	{ "ftps-passive-get-v4", GET_SET "PASV 227 (PASV) " GET_END },
	{ "ftps-passive-get-v6", GET_SET "EPSV 229 (EPSV) " GET_END },
	{ "ftps-passive-put-v4", PUT_SET "PASV 227 (PASV) " PUT_END },
	{ "ftps-passive-put-v6", PUT_SET "EPSV 229 (EPSV) " PUT_END },
	{ "vlan-ftps-passive-v6", GET_SET "EPSV 229 (EPSV) " GET_END },
	{ "qinq-ftps-active-v4", GET_SET "PORT (PORT) 200 " GET_END },
	/* Suites. */
	{ "ftps-tls12-aes-128-gcm-v4", GET_SET "PASV 227 (PASV) " GET_END },
	{ "ftps-tls12-chacha20-poly1305-v4",
	  GET_SET "PASV 227 (PASV) " GET_END },
	{ "ftps-tls12-aes-128-cbc-v4", GET_SET "PASV 227 (PASV) " GET_END },
	{ "ftps-tls12-aes-256-cbc-v4", GET_SET "PASV 227 (PASV) " GET_END },
	{ "ftps-tls13-aes-128-gcm-v4", GET_SET "PASV 227 (PASV) " GET_END },
	{ "ftps-tls13-chacha20-poly1305-v4",
	  GET_SET "PASV 227 (PASV) " GET_END },
	/* Other clients and servers. */
	{ "ftps-tls12-epsv-v4",
	  "OPTS 504 " LOGIN "OPTS 504 OPTS 200 PWD 257 " PROTECTED
	  "TYPE 200 SIZE 213 MDTM 213 PRET 200 EPSV 229 (EPSV) " GET_END },
	{ "ftps-tls13-epsv-v4", LOGIN PROTECTED
	  "PWD 257 EPSV 229 (EPSV) TYPE 200 SIZE 213 " GET_END },
	{ "ftps-resumed-tls12-v4", BOTH },
	{ "ftps-not-resumed-tls12-v4", BOTH },
	{ "ftps-resumed-tls13-v4", BOTH },
	{ "ftps-not-resumed-tls13-v4", BOTH },
	/* Implicit TLS: the greeting is hidden too. */
	{ "ftps-implicit-tls12-v4",
	  "220 " LOGIN PROTECTED
	  "PWD 257 PASV 227 (PASV) TYPE 200 SIZE 213 " GET_END },
	{ "ftps-implicit-tls13-v4",
	  "220 FEAT 211 CLNT 200 LANG 200 OPTS 200 HOST 503 " LOGIN
	  "OPTS 200 PWD 257 " PROTECTED
	  "TYPE 200 SIZE 213 MDTM 213 PASV 227 (PASV) " GET_END },
	{ "ftps-prot-c-active-v4",
	  LOGIN "PWD 257 " CLEAR
		"TYPE 200 SIZE 213 MDTM 213 PORT (PORT) 200 " GET_END },
	{ "ftps-prot-c-passive-v4",
	  LOGIN "PWD 257 " CLEAR
		"TYPE 200 SIZE 213 MDTM 213 PASV 227 (PASV) " GET_END },
	/* What follows CCC is the engine's. */
	{ "ftps-ccc-active-tls12-v4", LOGIN CLEAR "CCC 200" },
	{ "ftps-ccc-passive-tls13-v4", LOGIN CLEAR "CCC 200" },
	{ "ftps-ccc-server-first-tls12-v4", LOGIN CLEAR "CCC 200" },
	{ "ftps-ccc-prot-p-tls13-v4", LOGIN PROTECTED "CCC 200" },
	{ "snat-ccc-active-v4-inside", LOGIN CLEAR "CCC 200" },
	{ "snat-ccc-active-v4-outside", LOGIN CLEAR "CCC 200" },
	/* Where it begins: what servers make of injected lines is up to them,
	 * and pyftpdlib answers one inside. */
	{ "injection-command-proftpd", "FEAT 211 " QUIT },
	{ "injection-command-pure-ftpd", "FEAT 211 " QUIT },
	{ "injection-command-pyftpdlib", "FEAT 200 QUIT 211 221" },
	{ "injection-reply", LOGIN PROTECTED QUIT },
	{ "joined-234", LOGIN QUIT },
	{ "joined-clienthello", LOGIN QUIT },
	{ "split-234", LOGIN QUIT },
	{ "split-clienthello", LOGIN QUIT },
	{ "split-clienthello-header", LOGIN QUIT },
	/* NAT, one leg of it. */
	{ "snat-ftps-passive-v4-inside", GET_SET "PASV 227 (PASV) " GET_END },
	{ "snat-ftps-passive-v4-outside", GET_SET "PASV 227 (PASV) " GET_END },
	{ "both-ftps-passive-v4-outside", GET_SET "PASV 227 (PASV) " GET_END },
	{ "dnat-ftps-active-v4-outside", GET_SET "PORT (PORT) 200 " GET_END },
	{ "dnat-ftps-passive-v6-outside", GET_SET "EPSV 229 (EPSV) " GET_END },
	{ "both-ftps-passive-v4-inside",
	  GET_SET "PASV 227 (PASV: no servers entry for 10.1.4.100) " GET_END },
	{ "dnat-ftps-active-v4-inside",
	  GET_SET "PORT (PORT: no servers entry for 10.1.4.100) 200 " GET_END },
	{ "dnat-ftps-passive-v6-inside", GET_SET
	  "EPSV 229 (EPSV: no servers entry for fc00:10:1:4::100) " GET_END },
	{ "dnat-ftps-passive-v4-public-inside",
	  GET_SET "PASV 227 (PASV: no servers entry for 10.1.4.100) " GET_END },
	{ "dnat-ftps-passive-v4-public-outside",
	  GET_SET "PASV 227 (PASV: names 10.1.4.100, which is no address of "
		  "server lab) !third-host " GET_END },
	{ "snat-ftps-active-v4-refused-inside",
	  GET_SET "PORT (PORT) 500 RETR ABOR 425 225" },
	{ "snat-ftps-active-v4-refused-outside",
	  GET_SET "PORT (PORT: names 10.1.4.4, which is not the client) "
		  "!bounce 500 RETR ABOR 425 225" },
};

/* A data connection was let in exactly where we say that it would be. */
static void agrees_with_engine(const struct overhear *o)
{
	for (size_t i = 0; i < o->endpoints; i++) {
		const struct overheard *e = &o->endpoint[i];

		if (e->connected)
			assert_int_equal(e->accepted, e->granted);
		else
			assert_false(e->granted);
	}
}

/* Each endpoint that the server took was connected to, in this capture. */
static bool all_connected(const struct overhear *o)
{
	for (size_t i = 0; i < o->endpoints; i++)
		if (!o->endpoint[i].connected)
			return false;
	return true;
}

static void test_talks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		struct overhear *o = overhear(talks[i].name, lab, &as_it_is);

		if (strcmp(o->text, talks[i].text) != 0)
			print_error("%s:\n", talks[i].name);
		assert_string_equal(o->text, talks[i].text);
		assert_string_equal(o->why, "");
		assert_int_equal(o->counts.encrypted, 1);
		assert_int_equal(o->counts.unread, 0);
		agrees_with_engine(o);
		/* PORT behind NAT is refused; and the public address is not
		 * that of the outer leg. */
		if (!strstr(o->text, " 500 RETR") && !strstr(o->text, "third"))
			assert_true(all_connected(o));
		overhear_free(o);
	}
}

/* Every range, and what it would have done. */
static void test_configured(void **state)
{
	static const struct {
		const char *name, *yaml, *told;
	} cases[] = {
		{ "ftps-passive-get-v4", "",
		  "(PASV: no servers entry for 10.2.5.5)" },
		{ "ftps-passive-get-v4",
		  "servers:\n  - name: lab\n    address: [10.2.5.0/24]\n",
		  "(PASV: passive-ports is not set for server lab)" },
		{ "ftps-passive-get-v4",
		  "servers:\n  - name: old\n    address: [10.2.5.5]\n"
		  "    passive-ports: 50000-50010\n",
		  "(PASV: outside passive-ports 50000-50010 of server old) "
		  "!outside-range" },
		{ "ftps-active-get-v6",
		  "servers:\n  - name: lab\n"
		  "    address: [\"fc00:10:2:5::5\"]\n    active: refuse\n",
		  "(EPRT: active is refused for server lab) !active-refused" },
		{ "dnat-ftps-passive-v4-public-outside",
		  "servers:\n  - name: lab\n    address: [10.2.5.5]\n"
		  "    passive-ports: 42000-42999\n"
		  "    public-address: [10.1.4.100]\n",
		  "227 (PASV) " },
		{ "dnat-ftps-passive-v4-public-outside",
		  "servers:\n  - name: lab\n    address: [10.2.5.5]\n"
		  "    passive-ports: 42000-42999\n"
		  "replay:\n  nat:\n    - inside: 10.2.5.5\n"
		  "      public: 10.1.4.100\n",
		  "227 (PASV) " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct overhear *o =
			overhear(cases[i].name, cases[i].yaml, &as_it_is);

		if (!strstr(o->text, cases[i].told))
			print_error("%s\n", o->text);
		assert_non_null(strstr(o->text, cases[i].told));
		agrees_with_engine(o);
		overhear_free(o);
	}
}

/* Since TLS 1.3 the server's certificate is hidden, and whether it asks for
 * one. */
static void test_certificates(void **state)
{
	static const struct {
		const char *name;
		unsigned int certificates, requests;
	} cases[] = {
		{ "ftps-tls12-aes-128-gcm-v4", 0, 0 }, /* vsftpd */
		{ "ftps-tls13-aes-128-gcm-v4", 1, 1 },
		{ "ftps-passive-get-v6", 1, 1 },
		{ "ftps-tls13-epsv-v4", 1, 0 }, /* proftpd */
		{ "split-clienthello", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct overhear *o = overhear(cases[i].name, lab, &as_it_is);

		assert_int_equal(o->certificates, cases[i].certificates);
		assert_int_equal(o->requests, cases[i].requests);
		if (o->certificates)
			assert_string_equal(o->subject, "CN=ftp.lab.example");
		overhear_free(o);
	}
}

/* --- what cannot be read ---------------------------------------------- */

static void test_no_key(void **state)
{
	static const struct {
		const char *name, *keylog, *why;
	} cases[] = {
		{ "ftps-tls12-aes-128-gcm-v4", "ftps-tls13-aes-128-gcm-v4",
		  "the key log has no CLIENT_RANDOM for this session" },
		{ "ftps-tls13-aes-128-gcm-v4", "ftps-tls12-aes-128-gcm-v4",
		  "the key log has no SERVER_HANDSHAKE_TRAFFIC_SECRET for this "
		  "session" },
		{ "midstream-ftps-passive-v4", NULL,
		  "the beginning of its TLS handshake was not captured" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct overhear *o =
			overhear(cases[i].name, lab,
				 &(struct overhear_ways){
					 .keylog = cases[i].keylog });

		assert_string_equal(o->why, cases[i].why);
		assert_string_equal(o->text, "");
		assert_int_equal(o->counts.encrypted, 1);
		assert_int_equal(o->counts.unread, 1);
		overhear_free(o);
	}
}

/* A handshake that fails hides nothing. */
static void test_handshake_failed(void **state)
{
	struct overhear *o =
		overhear("handshake-failed-v4", lab,
			 &(struct overhear_ways){ .keylog = "split-234" });

	(void)state;
	assert_string_equal(o->text, "");
	assert_string_equal(o->why, "");
	assert_int_equal(o->counts.encrypted, 1);
	assert_int_equal(o->counts.unread, 0);
	overhear_free(o);
}

/* Sessions in the clear are none of our business. */
static void test_clear(void **state)
{
	struct overhear *o =
		overhear("ftp-passive-get-v4", lab,
			 &(struct overhear_ways){ .keylog = "split-234" });

	(void)state;
	assert_true(o->closed);
	assert_string_equal(o->text, "");
	assert_int_equal(o->counts.encrypted, 0);
	overhear_free(o);
}

/* --- damaged captures ------------------------------------------------- */

static const char *const damaged[] = { "ftps-passive-get-v4",
				       "ftps-tls12-aes-256-cbc-v4",
				       "ftps-ccc-active-tls12-v4" };

/* The next word of one side in @text; NULL: none. The server says numbers, and
 * where it listens. */
static const char *next_word(const char *text, bool server, size_t *len)
{
	while (*(text += strspn(text, " "))) {
		bool servers = *text == '(' || (*text >= '0' && *text <= '9');

		*len = strcspn(text, " ");
		if (server == servers)
			return text;
		text += *len;
	}
	return NULL;
}

/* Is what one side says in @part how it begins in @whole? */
static bool side_begins(const char *part, const char *whole, bool server)
{
	size_t n, m;

	while ((part = next_word(part, server, &n))) {
		whole = next_word(whole, server, &m);
		if (!whole || n != m || strncmp(part, whole, n) != 0)
			return false;
		part += n;
		whole += m;
	}
	return true;
}

/* It tells all of @whole, or gives a reason and tells how it begins. Not all
 * damage shows at once, so one side may go on longer than the other. */
static bool is_beginning(const struct overhear *o, const struct overhear *whole)
{
	if (!o->why[0])
		return strcmp(o->text, whole->text) == 0;
	return side_begins(o->text, whole->text, false) &&
	       side_begins(o->text, whole->text, true);
}

static void test_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		struct overhear *whole = overhear(damaged[i], lab, &as_it_is);

		for (uint64_t n = 1; n <= whole->frame; n++) {
			struct overhear *o = overhear(damaged[i], lab,
						      &(struct overhear_ways){
							      .repeat = n });

			assert_string_equal(o->text, whole->text);
			assert_string_equal(o->why, "");
			overhear_free(o);
		}
		overhear_free(whole);
	}
}

static void test_lost_or_late(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		struct overhear *whole = overhear(damaged[i], lab, &as_it_is);
		unsigned int gaps = 0, read = 0;

		for (uint64_t n = 1; n <= 2 * whole->frame; n++) {
			struct overhear_ways ways = { 0 };
			struct overhear *o;

			if (n > whole->frame)
				ways.swap = n - whole->frame;
			else
				ways.lose = n;
			o = overhear(damaged[i], lab, &ways);
			if (!is_beginning(o, whole))
				fail_msg("%s, frame %u: %s\n%s", damaged[i],
					 (unsigned int)n, o->why, o->text);
			gaps += strstr(o->why, "were not captured") != NULL;
			read += !o->why[0];
			overhear_free(o);
		}
		assert_true(gaps > 10);
		assert_true(read > 10);
		overhear_free(whole);
	}
}

/* Whatever is broken: nothing is told that nobody said. */
static void test_spoilt(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		struct overhear *whole = overhear(damaged[i], lab, &as_it_is);
		unsigned int found = 0;

		for (uint64_t n = 0; n < 4 * whole->frame; n++) {
			const struct overhear_ways ways = {
				.spoil = 1 + n % whole->frame,
				.seed = n + 1,
			};
			struct overhear *o = overhear(damaged[i], lab, &ways);

			if (!is_beginning(o, whole))
				fail_msg("%s, seed %u: %s\n%s", damaged[i],
					 (unsigned int)n, o->why, o->text);
			found +=
				strstr(o->why, "does not authenticate") != NULL;
			overhear_free(o);
		}
		assert_true(found > 10);
		overhear_free(whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_handshake_failed),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_lost_or_late),
		cmocka_unit_test(test_spoilt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
