/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of a replay: whole sessions, and all that it prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "report/table.h"
#include "tale.h"

/* Rows are as long as they are printed. */
/* clang-format off */
#define HEAD \
	" frame       time sess who      what                                              verdict\n"

static const char passive_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   < server 220 Ready.\n"
	"     3   0.002000 #1   client > USER ftpuser\n"
	"     4   0.003000 #1   < server 331 Password please.\n"
	"     5   0.004000 #1   client > PASS ***\n"
	"     6   0.005000 #1   < server 230 Logged in.\n"
	"     7   0.006000 #1   client > PASV\n"
	"     8   0.007000 #1   < server 227 Entering Passive Mode (10,2,5,5,164,33).      pinhole 3 opened: 10.1.4.4 > 10.2.5.5:42017\n"
	"     9   0.008000 #1   client > passive data 10.1.4.4:45000 > 10.2.5.5:42017      let in by pinhole 3\n"
	"    10   0.009000 #1   client > RETR down.bin\n"
	"    11   0.010000 #1   < server 150 Here it comes.\n"
	"    12   0.011000 #1   < server 226 Done.\n"
	"     -   0.011500 #1   client > passive data 10.1.4.4:45000 > 10.2.5.5:42017, total  let in by a pinhole; 10,485,760 bytes from the server\n"
	"    13   0.012000 #1            session closed: both sides are done (FIN)         4 commands, 1 reply, 1 data connection\n";

static const char active_nat_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   client > PORT 10,1,4,4,195,81                              rewritten from 10.1.4.4:50001 to 203.0.113.1:50001 (+3 bytes)\n"
	"     3   0.002000 #1   < server 200 Understood.                                   pinhole 3 opened: 10.2.5.5 > 203.0.113.1:50001\n"
	"     4   0.003000 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50001          let in by pinhole 3\n"
	"     -   0.003500 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50001, total   let in by a pinhole; 4,000 bytes from the server, reset (RST)\n"
	"     5   0.004000 #1   < server 226 Done.                                         pinhole 3 closed: transfer complete\n"
	"     6   0.005000 #1            session closed: reset (RST)                       4 commands, 1 reply, 1 data connection\n";

static const char ftps_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   client > AUTH TLS\n"
	"     3   0.002000 #1   < server 234 Go on.                                        AUTH TLS accepted\n"
	"     4   0.003000 #1   client > TLS 1.3 ClientHello, SNI ftp.example, ALPN ftp, resumes a ticket\n"
	"     5   0.004000 #1   < server TLS 1.3 ServerHello, TLS_AES_128_GCM_SHA256, resumed\n"
	"     6   0.005000 #1            TLS 1.3 established                               passive grant opened: ports 42000-42999 (lab); active grant refused: no room for another grant\n"
	"     7   0.006000 #1   client > passive data 10.1.4.4:45000 > 10.2.5.5:42107      let in by the grant\n"
	"     -   0.006500 #1   client > passive data 10.1.4.4:45000 > 10.2.5.5:42107, total  let in by the grant; 1 byte from the client, TLS resumed\n"
	"     8   0.007000 #1            TLS ended, in the clear again                     passive grant closed: back to cleartext\n"
	"     8   0.007000 #1   client > QUIT\n"
	"     -   0.007000 #1            session closed: the capture ends                  0 commands, 2 replies, 0 data connections\n";

static const char bounce_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   client > PORT 10,9,9,9,31,144                              refused, bounce (critical): The client asked for a data connection to a host that is not itself\n"
	"     3   0.002000 #1   client > PORT 10,9,9,9,31,144                              refused, bounce (critical): The client asked for a data connection to a host that is not itself\n"
	"     4   0.003000 #1   client > PORT 10,1,4,4                                     refused, malformed-endpoint (warning): The data endpoint does not follow the grammar\n"
	"     5   0.004000 #1   gateway                                                    alert overlap-conflict (critical): A retransmission carried bytes that differ from the first copy; packet dropped\n"
	"     6   0.005000 #1            session closed: timed out                         4 commands, 1 reply, 1 data connection\n";

static const char held_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   client > packet, 14 bytes                                  held until the packet before it comes\n"
	"     3   0.002000 #1   client > PORT 10,1,4,4,195,81                              10.1.4.4:50001 accepted\n"
	"     2   0.002000 #1   client > packet, 14 bytes                                  released\n"
	"     4   0.003000 #1   < server 200 Understood.                                   packet released\n"
	"     5   0.004000 #1            session closed: both sides are done (FIN)         4 commands, 1 reply, 1 data connection\n";

