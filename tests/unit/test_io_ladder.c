/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladders of a replay: whole sessions, and all that is drawn of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/ladder.h"
#include "tale.h"

/* Lines are as long as they are printed. */
/* clang-format off */
#define HEAD \
	"                    client                              gateway                             server\n" \
	"                    10.1.4.4:40000                                                      10.2.5.5:21\n" \
	" frame        time  |                                      |                                      |\n" \
	"     1    0.000000  |--- session 10.1.4.4:40000 > 10.2.5.5:21 ----------------------------------->|\n"

static const char passive_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |<-- 220 Ready. -----------------------|--------------------------------------|\n"
	"     3    0.002000  |--- USER ftpuser ---------------------|------------------------------------->|\n"
	"     4    0.003000  |<-- 331 Password please. -------------|--------------------------------------|\n"
	"     5    0.004000  |--- PASS *** -------------------------|------------------------------------->|\n"
	"     6    0.005000  |<-- 230 Logged in. -------------------|--------------------------------------|\n"
	"     7    0.006000  |--- PASV -----------------------------|------------------------------------->|\n"
	"     8    0.007000  |<-- 227 Entering Passive Mode (10,2,5,5,164,33). ----------------------------|\n"
	"                    |               [ pinhole 3 opened: 10.1.4.4 > 10.2.5.5:42017 ]               |\n"
	"     9    0.008000  |=== passive data 10.1.4.4:45000 > 10.2.5.5:42017 ===========================>|\n"
	"                    |                           [ let in by pinhole 3 ]                           |\n"
	"    10    0.009000  |--- RETR down.bin --------------------|------------------------------------->|\n"
	"    11    0.010000  |<-- 150 Here it comes. ---------------|--------------------------------------|\n"
	"    12    0.011000  |<-- 226 Done. ------------------------|--------------------------------------|\n"
	"     -    0.011500  |=== passive data 10.1.4.4:45000 > 10.2.5.5:42017, total ====================>|\n"
	"                    |                           [ let in by a pinhole ]                           |\n"
	"                    |                    [ 10,485,760 bytes from the server ]                     |\n"
	"    13    0.012000  |--- session closed: both sides are done (FIN) -------------------------------|\n"
	"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n";

static const char active_nat_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |--- PORT 10,1,4,4,195,81 ------------>|--- PORT 203,0,113,1,195,81 --------->|\n"
	"                    |      [ rewritten from 10.1.4.4:50001 to 203.0.113.1:50001 (+3 bytes) ]      |\n"
	"     3    0.002000  |<-- 200 Understood. ------------------|--------------------------------------|\n"
	"                    |             [ pinhole 3 opened: 10.2.5.5 > 203.0.113.1:50001 ]              |\n"
	"     4    0.003000  |<== active data 10.2.5.5:20 > 10.1.4.4:50001 ================================|\n"
	"                    |                           [ let in by pinhole 3 ]                           |\n"
	"     -    0.003500  |<== active data 10.2.5.5:20 > 10.1.4.4:50001, total =========================|\n"
	"                    |                           [ let in by a pinhole ]                           |\n"
	"                    |                [ 4,000 bytes from the server, reset (RST) ]                 |\n"
	"     5    0.004000  |<-- 226 Done. ------------------------|--------------------------------------|\n"
	"                    |                   [ pinhole 3 closed: transfer complete ]                   |\n"
	"     6    0.005000  |--- session closed: reset (RST) ------|--------------------------------------|\n"
	"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n";

