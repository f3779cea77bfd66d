/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is suggested loads, whatever a capture holds, and however much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lesson.h"
#include "report/book.h"
#include "told.h"

/* What ends a line or a comment, or begins a value, for some reader of YAML. */
static const char *const hostile[] = {
	"x\nservers: []",
	"x\rcontrol-socket: /tmp/x",
	"x\xc2\x85tls: {explicit: forbid}", /* NEL */
	"x\xe2\x80\xa8log: {level: error}", /* LINE SEPARATOR */
	"x\xe2\x80\xa9pinhole: {require-login: false}",
	"\"\n  - name: \"evil\"\n    address: [\"0.0.0.0/0\"]",
	"\xef\xbb\xbf%YAML 1.1\n---\n",
	"x\t\x1b[31m\x7f\xff\xfe\xc0\x80",
	"x \xef\xbf\xbe \xed\xa0\x80 \xf4\x8f\xbf\xbf",
	"*x",
	"10.2.5.9",
	"!!python/object",
	"# - [ { ] } , & * ! | > ' \" % @ `",
};

#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static void assert_defaults(const struct config *c)
{
	assert_int_equal(c->policy.control_ports, 1);
	assert_int_equal(c->policy.control_port[0], 21);
	assert_int_equal(c->policy.explicit_tls, TLS_ALLOW);
	assert_true(c->policy.require_login);
	assert_string_equal(c->control_socket, "/run/sallyport.sock");
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
}

static void hidden(const struct saga *t, uint16_t port)
{
	struct story_flow f = saga_passive(t, port);

	f.related = false;
	f.reason = "none";
	f.tls = DATA_TLS_YES;
	saga_flow(t, &f);
}

static void test_hostile_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		struct lesson l;
		struct saga *t = lesson_begin(&l);

		saga_session(t, "10.1.4.4", "10.2.5.5", 21);
		saga_tls(t, TLS_1_2, hostile[i]);
		lesson_certificate(t, hostile[i]);
		hidden(t, 42000);
		lesson_end(&l);
		saga_assert_has(l.text, "    # certificate: ");
		assert_int_equal(l.config.policy.servers, 1);
		assert_string_equal(l.config.policy.server[0].name,
				    "server-10.2.5.5");
		assert_int_equal(l.config.policy.server[0].addresses, 1);
		assert_int_equal(l.config.policy.server[0].passive.lo, 42000);
		assert_defaults(&l.config);
		lesson_free(&l);
	}
}

/* Names of 63 bytes are the longest that the configuration takes. */
static void test_long_names(void **state)
{
	char name[80];

	(void)state;
	for (size_t len = 60; len < 70; len++) {
		struct lesson l;
		struct saga *t = lesson_begin(&l);

		memset(name, 'a', len);
		name[len] = '\0';
		saga_session(t, "10.1.4.4", "10.2.5.5", 21);
		saga_tls(t, TLS_1_2, name);
		hidden(t, 42000);
		lesson_end(&l);
		assert_string_equal(l.config.policy.server[0].name,
				    len < 64 ? name : "server-10.2.5.5");
		lesson_free(&l);
	}
}

/* Each with all that an entry can hold, at its longest. */
static void fill_server(struct saga *t, unsigned int i)
{
	char addr[ADDR_TEXT_MAX], name[64];

	snprintf(addr, sizeof(addr), "fc00:1111:2222:3333:4444:5555:6666:%x",
		 0x1000 + i);
	saga_session(t, "fc00:10:1:4::4", addr, 2121);
	/* Each byte of it takes four where it is escaped. */
	memset(name, 0xff, 63);
	name[63] = '\0';
	saga_tls(t, TLS_1_2, "ftp.example");
	saga_session(t, "fc00:10:1:4::4", addr, 40021);
	saga_tls(t, TLS_1_3, "other.example");
	if (i < 3) {
		lesson_certificate(t, name);
		lesson_certificate(t, name);
	}
	for (uint16_t port = 10; port < 20; port++) {
		snprintf(addr, sizeof(addr),
			 "fcff:1111:2222:3333:4444:5555:%x:%x", 0x1000 + port,
			 0x1000 + i);
		saga_endpoint(t, VIA_LPSV, addr, 42000 + 2 * port,
			      "third-host");
		hidden(t, 42000 + 2 * port);
	}
	saga_endpoint(t, VIA_PASV, "10.2.5.5", 80, NULL);
	saga_endpoint(t, VIA_PORT, "10.1.4.4", 80, NULL);
}

/* As many servers as a configuration holds fit into one, and more do no harm. */
static void test_many_servers(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);
	size_t with_certificates;

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		fill_server(t, i);
	lesson_end(&l);
	assert_int_equal(l.config.policy.servers, CONFIG_SERVERS_MAX);
	for (size_t i = 0; i < CONFIG_SERVERS_MAX; i++) {
		assert_int_equal(l.config.policy.server[i].passive.lo, 42020);
		assert_int_equal(l.config.policy.server[i].passive.hi, 42038);
		assert_int_equal(l.config.policy.server[i].public_addresses, 4);
	}
	saga_assert_has(l.text, "\n# of these 88 sessions with servers that a "
				"configuration has no room for\n");
	/* To make so many certificates takes long: the first entry has them. */
	with_certificates =
		(size_t)(strstr(strstr(l.text, "  - name") + 1, "  - name") -
			 l.text);
	assert_true(with_certificates < 4000);
	assert_true(with_certificates * CONFIG_SERVERS_MAX < CONFIG_FILE_MAX);
	lesson_free(&l);
}

