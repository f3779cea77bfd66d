/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that sessions share, and what happens when it is used up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"
#define SECOND  1000000ull
#define KIB     1024u

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };

/* @len unacknowledged bytes of a long reply, in segments of 1 KiB. */
static void say_unacknowledged(struct wire *w, size_t len)
{
	size_t at = w->end[SERVER].stream_len;
	char *text = malloc(len);

	assert_non_null(text);
	memset(text, 'x', len);
	for (size_t i = 1023; i < len; i += 1024)
		text[i] = '\n';
	for (size_t i = 0; i < len; i += 1024)
		text[i] = ' ';
	wire_write(w, SERVER, text, len);
	free(text);
	w->hold_acks = true;
	for (size_t i = 0; i < len; i += 1024)
		wire_segment(w, SERVER, at + i,
			     at + (i + 1024 < len ? i + 1024 : len));
	w->hold_acks = false;
}

static void store_bound(void **state)
{
	struct wire w;

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		scene_begin(&w, &plain,
			    "> PASV\n< 227 (10,2,5,5,164,16)\n"
			    "> STAT\n< 211-x");
		say_unacknowledged(&w, 256 * KIB + extra);
		assert_int_equal(scene_trusted(&w), !extra);
		scene_expect_open(&w, extra ? 0 : 1);
		if (extra)
			scene_expect_alert(&w, "buffer-overflow");
		else
			scene_expect_quiet(&w);
		assert_int_equal(w.end[CLIENT].received,
				 w.end[SERVER].stream_len);
		wire_pump(&w, SERVER);
		scene_stop(&w);
	}
}

/* The memory of all sessions together is used up: those that need more are no
 * longer trusted; their bytes pass, and later sessions are followed again. */
static void all_memory_used(void **state)
{
	const struct wire_options o = { .sessions = 8 };
	struct wire w[6], modest;
	unsigned int trusted = 0;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(w); i++) {
		const struct endpoint client =
			wire_endpoint(CLIENT4, (uint16_t)(40000 + i));

		if (i)
			wire_join(&w[i], &w[0], &o, &client);
		else
			wire_start(&w[i], &o);
		wire_connect(&w[i]);
		wire_login(&w[i]);
		scene_play(&w[i], "> STAT\n< 211-x");
		say_unacknowledged(&w[i], 255 * KIB);
		trusted += !wire_logged(&w[i], "alert buffer-overflow");
		assert_int_equal(w[i].end[CLIENT].received,
				 w[i].end[SERVER].stream_len);
	}
	assert_true(trusted >= 1 && trusted < ARRAY_SIZE(w));
	/* Those that need little are not harmed. */
	wire_join(&modest, &w[0], &o,
		  &(struct endpoint){ w[0].end[0].at.addr, 40100 });
	wire_connect(&modest);
	wire_login(&modest);
	scene_ask(&modest, VIA_PASV, SERVER4, 42100);
	assert_int_equal(modest.actions[ACTION_PINHOLE_ADD], 1);
	scene_expect_quiet(&modest);
	scene_leave(&modest);
	for (unsigned int i = 0; i < ARRAY_SIZE(w); i++)
		wire_pump(&w[i], SERVER);
	scene_leave(&w[5]);
	wire_join(&w[5], &w[0], &o,
		  &(struct endpoint){ w[0].end[0].at.addr, 39999 });
	wire_connect(&w[5]);
	wire_login(&w[5]);
	scene_ask(&w[5], VIA_PASV, SERVER4, 42000);
	assert_int_equal(w[5].actions[ACTION_PINHOLE_ADD], 1);
	for (unsigned int i = ARRAY_SIZE(w) - 1; i > 0; i--)
		scene_leave(&w[i]);
	scene_stop(&w[0]);
}

/* --- edits --------------------------------------------------------------------------- */

/* Sixteen rewritten endpoints may be unacknowledged; the next waits for the
 * receiver, no other session does. */
static void edits_under_way(void **state)
{
	struct wire w;
	char text[32 * 22 + 1] = "";
	size_t at, room = sizeof(text);

	(void)state;
	for (int i = 0; i < 20; i++)
		strncat(text, "PORT 10,1,4,4,19,137\r\n", room - 22u * i - 1);
	scene_start(&w, &snat);
	at = w.end[CLIENT].stream_len;
	w.hold_acks = true;
	wire_write(&w, CLIENT, text, strlen(text));
	wire_segment(&w, CLIENT, at, w.end[CLIENT].stream_len);
	assert_int_equal(scene_stats(&w).rewrites, 16);
	assert_int_equal(w.end[SERVER].received, at + 16 * 27);
	w.hold_acks = false;
	wire_pump(&w, CLIENT);
	assert_int_equal(scene_stats(&w).rewrites, 20);
	assert_int_equal(w.end[SERVER].received, at + 20 * 27);
	scene_stop(&w);
}

#define GREEDY 17

/* All edits of the engine are under way in sessions that never acknowledge:
 * the others go on without being rewritten. */
