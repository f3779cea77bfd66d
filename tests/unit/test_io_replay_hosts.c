/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who belongs to whom: several sessions of two hosts, hosts that are both
 * client and server, many clients behind one address, strangers, and
 * connections that nothing lets in. */
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

/* The film's control connection is @c from now on; gives the one before. */
static struct film_call use(struct film *f, struct film_call c)
{
	struct film_call before = f->control;

	f->control = c;
	return before;
}

static void transfer(struct film *f, uint16_t from, uint16_t port, size_t bytes)
{
	struct film_call data = film_passive(f, from, port);

	film_transfer(f, &data, SERVER, bytes);
}

/* --- several sessions ----------------------------------------------------------- */

/* Each data connection belongs to the session that announced it. */
static void test_two_sessions(void **state)
{
	struct film f;
	struct film_call first;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	first = use(&f, film_control(&f, 40001));
	film_login(&f);
	film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,17)");
	first = use(&f, first);
	film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,16)");
	transfer(&f, 45000, 42000, 10);
	transfer(&f, 45001, 42001, 20);
	/* The newest is over: what belongs to none is the other one's. */
	first = use(&f, first);
	film_fin(&f, &f.control);
	transfer(&f, 45002, 42002, 30);
	film_fin(&f, &first);
	transfer(&f, 45003, 42003, 40);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related cleartext 0/10 \n");
	film_expect(&f, "#2 flow passive 10.1.4.4:45001 -> 10.2.5.5:42001 "
			"related cleartext 0/20 \n");
	film_expect(&f, "#1 flow passive 10.1.4.4:45002 -> 10.2.5.5:42002 "
			"unmatched cleartext 0/30 no command or reply "
			"announced this port\n");
	film_expect(&f, "#0 flow passive 10.1.4.4:45003 -> 10.2.5.5:42003 "
			"unmatched cleartext 0/40 the session was over\n");
	film_stop(&f);
}

/* Each is the other one's server: which of them connects shows by the session. */
static void test_both_ways(void **state)
{
	struct film f, back;
	struct film_call data;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	/* The second session goes the other way. */
	back = f;
	back.client = back.client_public = wire_endpoint("10.2.5.5", 50000);
	back.server = back.server_public = wire_endpoint("10.1.4.4", 21);
	back.control = film_control(&back, 50000);
	film_login(&back);
	film_play(&back, "> PASV\n< 227 ok (10,1,4,4,164,16)");
	f.now = back.now;
	f.id = back.id;
	film_play(&f, "> PORT 10,1,4,4,19,137\n< 200 ok");
	data = film_active(&f, 5001, 5001);
	film_transfer(&f, &data, SERVER, 10);
	back.now = f.now;
	transfer(&back, 45000, 42000, 20);
	f.now = back.now;
	film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,16)");
	transfer(&f, 45000, 42000, 30);
	film_show(&f, "");
	film_expect(&f, "#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 related "
			"cleartext 10/0 \n");
	film_expect(&f, "#2 flow passive 10.2.5.5:45000 -> 10.1.4.4:42000 "
			"related cleartext 0/20 \n");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related cleartext 0/30 \n");
	film_stop(&f);
}

/* Two clients behind one public address, seen from outside: the data
 * connection belongs to whoever announced it. */
static void test_one_public_address(void **state)
{
	struct film f, other;
	struct film_call data;

	(void)state;
	film_start(&f, "snat", FILM_BOTH);
	film_login(&f);
	other = f;
	other.client = wire_endpoint("10.1.4.5", 41000);
	other.control = film_control(&other, 41000);
	film_login(&other);
	film_play(&other, "> PORT 10,1,4,5,19,137\n< 200 ok");
	data = film_active(&other, 5001, 5001);
	film_transfer(&other, &data, SERVER, 10);
	f.now = other.now;
	f.id = other.id;
	film_play(&f, "> PORT 10,1,4,4,23,112\n< 200 ok");
	data = film_active(&f, 6000, 6000);
	film_transfer(&f, &data, SERVER, 20);
	film_show(&f, "replay:\n  nat:\n    - inside: 10.1.4.0/24\n"
		      "      public: 203.0.113.1\n");
	film_expect(&f, "#2 data open related 10.2.5.5:20 -> 203.0.113.1:5001");
	film_expect(&f,
		    "#2 flow active 10.2.5.5:20 -> 203.0.113.1:5001 related "
		    "cleartext 10/0 \n");
	film_expect(&f,
		    "#1 flow active 10.2.5.5:20 -> 203.0.113.1:6000 related "
		    "cleartext 20/0 \n");
	film_stop(&f);
}

