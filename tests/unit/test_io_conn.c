/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections of a capture: found, counted, forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/conn.h"
#include "support.h"
#include "wire.h"

/* --- the table ------------------------------------------------------------- */

struct told {
	unsigned int gone;
	struct endpoint last;
};

static void gone(void *arg, struct conn *c)
{
	struct told *t = arg;

	t->gone++;
	t->last = c->from;
}

static struct endpoint client(unsigned int number)
{
	struct endpoint e = wire_endpoint("10.0.0.0", 40000);

	e.addr.b[13] = (uint8_t)(number >> 16);
	e.addr.b[14] = (uint8_t)(number >> 8);
	e.addr.b[15] = (uint8_t)number;
	return e;
}

static void expect_found(struct conns *t, const struct conn *c, int way,
			 const struct endpoint *from, const struct endpoint *to)
{
	struct conn_found found = conns_find(t, from, to);

	assert_ptr_equal(found.conn, c);
	assert_int_equal(found.way, way);
	assert_int_equal(found.side, 0);
	found = conns_find(t, to, from);
	assert_ptr_equal(found.conn, c);
	assert_int_equal(found.way, way);
	assert_int_equal(found.side, 1);
}

static void expect_none(struct conns *t, const struct endpoint *from,
			const struct endpoint *to)
{
	assert_null(conns_find(t, from, to).conn);
	assert_null(conns_find(t, to, from).conn);
}

static void test_ways(void **state)
{
	struct told told = { 0 };
	struct conns *t = conns_new(CONN_MAX, gone, &told);
	const struct endpoint from = wire_endpoint("10.1.4.4", 40000);
	const struct endpoint to = wire_endpoint("203.0.113.9", 21);
	const struct endpoint out_from = wire_endpoint("192.0.2.1", 40000);
	const struct endpoint out_to = wire_endpoint("10.2.5.5", 21);
	struct conn *c;

	(void)state;
	expect_none(t, &from, &to);
	c = conns_add(t, CONN_CONTROL, &from, &to);
	expect_found(t, c, 0, &from, &to);
	assert_true(conns_add_way(t, c, 1, &out_from, &out_to));
	assert_true(conns_add_way(t, c, 2, &from, &out_to));
	expect_found(t, c, 0, &from, &to);
	expect_found(t, c, 1, &out_from, &out_to);
	expect_found(t, c, 2, &from, &out_to);
	expect_none(t, &out_from, &to);
	/* The same ends are no new way; others replace it. */
	assert_false(conns_add_way(t, c, 1, &from, &to));
	assert_true(conns_add_way(t, c, 1, &out_from, &to));
	expect_none(t, &out_from, &out_to);
	expect_found(t, c, 1, &out_from, &to);
	/* Its real ends may be those of its second leg: then they are that. */
	assert_true(conns_add_way(t, c, 1, &from, &out_to));
	expect_found(t, c, 1, &from, &out_to);
	assert_null(c->way[2]);
	conns_drop(t, c);
	assert_int_equal(told.gone, 1);
	expect_none(t, &from, &to);
	expect_none(t, &from, &out_to);
	conns_free(t);
	assert_int_equal(told.gone, 1);
}

/* One port more or less is another connection; so is IPv6. */
static void test_ends(void **state)
{
	struct told told = { 0 };
	struct conns *t = conns_new(CONN_MAX, gone, &told);
	const struct endpoint a = wire_endpoint("10.1.4.4", 40000);
	const struct endpoint b = wire_endpoint("10.2.5.5", 21);
	const struct endpoint b2 = wire_endpoint("10.2.5.5", 22);
	const struct endpoint six = wire_endpoint("fc00::4", 40000);
	const struct endpoint six2 = wire_endpoint("fc00::5", 21);
	/* Both ends on one host. */
	const struct endpoint self = wire_endpoint("10.1.4.4", 21);
	struct conn *one = conns_add(t, CONN_CONTROL, &a, &b);
	struct conn *two = conns_add(t, CONN_DATA, &a, &b2);
	struct conn *three = conns_add(t, CONN_CONTROL, &six, &six2);
	struct conn *four = conns_add(t, CONN_CONTROL, &self, &a);

	(void)state;
	expect_found(t, one, 0, &a, &b);
	expect_found(t, two, 0, &a, &b2);
	expect_found(t, three, 0, &six, &six2);
	expect_found(t, four, 0, &self, &a);
	expect_none(t, &self, &b);
	conns_free(t);
}

static void test_replaced(void **state)
{
	struct told told = { 0 };
	struct conns *t = conns_new(CONN_MAX, gone, &told);
	const struct endpoint a = client(1), b = client(2), x = client(3);
	struct conn *old = conns_add(t, CONN_CONTROL, &a, &b);
	struct conn *other, *new;

	(void)state;
	conns_add_way(t, old, 1, &x, &b);
	/* In the other direction it is the same one, too. */
	new = conns_add(t, CONN_DATA, &b, &a);
	assert_int_equal(told.gone, 1);
	expect_none(t, &x, &b);
	expect_found(t, new, 0, &b, &a);
	/* Nobody takes the ends of one that is alive as a second way... */
	other = conns_add(t, CONN_DATA, &x, &b);
	assert_false(conns_add_way(t, other, 1, &a, &b));
	expect_found(t, new, 0, &b, &a);
	/* ...but those of one that is over. */
	conns_closed(t, new);
	conns_closed(t, new);
	assert_true(conns_add_way(t, other, 1, &a, &b));
	assert_int_equal(told.gone, 2);
	expect_found(t, other, 1, &a, &b);
	conns_free(t);
}

