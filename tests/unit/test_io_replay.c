/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole captures: what the engine says to them, and what leaves. */
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

/* replay.nat for what film_start() translates. */
#define NAT_SNAT                                                     \
	"replay:\n  nat:\n    - inside: 10.1.4.0/24\n      public: " \
	"203.0.113.1\n"
#define NAT_DNAT \
	"replay:\n  nat:\n    - inside: 10.2.5.5\n      public: 203.0.113.9\n"
#define NAT_BOTH NAT_SNAT "    - inside: 10.2.5.5\n      public: 203.0.113.9\n"
#define NAT_66 \
	"replay:\n  nat:\n    - inside: fc00::4\n      public: 2001:db8::1\n"

/* --- translation ------------------------------------------------------------ */

static void test_routed_active(void **state)
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
	film_expect(&f, "#1 session_open");
	film_expect(&f, "#1 endpoint PORT accepted 10.1.4.4:5001");
	film_expect(&f, "#1 data open related 10.2.5.5:20 -> 10.1.4.4:5001");
	film_expect(&f, "#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 related "
			"cleartext 3000/0 \n");
	film_expect_not(&f, "#1 alert");
	film_expect_not(&f, "#1 packet");
	film_expect(&f, "#1 session_close fin");
	/* 9 lines of the client, 9 of the server, in as many packets. */
	film_expect(&f, "#1 traffic ");
	film_expect(&f, "end ");
	assert_int_equal(f.counts.second_legs, 0);
	film_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routed_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