/* --- a control port that the gateway alone gives to the server ------------------- */

static void test_public_port(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "dnat", FILM_BOTH);
	f.server_public.port = 2121;
	f.control = film_control(&f, 40000);
	film_login(&f);
	film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,16)");
	transfer(&f, 45000, 42000, 10);
	film_fin(&f, &f.control);
	/* Once more: the two hosts know each other by now. */
	f.control = film_control(&f, 40001);
	film_login(&f);
	film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,17)");
	transfer(&f, 45001, 42001, 20);
	film_fin(&f, &f.control);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 203.0.113.9:42000 "
			"related cleartext 0/10 \n");
	film_expect(&f, "#2 flow passive 10.1.4.4:45001 -> 203.0.113.9:42001 "
			"related cleartext 0/20 \n");
	film_expect(&f, "#2 session_close fin");
	assert_int_equal(film_told(&f, "#1 flow") + film_told(&f, "#2 flow") +
				 film_told(&f, "#0 flow"),
			 2);
	assert_int_equal(f.counts.unfollowed, 0);
	film_stop(&f);
}

/* --- nothing lets it in ------------------------------------------------------------ */

static void test_reasons(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	transfer(&f, 45000, 42000, 1); /* nobody spoke of it */
	film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,17)");
	transfer(&f, 45001, 42001, 2);
	transfer(&f, 45002, 42001, 3); /* once more */
	film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,18)");
	f.now += 61000000;
	transfer(&f, 45003, 42002, 4); /* too late */
	film_play(&f, "> PORT 10,1,4,4,0,80\n< 200 ok");
	data = film_active(&f, 80, 80); /* refused */
	film_transfer(&f, &data, SERVER, 5);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"unmatched cleartext 0/1 no command or reply announced "
			"this port\n");
	film_expect(&f, "#1 flow passive 10.1.4.4:45001 -> 10.2.5.5:42001 "
			"related cleartext 0/2 \n");
	film_expect(&f, "#1 flow passive 10.1.4.4:45002 -> 10.2.5.5:42001 "
			"unmatched cleartext 0/3 its pinhole was used "
			"before\n");
	film_expect(&f, "#1 flow passive 10.1.4.4:45003 -> 10.2.5.5:42002 "
			"unmatched cleartext 0/4 its pinhole had expired");
	film_expect(&f, "#1 flow active 10.2.5.5:20 -> 10.1.4.4:80 "
			"unmatched cleartext 5/0 it was announced, but no "
			"pinhole opened: low-port\n");
	assert_int_equal(f.counts.unfollowed, 0);
	film_stop(&f);
}

/* A third host at somebody else's open port. */
static void test_stranger(void **state)
{
	struct film f;
	struct film_call thief;

	(void)state;
	for (int sight = FILM_CLIENT_SIDE; sight <= FILM_FILES; sight++) {
		film_start(&f, "", (enum film_sight)sight);
		film_login(&f);
		film_play(&f, "> PASV\n< 227 ok (10,2,5,5,164,16)");
		thief = film_passive(&f, 45000, 42000);
		thief.end[0][CLIENT] = thief.end[1][CLIENT] =
			wire_endpoint("10.1.4.66", 45000);
		film_transfer(&f, &thief, SERVER, 10);
		transfer(&f, 45000, 42000, 20);
		film_show(&f, "");
		assert_int_equal(film_told(&f, "#1 alert data-theft"), 1);
		assert_int_equal(film_told(&f, "#1 data open unrelated"), 1);
		film_expect(&f, "#1 data open unrelated 10.1.4.66:45000 -> "
				"10.2.5.5:42000 not from the session's peer");
		film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> "
				"10.2.5.5:42000 related cleartext 0/20 \n");
		assert_int_equal(film_told(&f, "#1 flow"), 1);
		assert_int_equal(f.lefts * (sight < FILM_BOTH ? 1 : 2),
				 f.counts.frames);
		film_stop(&f);
	}
}

