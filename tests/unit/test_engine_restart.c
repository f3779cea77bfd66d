/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another engine goes on where the last one was. That it decides the same in
 * whatever conversation is for fuzz_restart.c to show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/record.h>

#include "scene.h"
#include "shelf.h"
#include "support.h"

#define SNAT    (&(struct wire_options){ .snat = true })
#define SECONDS 1000000ull

/* --- what goes on --------------------------------------------------------------- */

static void translated_numbers_go_on(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	shelf_restart(&w);
	wire_say(&w, CLIENT, "NOOP\r\n");
	wire_say(&w, SERVER, "200 fine\r\n");
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5002);
	scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,138\r\n");
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* The edit is not acknowledged yet: sent again it is the same. */
static void an_edit_under_way_goes_on(void **state)
{
	static const char port[] = "PORT 10,1,4,4,19,137\r\n";
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "");
	w.lose_next = true;
	wire_write(&w, CLIENT, port, strlen(port));
	wire_segment(&w, CLIENT, w.end[CLIENT].acked, w.end[CLIENT].stream_len);
	shelf_restart(&w);
	wire_pump(&w, CLIENT);
	scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
	wire_say(&w, SERVER, "200 ok\r\n");
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

static void half_a_line_goes_on(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "");
	wire_write(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n", 22);
	wire_segment(&w, CLIENT, w.end[CLIENT].acked,
		     w.end[CLIENT].stream_len - 9);
	shelf_restart(&w);
	wire_pump(&w, CLIENT);
	scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
	scene_expect_quiet(&w);
	scene_stop(&w);
}

static void numbers_are_not_given_twice(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	wire_fin(&w, CLIENT);
	wire_fin(&w, SERVER);
	wire_wait(&w, 31 * SECONDS); /* nothing is left of it */
	shelf_restart(&w);
	scene_again(&w);
	scene_play(&w, "< 220 hello\n> USER a\n< 331 ?\n> PASS b\n< 230 in\n"
		       "> PORT 10,1,4,4,19,138\n< 200 ok");
	assert_int_equal(w.last[ACTION_PINHOLE_ADD].session, 2);
	assert_int_equal(w.last[ACTION_PINHOLE_ADD].pinhole, 2);
	scene_stop(&w);
}

static void a_pinhole_has_the_time_that_was_left(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	wire_wait(&w, 40 * SECONDS);
	shelf_restart(&w);
	assert_true(w.last[ACTION_PINHOLE_ADD].hole.timeout_us <= 20 * SECONDS);
	scene_expect_open(&w, 1);
	wire_wait(&w, 21 * SECONDS);
	assert_int_equal(wire_logged(&w, "pinhole expire"), 1);
	scene_stop(&w);
}

static void its_peer_connects_after_the_restart(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	shelf_restart(&w);
	scene_data(&w);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	shelf_restart(&w);
	assert_int_equal(scene_holes(&w, "used"), 1);
	scene_stop(&w);
}

static void the_clock_was_set(void **state)
{
	struct shelf *k = calloc(1, sizeof(*k));
	struct engine_stats n;
	struct wire w;

	(void)state;
	assert_non_null(k);
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	wire_wait(&w, 40 * SECONDS);
	shelf_fill(k, w.engine, &w.limits);
	shelf_new_engine(&w);
	w.now += 3600 * SECONDS;
	shelf_restore_all(&w, k, 3600 * SECONDS);
	wire_wait(&w, 19 * SECONDS);
	scene_expect_open(&w, 1);
	wire_wait(&w, 2 * SECONDS);
	engine_stats(w.engine, &n);
	assert_int_equal(n.pinholes_expired, 1);
	free(k);
	scene_stop(&w);
}

static void a_session_is_told_of_again(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "");
	shelf_restart(&w);
	assert_int_equal(wire_logged(&w, "session_restore"), 1);
	assert_int_equal(wire_logged(&w, "session_open"), 1);
	scene_stop(&w);
}

/* --- what does not ---------------------------------------------------------------- */

static void what_ended_meanwhile_is_ended(void **state)
{
	struct wire w;
	struct ends ends;

	(void)state;
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	shelf_restart(&w);
	ends = (struct ends){ w.end[CLIENT].at, w.end[SERVER].at };
	engine_control_missed(w.engine, &ends, w.now, w.out);
	wire_deliver(&w);
	assert_int_equal(wire_logged(&w, "session_close"), 1);
	scene_expect_open(&w, 0);
	scene_stop(&w);
}

/* The client says a line that nobody sees here, and the server has it. */
static void pass_unseen(struct wire *w, const char *line)
{
	size_t len = strlen(line);
	struct wire_end *c = &w->end[CLIENT], *s = &w->end[SERVER];

	wire_write(w, CLIENT, line, len);
	c->sent_max += len;
	c->acked += len;
	memcpy(s->got + s->received, line, len);
	memset(s->have + s->received, 1, len);
	s->received += len;
}

static void after_a_gap_nothing_is_opened(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "");
	shelf_restart(&w);
	pass_unseen(&w, "NOOP\r\n");
	wire_say(&w, SERVER, "200 fine\r\n");
	scene_expect_alert(&w, "gap");
	wire_say(&w, CLIENT, "PORT 10,1,4,4,19,138\r\n");
	wire_say(&w, SERVER, "200 ok\r\n");
	scene_expect_open(&w, 0);
	scene_stop(&w);
}