static const char hidden_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   client > AUTH TLS\n"
	"     3   0.002000 #1   < server 234 Go on.                                        AUTH TLS accepted\n"
	"     4   0.003000 #1   client > TLS 1.3 ClientHello, SNI ftp.example, ALPN ftp, resumes a ticket\n"
	"     5   0.004000 #1   < server TLS 1.3 ServerHello, TLS_AES_128_GCM_SHA256, resumed\n"
	"     6   0.005000 #1            TLS 1.3 established                               passive grant opened: ports 42000-42999 (lab); active grant refused: no room for another grant\n"
	"     8   0.007000 #1   client > [decrypted] PASV\n"
	"     9   0.008000 #1   < server [decrypted] 227 Entering Passive Mode (10,2,5,5,164,147).  a grant lets in 10.2.5.5:42131\n"
	"    10   0.009000 #1   client > [decrypted] PORT 10,1,4,4                         refused, malformed-endpoint (warning): The data endpoint does not follow the grammar\n"
	"    11   0.010000 #1   client > [decrypted] EPRT |1|10.1.4.4|50001|               a grant does not let in 10.1.4.4:50001: active is refused for server l\\nab; alert active-refused (warning): Active mode is refused for this server\n"
	"    11   0.010000 #1   gateway                                                    passive grant closed: control connection closing\n"
	"    12   0.011000 #1            session closed: both sides are done (FIN)         4 commands, 1 reply, 1 data connection\n";