static const char ftps_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |--- AUTH TLS -------------------------|------------------------------------->|\n"
	"     3    0.002000  |<-- 234 Go on. -----------------------|--------------------------------------|\n"
	"                    |                            [ AUTH TLS accepted ]                            |\n"
	"     4    0.003000  |--- TLS 1.3 ClientHello, SNI ftp.example, ALPN ftp, resumes a ticket ------->|\n"
	"     5    0.004000  |<-- TLS 1.3 ServerHello, TLS_AES_128_GCM_SHA256, resumed --------------------|\n"
	"     6    0.005000  |~~~ TLS 1.3 established ~~~~~~~~~~~~~~|~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~|\n"
	"                    |              [ passive grant opened: ports 42000-42999 (lab) ]              |\n"
	"                    |             [ active grant refused: no room for another grant ]             |\n"
	"     7    0.006000  |=== passive data 10.1.4.4:45000 > 10.2.5.5:42107 ===========================>|\n"
	"                    |                           [ let in by the grant ]                           |\n"
	"     -    0.006500  |=== passive data 10.1.4.4:45000 > 10.2.5.5:42107, total ====================>|\n"
	"                    |                           [ let in by the grant ]                           |\n"
	"                    |                   [ 1 byte from the client, TLS resumed ]                   |\n"
	"     8    0.007000  |~~~ TLS ended, in the clear again ~~~~|~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~|\n"
	"                    |                 [ passive grant closed: back to cleartext ]                 |\n"
	"     8    0.007000  |--- QUIT -----------------------------|------------------------------------->|\n"
	"     -    0.007000  |--- session closed: the capture ends -|--------------------------------------|\n"
	"                    |                [ 0 commands, 2 replies, 0 data connections ]                |\n";

static const char bounce_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |--- PORT 10,9,9,9,31,144 -------------|------------------------------------->|\n"
	"                    |  [ refused, bounce (critical): The client asked for a data connection to ]  |\n"
	"                    |                        [ a host that is not itself ]                        |\n"
	"     3    0.002000  |--- PORT 10,9,9,9,31,144 -------------|------------------------------------->|\n"
	"                    |  [ refused, bounce (critical): The client asked for a data connection to ]  |\n"
	"                    |                        [ a host that is not itself ]                        |\n"
	"     4    0.003000  |--- PORT 10,1,4,4 --------------------|------------------------------------->|\n"
	"                    |    [ refused, malformed-endpoint (warning): The data endpoint does not ]    |\n"
	"                    |                           [ follow the grammar ]                            |\n"
	"     5    0.004000  |    [ alert overlap-conflict (critical): A retransmission carried bytes ]    |\n"
	"                    |                     [ that differ from the first copy ]                     |\n"
	"                    |                             [ packet dropped ]                              |\n"
	"     6    0.005000  |--- session closed: timed out --------|--------------------------------------|\n"
	"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n";

static const char held_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |--- packet, 14 bytes ----------------x|                                      |\n"
	"                    |                  [ held until the packet before it comes ]                  |\n"
	"     3    0.002000  |--- PORT 10,1,4,4,195,81 -------------|------------------------------------->|\n"
	"                    |                         [ 10.1.4.4:50001 accepted ]                         |\n"
	"     2    0.002000  |                                      |--- packet, 14 bytes ---------------->|\n"
	"                    |                                [ released ]                                 |\n"
	"     4    0.003000  |<-- 200 Understood. ------------------|--------------------------------------|\n"
	"                    |                             [ packet released ]                             |\n"
	"     5    0.004000  |--- session closed: both sides are done (FIN) -------------------------------|\n"
	"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n";

static const char hidden_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |--- AUTH TLS -------------------------|------------------------------------->|\n"
	"     3    0.002000  |<-- 234 Go on. -----------------------|--------------------------------------|\n"
	"                    |                            [ AUTH TLS accepted ]                            |\n"
	"     4    0.003000  |--- TLS 1.3 ClientHello, SNI ftp.example, ALPN ftp, resumes a ticket ------->|\n"
	"     5    0.004000  |<-- TLS 1.3 ServerHello, TLS_AES_128_GCM_SHA256, resumed --------------------|\n"
	"     6    0.005000  |~~~ TLS 1.3 established ~~~~~~~~~~~~~~|~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~|\n"
	"                    |              [ passive grant opened: ports 42000-42999 (lab) ]              |\n"
	"                    |             [ active grant refused: no room for another grant ]             |\n"
	"     8    0.007000  |--- [decrypted] PASV -----------------|------------------------------------->|\n"
	"     9    0.008000  |<-- [decrypted] 227 Entering Passive Mode (10,2,5,5,164,147). ---------------|\n"
	"                    |                     [ a grant lets in 10.2.5.5:42131 ]                      |\n"
	"    10    0.009000  |--- [decrypted] PORT 10,1,4,4 --------|------------------------------------->|\n"
	"                    |    [ refused, malformed-endpoint (warning): The data endpoint does not ]    |\n"
	"                    |                           [ follow the grammar ]                            |\n"
	"    11    0.010000  |--- [decrypted] EPRT |1|10.1.4.4|50001| ------------------------------------>|\n"
	"                    |  [ a grant does not let in 10.1.4.4:50001: active is refused for server ]   |\n"
	"                    |                                  [ l\\nab ]                                  |\n"
	"                    |     [ alert active-refused (warning): Active mode is refused for this ]     |\n"
	"                    |                                 [ server ]                                  |\n"
	"    11    0.010000  |            [ passive grant closed: control connection closing ]             |\n"
	"    12    0.011000  |--- session closed: both sides are done (FIN) -------------------------------|\n"
	"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n";

