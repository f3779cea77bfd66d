/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same ends once more: ports that are used again, and SYNs that only look
 * like it. */
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

/* Only to be seen, never answered. */
static void lone_syn(struct film *f, const struct film_call *c, uint32_t seq)
{
	const struct film_segment syn = { .seq = seq, .flags = TCP_SYN };

	film_segment(f, c, c->opener, &syn);
}

/* The same ends, other numbers. */
static struct film_call again(const struct film_call *c)
{
	struct film_call next = *c;

	next.next[CLIENT] += 0x10000000;
	next.next[SERVER] += 0x10000000;
	return next;
}

static void pasv(struct film *f)
{
	film_play(f, "> PASV\n"
		     "< 227 ok (10,2,5,5,164,16)\n");
}

/* --- control connections ------------------------------------------------------ */

static void test_forged_control_syn(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	lone_syn(&f, &f.control, 12345);
	pasv(&f);
	data = film_passive(&f, 45000, 42000);
	film_transfer(&f, &data, SERVER, 26);
	film_play(&f, "> QUIT\n"
		      "< 221 bye\n");
	film_fin(&f, &f.control);
	film_show(&f, "");
	assert_int_equal(film_told(&f, "#1 session_open"), 1);
	film_expect(&f, "#1 session_close fin");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related");
	/* Nine lines, and what they took on the wire: once, and all of it. */
	film_expect(&f, "#1 traffic 24 packets clear 9/");
	assert_int_equal(film_told(&f, "#1 traffic"), 1);
	film_expect_not(&f, "#2 ");
	film_stop(&f);
}

static void test_control_again(void **state)
{
	struct film f;

	(void)state;
	for (int ended = 0; ended < 2; ended++) {
		film_start(&f, "", FILM_CLIENT_SIDE);
		film_login(&f);
		if (ended)
			film_fin(&f, &f.control);
		f.control = again(&f.control);
		film_login(&f);
		film_fin(&f, &f.control);
		film_show(&f, "");
		film_expect(&f, ended ? "#1 session_close fin"
				      : "#1 session_close replaced");
		film_expect(&f, ended ? "#1 traffic 16 packets clear 5/"
				      : "#1 traffic 13 packets clear 5/");
		film_expect(&f, "#2 session_close fin");
		film_expect(&f, "#2 traffic 16 packets clear 5/");
		assert_int_equal(film_told(&f, "#2 session_open"), 1);
		film_expect(&f, ended ? "end 32 frames 2 sessions 0 unf"
				      : "end 29 frames 2 sessions 0 unf");
		film_stop(&f);
	}
}

/* Its packets are told of, too. */
static void test_control_again_translated(void **state)
{
	struct film f;

	(void)state;
	for (int sight = FILM_CLIENT_SIDE; sight <= FILM_FILES; sight++) {
		film_start(&f, "snat dnat", (enum film_sight)sight);
		film_login(&f);
		f.control = again(&f.control);
		film_login(&f);
		film_play(&f, "> PORT 10,1,4,4,19,137\n"
			      "< 200 ok\n");
		film_fin(&f, &f.control);
		film_show(&f, "replay:\n  nat:\n"
			      "    - inside: 10.1.4.4\n"
			      "      public: 203.0.113.1\n"
			      "    - inside: 10.2.5.5\n"
			      "      public: 203.0.113.9\n");
		film_expect(&f, "#1 session_close replaced");
		film_expect(&f, "#2 packet > changed 22");
		film_expect(&f, "#2 session_close fin");
		film_expect(&f, "#2 traffic 20 packets clear 7/");
		film_expect(&f, "end ");
		assert_int_equal(f.counts.unfollowed, 0);
		film_stop(&f);
	}
}

/* Nobody answers the first one; the client begins anew, at once. */
static void test_control_retried(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	lone_syn(&f, &f.control, f.control.next[CLIENT]);
	f.control = again(&f.control);
	film_login(&f);
	film_fin(&f, &f.control);
	film_show(&f, "");
	film_expect(&f, "#1 command USER ftpuser");
	film_expect(&f, "#1 traffic 16 packets clear 5/");
	film_expect(&f, "#1 session_close fin");
	film_expect(&f, "end 17 frames 1 sessions 0 unfollowed\n");
	assert_int_equal(f.lefts, 17);
	film_stop(&f);
}

/* --- data connections ----------------------------------------------------------- */

static void test_forged_data_syn(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	pasv(&f);
	data = film_passive(&f, 45000, 42000);
	film_open(&f, &data);
	film_send(&f, &data, SERVER, "abc", 3);
	lone_syn(&f, &data, 12345);
	film_send(&f, &data, SERVER, "def", 3);
	film_fin(&f, &data);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related cleartext 0/6 \n");
	assert_int_equal(film_told(&f, "#1 flow"), 1);
	film_expect(&f, "#1 data close related");
	film_stop(&f);
}

