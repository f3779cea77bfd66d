/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single packets of a replay: held, changed, dropped, made here. */
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

#define SNAT                       \
	"replay:\n  nat:\n"        \
	"    - inside: 10.1.4.4\n" \
	"      public: 203.0.113.1\n"

#define LOGIN "USER ftpuser\r\nPASS secret\r\n"
#define PORT  "PORT 10,1,4,4,19,137\r\n"
#define AWAY  "PORT 203,0,113,1,19,137\r\n"

/* [@from, @to) of @text, the client's next words, in a segment of its own. */
static void part(struct film *f, const char *text, size_t from, size_t to)
{
	const struct film_segment s = { f->control.next[CLIENT] +
						(uint32_t)from,
					f->control.next[SERVER],
					TCP_ACK | TCP_PSH, text + from,
					to - from };

	film_segment(f, &f->control, CLIENT, &s);
}

static void test_routed(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	film_play(&f, "> PORT 10,1,4,4,19,137\n"
		      "< 200 ok\n"
		      "> RETR x\n"
		      "< 150 here\n");
	data = film_active(&f, 5001, 5001);
	film_transfer(&f, &data, SERVER, 3000);
	film_play(&f, "< 226 done\n"
		      "> QUIT\n"
		      "< 221 bye\n");
	film_fin(&f, &f.control);
	film_show(&f, "");
	film_expect(&f, "#1 endpoint PORT accepted 10.1.4.4:5001");
	film_expect(&f, "#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 related "
			"cleartext 3000/0 \n");
	film_expect_not(&f, "#1 alert");
	film_expect_not(&f, "#1 packet");
	/* 12 lines; SYNs, FINs and an ACK for each line besides. */
	film_expect(&f, "#1 traffic 30 packets clear 12/134 handshake 0/0 "
			"records 0/0\n");
	film_expect(&f, "#1 session_close fin");
	film_expect(&f, "end 42 frames 1 sessions 0 unfollowed\n");
	assert_int_equal(f.counts.second_legs, 0);
	assert_int_equal(f.lefts, 42);
	film_stop(&f);
}

/* The second half comes first: it waits, and the line leaves whole. */
static void test_held(void **state)
{
	struct film f;

	(void)state;
	for (int sight = FILM_CLIENT_SIDE; sight <= FILM_FILES; sight++) {
		film_start(&f, "snat", (enum film_sight)sight);
		film_login(&f);
		part(&f, PORT "NOOP\r\n", 10, 22);
		part(&f, PORT "NOOP\r\n", 22, 28);
		part(&f, PORT "NOOP\r\n", 0, 10);
		f.control.next[CLIENT] += 28;
		film_play(&f, "< 200 ok\n"
			      "< 200 ok\n");
		film_fin(&f, &f.control);
		film_show(&f, SNAT);
		film_expect(&f, "#1 packet > held 12");
		film_expect(&f, "#1 packet > held 6");
		assert_int_equal(film_told(&f, "#1 packet > released"), 2);
		film_expect(&f, "#1 rewrite PORT 10.1.4.4:5001 -> "
				"203.0.113.1:5001 +3");
		film_expect(&f, "#1 session_close fin");
		film_expect_not(&f, "#1 alert");
		film_expect_read(&f, &f.client_public, &f.server,
				 LOGIN AWAY "NOOP\r\n");
		/* In order, as it came to be known. */
		for (size_t k = 1; k < f.lefts; k++)
			assert_true(f.left_us[k] >= f.left_us[k - 1]);
		film_stop(&f);
	}
}

/* Whoever waits for the rest at the end of the capture has waited in vain. */
static void test_held_for_ever(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	film_login(&f);
	part(&f, PORT, 10, 22);
	film_show(&f, SNAT);
	film_expect(&f, "#1 packet > held 12");
	film_expect_not(&f, "#1 command PORT");
	film_expect(&f, "#1 session_close shutdown");
	film_stop(&f);
}

/* Nagle: the client sends no more before the gateway has acknowledged what it
 * holds back of the line. */
static void test_injected(void **state)
{
	struct film f;
	size_t acks;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	film_login(&f);
	part(&f, PORT, 0, 9);
	part(&f, PORT, 0, 9);
	part(&f, PORT, 9, 22);
	f.control.next[CLIENT] += 22;
	film_play(&f, "< 200 ok\n");
	film_fin(&f, &f.control);
	acks = 5 + 1 + 2; /* SYN-ACK, lines, ACKs of lines, FIN */
	film_show(&f, SNAT);
	assert_int_equal(film_left(&f, &f.server_public, &f.client), acks + 1);
	film_expect_read(&f, &f.client_public, &f.server, LOGIN AWAY);
	film_expect(&f, "#1 session_close fin");
	film_stop(&f);
}

