/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said under TLS, between two real TLS peers: how it is told, and what
 * is masked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "confide.h"
#include "support.h"
#include "told.h"

/* --- lines ------------------------------------------------------------- */

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct confide *c = confide_begin(confide_specs[i]);

		confide_say(c, CLIENT, "noop\r\nTYPE I\nFoo");
		confide_expect(c, "NOOP\nTYPE I\n");
		confide_say(c, CLIENT, "Bar  x\r\n\r\n");
		confide_expect(c, "FOOBAR  x\n");
		confide_say(c, SERVER,
			    "200 fine\r\n211-first\r\n 212 inner\r\n");
		confide_expect(c, "200 fine (1)\n");
		confide_say(c, SERVER, "211 last\r\n150 x\r\n");
		confide_expect(c, "211 first (3)\n150 x (1)\n");
		confide_say(c, CLIENT,
			    "\xff\xf4\xff\xf2"
			    "ABOR\r\n");
		confide_expect(c, "ABOR\n");
		assert_null(c->why);
		confide_stop(c);
	}
}

static void test_secrets(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct confide *c = confide_begin(confide_specs[i]);

		confide_say(c, CLIENT, "USER me\r\n");
		confide_say(c, SERVER, "331 password?\r\n");
		/* A password that was typed without its PASS. */
		confide_say(c, CLIENT, "secret one\r\n");
		confide_say(c, SERVER, "500 what?\r\n");
		confide_say(c, CLIENT, "pass secret\r\n");
		confide_say(c, SERVER, "230 in\r\n");
		confide_say(c, CLIENT, "ACCT secret\r\nPASSWD secret\r\n");
		confide_say(c, SERVER, "202 no need\r\n500 what?\r\n");
		confide_say(c, CLIENT, "secret one\r\n");
		assert_null(memmem(c->text, c->len, "pass ", 5));
		confide_expect(c, "USER me\n331 password? (1)\n"
				  "*** ***\n500 what? (1)\n"
				  "PASS ***\n230 in (1)\n"
				  "ACCT ***\nPASS ***\n"
				  "202 no need (1)\n500 what? (1)\n"
				  "SECRET one\n");
		confide_stop(c);
	}
}

static void test_endpoints(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct confide *c = confide_begin(confide_specs[i]);

		confide_say(c, CLIENT,
			    "PASV\r\nEPSV ALL\r\nEPSV 1\r\nLPSV\r\n");
		c->len = 0;
		confide_say(c, SERVER, "227 go (10,2,5,5,164,17)\r\n");
		confide_expect(c, "227 go (10,2,5,5,164,17) (1)\n"
				  "PASV 10.2.5.5:42001 ok\n");
		confide_say(c, SERVER, "200 all\r\n229 go (|||41999|)\r\n");
		confide_expect(c,
			       "200 all (1)\n229 go (|||41999|) (1)\n"
			       "EPSV 10.2.5.5:41999 outside passive-ports "
			       "42000-42999 of server lab\n!outside-range\n");
		confide_say(c, SERVER, "228 (4,4,10,2,5,5,2,164,17)\r\n");
		confide_expect(c, "228 (4,4,10,2,5,5,2,164,17) (1)\n"
				  "LPSV 10.2.5.5:42001 ok\n");
		confide_say(c, CLIENT,
			    "PORT 10,1,4,4,4,1\r\nEPRT |1|10.9.9.9|2000|\r\n"
			    "LPRT 4,4,10,1,4,4,2,8,1\r\nPORT 1,2\r\n");
		confide_expect(
			c,
			"PORT 10,1,4,4,4,1\nPORT 10.1.4.4:1025 ok\n"
			"EPRT |1|10.9.9.9|2000|\n"
			"EPRT 10.9.9.9:2000 names 10.9.9.9, which is not the "
			"client\n!bounce\n"
			"LPRT 4,4,10,1,4,4,2,8,1\nLPRT 10.1.4.4:2049 ok\n"
			"PORT 1,2\nPORT [::]:0 malformed\n"
			"!malformed-endpoint\n");
		confide_stop(c);
	}
}

/* A capture of both legs shows more than replay.nat says. */
static void test_translated(void **state)
{
	const struct nat_view nat = { told_at("203.0.113.8", 40000),
				      told_at("198.51.100.5", 21), 0 };
	struct confide *c = confide_begin(&confide_tls13);

	(void)state;
	c->nat = &nat;
	confide_say(c, CLIENT, "PORT 10,1,4,4,4,1\r\nPASV\r\n");
	confide_expect(c, "PORT 10,1,4,4,4,1\nPORT 10.1.4.4:1025 FTPS active "
			  "cannot cross this NAT: the client's encrypted PORT "
			  "names its inside address, which nobody can "
			  "rewrite\nPASV\n");
	confide_say(c, SERVER, "200 x\r\n227 (198,51,100,5,164,17)\r\n");
	confide_expect(c, "200 x (1)\n227 (198,51,100,5,164,17) (1)\n"
			  "PASV 198.51.100.5:42001 ok\n");
	confide_stop(c);
}

/* Only who asked is answered; a 227 sets the pairing right. */
static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct confide *c = confide_begin(confide_specs[i]);

		confide_say(c, SERVER, "227 (10,2,5,5,164,17)\r\n");
		confide_expect(
			c, "227 (10,2,5,5,164,17) (1)\n!unrequested-reply\n");
		confide_say(c, CLIENT,
			    "NOOP\r\nNOOP\r\nPASV\r\nNOOP\r\nEPSV ALL\r\n");
		c->len = 0;
		confide_say(c, SERVER,
			    "227-(10,2,5,5,164,17)\r\n"
			    "227 (10,2,5,5,164,18)\r\n");
		confide_expect(
			c,
			"227 (10,2,5,5,164,17) (2)\n"
			"PASV 10.2.5.5:42002 ambiguous\n!ambiguous-endpoint\n");
		confide_say(c, SERVER, "200 x\r\n229 (|||42000|)\r\n");
		confide_expect(c, "200 x (1)\n229 (|||42000|) (1)\n"
				  "!unrequested-reply\n");
		confide_stop(c);
	}
}

static void test_what_is_no_ftp(void **state)
{
	char lines[1024] = "", told[1024] = "";

	(void)state;
	for (size_t i = 0; i < CONFIDE_SPECS; i++) {
		struct confide *c = confide_begin(confide_specs[i]);

		memset(lines, 'x', 600);
		confide_say(c, CLIENT, lines);
		confide_expect(c, "!line-too-long\n");
		confide_say(c, CLIENT, "xx\r\nNOOP\r\n");
		confide_expect(c, "NOOP\n");
		confide_say(c, SERVER, "hello\r\n");
		confide_expect(c, "!bad-reply\n");
		confide_say(c, CLIENT, "GET / HTTP/1.1\r\n");
		confide_expect(c, "GET ***\n!not-ftp\n");
		memset(lines, 0, sizeof(lines));
		confide_say(c, SERVER, "200 x\r\n200 x\r\n");
		c->len = 0;
		for (int n = 0; n < 33; n++) {
			strncat(lines, "NOOP\r\n", 7);
			if (n == 32)
				strncat(told, "!pipeline-overflow\n", 20);
			strncat(told, "NOOP\n", 6);
		}
		confide_say(c, CLIENT, lines);
		confide_expect(c, told);
		memset(told, 0, sizeof(told));
		memset(lines, 0, sizeof(lines));
		confide_stop(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_what_is_no_ftp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