/* Of those that are over a few are known, the newest. */
static void test_closed_bound(void **state)
{
	struct told told = { 0 };
	struct conns *t = conns_new(CONN_MAX, gone, &told);
	const struct endpoint server = wire_endpoint("10.2.5.5", 21);

	(void)state;
	for (unsigned int i = 0; i < CONN_CLOSED_MAX + 100; i++) {
		const struct endpoint from = client(i);
		struct conn *c = conns_add(t, CONN_CONTROL, &from, &server);

		assert_non_null(c);
		conns_closed(t, c);
	}
	assert_int_equal(told.gone, 100);
	for (unsigned int i = 0; i < CONN_CLOSED_MAX + 100; i++) {
		const struct endpoint from = client(i);

		assert_int_equal(conns_find(t, &from, &server).conn != NULL,
				 i >= 100);
	}
	conns_free(t);
}

#define MANY 500

/* Whoever was silent longest goes first; a touch counts. */
static void test_open_bound(void **state)
{
	struct told told = { 0 };
	struct conns *t = conns_new(MANY, gone, &told);
	const struct endpoint server = wire_endpoint("10.2.5.5", 21);
	struct endpoint from;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		from = client(i);
		assert_non_null(conns_add(t, CONN_DATA, &from, &server));
	}
	assert_int_equal(told.gone, 0);
	for (unsigned int i = 0; i < 3; i++) {
		from = client(i);
		conns_touch(t, conns_find(t, &from, &server).conn);
	}
	for (unsigned int i = 0; i < 5; i++) {
		const struct endpoint due = client(3 + i);

		from = client(MANY + i);
		assert_non_null(conns_add(t, CONN_DATA, &from, &server));
		assert_int_equal(told.gone, i + 1);
		assert_true(endpoint_equal(&told.last, &due));
	}
	for (unsigned int i = 0; i < 3; i++) {
		from = client(i);
		assert_non_null(conns_find(t, &from, &server).conn);
	}
	conns_free(t);
}

static void test_clear(void **state)
{
	struct told told = { 0 };
	struct conns *t = conns_new(CONN_MAX, gone, &told);
	const struct endpoint server = wire_endpoint("10.2.5.5", 21);

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		const struct endpoint from = client(i);
		struct conn *c = conns_add(t, i % 2 ? CONN_DATA : CONN_CONTROL,
					   &from, &server);

		if (i % 3 == 0)
			conns_closed(t, c);
	}
	conns_clear(t, CONN_DATA);
	assert_int_equal(told.gone, 10);
	for (unsigned int i = 0; i < 20; i++) {
		const struct endpoint from = client(i);

		assert_int_equal(conns_find(t, &from, &server).conn != NULL,
				 i % 2 == 0);
	}
	conns_clear(t, CONN_CONTROL);
	assert_int_equal(told.gone, 20);
	conns_free(t);
	conns_free(NULL);
}

/* Looking ahead changes nothing, whatever is or is not there. */
static void test_ahead(void **state)
{
	struct told told = { 0 };
	struct conns *t = conns_new(CONN_MAX, gone, &told);
	const struct endpoint server = wire_endpoint("10.2.5.5", 21);
	const struct conns_ahead unknown = { .known = false };

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		const struct endpoint from = client(i);
		const struct conns_ahead a = conns_ahead_of(&from, &server);
		const struct conns_ahead back = conns_ahead_of(&server, &from);

		assert_true(a.known);
		assert_int_equal(a.hash, back.hash);
		for (int step = 0; step < CONNS_AHEAD; step++) {
			conns_ahead(t, &a, step);
			conns_ahead(t, &unknown, step);
		}
		conns_add(t, CONN_DATA, &from, &server);
		for (int step = 0; step < CONNS_AHEAD; step++)
			conns_ahead(t, &a, step);
	}
	assert_int_equal(told.gone, 0);
	conns_free(t);
}

/* --- counting ------------------------------------------------------------------ */

struct talk {
	struct conn c;
	uint64_t at_us;
};

/* @side sends @len bytes from @seq on. */
static struct conn_fresh take(struct talk *t, int side, uint32_t seq,
			      uint32_t ack, uint8_t flags, uint32_t len)
{
	const struct frame f = {
		.packet = { .seq = seq, .ack = ack, .flags = flags },
		.payload = len,
		.wire_len = len + 40
	};
	const struct story_place place = { 1, t->at_us++ };

	return conn_take(&t->c, side, &f, &place);
}

static void opened(struct talk *t, uint32_t isn, uint32_t other)
{
	memset(t, 0, sizeof(*t));
	t->at_us = 100;
	take(t, 0, isn, 0, TCP_SYN, 0);
	take(t, 1, other, isn + 1, TCP_SYN | TCP_ACK, 0);
	take(t, 0, isn + 1, other + 1, TCP_ACK, 0);
}