static void all_edits_used(void **state)
{
	static struct wire w[GREEDY + 1];
	const struct wire_options o = { .sessions = 40,
					.snat = true,
					.pinholes = 1000,
					.pinholes_per_client = 1000,
					.pinholes_per_server = 1000 };
	struct wire *last = &w[GREEDY];

	(void)state;
	for (unsigned int i = 0; i <= GREEDY; i++) {
		const struct endpoint client =
			wire_endpoint(CLIENT4, (uint16_t)(40000 + i));

		if (i)
			wire_join(&w[i], &w[0], &o, &client);
		else
			wire_start(&w[i], &o);
		wire_connect(&w[i]);
		wire_login(&w[i]);
		w[i].hold_acks = i < GREEDY;
		for (int k = 0; k < 16 && i < GREEDY; k++)
			scene_send(&w[i], CLIENT, "PORT 10,1,4,4,19,137\r\n");
	}
	scene_ask(last, VIA_PORT, CLIENT4, 5005);
	assert_int_equal(last->actions[ACTION_PINHOLE_ADD], 0);
	assert_int_equal(wire_logged(last, "pinhole refuse"), 1);
	scene_play(last, "> NOOP\n< 200 ok");
	wire_rst(&w[3], CLIENT);
	wire_wait(&w[0], 31 * SECOND);
	scene_ask(last, VIA_PORT, CLIENT4, 5006);
	assert_int_equal(last->actions[ACTION_PINHOLE_ADD], 1);
	for (unsigned int i = GREEDY; i > 0; i--)
		scene_leave(&w[i]);
	scene_stop(&w[0]);
}

/* A receiver that takes less in one segment than a rewritten endpoint needs
 * (at most 78 bytes) gets more, rather than nothing. */
static void tiny_mss(void **state)
{
	static const uint16_t mss[] = { 1, 8, 16, 20, 88 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mss); i++) {
		scene_start(&w, &(struct wire_options){ .snat = true,
							.mss = mss[i] });
		w.mss = 1460;
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
		scene_expect_open(&w, 1);
		scene_stop(&w);
	}
}

static void bounds_of_the_tables(void **state)
{
	const struct engine_limits fine = {
		1, 1, 1, 1, 1, ENGINE_LINE_MIN, true
	};
	struct engine_limits l[10];
	uint8_t key[ENGINE_KEY_LEN] = { 0 };
	struct policy p = { .minimum_port = 1024 };
	size_t size = engine_size(&fine);
	void *memory = calloc(1, size);

	(void)state;
	assert_true(memory && size > 0);
	for (size_t i = 0; i < ARRAY_SIZE(l); i++)
		l[i] = fine;
	l[0].sessions = 0;
	l[1].sessions = ENGINE_SESSIONS_MAX + 1;
	l[2].pinholes = 0;
	l[3].pinholes = ENGINE_PINHOLES_MAX + 1;
	l[4].sessions_per_client = 0;
	l[5].pinholes_per_client = 0;
	l[6].pinholes_per_server = 0;
	l[7].line_length = ENGINE_LINE_MIN - 1;
	l[8].line_length = ENGINE_LINE_MAX + 1;
	l[9].sessions = UINT32_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(l); i++) {
		assert_int_equal(engine_size(&l[i]), 0);
		assert_null(engine_init(memory, size, &l[i], &p, key));
	}
	assert_null(engine_init(memory, size - 1, &fine, &p, key));
	assert_non_null(engine_init(memory, size, &fine, &p, key));
	l[0].sessions = ENGINE_SESSIONS_MAX;
	l[0].pinholes = ENGINE_PINHOLES_MAX;
	l[0].line_length = ENGINE_LINE_MAX;
	assert_true(engine_size(&l[0]) > size);
	free(memory);
}

#define HOLDERS 65

/* All places for packets that wait, in all sessions together, are taken: one
 * more is dropped, and nothing else happens. */
static void all_places_to_wait_used(void **state)
{
	static struct wire w[HOLDERS];
	const struct wire_options o = { .sessions = 2 * HOLDERS,
					.sessions_per_client = 2 * HOLDERS };

	(void)state;
	for (unsigned int i = 0; i < HOLDERS; i++) {
		const struct endpoint client =
			wire_endpoint("10.1.4.9", (uint16_t)(40000 + i));
		size_t at;

		if (i)
			wire_join(&w[i], &w[0], &o, &client);
		else
			wire_start(&w[i], &o);
		wire_connect(&w[i]);
		wire_login(&w[i]);
		at = w[i].end[CLIENT].stream_len;
		for (int k = 0; k < 17; k++)
			wire_write(&w[i], CLIENT, "NOOP\r\n", 6);
		for (size_t k = 1; k < 17; k++)
			wire_segment(&w[i], CLIENT, at + 6 * k, at + 6 * k + 6);
	}
	assert_int_equal(scene_stats(&w[0]).packets_held, 1024);
	assert_int_equal(scene_stats(&w[0]).packets_dropped, 16);
	for (unsigned int i = 0; i < HOLDERS; i++) {
		wire_pump(&w[i], CLIENT);
		assert_int_equal(wire_logged(&w[i], "command NOOP"), 17);
		assert_int_equal(wire_logged(&w[i], "alert hold-overflow"),
				 i == HOLDERS - 1);
	}
	for (unsigned int i = HOLDERS - 1; i > 0; i--)
		scene_leave(&w[i]);
	scene_stop(&w[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_bound),
		cmocka_unit_test(all_memory_used),
		cmocka_unit_test(edits_under_way),
		cmocka_unit_test(all_edits_used),
		cmocka_unit_test(tiny_mss),
		cmocka_unit_test(bounds_of_the_tables),
		cmocka_unit_test(all_places_to_wait_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
