/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a pinhole, and who may have one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"
#define MINUTE  60000000ull

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };

/* The only pinhole there is. */
static struct pinhole_info the_hole(const struct wire *w)
{
	struct pinhole_info info, more;
	uint32_t at = 0;

	assert_true(engine_next_pinhole(w->engine, &at, &info));
	assert_false(engine_next_pinhole(w->engine, &at, &more));
	return info;
}

static const struct pinhole_key *key_of(const struct wire *w)
{
	return &w->last[ACTION_PINHOLE_ADD].hole.key;
}

/* --- life ------------------------------------------------------------------ */

static void asked_open_used_gone(void **state)
{
	struct wire w;
	struct pinhole_info h;
	struct endpoint from = wire_endpoint(SERVER4, 20);

	(void)state;
	scene_begin(&w, &snat, "> PORT 10,1,4,4,19,137");
	h = the_hole(&w);
	assert_string_equal(h.state, "asked");
	assert_true(h.active && h.expires_us == ENGINE_NEVER);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	scene_play(&w, "< 200 ok");
	h = the_hole(&w);
	assert_string_equal(h.state, "open");
	assert_true(h.expires_us > w.now && h.expires_us <= w.now + MINUTE);
	assert_int_equal(engine_tick(w.engine, w.now, w.out), h.expires_us);
	assert_int_equal(w.last[ACTION_PINHOLE_ADD].hole.timeout_us, MINUTE);
	assert_int_equal(w.last[ACTION_PINHOLE_ADD].pinhole, h.id);
	scene_data(&w);
	h = the_hole(&w);
	assert_string_equal(h.state, "used");
	assert_int_equal(h.expires_us, ENGINE_NEVER);
	assert_int_equal(w.last[ACTION_PINHOLE_DEL].pinhole, h.id);
	assert_int_equal(scene_stats(&w).data_connections, 1);
	engine_data_closed(w.engine, &from, &h.key.to, true, 11, 22, w.now,
			   w.out);
	assert_int_equal(w.out->events, 1);
	assert_int_equal(w.out->event[0].type, EVENT_DATA);
	assert_false(w.out->event[0].data.open);
	assert_int_equal(w.out->event[0].data.bytes_from, 11);
	assert_int_equal(w.out->event[0].data.bytes_to, 22);
	assert_int_equal(scene_holes(&w, "used"), 0);
	assert_int_equal(scene_stats(&w).data_connections, 0);
	/* Said twice, or about another: nothing. */
	engine_data_closed(w.engine, &from, &h.key.to, true, 1, 2, w.now,
			   w.out);
	assert_int_equal(w.out->events + w.out->actions, 0);
	scene_stop(&w);
}

static void expires_unused(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	wire_wait(&w, MINUTE - 100);
	scene_expect_open(&w, 1);
	wire_wait(&w, 200);
	scene_expect_open(&w, 0);
	assert_int_equal(wire_logged(&w, "pinhole expire"), 1);
	assert_int_equal(scene_stats(&w).pinholes_expired, 1);
	assert_int_equal(w.actions[ACTION_PINHOLE_DEL], 1);
	scene_data(&w);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 0);
	scene_stop(&w);
}

/* What ends a pinhole before its time, with the reason that is told. */
static void closed_early(void **state)
{
	static const char *const row[][2] = {
		{ "> QUIT\n< 221 bye", "QUIT" },
		{ "> LIST\n< 150 go\n< 226 done", "transfer complete" },
		{ "> LIST\n< 250 done", "transfer complete" },
		{ "> REIN\n< 220 again", "REIN" },
		{ "> AUTH TLS\n< 234 go", "AUTH" },
		{ "> ABOR\n< 226 ok", "ABOR" },
		{ "> EPSV\n< 229 (|||42001|)", "superseded" },
		{ "> GET / HTTP/1.0", "not-ftp" },
		{ "< what?", "bad-reply" },
	};
	struct wire w;
	char text[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		scene_start(&w, &plain);
		scene_ask(&w, VIA_PASV, SERVER4, 42000);
		scene_play(&w, row[i][0]);
		snprintf(text, sizeof(text),
			 "pinhole close 10.1.4.4:0 -> 10.2.5.5:42000 %s\n",
			 row[i][1]);
		assert_int_equal(wire_logged(&w, text), 1);
		assert_int_equal(w.actions[ACTION_PINHOLE_DEL], 1);
		scene_stop(&w);
	}
}