/* Where numbers differ, the ends have lost each other. */
static void after_a_gap_translated_numbers_are_lost(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	shelf_restart(&w);
	pass_unseen(&w, "NOOP\r\n");
	wire_write(&w, SERVER, "200 fine\r\n", 10);
	wire_segment(&w, SERVER, w.end[SERVER].acked, w.end[SERVER].stream_len);
	scene_expect_alert(&w, "gap");
	assert_true(w.end[CLIENT].reset && w.end[SERVER].reset);
	scene_expect_open(&w, 0);
	scene_stop(&w);
}

/* More under way than a record holds. */
static void too_much_under_way_is_not_trusted(void **state)
{
	static char much[RECORD_BYTES_MAX + 1000];
	struct wire w;

	(void)state;
	scene_begin(&w, &(struct wire_options){ .sessions = 1024 }, "> STAT");
	memset(much, 'x', sizeof(much));
	memcpy(much, "211-list\r\n", 10);
	for (size_t i = 80; i < sizeof(much); i += 80)
		memcpy(much + i, "\r\n", 2);
	w.hold_acks = true;
	wire_write(&w, SERVER, much, sizeof(much));
	for (size_t at = w.end[SERVER].acked; at < w.end[SERVER].stream_len;) {
		size_t end = at + 1000 < w.end[SERVER].stream_len
				     ? at + 1000
				     : w.end[SERVER].stream_len;

		wire_segment(&w, SERVER, at, end);
		at = end;
	}
	assert_true(scene_trusted(&w));
	shelf_restart(&w);
	assert_false(scene_trusted(&w));
	w.hold_acks = false;
	wire_pump(&w, SERVER);
	scene_stop(&w);
}

static void as_many_as_fit(void **state)
{
	struct shelf *k = calloc(1, sizeof(*k));
	struct endpoint other = wire_endpoint("10.1.4.7", 40404);
	struct wire w, v;
	struct shelf_record *second;

	(void)state;
	assert_non_null(k);
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	wire_join(&v, &w, SNAT, &other);
	wire_connect(&v);
	wire_login(&v);
	shelf_fill(k, w.engine, &w.limits);
	w.limits.sessions = 1;
	shelf_new_engine(&w);
	second = shelf_find(k, RECORD_SESSION) + 1;
	assert_int_equal(shelf_restore(&w, second - 1, 0), RESTORE_FINE);
	assert_int_equal(shelf_restore(&w, second - 1, 0), RESTORE_DAMAGED);
	assert_int_equal(shelf_restore(&w, second, 0), RESTORE_FULL);
	assert_int_equal(shelf_restore(&w, shelf_find(k, RECORD_HOLE), 0),
			 RESTORE_FINE);
	engine_restored(w.engine);
	assert_int_equal(scene_stats(&w).sessions, 1);
	free(k);
	wire_stop(&v);
	scene_stop(&w);
}

static void a_pinhole_needs_its_session(void **state)
{
	struct shelf *k = calloc(1, sizeof(*k));
	struct wire w;

	(void)state;
	assert_non_null(k);
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	shelf_fill(k, w.engine, &w.limits);
	shelf_new_engine(&w);
	assert_int_equal(shelf_restore(&w, shelf_find(k, RECORD_HOLE), 0),
			 RESTORE_ORPHAN);
	assert_int_equal(scene_holes(&w, "open"), 0);
	free(k);
	wire_stop(&w);
}

static void the_configuration_has_its_say(void **state)
{
	struct shelf *k = calloc(1, sizeof(*k));
	struct wire w;

	(void)state;
	assert_non_null(k);
	scene_begin(&w, SNAT, "> PORT 10,1,4,4,19,137\n< 200 ok");
	shelf_fill(k, w.engine, &w.limits);
	shelf_new_engine(&w);
	w.policy.minimum_port = 6000;
	assert_int_equal(shelf_restore(&w, shelf_find(k, RECORD_SESSION), 0),
			 RESTORE_FINE);
	assert_int_equal(shelf_restore(&w, shelf_find(k, RECORD_HOLE), 0),
			 RESTORE_REFUSED);
	shelf_new_engine(&w);
	w.policy.control_port[0] = 2121;
	assert_int_equal(shelf_restore(&w, shelf_find(k, RECORD_SESSION), 0),
			 RESTORE_REFUSED);
	free(k);
	wire_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translated_numbers_go_on),
		cmocka_unit_test(an_edit_under_way_goes_on),
		cmocka_unit_test(half_a_line_goes_on),
		cmocka_unit_test(numbers_are_not_given_twice),
		cmocka_unit_test(a_pinhole_has_the_time_that_was_left),
		cmocka_unit_test(its_peer_connects_after_the_restart),
		cmocka_unit_test(the_clock_was_set),
		cmocka_unit_test(a_session_is_told_of_again),
		cmocka_unit_test(what_ended_meanwhile_is_ended),
		cmocka_unit_test(after_a_gap_nothing_is_opened),
		cmocka_unit_test(after_a_gap_translated_numbers_are_lost),
		cmocka_unit_test(too_much_under_way_is_not_trusted),
		cmocka_unit_test(as_many_as_fit),
		cmocka_unit_test(a_pinhole_needs_its_session),
		cmocka_unit_test(the_configuration_has_its_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