/* What does not fit where it was before: the first copy wins. */
static void test_conflict(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	part(&f, "NOOP\r\n", 0, 6);
	part(&f, "SITE\r\n", 0, 6);
	f.control.next[CLIENT] += 6;
	film_play(&f, "< 200 ok\n");
	film_show(&f, "");
	film_expect(&f, "#1 alert overlap-conflict");
	film_expect_read(&f, &f.client, &f.server, LOGIN "NOOP\r\n");
	assert_int_equal(f.counts.unfollowed, 1);
	film_expect(&f, "end 17 frames 1 sessions 1 unfollowed\n");
	film_stop(&f);
}

/* A segment that is missing in the capture, but was received. */
static void test_missing(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	f.control.next[CLIENT] += 6; /* NOOP */
	film_play(&f, "< 200 ok\n"
		      "> NOOP\n"
		      "< 200 ok\n");
	film_show(&f, "");
	film_expect(&f, "#1 alert gap");
	assert_int_equal(f.counts.unfollowed, 1);
	film_stop(&f);
}

/* tls.explicit: forbid. The server reads another command, the client another
 * reply; the session goes on. */
static void test_replaced(void **state)
{
	struct film f;

	(void)state;
	for (int sight = FILM_CLIENT_SIDE; sight <= FILM_FILES; sight++) {
		film_start(&f, "snat dnat", (enum film_sight)sight);
		film_login(&f);
		film_play(&f, "> AUTH TLS\n"
			      "< 234 go\n"
			      "> QUIT\n"
			      "< 221 bye\n");
		film_fin(&f, &f.control);
		film_show(&f, SNAT "    - inside: 10.2.5.5\n"
				   "      public: 203.0.113.9\n"
				   "tls:\n  explicit: forbid\n");
		film_expect(&f, "#1 alert tls-forbidden");
		film_expect_not(&f, "#1 alert gap");
		film_expect(&f, "#1 packet > changed 10");
		film_expect(&f, "#1 session_close fin");
		film_expect_read(&f, &f.client_public, &f.server,
				 LOGIN "NOOP\r\nQUIT\r\n");
		film_expect_read(&f, &f.server_public, &f.client,
				 "220 ready\r\n331 and?\r\n230 welcome\r\n"
				 "534 This network does not allow TLS here.\r\n"
				 "221 bye\r\n");
		film_stop(&f);
	}
}

/* A hello of SSL 2: the engine ends the session, by packets of its own. */
static void test_cut_off(void **state)
{
	static const uint8_t hello[] = { 0x80, 0x2e, 1, 3, 1,   0, 21, 0, 0,
					 0,    16,   1, 0, 128, 0, 0,  4, 0 };
	struct film f;
	struct packet p;
	size_t resets[2] = { 0 };

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	film_open(&f, &f.control);
	film_play(&f, "< 220 ready\n"
		      "> AUTH TLS\n"
		      "< 234 go\n");
	part(&f, (const char *)hello, 0, sizeof(hello));
	film_show(&f, SNAT "tls:\n  explicit: require\n");
	film_expect(&f, "#1 alert tls-sslv2");
	film_expect(&f, "#1 packet > dropped 18");
	film_expect(&f, "#1 session_close refused by policy");
	for (size_t i = 0; i < f.lefts; i++) {
		const struct span ip = span_of(f.left[i], f.left_len[i]);

		assert_int_equal(packet_decode(ip, &p), PACKET_TCP);
		if (!(p.flags & TCP_RST))
			continue;
		resets[0] += endpoint_equal(&p.src, &f.client_public) &&
			     endpoint_equal(&p.dst, &f.server);
		resets[1] += endpoint_equal(&p.src, &f.server_public) &&
			     endpoint_equal(&p.dst, &f.client);
	}
	assert_int_equal(resets[0], 1);
	assert_int_equal(resets[1], 1);
	film_stop(&f);
}

/* An announced port that is not the client's: nothing opens, nothing changes. */
static void test_bounce(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	film_login(&f);
	film_play(&f, "> PORT 10,1,4,66,19,137\n"
		      "< 200 ok\n");
	film_show(&f, SNAT);
	film_expect(&f, "#1 alert bounce");
	film_expect_not(&f, "#1 pinhole open");
	film_expect_read(&f, &f.client_public, &f.server,
			 LOGIN "PORT 10,1,4,66,19,137\r\n");
	assert_int_equal(f.counts.unfollowed, 0);
	film_stop(&f);
}

/* Thirty sessions, one after the other, each with what belongs to it. */
static void test_many(void **state)
{
	struct film f;
	char start[80];

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	for (uint16_t i = 0; i < 30; i++) {
		f.control = film_control(&f, (uint16_t)(40000 + i));
		film_login(&f);
		film_fin(&f, &f.control);
	}
	film_show(&f, SNAT);
	for (int i = 1; i <= 30; i++) {
		snprintf(start, sizeof(start), "#%d session_close fin", i);
		assert_int_equal(film_told(&f, start), 1);
		snprintf(start, sizeof(start), "#%d traffic 16 packets", i);
		assert_int_equal(film_told(&f, start), 1);
	}
	assert_int_equal(f.lefts, f.counts.frames);
	film_stop(&f);
}

struct times {
	uint64_t opened, expired;
};