/* A transfer that did not happen leaves the endpoint for the next one. */
static void failed_transfer_keeps_it(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_play(&w, "> RETR x\n< 550 no\n> RETR y");
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

static void gone_with_the_session(void **state)
{
	struct wire w;

	(void)state;
	for (int how = 0; how < 3; how++) {
		scene_start(&w, &plain);
		scene_ask(&w, VIA_PASV, SERVER4, 42000);
		scene_play(&w, "> PORT 10,1,4,4,19,137");
		if (how == 0)
			wire_rst(&w, SERVER);
		else
			wire_fin(&w, how == 1 ? CLIENT : SERVER);
		assert_int_equal(scene_holes(&w, "open"), 0);
		assert_int_equal(scene_holes(&w, "asked"), 0);
		scene_stop(&w);
	}
}

/* The record of a data connection outlives its session. */
static void record_outlives_the_session(void **state)
{
	struct wire w;
	struct endpoint from = wire_endpoint(CLIENT4, 20);

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_data(&w);
	wire_rst(&w, CLIENT);
	wire_wait(&w, MINUTE);
	assert_int_equal(scene_stats(&w).sessions, 0);
	assert_int_equal(scene_holes(&w, "used"), 1);
	engine_data_closed(w.engine, &from, &key_of(&w)->to, false, 0, 0, w.now,
			   w.out);
	assert_int_equal(w.out->events, 1);
	assert_int_equal(w.out->event[0].session, 1);
	assert_false(w.out->event[0].data.has_bytes);
	assert_int_equal(scene_holes(&w, "used"), 0);
	scene_stop(&w);
}

static void syn_again(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &snat);
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_data(&w);
	scene_data(&w);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	assert_int_equal(wire_logged(&w, "data"), 1);
	assert_int_equal(scene_stats(&w).data_unmatched, 0);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* Records of running transfers give way to new pinholes, the oldest first. */
static void used_records_give_way(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &(struct wire_options){ .pinholes = 2 });
	for (uint16_t i = 0; i < 4; i++) {
		scene_ask(&w, VIA_PASV, SERVER4, 42000 + i);
		scene_data(&w);
	}
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 4);
	assert_int_equal(scene_holes(&w, "used"), 2);
	assert_int_equal(scene_stats(&w).data_connections, 2);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* --- who may have one ------------------------------------------------------- */

static void active_source_port(void **state)
{
	static const uint16_t control[] = { 21, 2121 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(control); i++) {
		struct wire w;
		struct endpoint from = wire_endpoint(SERVER4, 5555);

		wire_start(&w,
			   &(struct wire_options){ .server_port = control[i] });
		w.policy.active_source = ACTIVE_SOURCE_DATA;
		wire_connect(&w);
		wire_login(&w);
		scene_ask(&w, VIA_PORT, CLIENT4, 5001);
		wire_syn(&w, &from, &key_of(&w)->to);
		assert_int_equal(w.actions[ACTION_DATA_CREATE], 0);
		assert_int_equal(wire_logged(&w, "data open unrelated"), 1);
		scene_expect_open(&w, 1);
		from.port = (uint16_t)(control[i] - 1);
		wire_syn(&w, &from, &key_of(&w)->to);
		assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
		/* Passive clients may come from anywhere. */
		scene_ask(&w, VIA_PASV, SERVER4, 42000);
		from = wire_endpoint(CLIENT4, 33333);
		wire_syn(&w, &from, &key_of(&w)->to);
		assert_int_equal(w.actions[ACTION_DATA_CREATE], 2);
		scene_stop(&w);
	}
}

static void ports_denied(void **state)
{
	static const struct {
		uint16_t port;
		const char *alert;
	} row[] = {
		{ 1999, "low-port" },    { 2000, NULL },
		{ 3305, NULL },          { 3306, "denied-port" },
		{ 3310, "denied-port" }, { 3311, NULL },
		{ 2121, "denied-port" }, /* a control port, not named as such */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct wire w;

		wire_start(&w, &(struct wire_options){ .server_port = 2121 });
		w.policy.minimum_port = 2000;
		w.policy.denied[0] = (struct port_range){ 3306, 3310 };
		w.policy.denied_count = 1;
		wire_connect(&w);
		wire_login(&w);
		scene_ask(&w, VIA_PORT, CLIENT4, row[i].port);
		if (row[i].alert)
			scene_expect_refused(&w, row[i].alert);
		else
			scene_expect_open(&w, 1);
		scene_stop(&w);
	}
}

static void active_refused_for_a_server(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w)->active = ACTIVE_REFUSE;
	wire_connect(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_ask(&w, VIA_EPRT, CLIENT4, 5001);
	scene_expect_refused(&w, "active-refused");
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

static void outside_the_range(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w)->passive = (struct port_range){ 42000, 42999 };
	wire_connect(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_ask(&w, VIA_PASV, SERVER4, 42999);
	scene_expect_quiet(&w);
	scene_ask(&w, VIA_PASV, SERVER4, 43000);
	scene_expect_alert(&w, "outside-range");
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

static void nat_unknown(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	w.nat_unknown = true;
	wire_connect(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_expect_refused(&w, "nat-unknown");
	assert_int_equal(w.asked_nat, 1);
	scene_stop(&w);
}

static void policy_changes(void **state)
{
	struct wire w;
	struct policy stricter;

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	stricter = w.policy;
	stricter.minimum_port = 6000;
	stricter.pinhole_timeout_us = MINUTE / 2;
	engine_set_policy(w.engine, &stricter);
	scene_expect_open(&w, 1);
	wire_wait(&w, MINUTE / 2 + 1);
	scene_expect_open(&w, 0);
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_expect_alert(&w, "low-port");
	scene_ask(&w, VIA_PORT, CLIENT4, 6000);
	scene_expect_open(&w, 1);
	assert_int_equal(w.last[ACTION_PINHOLE_ADD].hole.timeout_us,
			 MINUTE / 2);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_open_used_gone),
		cmocka_unit_test(expires_unused),
		cmocka_unit_test(closed_early),
		cmocka_unit_test(failed_transfer_keeps_it),
		cmocka_unit_test(gone_with_the_session),
		cmocka_unit_test(record_outlives_the_session),
		cmocka_unit_test(syn_again),
		cmocka_unit_test(used_records_give_way),
		cmocka_unit_test(active_source_port),
		cmocka_unit_test(ports_denied),
		cmocka_unit_test(active_refused_for_a_server),
		cmocka_unit_test(outside_the_range),
		cmocka_unit_test(nat_unknown),
		cmocka_unit_test(policy_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
