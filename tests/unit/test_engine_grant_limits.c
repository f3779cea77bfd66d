/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grants: how many data connections, how fast, and whose place each takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"

#include "data_talk.h"
#include "scene.h"
#include "shelf.h"
#include "support.h"
#include "tls_talk.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options plain6 = { .v6 = true };
static const struct wire_options dnat = { .dnat = true };

#define S 1000000ull

/* With room for @max at once, and @new in a minute. */
static void begin(struct wire *w, const struct wire_options *o,
		  unsigned int max, unsigned int new)
{
	tls_begin(w, o, TLS_1_3);
	w->server.max_data = max;
	w->server.new_data = new;
	/* Or nobody would have the SYN queued. */
	w->server.public_address[0] = w->nat.server_public.addr;
	w->server.public_addresses = 1;
}

/* The tuple of data_passive(@sport, 42000). */
static void tuple(const struct wire *w, uint16_t sport, struct endpoint *from,
		  struct endpoint *to)
{
	*from = (struct endpoint){ w->end[CLIENT].at.addr, sport };
	*to = (struct endpoint){ w->nat.server_public.addr, 42000 };
}

static bool next(struct wire *w, uint16_t sport)
{
	return data_passive(w, sport, 42000);
}

/* Another one from the same port. */
static bool next_new(struct wire *w, uint16_t sport)
{
	struct endpoint from, to;

	tuple(w, sport, &from, &to);
	return data_try_new(w, &from, &to);
}

static void over(struct wire *w, uint16_t sport)
{
	struct endpoint from, to;

	tuple(w, sport, &from, &to);
	data_over(w, &from, &to);
}

static void closed(struct wire *w, uint16_t sport)
{
	struct endpoint from, to;

	tuple(w, sport, &from, &to);
	data_closed(w, &from, &to);
}

/* @n from @sport on are let in, and then no more. */
static void expect_room(struct wire *w, uint16_t sport, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		assert_true(next(w, (uint16_t)(sport + i)));
	assert_false(next(w, (uint16_t)(sport + n)));
}

static void max_data(void **state)
{
	static const struct wire_options *const o[] = { &plain, &plain6,
							&dnat };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(o); i++) {
		begin(&w, o[i], 3, 600);
		expect_room(&w, 41000, 3);
		scene_expect_alert(&w, "grant-limit");
		assert_int_equal(scene_stats(&w).grants_refused, 1);
		assert_non_null(strstr(w.log, ":42000 max-data: "));
		assert_false(next(&w, 41009));
		scene_expect_alert(&w, "grant-limit"); /* once a session */
		scene_stop(&w);
	}
}

/* Both ends closed, then the entry goes: one place, given back once. */
static void place_is_given_back_once(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, 3, 600);
	expect_room(&w, 41000, 3);
	over(&w, 41000);
	over(&w, 41000);
	closed(&w, 41000);
	closed(&w, 41000);
	over(&w, 41000);
	expect_room(&w, 41010, 1);
	/* Without the first of the two. */
	closed(&w, 41001);
	closed(&w, 41001);
	expect_room(&w, 41020, 1);
	assert_int_equal(wire_logged(&w, "data close related"), 2);
	assert_int_equal(scene_stats(&w).data_connections, 3);
	/* One that nobody knows. */
	over(&w, 30000);
	closed(&w, 30000);
	assert_false(next(&w, 41030));
	scene_stop(&w);
}

/* The same two ends again, while the kernel still keeps the entry of the
 * connection before: a new one, and not ended by what ended the old one. */
static void the_same_ends_again(void **state)
{
	struct wire w;
	unsigned int created;

	(void)state;
	begin(&w, &plain, 2, 600);
	assert_true(data_passive(&w, 41000, 42000));
	created = w.actions[ACTION_DATA_CREATE];
	/* Its SYN again. */
	assert_false(data_passive(&w, 41000, 42000));
	over(&w, 41000);
	assert_true(next_new(&w, 41000));
	assert_int_equal(w.actions[ACTION_DATA_CREATE], created + 1);
	assert_int_equal(wire_logged(&w, "data close related"), 1);
	assert_int_equal(scene_stats(&w).data_connections, 1);
	expect_room(&w, 41010, 1);
	closed(&w, 41000); /* the old one's entry */
	assert_false(next(&w, 41020));
	assert_int_equal(wire_logged(&w, "data close related"), 1);
	closed(&w, 41000);
	assert_int_equal(wire_logged(&w, "data close related"), 2);
	expect_room(&w, 41030, 1);
	scene_stop(&w);
}

/* The end of a connection that came by a pinhole frees no place. */
static void pinholes_take_no_place(void **state)
{
	struct wire w;
	struct endpoint from, to;

	(void)state;
	tls_start(&w, &plain);
	w.server.max_data = 1;
	scene_play(&w, "> USER a\n< 331 b\n> PASS c\n< 230 in");
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	assert_true(next(&w, 41000));
	assert_int_equal(wire_logged(&w, "pinhole use"), 1);
	tls_auth(&w, TLS_1_2);
	expect_room(&w, 41001, 1);
	tuple(&w, 41000, &from, &to);
	data_over(&w, &from, &to);
	data_closed(&w, &from, &to);
	assert_false(next(&w, 41003));
	scene_stop(&w);
}

