/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A `servers:` section learned from a replay: what it says, and that it loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lesson.h"
#include "told.h"

static void test_nothing(void **state)
{
	struct lesson l;

	(void)state;
	lesson_begin(&l);
	lesson_expect(&l, "servers:\n");
}

static void test_in_clear(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);
	struct story_flow f;

	(void)state;
	for (uint16_t i = 0; i < 3; i++) {
		saga_session(t, "10.1.4.4", "10.2.5.5", 21);
		saga_login(t, "ftpuser");
		saga_endpoint(t, VIA_PASV, "10.2.5.5", 42000 + 7 * i, NULL);
		f = saga_passive(t, 42000 + 7 * i);
		saga_flow(t, &f);
		saga_endpoint(t, VIA_EPSV, "10.2.5.5", 42001 + 7 * i, NULL);
		saga_endpoint(t, VIA_PORT, "10.1.4.4", 50000, NULL);
		f = saga_active(t, 50000);
		saga_flow(t, &f);
		saga_close(t, "fin");
	}
	lesson_expect(
		&l,
		"servers:\n"
		"  - name: \"server-10.2.5.5\"\n"
		"    # 3 sessions on port 21\n"
		"    address: [\"10.2.5.5\"]\n"
		"    # 6 passive ports: 42000-42001, 42007-42008, 42014-42015\n"
		"    # 2 gaps of 10 ports, the widest 42002-42006\n"
		"    # evidence: 3 data connections in 3 sessions, 6 endpoints "
		"announced\n"
		"    # thin evidence: so few ports do not show a range; the "
		"server's own is surely wider, so look it up in its "
		"configuration\n"
		"    passive-ports: 42000-42015\n"
		"    # 3 active data connections in 3 sessions\n"
		"    active: allow\n"
		"    # 0 sessions under TLS, 3 logins in clear\n"
		"    tls: unknown\n"
		"    # data connections: 0 showed TLS, 6 were in clear, 0 "
		"showed nothing\n"
		"    data-protection: any\n");
}

/* A data connection of a session under TLS: nothing announced it. */
static void hidden(const struct saga *t, uint16_t port)
{
	struct story_flow f = saga_passive(t, port);

	f.related = false;
	f.reason = "no servers entry has this server's address";
	f.tls = DATA_TLS_YES;
	saga_flow(t, &f);
}

/* What else goes on between the two hosts is no data connection. */
static void noise(const struct saga *t)
{
	struct story_flow f = saga_passive(t, 443);

	f.related = false;
	f.reason = "none";
	saga_flow(t, &f);
	f.to.port = 49999;
	f.established = false;
	saga_flow(t, &f);
	f.established = f.midstream = true;
	saga_flow(t, &f);
	f = saga_active(t, 113);
	f.related = false;
	saga_flow(t, &f);
	f.to.port = 50000;
	f.from.port = 25;
	saga_flow(t, &f);
}

static void test_under_tls(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);

	(void)state;
	for (uint16_t i = 0; i < 10; i++) {
		saga_session(t, "10.1.4.4", "10.2.5.5", i % 2 ? 990 : 21);
		saga_tls(t, i < 4 ? TLS_1_2 : TLS_1_3, "ftp.example");
		lesson_certificate(t, "ftp.example");
		hidden(t, 42000 + 10 * i);
		hidden(t, 42001 + 10 * i);
		hidden(t, 42500 + i);
		noise(t);
		saga_close(t, "fin");
	}
	lesson_expect(&l, "servers:\n"
			  "  - name: \"ftp.example\"\n"
			  "    # 10 sessions on port 21, 990\n"
			  "    # TLS 1.2 in 4 sessions, TLS 1.3 in 6 sessions\n"
			  "    # certificate: CN=ftp.example; for ftp.example, "
			  "ftp.example; EC P-256; valid until "
			  "2025-11-24T10:15:42Z, self-signed\n"
			  "    # certificate: CN=ftp.example; for ftp.example, "
			  "ftp.example; EC P-256; valid until "
			  "2025-11-24T10:15:42Z, self-signed\n"
			  "    # it has shown other certificates too\n"
			  "    address: [\"10.2.5.5\"]\n"
			  "    # inferred: 30 data connections that nothing "
			  "announced in clear: the same hosts made them while "
			  "a session was under TLS\n"
			  "    # 30 passive ports: 42000-42001, 42010-42011, "
			  "42020-42021, 42030-42031, 42040-42041, 42050-42051, "
			  "42060-42061, 42070-42071, and 3 more\n"
			  "    # 10 gaps of 480 ports, the widest 42092-42499\n"
			  "    # evidence: 30 data connections in 10 sessions, "
			  "0 endpoints announced\n"
			  "    # the server's own range may be wider: look it "
			  "up in its configuration\n"
			  "    passive-ports: 42000-42509\n"
			  "    # no active data connection was seen\n"
			  "    active: refuse\n"
			  "    # 10 sessions under TLS, 0 logins in clear\n"
			  "    tls: expected\n"
			  "    # data connections: 30 showed TLS, 0 were in "
			  "clear, 0 showed nothing\n"
			  "    data-protection: require\n");
}

