/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets without sense between a few hosts: whatever comes, each session is
 * opened and closed once, each flow told once, and nothing is lost or read that
 * is not there (under the sanitizers).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "film.h"
#include "support.h"
#include "tls_talk.h"

#define FILMS   40
#define PACKETS 600

#define CONFIG                                                   \
	"replay:\n  nat:\n"                                      \
	"    - inside: 10.1.4.4\n      public: 203.0.113.1\n"    \
	"    - inside: 10.2.5.5\n      public: 203.0.113.9\n"    \
	"servers:\n  - name: lab\n    address: [10.2.5.5]\n    " \
	"passive-ports: 42000-42001\n"                           \
	"    data-protection: require\n"

static const char *const config[] = {
	"",
	CONFIG,
	CONFIG "tls:\n  fast-path: true\n",
	CONFIG "tls:\n  explicit: forbid\n",
	CONFIG "tls:\n  explicit: require\n",
	"pinhole:\n  require-login: false\n",
};

static const char *const words[] = {
	"USER ftpuser\r\n",
	"PASS secret\r\n",
	"AUTH TLS\r\n",
	"PASV\r\n",
	"EPSV\r\n",
	"PORT 10,1,4,4,19,137\r\n",
	"PORT 203,0,113,1,19,137\r\nNOOP\r\n",
	"PORT 10,1,",
	"QUIT\r\n",
	"220 ready\r\n",
	"331 and?\r\n",
	"230 welcome\r\n",
	"234 go\r\n",
	"200 ok\r\n",
	"227 ok (10,2,5,5,164,16)\r\n",
	"227 ok (203,0,113,9,164,17)\r\n",
	"229 ok (|||42000|)\r\n",
	"221-more\r\n",
	"\x16\x03\x03",
	"x",
};

struct dice {
	uint64_t seed;
};

static size_t roll(struct dice *d, size_t sides)
{
	return (size_t)(random_next(&d->seed) % sides);
}

/* One of a few connections, in one of its legs, or none at all. */
static struct film_call any_call(struct film *f, struct dice *d)
{
	static const uint16_t ports[] = { 21, 990, 20, 5001, 42000, 42001, 80 };
	struct film_call c = film_control(f, (uint16_t)(40000 + roll(d, 2)));

	switch (roll(d, 4)) {
	case 0:
		return film_passive(f, (uint16_t)(45000 + roll(d, 2)),
				    (uint16_t)(42000 + roll(d, 2)));
	case 1:
		return film_active(f, 5001, 5001);
	case 2:
		c.end[0][SERVER].port = c.end[1][SERVER].port =
			ports[roll(d, ARRAY_SIZE(ports))];
		break;
	default:
		break;
	}
	return c;
}

/* Numbers that often fit, and often do not. */
static uint32_t any_number(struct dice *d, uint32_t base)
{
	static const uint32_t far[] = { 0, 0x80000000, 0xffffffff, 0x40000000 };

	if (roll(d, 10) == 0)
		return far[roll(d, ARRAY_SIZE(far))] + (uint32_t)roll(d, 3);
	return base + (uint32_t)roll(d, 4) * 10;
}

static void any_packet(struct film *f, struct dice *d, uint32_t at[2])
{
	static const uint8_t flags[] = {
		TCP_SYN,           TCP_SYN | TCP_ACK,
		TCP_ACK,           TCP_ACK,
		TCP_ACK | TCP_PSH, TCP_ACK | TCP_PSH,
		TCP_ACK | TCP_FIN, TCP_RST,
		TCP_RST | TCP_ACK, 0,
	};
	static uint8_t packet[WIRE_PACKET_MAX];
	uint8_t hello[TLS_TALK_MAX];
	const struct film_call c = any_call(f, d);
	const enum side who = (enum side)roll(d, 2);
	struct film_segment s = { any_number(d, at[who]),
				  any_number(d, at[!who]),
				  flags[roll(d, ARRAY_SIZE(flags))], "", 0 };
	int leg = (int)roll(d, 2);
	size_t len;

	if (roll(d, 2)) {
		s.bytes = words[roll(d, ARRAY_SIZE(words))];
		s.len = strlen(s.bytes);
	} else if (roll(d, 8) == 0) {
		s.bytes = hello;
		s.len = roll(d, 2) ? tls_client_hello(hello, TLS_1_3, NULL)
				   : tls_server_hello(hello, TLS_1_3, false);
	}
	f->id = (uint16_t)(f->id + roll(d, 2));
	len = film_build(f, &c, who, &s, leg, packet);
	if (roll(d, 30) == 0)
		packet[roll(d, len)] ^= (uint8_t)(1 << roll(d, 8));
	film_raw(f, leg, packet, len);
	if (roll(d, 4) == 0)
		at[who] += (uint32_t)s.len;
	f->now += roll(d, 50) ? roll(d, 3000) : roll(d, 100000000);
	if (roll(d, 40) == 0)
		f->now -= roll(d, 5000000);
}

static void check(const struct film *f, uint64_t seed)
{
	char start[64];
	unsigned int sessions = 0;

	for (unsigned int i = 1;; i++) {
		unsigned int opened, closed, traffic;

		snprintf(start, sizeof(start), "#%u session_open", i);
		opened = film_told(f, start);
		if (!opened)
			break;
		snprintf(start, sizeof(start), "#%u session_close", i);
		closed = film_told(f, start);
		snprintf(start, sizeof(start), "#%u traffic", i);
		traffic = film_told(f, start);
		if (opened != 1 || closed != 1 || traffic > 1)
			fail_msg("film %u, session %u:\n%s", (unsigned int)seed,
				 i, f->story);
		sessions++;
	}
	assert_int_equal(film_told(f, "end "), 1);
	assert_true(sessions > 0);
}

static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= FILMS; seed++) {
		struct dice d = { seed };
		uint32_t at[2] = { 1000, 0xfffffff0 };
		struct film f;

		film_start(&f, seed % 3 ? "snat dnat" : "",
			   (enum film_sight)(seed % 4));
		if (seed % 5 == 0)
			f.snap = 60;
		film_login(&f);
		for (int i = 0; i < PACKETS; i++)
			any_packet(&f, &d, at);
		f.bad_sums = true;
		film_show(&f, config[seed % ARRAY_SIZE(config)]);
		check(&f, seed);
		film_stop(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