static const char hostile_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   < server 220 \\x1b[2J\\r\\nNOT A ROW\\xff\\xe2\\x80\\xae caf\xc3\xa9""\n"
	"     3   0.002000 #1   client > RETR \\x1b]0;x\\x07 100% \\\\n %s%n\n"
	"     4   0.003000 #1   client > TLS 1.3 ClientHello, SNI ftp\\n.example            AUTH GSSAPI\\r\\n... refused: the session stays in the clear\n";

static const char long_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #1   < server 220 6789012345678901234567890123456789012345678901234567890123456789\n"
	"     3   0.002000 #1   < server 220 5678901234567890123456789012345678901234567890123456789012345...\n"
	"     4   0.003000 #1   client > 0123456789012345678901234567890123456789012345678901234567890... 0123456789012345678901234567890123456789012345678901234567890...\n"
	"     5   0.004000 #1   < server 220 0123456789012345678901234567890123456789012345678901234567890...\n"
	"     6   0.005000 #1   < server 220 \\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff...\n";

static const char interleaved_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     2   0.001000 #12345 client > session 10.1.4.4:40001 > 10.2.5.5:21\n"
	"     3   0.002000 #1   < server 220 One.\n"
	"     3   0.003000 #12345 < server 220 Two.\n"
	"     3   0.003000 #1   gateway                                                    pinhole 3 expired unused\n"
	"     4  -0.996000 #12345 client > QUIT\n"
	"     5  -0.995000 #12345          session closed: both sides are done (FIN)         4 commands, 1 reply, 1 data connection\n"
	"     6  -0.994000 #1            session closed: both sides are done (FIN)         4 commands, 1 reply, 1 data connection\n";

static const char unmatched_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21\n"
	"     -   0.000500 #1   client > passive data 10.1.4.4:45000 > 10.2.5.5:42018, total  would be stopped: no pinhole is open to this port; 5 bytes from the client, 12 bytes from the server, not TLS\n"
	"     2   0.001000 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50002          would be stopped: not from the data port\n"
	"     -   0.001500 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50002, total   would be stopped: not from the data port; never answered\n"
	"     -   0.001500 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50002, total   would be stopped: not from the data port; refused by its target (RST)\n"
	"     -   0.001500 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50002, total   no verdict: it began before the capture; no data, TLS not resumed\n"
	"     -   0.001500 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50002, total   no verdict: it began before the capture; no data, TLS not resumed though asked\n"
	"     2   0.001000 -    gateway                                                    alert fragment (warning): A packet of the control connection is an IP fragment\n";

static const char rest_rows[] = HEAD
	"     1   0.000000 #1   client > session 10.1.4.4:40000 > 10.2.5.5:21              picked up in its middle, implicit TLS\n"
	"     2   0.001000 #1   < server TLS HelloRetryRequest, 0xfefe\n"
	"     2   0.001000 #1   < server TLS Certificate                                   a certificate cannot be decoded\n"
	"     2   0.001000 #1   < server TLS CertificateRequest\n"
	"     3   0.002000 #1   client > TLS failed                                        unknown_ca\n"
	"     4   0.003000 #1   < server 227 Logout.                                       refused: it names no endpoint\n"
	"     5   0.004000 #1   < server 227 Entering Passive Mode (10,2,5,5,164,33).      10.2.5.5:42017 accepted; pinhole refused: table full\n"
	"     6   0.005000 #1   gateway                                                    pinhole 4 opened: [fc00:10:2:5::5]:20 > [fc00:10:1:4::4]:50001\n"
	"     7   0.006000 #1   < server active data 10.2.5.5:20 > 10.1.4.4:50001          closed: the kernel refused the entry\n"
	"     8   0.007000 #1   client > PORT 1,2,3                                        rewritten from 10.1.4.4:50001 to 10.1.4.5:50001 (-1 byte)\n";

/* clang-format on */

/* A table of @scene is @rows. */
static void expect(void (*scene)(struct tale *t), const char *rows)
{
	struct tale t;
	struct table *table;

	tale_begin(&t);
	table = table_new(t.out);
	t.to = table_listener(table);
	scene(&t);
	table_free(table);
	tale_expect(&t, rows);
	tale_free(&t);
}

/* And no password, though the event holds it. */
static void test_passive(void **state)
{
	(void)state;
	expect(tale_passive, passive_rows);
}

/* A changed packet is no news where its rewrite is told. */
static void test_active_nat(void **state)
{
	(void)state;
	expect(tale_active_nat, active_nat_rows);
}

static void test_ftps(void **state)
{
	(void)state;
	expect(tale_ftps, ftps_rows);
}

/* The reason stands there each time, the alert once. */
static void test_bounce(void **state)
{
	(void)state;
	expect(tale_bounce, bounce_rows);
}

static void test_held(void **state)
{
	(void)state;
	expect(tale_held, held_rows);
}

/* What only the key log shows is marked. */
static void test_hidden(void **state)
{
	(void)state;
	expect(tale_hidden, hidden_rows);
}

static void test_hostile(void **state)
{
	(void)state;
	expect(tale_hostile, hostile_rows);
}

static void test_long(void **state)
{
	(void)state;
	expect(tale_long, long_rows);
}

/* And time goes back. */
static void test_interleaved(void **state)
{
	(void)state;
	expect(tale_interleaved, interleaved_rows);
}

static void test_unmatched(void **state)
{
	(void)state;
	expect(tale_unmatched, unmatched_rows);
}

static void test_rest(void **state)
{
	(void)state;
	expect(tale_rest, rest_rows);
}

/* The last row comes at the end of the story, not only with the table's. */
static void test_end(void **state)
{
	const struct story_end end = { .frames = 1 };
	struct table *table;
	struct tale t;

	(void)state;
	tale_begin(&t);
	table = table_new(t.out);
	t.to = table_listener(table);
	tale_reply(&t, 220, "Ready.");
	tale_expect(&t, "");
	t.to.end(t.to.arg, &end);
	tale_expect(&t, HEAD "     1   0.000000 #1   < server 220 Ready.\n");
	table_free(table);
	tale_expect(&t, HEAD "     1   0.000000 #1   < server 220 Ready.\n");
	tale_free(&t);
}

/* Nothing told, nothing printed. */
static void test_empty(void **state)
{
	struct table *table;
	struct tale t;

	(void)state;
	tale_begin(&t);
	table = table_new(t.out);
	table_free(table);
	tale_expect(&t, "");
	tale_free(&t);
	table_free(NULL);
}

/* A full device: ferror() says so, and the story goes on. */
static void test_full(void **state)
{
	struct table *table;
	struct tale t;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	tale_begin(&t);
	table = table_new(full);
	t.to = table_listener(table);
	tale_passive(&t);
	table_free(table);
	assert_int_not_equal(ferror(full), 0);
	fclose(full);
	tale_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passive),
		cmocka_unit_test(test_active_nat),
		cmocka_unit_test(test_ftps),
		cmocka_unit_test(test_bounce),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_unmatched),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