/* Each port again and again, so that there may be no others. */
static void test_small_range(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 2121);
	saga_tls(t, TLS_1_3, NULL);
	for (uint16_t i = 0; i < 20; i++)
		hidden(t, 2120 + i % 5);
	lesson_expect(
		&l,
		"servers:\n"
		"  - name: \"server-10.2.5.5\"\n"
		"    # 1 session on port 2121\n"
		"    # control.ports has to list those that are neither 21 nor "
		"990\n"
		"    # passive-ports must not hold a control port: narrow it\n"
		"    # TLS 1.3 in 1 session\n"
		"    address: [\"10.2.5.5\"]\n"
		"    # inferred: 20 data connections that nothing announced in "
		"clear: the same hosts made them while a session was under "
		"TLS\n"
		"    # 5 passive ports: 2120-2124\n"
		"    # evidence: 20 data connections in 1 session, 0 endpoints "
		"announced\n"
		"    # each port was used again and again, so this may be all "
		"of them\n"
		"    passive-ports: 2120-2124\n"
		"    # no active data connection was seen\n"
		"    active: refuse\n"
		"    # 1 session under TLS, 0 logins in clear\n"
		"    tls: expected\n"
		"    # data connections: 20 showed TLS, 0 were in clear, 0 "
		"showed nothing\n"
		"    data-protection: require\n"
		"    # thin evidence: all of this is from one session\n");
}

/* In clear, what is neither announced nor matched is something else. With a
 * key log a session under TLS is as good as in clear. */
static void test_unrelated(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);
	struct story_flow f;

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_login(t, "ftpuser");
	hidden(t, 8080);
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_tls(t, TLS_1_3, NULL);
	t->decrypted = true;
	saga_login(t, "ftpuser");
	hidden(t, 8080);
	/* Told, refused as the configured range is another, used. */
	saga_endpoint(t, VIA_EPSV, "10.2.5.5", 42000, "outside-range");
	hidden(t, 42000);
	saga_endpoint(t, VIA_EPSV, "10.2.5.5", 42009, "outside-range");
	saga_endpoint(t, VIA_EPSV, "10.2.5.5", 42005, NULL);
	saga_endpoint(t, VIA_PASV, "10.2.5.5", 80, "low-port");
	hidden(t, 80);
	saga_endpoint(t, VIA_EPRT, "10.1.4.4", 50000, "active-refused");
	saga_endpoint(t, VIA_EPRT, "10.1.4.4", 0, "malformed");
	/* Not this session's. */
	f = saga_passive(t, 42008);
	f.session = 0;
	saga_flow(t, &f);
	lesson_expect(&l, "servers:\n"
			  "  - name: \"server-10.2.5.5\"\n"
			  "    # 2 sessions on port 21\n"
			  "    # TLS 1.3 in 1 session\n"
			  "    address: [\"10.2.5.5\"]\n"
			  "    # ports below 1024, to which no pinhole leads, "
			  "were named or used 2 times\n"
			  "    # 3 passive ports: 42000, 42005, 42009\n"
			  "    # 2 gaps of 7 ports, the widest 42001-42004\n"
			  "    # evidence: 1 data connection in 1 session, 3 "
			  "endpoints announced\n"
			  "    # thin evidence: so few ports do not show a "
			  "range; the server's own is surely wider, so look it "
			  "up in its configuration\n"
			  "    passive-ports: 42000-42009\n"
			  "    # no active data connection was seen, though it "
			  "was asked for 1 time\n"
			  "    active: refuse\n"
			  "    # 1 session under TLS, 1 login in clear\n"
			  "    tls: unknown\n"
			  "    # data connections: 2 showed TLS, 0 were in "
			  "clear, 0 showed nothing\n"
			  "    data-protection: require\n");
}

