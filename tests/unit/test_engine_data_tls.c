/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * servers[].data-protection: require. The first payload of a data connection
 * must be the FTP client's ClientHello (RFC 4217 7); anything else is dropped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"

#include "data_talk.h"
#include "scene.h"
#include "support.h"
#include "tls_talk.h"

#define DATA_MARK 0x4000

static const struct wire_options plain = { .v6 = false };
static const struct wire_options plain6 = { .v6 = true };
static const struct wire_options both = { .snat = true, .dnat = true };
static const struct wire_options both6 = { .v6 = true,
					   .snat = true,
					   .dnat = true };
static const struct wire_options dnat = { .dnat = true };

/* Who is the FTP client, and so the TLS client? data_segment()'s @back. */
enum mode { PASSIVE, ACTIVE };

static uint8_t hello[TLS_TALK_MAX];
static size_t hello_len;

static void begin(struct wire *w, const struct wire_options *o)
{
	hello_len = tls_client_hello(hello, TLS_1_3, "ftp.example.net");
	tls_start(w, o);
	w->server.data = DATA_REQUIRE_TLS;
	w->policy.data_mark = DATA_MARK;
	tls_auth(w, TLS_1_3);
}

/* Data connections whose payload is looked at. */
static unsigned int watched(const struct wire *w)
{
	const struct table *t = &w->engine->by_flow;
	unsigned int n = 0;

	for (uint32_t h = 0; h <= t->mask; h++)
		for (uint32_t i = t->head[h]; i != NIL; i = table_next(t, i))
			n++;
	return n;
}

static void open_one(struct wire *w, enum mode mode, struct data_talk *t)
{
	if (mode == ACTIVE)
		data_open_active(w, t, 5001);
	else
		data_open_passive(w, t, 41000, 42000);
	assert_int_equal(w->last[ACTION_DATA_CREATE].data.mark,
			 DATA_MARK | w->policy.connmark);
}

/* The kernel is told to queue no more of it, and nothing is looked at. */
static void expect_passed(struct wire *w, enum mode mode, struct data_talk *t)
{
	const struct action *a = &w->last[ACTION_DATA_PASS];

	assert_int_equal(w->actions[ACTION_DATA_PASS], 1);
	assert_true(endpoint_equal(&a->mark.from, &t->from));
	assert_true(endpoint_equal(&a->mark.to, &t->to));
	assert_int_equal(a->mark.bits, DATA_MARK);
	assert_true(endpoint_equal(&a->ends.client, &w->end[CLIENT].at));
	assert_true(data_segment(w, t, mode != ACTIVE, 0, "any", 3, 0));
	assert_true(data_segment(w, t, mode == ACTIVE, 9000, "any", 3, 0));
	assert_int_equal(w->actions[ACTION_DATA_PASS], 1);
	scene_expect_quiet(w);
	data_closed(w, &t->from, &t->to);
	assert_int_equal(wire_logged(w, "data close related"), 1);
	assert_non_null(strstr(w->log, " granted tls \n"));
	assert_int_equal(w->engine->holes.used, 0);
	assert_int_equal(watched(w), 0);
}

/* No byte passes any more, of neither side; its end does. */
static void expect_dropped(struct wire *w, enum mode mode, struct data_talk *t)
{
	bool client = mode == ACTIVE;

	scene_expect_alert(w, "cleartext-data");
	assert_int_equal(scene_stats(w).data_cleartext, 1);
	assert_false(data_segment(w, t, client, 0, hello, hello_len, 0));
	assert_false(data_segment(w, t, client, 500, "more", 4, 0));
	assert_false(data_segment(w, t, !client, 0, "150 bytes", 9, 0));
	assert_true(data_segment(w, t, client, 0, "", 0, 0));
	assert_true(data_segment(w, t, !client, 9, "", 0, TCP_FIN));
	assert_true(data_segment(w, t, client, 9, "", 0, TCP_RST));
	assert_int_equal(w->actions[ACTION_DATA_PASS], 0);
	assert_int_equal(wire_logged(w, "alert"), 1);
	assert_int_equal(scene_stats(w).data_cleartext, 1);
	data_closed(w, &t->from, &t->to);
	assert_non_null(strstr(w->log, " granted not tls \n"));
	assert_int_equal(w->engine->holes.used, 0);
	assert_int_equal(watched(w), 0);
}