static void kernel_refuses(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, 1, 600);
	w.fail_action[ACTION_DATA_CREATE] = true;
	next(&w, 41000);
	assert_int_equal(wire_logged(&w, "data close unrelated"), 1);
	assert_int_equal(scene_stats(&w).data_connections, 0);
	w.fail_action[ACTION_DATA_CREATE] = false;
	expect_room(&w, 41001, 1);
	assert_int_equal(w.engine->holes.used, 1);
	scene_stop(&w);
}

/* In a full table the oldest record gives way, and with it its place. */
static void record_gives_way(void **state)
{
	const struct wire_options small = { .pinholes = 2 };
	struct wire w;

	(void)state;
	begin(&w, &small, 2, 600);
	for (uint16_t i = 0; i < 2; i++)
		assert_true(next(&w, (uint16_t)(41000 + i)));
	assert_false(next(&w, 41002)); /* max-data is first */
	w.server.max_data = 3;
	assert_true(next(&w, 41003));
	assert_int_equal(w.engine->holes.used, 2);
	/* Two are counted: the third place is free. */
	assert_true(next(&w, 41004));
	assert_int_equal(scene_stats(&w).data_connections, 2);
	/* What is told of the one whose record is gone changes nothing. */
	closed(&w, 41000);
	over(&w, 41000);
	assert_int_equal(scene_stats(&w).data_connections, 2);
	scene_stop(&w);
}

/* Open pinholes do not give way: no record, no connection, no place taken. */
static void no_room_for_a_record(void **state)
{
	const struct wire_options small = { .pinholes = 1 };
	struct wire hub, w;
	struct endpoint other = wire_endpoint("10.1.4.9", 40404);

	(void)state;
	begin(&hub, &small, 2, 600);
	wire_join(&w, &hub, &small, &other);
	wire_connect(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42500);
	assert_false(next(&hub, 41000));
	assert_false(next(&hub, 41001));
	scene_expect_alert(&hub, "pinhole-table-full");
	assert_int_equal(wire_logged(&hub, "data open unrelated"), 2);
	scene_leave(&w);
	assert_true(next(&hub, 41002));
	scene_stop(&hub);
}

static void new_a_minute(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, 100, 6);
	/* Six at once, then one every ten seconds. */
	expect_room(&w, 41000, 6);
	scene_expect_alert(&w, "grant-limit");
	assert_non_null(strstr(w.log, ":42000 max-new: "));
	wire_wait(&w, 9 * S);
	assert_false(next(&w, 41010));
	wire_wait(&w, 1 * S);
	expect_room(&w, 41020, 1);
	wire_wait(&w, 35 * S);
	expect_room(&w, 41030, 3);
	/* An hour saves up no more than a minute. */
	wire_wait(&w, 3600 * S);
	expect_room(&w, 41040, 6);
	/* That they are over gives no credit. */
	for (uint16_t i = 0; i < 6; i++)
		over(&w, (uint16_t)(41040 + i));
	assert_false(next(&w, 41050));
	scene_stop(&w);
}

/* A session that has not used any of it has all of it after a restart, even
 * where the clock was set back in between. */
static void none_taken_before_a_restart(void **state)
{
	static const int64_t shift[] = { -1, -3600 * (int64_t)S, 0,
					 3600 * (int64_t)S };
	struct shelf *k = calloc(1, sizeof(*k));
	struct wire w;

	(void)state;
	assert_non_null(k);
	for (size_t i = 0; i < ARRAY_SIZE(shift); i++) {
		begin(&w, &plain, 8, 4);
		shelf_fill(k, w.engine, &w.limits);
		shelf_new_engine(&w);
		shelf_restore_all(&w, k, shift[i]);
		engine_restored(w.engine);
		expect_room(&w, 41000, 4);
		scene_stop(&w);
	}
	free(k);
}

static void retransmitted_syn(void **state)
{
	struct wire w;

	(void)state;
	begin(&w, &plain, 2, 600);
	assert_true(next(&w, 41000));
	for (int i = 0; i < 5; i++)
		assert_false(next(&w, 41000)); /* passes: the entry is there */
	assert_int_equal(wire_logged(&w, "data open"), 1);
	assert_int_equal(scene_stats(&w).data_unmatched, 0);
	expect_room(&w, 41001, 1);
	scene_stop(&w);
}

/* --- several sessions of one pair ------------------------------------------------ */

/* A second session of the hub's client. */
static void join(struct wire *w, struct wire *hub, uint16_t port)
{
	struct endpoint client = hub->end[CLIENT].at;

	client.port = port;
	wire_join(w, hub, &plain, &client);
	wire_connect(w);
	scene_play(w, "< 220 hello");
	tls_auth(w, TLS_1_2);
	assert_int_equal(wire_logged(w, "grant open passive"), 1);
}

