/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records themselves: damaged ones, and which are worth writing. */
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

/* --- damage ---------------------------------------------------------------------- */

/* Whatever is read, the engine stands on its feet. */
static void restore_damaged(struct wire *w, const struct shelf_record *r)
{
	struct engine_stats n;

	shelf_new_engine(w);
	assert_true(shelf_restore(w, r, 0) < RESTORE_RESULTS);
	engine_restored(w->engine);
	engine_stats(w->engine, &n);
	assert_true(n.sessions <= 1);
	engine_tick(w->engine, w->now, w->out);
	while (engine_shutdown(w->engine, w->now, w->out))
		;
	engine_stats(w->engine, &n);
	assert_int_equal(n.sessions + n.pinholes + n.grants, 0);
}

static void damage_every_byte(struct wire *w, const struct shelf_record *whole)
{
	struct shelf_record *r = malloc(sizeof(*r));

	assert_non_null(r);
	for (size_t i = 0; i < whole->len; i++) {
		*r = *whole;
		r->bytes[i] ^= (uint8_t)(1 + i % 255);
		restore_damaged(w, r);
		r->bytes[i] = 0xff;
		restore_damaged(w, r);
	}
	for (size_t len = 0; len < whole->len; len++) {
		*r = *whole;
		r->len = len;
		shelf_new_engine(w);
		assert_int_equal(shelf_restore(w, r, 0), RESTORE_DAMAGED);
	}
	*r = *whole;
	r->len++;
	shelf_new_engine(w);
	assert_int_equal(shelf_restore(w, r, 0), RESTORE_DAMAGED);
	free(r);
}

static void damage_does_no_harm(void **state)
{
	struct shelf *k = calloc(1, sizeof(*k));
	struct wire w;

	(void)state;
	assert_non_null(k);
	scene_begin(&w, &(struct wire_options){ .snat = true, .sessions = 2 },
		    "> PORT 10,1,4,4,19,137\n< 200 ok");
	w.lose_next = true;
	wire_write(&w, CLIENT, "PORT 10,1,4,4,19,138\r\nNO", 24);
	wire_segment(&w, CLIENT, w.end[CLIENT].acked, w.end[CLIENT].stream_len);
	shelf_fill(k, w.engine, &w.limits);
	for (size_t i = 0; i < k->count; i++)
		damage_every_byte(&w, &k->at[i]);
	free(k);
	wire_stop(&w);
}

/* --- what is worth writing -------------------------------------------------------- */

static unsigned int changes(struct wire *w, enum record_kind kind)
{
	struct record_name name;
	unsigned int n = 0;

	while (engine_changed(w->engine, &name))
		n += name.kind == kind;
	return n;
}

static void a_bare_acknowledgement_is_not(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "");
	engine_track(w.engine);
	wire_segment(&w, CLIENT, w.end[CLIENT].stream_len,
		     w.end[CLIENT].stream_len);
	assert_int_equal(changes(&w, RECORD_SESSION), 0);
	w.hold_acks = true;
	wire_write(&w, CLIENT, "NOOP\r\n", 6);
	wire_segment(&w, CLIENT, w.end[CLIENT].acked, w.end[CLIENT].stream_len);
	assert_int_equal(changes(&w, RECORD_SESSION), 1);
	w.hold_acks = false;
	wire_pump(&w, CLIENT);
	changes(&w, RECORD_SESSION);
	scene_ask(&w, VIA_PORT, "10.1.4.4", 5001);
	assert_true(changes(&w, RECORD_HOLE) >= 1);
	scene_stop(&w);
}

static void what_is_gone_is_named(void **state)
{
	uint8_t bytes[RECORD_MAX];
	struct record_name name;
	struct wire w;

	(void)state;
	scene_begin(&w, SNAT, "");
	engine_track(w.engine);
	wire_rst(&w, CLIENT);
	wire_wait(&w, 31 * SECONDS);
	assert_true(engine_changed(w.engine, &name));
	assert_int_equal(name.kind, RECORD_SESSION);
	assert_int_equal(engine_save(w.engine, name, bytes), 0);
	assert_false(engine_changed(w.engine, &name));
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_does_no_harm),
		cmocka_unit_test(a_bare_acknowledgement_is_not),
		cmocka_unit_test(what_is_gone_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