/* --- a ClientHello ------------------------------------------------------------- */

static void hello_whole(void **state)
{
	static const struct {
		const struct wire_options *o;
		enum mode mode;
	} row[] = { { &plain, PASSIVE }, { &plain6, PASSIVE },
		    { &both, PASSIVE },  { &both6, PASSIVE },
		    { &plain, ACTIVE },  { &plain6, ACTIVE },
		    { &dnat, ACTIVE } };
	struct data_talk t;
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		begin(&w, row[i].o);
		open_one(&w, row[i].mode, &t);
		assert_true(data_segment(&w, &t, row[i].mode == ACTIVE, 0,
					 hello, hello_len, 0));
		expect_passed(&w, row[i].mode, &t);
		scene_stop(&w);
	}
}

static void hello_in_two(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		enum mode m = i % 2 ? ACTIVE : PASSIVE;
		size_t cut = 1 + i / 2;

		begin(&w, &plain);
		open_one(&w, m, &t);
		assert_true(data_segment(&w, &t, m, 0, hello, cut, 0));
		assert_int_equal(w.actions[ACTION_DATA_PASS],
				 cut >= DATA_TLS_HEAD);
		assert_true(data_segment(&w, &t, m, (uint32_t)cut, hello + cut,
					 hello_len - cut, 0));
		expect_passed(&w, m, &t);
		scene_stop(&w);
	}
}

static void hello_byte_by_byte(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	for (enum mode m = PASSIVE; m <= ACTIVE; m++) {
		begin(&w, &plain);
		open_one(&w, m, &t);
		for (uint32_t i = 0; i < 20; i++) {
			assert_true(
				data_segment(&w, &t, m, i, hello + i, 1, 0));
			assert_int_equal(w.actions[ACTION_DATA_PASS],
					 i + 1 >= DATA_TLS_HEAD);
		}
		expect_passed(&w, m, &t);
		scene_stop(&w);
	}
}

/* What is ahead is dropped, and comes again. */
static void hello_out_of_order(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	for (enum mode m = PASSIVE; m <= ACTIVE; m++) {
		begin(&w, &plain);
		open_one(&w, m, &t);
		assert_false(data_segment(&w, &t, m, 3, hello + 3, 100, 0));
		assert_true(data_segment(&w, &t, m, 0, hello, 3, 0));
		assert_int_equal(w.actions[ACTION_DATA_PASS], 0);
		assert_true(data_segment(&w, &t, m, 3, hello + 3, 100, 0));
		expect_passed(&w, m, &t);
		scene_stop(&w);
	}
}

static void hello_again(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	for (enum mode m = PASSIVE; m <= ACTIVE; m++) {
		begin(&w, &plain);
		open_one(&w, m, &t);
		for (int i = 0; i < 3; i++)
			assert_true(data_segment(&w, &t, m, 0, hello, 4, 0));
		assert_true(data_segment(&w, &t, m, 2, hello + 2, 3, 0));
		assert_true(data_segment(&w, &t, m, 0, hello, 5, 0));
		assert_int_equal(w.actions[ACTION_DATA_PASS], 0);
		/* The first copy counts. */
		assert_false(data_segment(&w, &t, m, 0, "STOR x", 6, 0));
		assert_false(data_segment(&w, &t, m, 4, "xx", 2, 0));
		assert_int_equal(w.actions[ACTION_DATA_PASS], 0);
		assert_true(data_segment(&w, &t, m, 0, hello, hello_len, 0));
		expect_passed(&w, m, &t);
		scene_stop(&w);
	}
}

/* --- anything else ---------------------------------------------------------------- */