/* The server tells its public address, as one behind NAT has to. */
static void test_public_address(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	for (uint16_t i = 0; i < 3; i++) {
		saga_endpoint(t, VIA_PASV, "203.0.113.5", 42000 + i,
			      "third-host");
		hidden(t, 42000 + i);
		hidden(t, 42000 + i);
	}
	/* A bounce; another server; one more than are kept. */
	saga_endpoint(t, VIA_PASV, "192.0.2.1", 25, "third-host");
	saga_endpoint(t, VIA_PASV, "10.2.5.6", 42005, "third-host");
	hidden(t, 42005);
	saga_endpoint(t, VIA_LPSV, "fc00::9", 42006, "third-host");
	hidden(t, 42006);
	saga_endpoint(t, VIA_PASV, "192.0.2.2", 42007, "third-host");
	hidden(t, 42007);
	/* The same host. */
	saga_endpoint(t, VIA_PASV, "0.0.0.0", 42008, NULL);
	saga_session(t, "10.1.4.4", "10.2.5.6", 21);
	lesson_expect(&l,
		      "servers:\n"
		      "  - name: \"server-10.2.5.5\"\n"
		      "    # 1 session on port 21\n"
		      "    address: [\"10.2.5.5\"]\n"
		      "    # announced: 203.0.113.5, 3 times; 3 data "
		      "connections to the announced ports followed\n"
		      "    # announced: 192.0.2.1, 1 time; no data connection "
		      "followed: not suggested\n"
		      "    # announced: 10.2.5.6, 1 time; a server of its own: "
		      "not suggested\n"
		      "    # announced: fc00::9, 1 time; of another family: "
		      "not suggested\n"
		      "    # announced: other addresses, 1 time\n"
		      "    public-address: [\"203.0.113.5\"]\n"
		      "    # 7 passive ports: 42000-42002, 42005-42008\n"
		      "    # 1 gap of 2 ports, the widest 42003-42004\n"
		      "    # evidence: 9 data connections in 1 session, 1 "
		      "endpoint announced\n"
		      "    # thin evidence: so few ports do not show a range; "
		      "the server's own is surely wider, so look it up in its "
		      "configuration\n"
		      "    passive-ports: 42000-42008\n"
		      "    # no active data connection was seen\n"
		      "    active: refuse\n"
		      "    # 0 sessions under TLS, 0 logins in clear\n"
		      "    tls: unknown\n"
		      "    # data connections: 9 showed TLS, 0 were in clear, "
		      "0 showed nothing\n"
		      "    data-protection: require\n"
		      "    # thin evidence: all of this is from one session\n"
		      "  # left out: no data connection was seen; 1 session on "
		      "port 21\n"
		      "  # - name: \"server-10.2.5.6\"\n"
		      "  #   address: [\"10.2.5.6\"]\n"
		      "  #   passive-ports: LO-HI\n");
}