/* More sessions than are remembered, and late news of one of the first. */
static void test_many_sessions(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);
	struct story_flow f;

	(void)state;
	for (unsigned int i = 0; i < BOOK_PAGES_MAX + 1000; i++) {
		saga_session(t, "10.1.4.4", "10.2.5.5", 21);
		saga_tls(t, TLS_1_3, NULL);
		hidden(t, (uint16_t)(42000 + i % 1000));
		if (i >= 10)
			saga_close(t, "fin");
	}
	f = saga_passive(t, 43000);
	f.session = 11;
	saga_flow(t, &f);
	f.related = false;
	f.to.port = 43001;
	saga_flow(t, &f);
	lesson_expect(
		&l,
		"servers:\n"
		"  - name: \"server-10.2.5.5\"\n"
		"    # 66,536 sessions on port 21\n"
		"    # TLS 1.3 in 66,536 sessions\n"
		"    address: [\"10.2.5.5\"]\n"
		"    # inferred: 66,536 data connections that nothing "
		"announced in clear: the same hosts made them while a session "
		"was under TLS\n"
		"    # 1,001 passive ports: 42000-43000\n"
		"    # evidence: 66,537 data connections in 66,536 sessions, 0 "
		"endpoints announced\n"
		"    # each port was used again and again, so this may be all "
		"of them\n"
		"    passive-ports: 42000-43000\n"
		"    # no active data connection was seen\n"
		"    active: refuse\n"
		"    # 66,536 sessions under TLS, 0 logins in clear\n"
		"    tls: expected\n"
		"    # data connections: 66,536 showed TLS, 1 were in clear, 0 "
		"showed nothing\n"
		"    data-protection: any\n");
}

/* Open sessions stay; where nothing but those is left, others only count. */
static void test_many_open(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);

	(void)state;
	for (unsigned int i = 0; i < BOOK_PAGES_MAX + 7; i++) {
		saga_session(t, "10.1.4.4", "10.2.5.5", 21);
		saga_tls(t, TLS_1_3, NULL);
	}
	lesson_end(&l);
	saga_assert_has(l.text, "\n# of these 7 sessions for whose details "
				"there was no room\n");
	saga_assert_has(l.text, "  # left out: no data connection was seen; "
				"65,543 sessions on port 21\n");
	lesson_free(&l);
}

/* More ranges than are kept: lowest and highest are right. */
static void test_many_ranges(void **state)
{
	struct lesson l;
	struct saga *t = lesson_begin(&l);

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	saga_tls(t, TLS_1_3, NULL);
	for (uint16_t i = 0; i < 10000; i++)
		hidden(t, 30000 + 2 * i);
	hidden(t, 1500);
	lesson_end(&l);
	saga_assert_has(l.text,
			"    # more than 4,096 passive ports: 30000, 30002, ");
	assert_int_equal(l.config.policy.server[0].passive.lo, 1500);
	assert_int_equal(l.config.policy.server[0].passive.hi, 49998);
	lesson_free(&l);
}

/* --- any story -------------------------------------------------------------------- */

static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static const char *draw_addr(uint32_t *seed)
{
	static const char *const addr[] = {
		"10.1.4.4",    "10.2.5.5", "203.0.113.5",     "0.0.0.0",
		"192.168.1.1", "::",       "fc00:10:2:5::5",  "::1",
		"2001:db8::5", "fe80::1",  "255.255.255.255", "127.0.0.1",
	};

	return addr[draw(seed, sizeof(addr) / sizeof(addr[0]))];
}

static void any_flow(struct saga *t, uint32_t *seed)
{
	struct story_flow f = saga_passive(t, (uint16_t)draw(seed, 65536));

	f.active = draw(seed, 2);
	f.midstream = draw(seed, 4) == 0;
	f.related = draw(seed, 2);
	f.established = draw(seed, 2);
	f.session = draw(seed, (uint32_t)t->session + 2);
	f.tls = draw(seed, 3);
	saga_flow(t, &f);
}

static void any_event(struct saga *t, uint32_t *seed)
{
	uint16_t port = (uint16_t)draw(seed, 65536);

	t->decrypted = draw(seed, 4) == 0;
	switch (draw(seed, 7)) {
	case 0:
		saga_session(t, draw_addr(seed), draw_addr(seed),
			     draw(seed, 2) ? 21 : port);
		break;
	case 1:
		saga_endpoint(t, draw(seed, VIA_LPSV + 1), draw_addr(seed),
			      port, draw(seed, 2) ? NULL : "why");
		hidden(t, port);
		break;
	case 2:
		saga_tls(t, (uint16_t)(0x300 + draw(seed, 9)),
			 draw(seed, 2) ? hostile[draw(seed, HOSTILE)] : "a.b");
		break;
	case 3:
		saga_login(t, hostile[draw(seed, HOSTILE)]);
		break;
	case 4:
		saga_close(t, "fin");
		break;
	default:
		any_flow(t, seed);
		break;
	}
}

static void test_any_story_loads(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 1000; round++) {
		uint32_t seed = round;
		struct lesson l;
		struct saga *t = lesson_begin(&l);

		for (uint32_t i = draw(&seed, 100); i > 0; i--)
			any_event(t, &seed);
		lesson_end(&l);
		assert_defaults(&l.config);
		lesson_free(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_many_servers),
		cmocka_unit_test(test_many_sessions),
		cmocka_unit_test(test_many_open),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_any_story_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