static void not_a_hello(void **state)
{
	static const char *const first[] = {
		"a file in the clear",
		"\x16\x03\x01\x00\x40\x02 a ServerHello",
		"\x17\x03\x03\x00\x40\x01 application data",
		"\x16\x02\x00\x00\x40\x01 SSL 2?",
		"\x80\x2e\x01\x03\x01\x00 SSLv2",
		"\0\0\0\0\0\0 nothing",
	};
	struct data_talk t;
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(first); i++) {
		enum mode m = i % 2 ? ACTIVE : PASSIVE;

		begin(&w, i % 2 ? &plain : &both);
		open_one(&w, m, &t);
		assert_false(data_segment(&w, &t, m, 0, first[i / 2], 8, 0));
		expect_dropped(&w, m, &t);
		scene_stop(&w);
	}
}

/* The byte that tells is the sixth; what came before it has passed. */
static void not_a_hello_byte_by_byte(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	begin(&w, &plain);
	open_one(&w, PASSIVE, &t);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(data_segment(&w, &t, false, i, "hello!" + i, 1, 0));
	assert_false(data_segment(&w, &t, false, 5, "!", 1, 0));
	expect_dropped(&w, PASSIVE, &t);
	scene_stop(&w);
}

/* The server is the TLS server, whoever connected: it never speaks first. */
static void server_first(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	for (enum mode m = PASSIVE; m <= ACTIVE; m++) {
		begin(&w, &plain);
		open_one(&w, m, &t);
		assert_false(data_segment(&w, &t, m != ACTIVE, 0, hello,
					  hello_len, 0));
		expect_dropped(&w, m, &t);
		scene_stop(&w);
	}
}

/* TCP Fast Open (RFC 7413): the SYN itself has payload. */
static void payload_in_the_syn(void **state)
{
	struct wire_tcp syn = { .flags = TCP_SYN,
				.seq = 999,
				.mss = 1460,
				.bytes = "in the clear",
				.len = 12 };
	struct data_talk t;
	struct wire w;

	(void)state;
	begin(&w, &plain);
	syn.src = wire_endpoint("10.1.4.4", 41000);
	syn.dst = wire_endpoint("10.2.5.5", 42000);
	for (int i = 0; i < 2; i++) {
		wire_tcp(&w, &syn);
		assert_true(wire_dropped(&w));
	}
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 1);
	/* Then it comes without. */
	syn.len = 0;
	wire_tcp(&w, &syn);
	assert_false(wire_dropped(&w));
	t = (struct data_talk){ syn.src, syn.dst, syn.dst, { 0, 0 } };
	assert_true(data_segment(&w, &t, false, 0, hello, hello_len, 0));
	expect_passed(&w, PASSIVE, &t);
	scene_stop(&w);
}

static void empty_transfer(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	for (enum mode m = PASSIVE; m <= ACTIVE; m++) {
		begin(&w, &plain);
		open_one(&w, m, &t);
		assert_true(data_segment(&w, &t, true, 0, "", 0, TCP_FIN));
		assert_true(data_segment(&w, &t, false, 0, "", 0, TCP_FIN));
		data_over(&w, &t.from, &t.to);
		data_closed(&w, &t.from, &t.to);
		scene_expect_quiet(&w);
		assert_int_equal(w.actions[ACTION_DATA_PASS], 0);
		assert_int_equal(w.engine->holes.used, 0);
		assert_int_equal(watched(&w), 0);
		scene_stop(&w);
	}
}

/* --- whose payload is looked at -------------------------------------------------------- */