/* The same from outside, where the server forgot to. */
static void test_private_address(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);

	(void)state;
	saga_session(t, "198.51.100.4", "203.0.113.5", 21);
	saga_endpoint(t, VIA_PASV, "10.2.5.5", 42000, "third-host");
	hidden(t, 42000);
	lesson_expect(&l,
		      "servers:\n"
		      "  - name: \"server-203.0.113.5\"\n"
		      "    # 1 session on port 21\n"
		      "    address: [\"203.0.113.5\"]\n"
		      "    # announced: 10.2.5.5, 1 time; private, unlike the "
		      "address above: this was captured outside of a NAT; on "
		      "the gateway this one is `address`, and the other one "
		      "`public-address`\n"
		      "    # 1 passive port: 42000\n"
		      "    # evidence: 1 data connection in 1 session, 0 "
		      "endpoints announced\n"
		      "    # thin evidence: so few ports do not show a range; "
		      "the server's own is surely wider, so look it up in its "
		      "configuration\n"
		      "    passive-ports: 42000\n"
		      "    # no active data connection was seen\n"
		      "    active: refuse\n"
		      "    # 0 sessions under TLS, 0 logins in clear\n"
		      "    tls: unknown\n"
		      "    # data connections: 1 showed TLS, 0 were in clear, "
		      "0 showed nothing\n"
		      "    data-protection: require\n"
		      "    # thin evidence: all of this is from one session\n");
}

/* Nothing to learn from: no host, no data connection. */
static void test_left_out(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);
	struct story_flow f;

	(void)state;
	saga_session(t, "fc00:10:1:4::4", "fc00:10:2:5::5", 21);
	saga_tls(t, TLS_1_3, NULL);
	saga_session(t, "10.1.4.4", "0.0.0.0", 990);
	hidden(t, 42000);
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	f = saga_passive(t, 1023);
	saga_flow(t, &f);
	lesson_expect(&l, "servers:\n"
			  "  # left out: no data connection was seen; 1 "
			  "session on port 21\n"
			  "  # - name: \"server-fc00-10-2-5--5\"\n"
			  "  #   address: [\"fc00:10:2:5::5\"]\n"
			  "  #   passive-ports: LO-HI\n"
			  "  # left out: that is the address of no host; 1 "
			  "session on port 990\n"
			  "  # - name: \"server-0.0.0.0\"\n"
			  "  #   address: [\"0.0.0.0\"]\n"
			  "  #   passive-ports: LO-HI\n"
			  "  # left out: all data ports were below 1024, to "
			  "which no pinhole leads; 1 session on port 21\n"
			  "  # - name: \"server-10.2.5.5\"\n"
			  "  #   address: [\"10.2.5.5\"]\n"
			  "  #   passive-ports: LO-HI\n");
}

/* One host that has two addresses, and one that nobody calls the same. */
static void test_names(void **state)
{
	static const char *const call[][2] = {
		{ "10.2.5.5", "ftp.example" },
		{ "fc00:10:2:5::5", "FTP.example" },
		{ "10.2.5.6", "a.example" },
		{ "10.2.5.6", "b.example" },
		{ "10.2.5.7", "SERVER-10.2.5.6" },
	};
	struct lesson l;
	struct saga *t = lesson_begin(&l);

	(void)state;
	for (size_t i = 0; i < sizeof(call) / sizeof(call[0]); i++) {
		saga_session(t,
			     strchr(call[i][0], ':') ? "fc00::4" : "10.1.4.4",
			     call[i][0], 21);
		saga_tls(t, TLS_1_3, call[i][1]);
		hidden(t, 42000);
	}
	lesson_end(&l);
	assert_int_equal(l.config.policy.servers, 4);
	assert_string_equal(l.config.policy.server[0].name, "ftp.example");
	assert_string_equal(l.config.policy.server[1].name,
			    "server-fc00-10-2-5--5");
	assert_string_equal(l.config.policy.server[2].name, "server-10.2.5.6");
	assert_string_equal(l.config.policy.server[3].name, "server-10.2.5.7");
	saga_assert_has(l.text, "    # clients call it \"FTP.example\" too: if "
				"that is one server with two addresses, make "
				"it one entry\n");
	saga_assert_has(l.text,
			"    # clients call it by more than one name\n");
	lesson_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_in_clear),
		cmocka_unit_test(test_under_tls),
		cmocka_unit_test(test_small_range),
		cmocka_unit_test(test_unrelated),
		cmocka_unit_test(test_public_address),
		cmocka_unit_test(test_private_address),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