static void watch_pinhole(void *arg, const struct story_note *n)
{
	struct times *t = arg;

	if (n->event->type != EVENT_PINHOLE)
		return;
	assert_int_equal(n->event->at_us, n->place.at_us);
	if (n->event->pinhole.op == PINHOLE_OPEN)
		t->opened = n->place.at_us;
	if (n->event->pinhole.op == PINHOLE_EXPIRE) {
		t->expired = n->place.at_us;
		assert_int_equal(n->place.frame, 0);
	}
}

/* What time brings about happens when it is due, though nobody sends then. */
static void test_deadline(void **state)
{
	struct times t = { 0 };
	const struct listener also = { .arg = &t, .note = watch_pinhole };
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	f.also_tell = &also;
	film_login(&f);
	film_play(&f, "> PASV\n"
		      "< 227 ok (10,2,5,5,164,16)\n");
	f.now += 100000000;
	film_play(&f, "> NOOP\n"
		      "< 200 ok\n");
	film_show(&f, "pinhole:\n  timeout: 60s\n");
	film_expect(&f, "#1 pinhole expire");
	assert_in_range(t.expired - t.opened, 60000000, 60010000);
	film_stop(&f);
}

/* Packets of nobody: translated, and no more. */
static void test_others(void **state)
{
	static const uint8_t udp[32] = { 0x45, 0, 0,  32, 0, 1, 0,  0, 64, 17,
					 0,    0, 10, 1,  4, 4, 10, 2, 5,  5 };
	struct film f;
	struct film_call web;
	struct endpoint from;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	film_raw(&f, CLIENT, udp, sizeof(udp));
	web = film_passive(&f, 45000, 80);
	film_transfer(&f, &web, CLIENT, 26);
	film_show(&f, SNAT);
	assert_string_equal(f.story, "end 9 frames 0 sessions 0 unfollowed\n");
	assert_int_equal(f.lefts, 9);
	assert_memory_equal(f.left[0], udp, sizeof(udp));
	from = web.end[SERVER][CLIENT];
	film_expect_read(&f, &from, &web.end[SERVER][SERVER],
			 "abcdefghijklmnopqrstuvwxyz");
	film_stop(&f);
}

/* With both sides there, everything leaves once. */
static void test_others_twice(void **state)
{
	static const uint8_t udp[32] = { 0x45, 0, 0,  32, 0, 1, 0,  0, 64, 17,
					 0,    0, 10, 1,  4, 4, 10, 2, 5,  5 };
	uint8_t far[32];
	struct film f;
	struct film_call web;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		for (int nat = 0; nat < 2; nat++) {
			film_start(&f,
				   v6    ? "v6"
				   : nat ? "snat"
					 : "",
				   FILM_BOTH);
			memcpy(far, udp, sizeof(udp));
			far[8]--;
			film_raw(&f, CLIENT, udp, sizeof(udp));
			film_raw(&f, SERVER, far, sizeof(far));
			/* That one is another. */
			far[23] = 9;
			film_raw(&f, SERVER, far, sizeof(far));
			web = film_passive(&f, 45000, 80);
			film_transfer(&f, &web, CLIENT, 26);
			film_show(&f, nat && !v6 ? SNAT : "");
			/* Replies to a public address lead to nobody knows
			 * whom: they are there with both names. */
			assert_int_equal(f.lefts, 2 + 8 + (!v6 && nat ? 3 : 0));
			assert_int_equal(film_left(&f, &web.end[SERVER][CLIENT],
						   &web.end[SERVER][SERVER]),
					 5);
			film_expect_read(&f, &web.end[SERVER][CLIENT],
					 &web.end[SERVER][SERVER],
					 "abcdefghijklmnopqrstuvwxyz");
			film_stop(&f);
		}
	}
}

static bool stop_at(void *arg, struct capture_progress at)
{
	unsigned int *left = arg;

	assert_true(at.read <= at.size);
	return --*left > 0;
}

/* Who asks for it is asked every now and then whether to go on. */
static void test_progress(void **state)
{
	struct film_segment s = { .seq = 1, .ack = 1, .flags = TCP_ACK };
	unsigned int calls = 2;
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	f.progress = stop_at;
	f.progress_arg = &calls;
	for (unsigned int i = 0; i < 3 * REPLAY_PROGRESS_PACKETS; i++) {
		s.seq++;
		film_segment(&f, &f.control, CLIENT, &s);
	}
	f.no_write = true;
	film_show(&f, "");
	assert_int_equal(calls, 0);
	/* As if it ended there; a little more may have been read. */
	film_expect(&f, "end ");
	assert_true(f.counts.frames >= 2 * REPLAY_PROGRESS_PACKETS);
	film_stop(&f);
}

static void test_empty(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	file_pcap(f.file[0], 101);
	film_show(&f, "");
	assert_string_equal(f.story, "end 0 frames 0 sessions 0 unfollowed\n");
	assert_int_equal(f.lefts, 0);
	film_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routed),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_held_for_ever),
		cmocka_unit_test(test_injected),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_bounce),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_others_twice),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
