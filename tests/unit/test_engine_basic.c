/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main job, without a kernel: endpoints rewritten, pinholes opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

static void active_through_snat(void **state)
{
	struct wire w;
	struct endpoint data, to;

	(void)state;
	wire_start(&w, &(struct wire_options){ .snat = true });
	wire_connect(&w);
	wire_login(&w);
	wire_say(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n");
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	assert_int_equal(w.actions[ACTION_LIBERAL], 1);
	wire_say(&w, SERVER, "200 ok\r\n");
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 1);
	wire_say(&w, CLIENT, "RETR x\r\n");
	wire_expect(&w, SERVER,
		    "USER ftpuser\r\nPASS secret\r\n"
		    "PORT 203,0,113,100,19,137\r\nRETR x\r\n");
	data = wire_endpoint("10.2.5.5", 20);
	to = wire_endpoint("203.0.113.100", 5001);
	wire_syn(&w, &data, &to);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	assert_int_equal(w.actions[ACTION_PINHOLE_DEL], 1);
	assert_true(endpoint_equal(&w.last[ACTION_DATA_CREATE].data.dnat_to,
				   &(struct endpoint){ w.end[CLIENT].at.addr,
						       5001 }));
	wire_say(&w, SERVER, "150 go\r\n226 done\r\n");
	wire_fin(&w, CLIENT);
	wire_fin(&w, SERVER);
	assert_int_equal(wire_logged(&w, "session_close fin"), 1);
	assert_int_equal(wire_logged(&w, "alert"), 0);
	wire_expect_settled(&w);
	wire_stop(&w);
}

static void passive_through_dnat(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &(struct wire_options){ .dnat = true });
	wire_connect(&w);
	wire_login(&w);
	wire_say(&w, CLIENT, "PASV\r\n");
	wire_say(&w, SERVER,
		 "227 Entering Passive Mode (10,2,5,5,164,16).\r\n");
	wire_expect(&w, CLIENT,
		    "220 ready\r\n331 password?\r\n230 in\r\n"
		    "227 Entering Passive Mode (198,51,100,200,164,16).\r\n");
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 1);
	assert_int_equal(wire_logged(&w, "alert"), 0);
	wire_stop(&w);
}

static void nagle_split_is_acknowledged(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &(struct wire_options){ .snat = true });
	wire_connect(&w);
	wire_login(&w);
	wire_write(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n", 22);
	size_t at = w.end[CLIENT].acked;

	wire_segment(&w, CLIENT, at, at + 9);
	assert_int_equal(w.end[CLIENT].acked, at + 5);
	wire_segment(&w, CLIENT, at, at + 9);
	assert_int_equal(w.actions[ACTION_INJECT], 1);
	assert_int_equal(w.end[CLIENT].acked, at + 9);
	wire_segment(&w, CLIENT, at + 9, at + 22);
	wire_expect(&w, SERVER,
		    "USER ftpuser\r\nPASS secret\r\n"
		    "PORT 203,0,113,100,19,137\r\n");
	assert_int_equal(w.end[CLIENT].acked, at + 22);
	wire_stop(&w);
}

/* pyftpdlib connects as soon as it reads PORT and replies afterwards. */
static void early_start(struct wire *w)
{
	wire_start(w, &(struct wire_options){ .snat = true });
	w->policy.early_connect = true;
	wire_connect(w);
	wire_login(w);
}

static void early_connect_is_an_answer(void **state)
{
	struct endpoint data = wire_endpoint("10.2.5.5", 41000);
	struct endpoint to = wire_endpoint("203.0.113.100", 5001);
	struct wire w;

	(void)state;
	early_start(&w);
	wire_say(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n");
	assert_int_equal(wire_logged(&w, "pinhole open"), 0);
	wire_syn(&w, &data, &to);
	assert_int_equal(wire_logged(&w, "data open related"), 1);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	assert_int_equal(w.actions[ACTION_PINHOLE_DEL], 1);
	wire_say(&w, SERVER, "200 connected\r\n");
	/* It was used; the reply opens no second one. */
	assert_int_equal(wire_logged(&w, "pinhole open"), 1);
	data.port++;
	wire_syn(&w, &data, &to);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	wire_stop(&w);
}

static void early_connect_only_for_the_next_reply(void **state)
{
	struct endpoint data = wire_endpoint("10.2.5.5", 20);
	struct endpoint first = wire_endpoint("203.0.113.100", 5001);
	struct endpoint second = wire_endpoint("203.0.113.100", 5002);
	struct endpoint thief = wire_endpoint("10.2.5.66", 20);
	struct wire w;

	(void)state;
	early_start(&w);
	wire_say(&w, CLIENT,
		 "PORT 10,1,4,4,19,137\r\nPORT 10,1,4,4,19,138\r\n");
	wire_syn(&w, &data, &second);
	wire_syn(&w, &thief, &first);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 0);
	wire_say(&w, SERVER, "500 no\r\n");
	wire_syn(&w, &data, &first);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 0);
	wire_syn(&w, &data, &second);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 2);
	assert_int_equal(w.actions[ACTION_PINHOLE_DEL], 2);
	wire_stop(&w);
}

static void early_connect_can_be_forbidden(void **state)
{
	struct endpoint data = wire_endpoint("10.2.5.5", 20);
	struct endpoint to = wire_endpoint("203.0.113.100", 5001);
	struct wire w;

	(void)state;
	early_start(&w);
	w.policy.early_connect = false;
	wire_say(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n");
	wire_syn(&w, &data, &to);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 0);
	wire_stop(&w);
}

static void early_watch_refused_is_tried_again(void **state)
{
	struct wire w;

	(void)state;
	early_start(&w);
	w.fail_action[ACTION_PINHOLE_ADD] = true;
	wire_say(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n");
	w.fail_action[ACTION_PINHOLE_ADD] = false;
	wire_say(&w, SERVER, "200 ok\r\n");
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 2);
	assert_int_equal(wire_logged(&w, "pinhole open"), 1);
	wire_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(active_through_snat),
		cmocka_unit_test(passive_through_dnat),
		cmocka_unit_test(nagle_split_is_acknowledged),
		cmocka_unit_test(early_connect_is_an_answer),
		cmocka_unit_test(early_connect_only_for_the_next_reply),
		cmocka_unit_test(early_connect_can_be_forbidden),
		cmocka_unit_test(early_watch_refused_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