/* Active servers send from one port; the client may announce one again. */
static void data_again(bool ended, bool announced)
{
	struct film f;
	struct film_call data;

	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	film_play(&f, "> PORT 10,1,4,4,19,137\n"
		      "< 200 ok\n");
	data = film_active(&f, 5001, 5001);
	film_open(&f, &data);
	film_send(&f, &data, SERVER, "abc", 3);
	if (ended)
		film_fin(&f, &data);
	if (announced)
		film_play(&f, "> PORT 10,1,4,4,19,137\n"
			      "< 200 ok\n");
	data = again(&data);
	film_open(&f, &data);
	film_send(&f, &data, SERVER, "defg", 4);
	film_fin(&f, &data);
	film_fin(&f, &f.control);
	film_show(&f, "");
	film_expect(&f, "#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 related "
			"cleartext 3/0 \n");
	film_expect(&f, announced
				? "#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 "
				  "related cleartext 4/0 \n"
				: "#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 "
				  "unmatched cleartext 4/0 its pinhole was "
				  "used before\n");
	assert_int_equal(film_told(&f, "#1 flow"), 2);
	assert_int_equal(film_told(&f, "#1 data open related"), 1 + announced);
	assert_int_equal(film_told(&f, "#1 data close related"), 1 + announced);
	film_expect(&f, "#1 session_close fin");
	film_stop(&f);
}

static void test_data_again(void **state)
{
	(void)state;
	data_again(true, true);
	data_again(true, false);
	data_again(false, true);
	data_again(false, false);
}

static void test_reset(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	pasv(&f);
	data = film_passive(&f, 45000, 42000);
	film_open(&f, &data);
	film_send(&f, &data, SERVER, "abc", 3);
	film_rst(&f, &data, CLIENT);
	film_rst(&f, &f.control, SERVER);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related reset cleartext 0/3 \n");
	film_expect(&f, "#1 data close related");
	film_expect(&f, "#1 session_close rst");
	film_stop(&f);
}

/* Nobody answers, or the server refuses. */
static void test_half_open(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	pasv(&f);
	data = film_passive(&f, 45000, 42000);
	lone_syn(&f, &data, data.next[CLIENT]++);
	film_rst(&f, &data, SERVER);
	pasv(&f);
	data = film_passive(&f, 45001, 42000);
	lone_syn(&f, &data, data.next[CLIENT]);
	f.now += 1000000;
	lone_syn(&f, &data, data.next[CLIENT]);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related half-open reset 0/0 \n");
	film_expect(&f, "#1 flow passive 10.1.4.4:45001 -> 10.2.5.5:42000 "
			"related half-open 0/0 \n");
	assert_int_equal(film_told(&f, "#1 flow"), 2);
	film_stop(&f);
}

/* The client is faster than the server's reply; what is not answered it sends
 * again, and by then a pinhole is there. */
static void test_early(void **state)
{
	struct film f;
	struct film_call data;

	(void)state;
	for (int sight = FILM_CLIENT_SIDE; sight <= FILM_BOTH; sight++) {
		film_start(&f, "snat dnat", (enum film_sight)sight);
		film_login(&f);
		film_play(&f, "> PASV\n");
		data = film_passive(&f, 45000, 42000);
		lone_syn(&f, &data, data.next[CLIENT]);
		film_play(&f, "< 227 ok (10,2,5,5,164,16)\n");
		f.now += 1000000;
		film_transfer(&f, &data, SERVER, 26);
		film_show(&f, "replay:\n  nat:\n"
			      "    - inside: 10.1.4.4\n"
			      "      public: 203.0.113.1\n"
			      "    - inside: 10.2.5.5\n"
			      "      public: 203.0.113.9\n");
		assert_int_equal(film_told(&f, "#1 flow"), 1);
		assert_non_null(strstr(f.story, " related cleartext 0/26 \n"));
		film_expect(&f, "#1 data close related");
		film_stop(&f);
	}
}

/* An RST that no receiver would take. */
static void test_forged_reset(void **state)
{
	struct film f;
	struct film_call data;
	struct film_segment rst = { .flags = TCP_RST };

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_login(&f);
	pasv(&f);
	data = film_passive(&f, 45000, 42000);
	film_open(&f, &data);
	rst.seq = data.next[SERVER] + 0x20000000;
	film_segment(&f, &data, SERVER, &rst);
	film_send(&f, &data, SERVER, "abc", 3);
	film_fin(&f, &data);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related cleartext 0/3 \n");
	film_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forged_control_syn),
		cmocka_unit_test(test_control_again),
		cmocka_unit_test(test_control_again_translated),
		cmocka_unit_test(test_control_retried),
		cmocka_unit_test(test_forged_data_syn),
		cmocka_unit_test(test_data_again),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_half_open),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_forged_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