/* Each byte once, though the numbers wrap and segments come again. */
static void test_bytes(void **state)
{
	static const uint32_t isns[] = { 0, 0x7ffffff0, 0xfffffff0 };
	struct talk t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(isns); i++) {
		const uint32_t at = isns[i] + 1;
		struct conn_fresh fresh;

		opened(&t, isns[i], 5000);
		fresh = take(&t, 0, at, 5001, TCP_ACK, 10);
		assert_int_equal(fresh.at, 0);
		assert_int_equal(fresh.bytes, 10);
		fresh = take(&t, 0, at, 5001, TCP_ACK, 10);
		assert_int_equal(fresh.bytes, 0);
		assert_int_equal(fresh.at, 0);
		/* Half of it is new. */
		fresh = take(&t, 0, at + 5, 5001, TCP_ACK, 10);
		assert_int_equal(fresh.at, 5);
		assert_int_equal(fresh.bytes, 5);
		/* What is missing was received, and counts. */
		fresh = take(&t, 0, at + 25, 5001, TCP_ACK, 10);
		assert_int_equal(fresh.at, 25);
		assert_int_equal(fresh.bytes, 10);
		assert_int_equal(t.c.side[0].bytes, 35);
		/* That is of another connection. */
		fresh = take(&t, 0, at + 0x50000000, 5001, TCP_ACK, 10);
		assert_int_equal(fresh.bytes, 0);
		/* A keep-alive. */
		fresh = take(&t, 0, at + 34, 5001, TCP_ACK, 1);
		assert_int_equal(fresh.bytes, 0);
		assert_int_equal(t.c.side[0].bytes, 35);
		assert_int_equal(t.c.side[1].bytes, 0);
		assert_int_equal(t.c.packets, 9);
		assert_int_equal(t.c.opened.at_us, 100);
		assert_int_equal(t.c.last.at_us, 108);
	}
}

static void test_midstream(void **state)
{
	struct talk t = { .at_us = 7 };
	struct conn_fresh fresh;

	(void)state;
	fresh = take(&t, 1, 999, 55, TCP_ACK, 3);
	assert_int_equal(fresh.at, 0);
	assert_int_equal(fresh.bytes, 3);
	/* Before what we saw first. */
	fresh = take(&t, 1, 900, 55, TCP_ACK, 50);
	assert_int_equal(fresh.bytes, 0);
	assert_int_equal(t.c.side[1].bytes, 3);
	assert_int_equal(t.c.opened.at_us, 7);
}

static void test_over(void **state)
{
	struct talk t;

	(void)state;
	opened(&t, 1000, 5000);
	take(&t, 0, 1001, 5001, TCP_ACK | TCP_FIN, 10);
	assert_false(conn_is_over(&t.c));
	take(&t, 1, 5001, 1012, TCP_ACK, 10);
	assert_false(conn_is_over(&t.c)); /* half closed */
	take(&t, 1, 5011, 1012, TCP_ACK | TCP_FIN, 0);
	assert_false(conn_is_over(&t.c));
	take(&t, 0, 1012, 5011, TCP_ACK, 0); /* all but the FIN */
	assert_false(conn_is_over(&t.c));
	take(&t, 0, 1012, 5012, TCP_ACK, 0);
	assert_true(conn_is_over(&t.c));
	assert_false(t.c.reset);

	opened(&t, 1000, 5000);
	take(&t, 1, 5001, 0, TCP_RST, 0);
	assert_true(conn_is_over(&t.c));
	assert_true(t.c.reset);

	/* One that nobody would take. */
	opened(&t, 1000, 5000);
	take(&t, 1, 5001 + (1 << 21), 0, TCP_RST, 0);
	take(&t, 1, 5001 - (1 << 21), 0, TCP_RST, 0);
	take(&t, 0, 0x80000000, 0, TCP_RST | TCP_ACK, 0);
	assert_false(conn_is_over(&t.c));
	take(&t, 1, 5001 - 1000, 0, TCP_RST, 0);
	assert_true(conn_is_over(&t.c));
	/* The answer to a SYN counts from nothing. */
	memset(&t, 0, sizeof(t));
	take(&t, 0, 0x90000000, 0, TCP_SYN, 0);
	take(&t, 1, 0, 0x90000001, TCP_RST | TCP_ACK, 0);
	assert_true(conn_is_over(&t.c));

	/* Both at once, and the numbers wrap in the FIN. */
	opened(&t, 0xfffffffe, 0xfffffffe);
	take(&t, 0, 0xffffffff, 0xffffffff, TCP_ACK | TCP_FIN, 0);
	take(&t, 1, 0xffffffff, 0xffffffff, TCP_ACK | TCP_FIN, 0);
	assert_false(conn_is_over(&t.c));
	take(&t, 0, 0, 0, TCP_ACK, 0);
	take(&t, 1, 0, 0, TCP_ACK, 0);
	assert_true(conn_is_over(&t.c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_closed_bound),
		cmocka_unit_test(test_open_bound),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