/* Begun before the capture: no verdict. Whoever speaks first there, it is the
 * client that connects, unless the server's port is its data port. */
static void test_midstream_data(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	for (int who = CLIENT; who <= SERVER; who++) {
		film_start(&f, "", FILM_CLIENT_SIDE);
		film_login(&f);
		data = film_passive(&f, 45000, 42000);
		film_send(&f, &data, (enum side)who, "abc", 3);
		film_fin(&f, &data);
		data = film_active(&f, 5001, 5001);
		film_send(&f, &data, (enum side)who, "defg", 4);
		film_fin(&f, &data);
		film_show(&f, "");
		assert_int_equal(film_told(&f, "#1 flow"), 2);
		film_expect(&f, who == CLIENT
					? "#1 flow passive 10.1.4.4:45000 -> "
					  "10.2.5.5:42000 midstream 3/0 \n"
					: "#1 flow passive 10.1.4.4:45000 -> "
					  "10.2.5.5:42000 midstream 0/3 \n");
		film_expect(&f, who == CLIENT
					? "#1 flow active 10.2.5.5:20 -> "
					  "10.1.4.4:5001 midstream 0/4 \n"
					: "#1 flow active 10.2.5.5:20 -> "
					  "10.1.4.4:5001 midstream 4/0 \n");
		film_expect_not(&f, "#1 data");
		film_stop(&f);
	}
}

/* Picked up in the middle, with both legs there: everything once. */
static void test_midstream_twice(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	for (int sight = FILM_BOTH; sight <= FILM_FILES; sight++) {
		film_start(&f, "snat", (enum film_sight)sight);
		film_play(&f, "> TYPE I\n"
			      "< 200 ok\n"
			      "> PORT 10,1,4,4,19,137\n"
			      "< 200 ok\n");
		data = film_active(&f, 5001, 5001);
		film_transfer(&f, &data, SERVER, 26);
		film_fin(&f, &f.control);
		film_show(&f, "pinhole:\n  require-login: false\n"
			      "replay:\n  nat:\n    - inside: 10.1.4.0/24\n"
			      "      public: 203.0.113.1\n");
		assert_int_equal(film_told(&f, "#1 session_open"), 1);
		film_expect_not(&f, "#2 ");
		film_expect(&f, "#1 rewrite PORT 10.1.4.4:5001 -> 203.0.113.1");
		film_expect(&f, "#1 data open related");
		assert_int_equal(film_told(&f, "#1 flow"), 1);
		film_expect(&f, "#1 session_close fin");
		assert_int_equal(f.lefts * 2, f.counts.frames);
		film_stop(&f);
		/* The server speaks first: no second session either. */
		film_start(&f, "snat", (enum film_sight)sight);
		film_play(&f, "< 226 done\n"
			      "> TYPE I\n"
			      "< 200 ok\n"
			      "> NOOP\n"
			      "< 200 ok\n");
		film_fin(&f, &f.control);
		film_show(&f, "");
		assert_int_equal(film_told(&f, "#1 session_open"), 1);
		assert_int_equal(film_told(&f, "#1 command NOOP"), 1);
		film_expect(&f, "#1 session_close fin");
		film_expect_not(&f, "#2 ");
		film_stop(&f);
	}
}

/* A session that was silent too long is over; what comes then is another one,
 * with numbers of its own. */
static void test_silence(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	f.now += UINT64_C(30) * 24 * 3600 * 1000000;
	film_play(&f, "> NOOP\n"
		      "< 200 ok\n"
		      "> NOOP\n"
		      "< 200 ok\n");
	film_fin(&f, &f.control);
	film_show(&f, "");
	film_expect(&f, "#1 session_close timeout");
	film_expect(&f, "#1 traffic 13 packets clear 5/");
	film_expect(&f, "#2 session_open");
	film_expect(&f, "#2 session_close fin");
	assert_int_equal(film_told(&f, "#2 traffic"), 1);
	assert_non_null(strstr(f.story, "packets clear 4/28 handshake 0/0"));
	film_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_sessions),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_one_public_address),
		cmocka_unit_test(test_public_port),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_midstream_data),
		cmocka_unit_test(test_midstream_twice),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