static void only_where_it_is_asked_for(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	w.policy.data_mark = DATA_MARK;
	data_open_passive(&w, &t, 41000, 42000);
	assert_int_equal(w.last[ACTION_DATA_CREATE].data.mark,
			 w.policy.connmark);
	assert_true(data_segment(&w, &t, false, 0, "clear", 5, 0));
	assert_int_equal(w.actions[ACTION_DATA_PASS], 0);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* Somebody else's packets that are queued too. */
static void others_pass(void **state)
{
	struct data_talk t, other;
	struct wire w;

	(void)state;
	begin(&w, &plain);
	open_one(&w, PASSIVE, &t);
	other = t;
	other.from.port++;
	assert_true(data_segment(&w, &other, false, 0, "clear", 5, 0));
	other = t;
	other.target.port++;
	assert_true(data_segment(&w, &other, true, 0, "clear", 5, 0));
	assert_false(data_segment(&w, &t, false, 0, "in the clear", 12, 0));
	scene_stop(&w);
}

/* A pinhole's connection just as a grant's. */
static void in_a_cleartext_session(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	tls_start(&w, &plain);
	w.server.data = DATA_REQUIRE_TLS;
	w.policy.data_mark = DATA_MARK;
	scene_play(&w, "> USER a\n< 230 in");
	scene_ask(&w, VIA_PASV, "10.2.5.5", 42000);
	open_one(&w, PASSIVE, &t);
	assert_false(data_segment(&w, &t, false, 0, "in the clear", 12, 0));
	scene_expect_alert(&w, "cleartext-data");
	scene_stop(&w);
}

/* It outlives its session: nobody is left to tell, but it is looked at. */
static void after_the_session(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	begin(&w, &plain);
	open_one(&w, PASSIVE, &t);
	wire_rst(&w, CLIENT);
	wire_wait(&w, 3600 * 1000000ull);
	assert_false(data_segment(&w, &t, false, 0, "in the clear", 12, 0));
	assert_int_equal(scene_stats(&w).data_cleartext, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* The kernel goes on to queue it: everything passes. */
static void kernel_refuses_to_pass(void **state)
{
	struct data_talk t;
	struct wire w;

	(void)state;
	begin(&w, &plain);
	open_one(&w, PASSIVE, &t);
	w.fail_action[ACTION_DATA_PASS] = true;
	assert_true(data_segment(&w, &t, false, 0, hello, hello_len, 0));
	scene_expect_alert(&w, "action-failed");
	assert_true(data_segment(&w, &t, false, 500, "more", 4, 0));
	assert_true(data_segment(&w, &t, true, 0, "more", 4, 0));
	assert_int_equal(w.actions[ACTION_DATA_PASS], 1);
	scene_stop(&w);
}

/* Each entry that is to be queued is told to pass once, and no other. */
static void as_many_as_are_queued(void **state)
{
	struct data_talk t[6];
	struct wire w;

	(void)state;
	begin(&w, &plain);
	for (uint16_t i = 0; i < 6; i++)
		data_open_passive(&w, &t[i], (uint16_t)(41000 + i),
				  (uint16_t)(42000 + i));
	assert_int_equal(watched(&w), 6);
	for (int i = 0; i < 5; i++) {
		assert_true(data_segment(&w, &t[i], false, 0, hello, 20, 0));
		assert_true(data_segment(&w, &t[i], false, 20, hello, 20, 0));
	}
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 6);
	assert_int_equal(w.actions[ACTION_DATA_PASS], 5);
	assert_int_equal(watched(&w), 1);
	data_closed(&w, &t[5].from, &t[5].to);
	assert_int_equal(watched(&w), 0);
	assert_int_equal(scene_stats(&w).data_connections, 5);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_whole),
		cmocka_unit_test(hello_in_two),
		cmocka_unit_test(hello_byte_by_byte),
		cmocka_unit_test(hello_out_of_order),
		cmocka_unit_test(hello_again),
		cmocka_unit_test(not_a_hello),
		cmocka_unit_test(not_a_hello_byte_by_byte),
		cmocka_unit_test(server_first),
		cmocka_unit_test(payload_in_the_syn),
		cmocka_unit_test(empty_transfer),
		cmocka_unit_test(only_where_it_is_asked_for),
		cmocka_unit_test(others_pass),
		cmocka_unit_test(in_a_cleartext_session),
		cmocka_unit_test(after_the_session),
		cmocka_unit_test(kernel_refuses_to_pass),
		cmocka_unit_test(as_many_as_are_queued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