static void one_session_after_the_other(void **state)
{
	struct wire a, b;

	(void)state;
	begin(&a, &plain, 2, 600);
	join(&b, &a, 40405);
	expect_room(&a, 41000, 4);
	/* One goes: its places go with it, the other's stay. */
	scene_leave(&b);
	assert_int_equal(scene_stats(&a).grants, 2);
	assert_false(next(&a, 41010));
	for (uint16_t i = 0; i < 4; i++)
		closed(&a, (uint16_t)(41000 + i));
	expect_room(&a, 41020, 2);
	scene_stop(&a);
}

static void the_other_way_round(void **state)
{
	struct wire a, b;

	(void)state;
	begin(&a, &plain, 2, 600);
	join(&b, &a, 40405);
	wire_fin(&a, CLIENT);
	expect_room(&b, 41000, 2);
	scene_leave(&b);
	assert_false(next(&a, 41010));
	scene_stop(&a);
}

/* A session that is refused leaves room in another one: no alert. */
static void no_alert_where_another_has_room(void **state)
{
	struct wire a, b;

	(void)state;
	begin(&a, &plain, 1, 600);
	join(&b, &a, 40405);
	assert_true(next(&a, 41000));
	assert_true(next(&a, 41001));
	assert_int_equal(wire_logged(&a, "alert"), 0);
	assert_false(next(&a, 41002));
	assert_int_equal(wire_logged(&a, "alert grant-limit"), 1);
	scene_leave(&b);
	scene_stop(&a);
}

/* --- what the configuration and the tables say ------------------------------------ */

static void grant_table_full(void **state)
{
	struct wire w;
	uint32_t taken[512], n;

	(void)state;
	/* Room for none; for one of two names; for both but not for active. */
	for (uint32_t room = 0; room < 3; room++) {
		struct pool *pool;

		tls_start(&w, &dnat);
		pool = &w.engine->grants;
		for (n = 0; pool->used + room < pool->count; n++)
			taken[n] = pool_take(pool);
		tls_auth(&w, TLS_1_3);
		scene_expect_alert(&w, "grant-table-full");
		assert_int_equal(wire_logged(&w, "grant refuse passive"),
				 room < 2);
		assert_int_equal(wire_logged(&w, "grant open passive"),
				 room == 2);
		if (room == 2)
			assert_int_equal(wire_logged(&w, "grant refuse active"),
					 1);
		/* All of them or none. */
		assert_int_equal(next(&w, 41000), room == 2);
		scene_play(&w, "> NOOP");
		assert_int_equal(wire_logged(&w, "grant close passive"),
				 room == 2);
		while (n)
			pool_give(pool, taken[--n]);
		scene_stop(&w);
	}
}

static void nat_unknown(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w);
	w.nat_unknown = true;
	wire_connect(&w);
	scene_play(&w, "< 220 hello");
	tls_auth(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w,
				     "grant refuse passive 0-0 nat-unknown"),
			 1);
	scene_expect_alert(&w, "nat-unknown");
	assert_false(next(&w, 41000));
	scene_stop(&w);
}

static void no_range(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &plain);
	w.server.passive = (struct port_range){ 0, 0 };
	tls_auth(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "grant refuse passive 0-0 "
					 "passive-ports is not set"),
			 1);
	assert_int_equal(wire_logged(&w, "grant open active"), 1);
	assert_false(next(&w, 41000));
	scene_stop(&w);
}

/* A reload that takes the server out: no new ones, and back it works again. */
static void reload(void **state)
{
	struct policy without;
	struct wire w;

	(void)state;
	begin(&w, &plain, 8, 600);
	assert_true(next(&w, 41000));
	without = w.policy;
	without.servers = 0;
	engine_set_policy(w.engine, &without);
	assert_false(next(&w, 41001));
	assert_false(data_active(&w, 5001));
	engine_set_policy(w.engine, &w.policy);
	assert_true(next(&w, 41002));
	/* A smaller number counts at once. */
	w.server.max_data = 2;
	assert_false(next(&w, 41003));
	w.server.max_data = 3;
	expect_room(&w, 41004, 1);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(max_data),
		cmocka_unit_test(place_is_given_back_once),
		cmocka_unit_test(the_same_ends_again),
		cmocka_unit_test(pinholes_take_no_place),
		cmocka_unit_test(kernel_refuses),
		cmocka_unit_test(record_gives_way),
		cmocka_unit_test(no_room_for_a_record),
		cmocka_unit_test(new_a_minute),
		cmocka_unit_test(none_taken_before_a_restart),
		cmocka_unit_test(retransmitted_syn),
		cmocka_unit_test(one_session_after_the_other),
		cmocka_unit_test(the_other_way_round),
		cmocka_unit_test(no_alert_where_another_has_room),
		cmocka_unit_test(grant_table_full),
		cmocka_unit_test(nat_unknown),
		cmocka_unit_test(no_range),
		cmocka_unit_test(reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
