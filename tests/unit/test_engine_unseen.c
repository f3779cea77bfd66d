/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that went by without being seen, in a session whose numbers are
 * translated: its two ends count differently from then on. Neither would notice;
 * so both are told that it is over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define NOOP     "NOOP\r\n"
#define NOOP_LEN 6

/* Five bytes longer for the server. */
static const char longer[] = "> PORT 10,1,4,4,19,137\n< 200 ok";
#define LONGER 5

static const struct wire_options snat = { .snat = true };
static const struct wire_options plain = { .v6 = false };
static const struct wire_options wraps = { .snat = true,
					   .client_isn = 0u - 70,
					   .server_isn = 0u - 70 };

/* The client's NOOP passes by the engine. The server's numbers are ahead by
 * @shift: what it takes for old bytes, it throws away. */
static void pass_by(struct wire *w, size_t shift)
{
	wire_write(w, CLIENT, NOOP, NOOP_LEN);
	w->end[CLIENT].sent_max += NOOP_LEN;
	w->end[SERVER].received += NOOP_LEN - shift;
}

/* RFC 5961 3.2: it counts if its number is the very next one. */
static void expect_reset(const struct wire *w, enum side to)
{
	const struct wire_end *e = &w->end[to];

	assert_int_equal(e->resets, 1);
	assert_int_equal(e->reset_seq, e->peer_isn + 1 + (uint32_t)e->received);
}

static void expect_cut(struct wire *w)
{
	scene_expect_alert(w, "gap");
	scene_expect_open(w, 0);
	expect_reset(w, CLIENT);
	expect_reset(w, SERVER);
	assert_int_equal(
		wire_logged(w, "session_close translated numbers are lost"), 1);
	assert_int_equal(scene_stats(w).sessions_cut, 1);
	assert_int_equal(scene_stats(w).sessions, 0);
	/* Who goes on is told again. */
	scene_send(w, SERVER, "200 ok\r\n");
	assert_true(wire_dropped(w));
	assert_int_equal(w->end[SERVER].resets, 2);
}

static void answer_shows_it(void **state)
{
	const struct wire_options *const options[] = { &snat, &wraps };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct wire w;

		scene_begin(&w, options[i], longer);
		pass_by(&w, LONGER);
		scene_send(&w, SERVER, "500 what?\r\n");
		expect_cut(&w);
		scene_stop(&w);
	}
}

static void acknowledgement_shows_it(void **state)
{
	struct wire w;
	size_t end;

	(void)state;
	scene_begin(&w, &snat, longer);
	pass_by(&w, LONGER);
	end = w.end[SERVER].stream_len;
	wire_segment(&w, SERVER, end, end);
	expect_cut(&w);
	scene_stop(&w);
}

/* Afterwards the same ports are a new session, followed as any other. */
static void a_new_connection_is_followed(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &snat, longer);
	pass_by(&w, LONGER);
	scene_send(&w, SERVER, "500 what?\r\n");
	scene_again(&w);
	scene_play(&w, "< 220 hello");
	wire_login(&w);
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

/* What was not rewritten goes on; it opens nothing any more. */
static void equal_numbers_are_no_loss(void **state)
{
	const struct wire_options *const options[] = { &plain, &snat };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct wire w;

		scene_start(&w, options[i]);
		pass_by(&w, 0);
		scene_send(&w, SERVER, "200 ok\r\n");
		scene_expect_alert(&w, "gap");
		assert_false(scene_trusted(&w));
		scene_play(&w, "> NOOP\n< 200 ok");
		scene_expect_last(&w, CLIENT, "200 ok\r\n");
		assert_int_equal(w.end[CLIENT].resets, 0);
		assert_int_equal(scene_stats(&w).sessions_cut, 0);
		scene_stop(&w);
	}
}

/* Bytes of the server pass as they are: only the client's were changed. */
static void the_other_direction_is_no_loss(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &snat, longer);
	wire_write(&w, SERVER, "200 ok\r\n", 8);
	w.end[SERVER].sent_max += 8;
	w.end[CLIENT].received += 8;
	scene_send(&w, CLIENT, NOOP);
	scene_expect_alert(&w, "gap");
	scene_expect_last(&w, SERVER, NOOP);
	assert_int_equal(w.end[CLIENT].resets, 0);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_shows_it),
		cmocka_unit_test(acknowledgement_shows_it),
		cmocka_unit_test(a_new_connection_is_followed),
		cmocka_unit_test(equal_numbers_are_no_loss),
		cmocka_unit_test(the_other_direction_is_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