static const char hostile_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |<-- 220 \\x1b[2J\\r\\nNOT A ROW\\xff\\xe2\\x80\\xae caf\xc3\xa9"" ---------------------------|\n"
	"     3    0.002000  |--- RETR \\x1b]0;x\\x07 100% \\\\n %s%n --|------------------------------------->|\n"
	"     4    0.003000  |--- TLS 1.3 ClientHello, SNI ftp\\n.example --------------------------------->|\n"
	"                    |       [ AUTH GSSAPI\\r\\n... refused: the session stays in the clear ]        |\n";

static const char long_ladder[] =
	"session 1\n" HEAD
	"     2    0.001000  |<-- 220 6789012345678901234567890123456789012345678901234567890123456789 ----|\n"
	"     3    0.002000  |<-- 220 5678901234567890123456789012345678901234567890123456789012345... ----|\n"
	"     4    0.003000  |  0123456789012345678901234567890123456789012345678901234567890... 0123456...|\n"
	"                    |--------------------------------------|------------------------------------->|\n"
	"     5    0.004000  |<-- 220 0123456789012345678901234567890123456789012345678901234567890... ----|\n"
	"     6    0.005000  |<-- 220 \\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff... -----|\n";

static const char interleaved_ladder[] =
	"session 12345\n"
	"                    client                              gateway                             server\n"
	"                    10.1.4.4:40001                                                      10.2.5.5:21\n"
	" frame        time  |                                      |                                      |\n"
	"     2    0.001000  |--- session 10.1.4.4:40001 > 10.2.5.5:21 ----------------------------------->|\n"
	"     3    0.003000  |<-- 220 Two. -------------------------|--------------------------------------|\n"
	"     4   -0.996000  |--- QUIT -----------------------------|------------------------------------->|\n"
	"     5   -0.995000  |--- session closed: both sides are done (FIN) -------------------------------|\n"
	"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n"
	"\n"
	"session 1\n" HEAD
	"     3    0.002000  |<-- 220 One. -------------------------|--------------------------------------|\n"
	"     3    0.003000  |                        [ pinhole 3 expired unused ]                         |\n"
	"     6   -0.994000  |--- session closed: both sides are done (FIN) -------------------------------|\n"
	"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n";

static const char unmatched_ladder[] =
	"no session\n"
	"     2    0.001000  |  [ alert fragment (warning): A packet of the control connection is an IP ]  |\n"
	"                    |                                [ fragment ]                                 |\n"
	"\n"
	"session 1\n" HEAD
	"     -    0.000500  |  passive data 10.1.4.4:45000 > 10.2.5.5:42018, total                        |\n"
	"                    |=====================================x|                                      |\n"
	"                    |            [ would be stopped: no pinhole is open to this port ]            |\n"
	"                    |       [ 5 bytes from the client, 12 bytes from the server, not TLS ]        |\n"
	"     2    0.001000  |  active data 10.2.5.5:20 > 10.1.4.4:50002                                   |\n"
	"                    |                                      |x=====================================|\n"
	"                    |                [ would be stopped: not from the data port ]                 |\n"
	"     -    0.001500  |  active data 10.2.5.5:20 > 10.1.4.4:50002, total                            |\n"
	"                    |                                      |x=====================================|\n"
	"                    |                [ would be stopped: not from the data port ]                 |\n"
	"                    |                             [ never answered ]                              |\n"
	"     -    0.001500  |  active data 10.2.5.5:20 > 10.1.4.4:50002, total                            |\n"
	"                    |                                      |x=====================================|\n"
	"                    |                [ would be stopped: not from the data port ]                 |\n"
	"                    |                       [ refused by its target (RST) ]                       |\n"
	"     -    0.001500  |<== active data 10.2.5.5:20 > 10.1.4.4:50002, total =========================|\n"
	"                    |                 [ no verdict: it began before the capture ]                 |\n"
	"                    |                        [ no data, TLS not resumed ]                         |\n"
	"     -    0.001500  |<== active data 10.2.5.5:20 > 10.1.4.4:50002, total =========================|\n"
	"                    |                 [ no verdict: it began before the capture ]                 |\n"
	"                    |                  [ no data, TLS not resumed though asked ]                  |\n";

static const char rest_ladder[] =
	"session 1\n" HEAD
	"                    |                  [ picked up in its middle, implicit TLS ]                  |\n"
	"     2    0.001000  |<-- TLS HelloRetryRequest, 0xfefe ----|--------------------------------------|\n"
	"     2    0.001000  |<-- TLS Certificate ------------------|--------------------------------------|\n"
	"                    |                     [ a certificate cannot be decoded ]                     |\n"
	"     2    0.001000  |<-- TLS CertificateRequest -----------|--------------------------------------|\n"
	"     3    0.002000  |--- TLS failed -----------------------|------------------------------------->|\n"
	"                    |                               [ unknown_ca ]                                |\n"
	"     4    0.003000  |<-- 227 Logout. ----------------------|--------------------------------------|\n"
	"                    |                      [ refused: it names no endpoint ]                      |\n"
	"     5    0.004000  |<-- 227 Entering Passive Mode (10,2,5,5,164,33). ----------------------------|\n"
	"                    |                         [ 10.2.5.5:42017 accepted ]                         |\n"
	"                    |                       [ pinhole refused: table full ]                       |\n"
	"     6    0.005000  |     [ pinhole 4 opened: [fc00:10:2:5::5]:20 > [fc00:10:1:4::4]:50001 ]      |\n"
	"     7    0.006000  |  active data 10.2.5.5:20 > 10.1.4.4:50001                                   |\n"
	"                    |                                      |x=====================================|\n"
	"                    |                  [ closed: the kernel refused the entry ]                   |\n"
	"     8    0.007000  |--- PORT 10,1,4,4,195,81 ------------>|--- PORT 10,1,4,5,195,81 ------------>|\n"
	"                    |        [ rewritten from 10.1.4.4:50001 to 10.1.4.5:50001 (-1 byte) ]        |\n";

/* clang-format on */

/* The ladders of @scene are @drawn. */
static void expect(void (*scene)(struct tale *t), const char *drawn)
{
	struct tale t;
	struct ladder *ladder;

	tale_begin(&t);
	ladder = ladder_new(t.out);
	t.to = ladder_listener(ladder);
	scene(&t);
	ladder_free(ladder);
	tale_expect(&t, drawn);
	tale_free(&t);
}

static void test_passive(void **state)
{
	(void)state;
	expect(tale_passive, passive_ladder);
}

/* The line as it comes on one side, as it leaves on the other. */
static void test_active_nat(void **state)
{
	(void)state;
	expect(tale_active_nat, active_nat_ladder);
}

static void test_ftps(void **state)
{
	(void)state;
	expect(tale_ftps, ftps_ladder);
}

static void test_bounce(void **state)
{
	(void)state;
	expect(tale_bounce, bounce_ladder);
}

/* An x where the gateway keeps a packet; it leaves from there. */
static void test_held(void **state)
{
	(void)state;
	expect(tale_held, held_ladder);
}

/* What only the key log shows is marked. */
static void test_hidden(void **state)
{
	(void)state;
	expect(tale_hidden, hidden_ladder);
}

static void test_hostile(void **state)
{
	(void)state;
	expect(tale_hostile, hostile_ladder);
}

static void test_long(void **state)
{
	(void)state;
	expect(tale_long, long_ladder);
}

/* One behind the other, whoever is done first. */
static void test_interleaved(void **state)
{
	(void)state;
	expect(tale_interleaved, interleaved_ladder);
}

/* A connection that is not let in ends at the gateway. */
static void test_unmatched(void **state)
{
	(void)state;
	expect(tale_unmatched, unmatched_ladder);
}

static void test_rest(void **state)
{
	(void)state;
	expect(tale_rest, rest_ladder);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
