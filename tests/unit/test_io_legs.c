/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that a capture of both sides of the gateway holds twice; and where
 * pinholes lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/hole.h"
#include "replay/legs.h"
#include "replay/syn.h"
#include "support.h"
#include "wire.h"

#define START UINT64_C(1700000000000000)

/* A SYN of 10.1.4.4 as it comes to the gateway. */
static struct frame syn(void)
{
	return (struct frame){
		.packet = { .src = wire_endpoint("10.1.4.4", 40000),
			    .dst = wire_endpoint("203.0.113.9", 21),
			    .seq = 77777,
			    .tsval = 5,
			    .window = 64240,
			    .mss = 1460,
			    .flags = TCP_SYN },
		.ttl = 64,
		.id = 9,
	};
}

/* The same as it leaves, with these ends (NULL: as before). */
static struct frame leaves(const char *src, uint16_t port, const char *dst,
			   uint16_t dst_port)
{
	struct frame f = syn();

	if (src)
		f.packet.src = wire_endpoint(src, port);
	if (dst)
		f.packet.dst = wire_endpoint(dst, dst_port);
	f.ttl--;
	return f;
}

static bool found(const struct syns *t, const struct frame *f, uint64_t at_us)
{
	struct endpoint src, dst;
	const struct frame first = syn();

	if (!syns_find(t, f, at_us, &src, &dst))
		return false;
	assert_true(endpoint_equal(&src, &first.packet.src));
	assert_true(endpoint_equal(&dst, &first.packet.dst));
	return true;
}

static void test_pairs_of_syns(void **state)
{
	const struct frame legs[] = {
		leaves("192.0.2.1", 40000, NULL, 0),         /* SNAT */
		leaves("192.0.2.1", 1024, NULL, 0),          /* and its port */
		leaves(NULL, 0, "10.2.5.5", 21),             /* DNAT */
		leaves(NULL, 0, "10.2.5.5", 2121),           /* and its port */
		leaves("192.0.2.1", 1024, "10.2.5.5", 2121), /* both */
	};
	struct syns *t = syns_new();
	const struct frame first = syn();
	struct frame same;

	(void)state;
	assert_false(found(t, &legs[0], START));
	syns_add(t, &first, START);
	for (size_t i = 0; i < ARRAY_SIZE(legs); i++) {
		assert_true(found(t, &legs[i], START));
		assert_true(found(t, &legs[i], START + SYN_LEG_US));
		assert_false(found(t, &legs[i], START + SYN_LEG_US + 1));
		/* A clock that is a little behind. */
		assert_true(found(t, &legs[i], START - 5));
	}
	/* The same ends are another question. */
	same = leaves(NULL, 0, NULL, 0);
	assert_false(found(t, &same, START));
	assert_true(syns_is_second(t, &same, START));
	assert_false(syns_is_second(t, &same, START + SYN_LEG_US + 1));
	assert_false(syns_is_second(t, &legs[0], START));
	assert_false(syns_is_second(t, &first, START));
	syns_free(t);
	syns_free(NULL);
}

static void test_other_syns(void **state)
{
	struct syns *t = syns_new();
	const struct frame first = syn();
	struct frame f;

	(void)state;
	syns_add(t, &first, START);
	f = leaves("192.0.2.1", 40000, NULL, 0);
	assert_true(found(t, &f, START));
	f.packet.mss = 1400; /* clamped by the gateway */
	assert_true(found(t, &f, START));
	f.packet.mss = 1461;
	assert_false(found(t, &f, START));
	f = leaves("192.0.2.1", 40000, NULL, 0);
	f.packet.seq++;
	assert_false(found(t, &f, START));
	f = leaves("192.0.2.1", 40000, NULL, 0);
	f.packet.tsval++;
	assert_false(found(t, &f, START));
	f = leaves("192.0.2.1", 40000, NULL, 0);
	f.packet.window++;
	assert_false(found(t, &f, START));
	/* Another packet with the same number: as old as the first one, or
	 * with an identification of its own. */
	f = leaves("192.0.2.1", 40000, NULL, 0);
	f.ttl = 64;
	assert_false(found(t, &f, START));
	f.ttl = 65;
	assert_false(found(t, &f, START));
	f.ttl = 60; /* several routers */
	assert_true(found(t, &f, START));
	f.id++;
	assert_false(found(t, &f, START));
	syns_free(t);
}

/* As many as may lie between are kept, in most cases; a flood is harmless. */
static void test_many_syns(void **state)
{
	struct syns *t = syns_new();
	const struct frame first = syn(),
			   leg = leaves("192.0.2.1", 40000, NULL, 0);
	uint64_t seed = 3;

	(void)state;
	syns_add(t, &first, START);
	for (uint32_t i = 0; i < SYN_MAX / 8; i++) {
		struct frame f = syn();

		f.packet.seq = (uint32_t)random_next(&seed);
		syns_add(t, &f, START + i);
	}
	assert_true(found(t, &leg, START + SYN_MAX));
	for (uint32_t i = 0; i < 16 * SYN_MAX; i++) {
		struct frame f = syn();

		f.packet.seq = (uint32_t)random_next(&seed);
		syns_add(t, &f, START + SYN_MAX + i);
	}
	assert_false(found(t, &leg, START + SYN_MAX));
	syns_free(t);
}

/* --- later packets ------------------------------------------------------------- */

static struct frame data(uint32_t seq, uint32_t len, uint8_t ttl, uint16_t id)
{
	return (struct frame){ .packet = { .seq = seq,
					   .ack = 1,
					   .tsval = 7,
					   .window = 500,
					   .flags = TCP_ACK },
			       .payload = len,
			       .ttl = ttl,
			       .id = id };
}

static bool second(struct conn *c, int way, int side, struct frame f)
{
	const struct conn_found found = { c, way, side };

	return legs_is_second(&found, &f);
}

static void test_routed(void **state)
{
	struct conn c = { 0 };

	(void)state;
	assert_false(second(&c, 0, 0, data(100, 10, 64, 5)));
	assert_true(second(&c, 0, 0, data(100, 10, 63, 5)));
	/* Sent again: a new identification, or it has made as many hops. */
	assert_false(second(&c, 0, 0, data(100, 10, 64, 6)));
	assert_true(second(&c, 0, 0, data(100, 10, 63, 6)));
	/* The other direction has its own. */
	assert_false(second(&c, 0, 1, data(100, 10, 63, 6)));
	/* Other bytes. */
	assert_false(second(&c, 0, 0, data(100, 11, 63, 6)));
	assert_false(second(&c, 0, 0, data(101, 10, 63, 6)));
}

/* One other packet may lie between both legs. */
static void test_between(void **state)
{
	struct conn c = { 0 };

	(void)state;
	assert_false(second(&c, 0, 0, data(100, 10, 64, 5)));
	assert_false(second(&c, 0, 0, data(110, 10, 64, 6)));
	assert_true(second(&c, 0, 0, data(100, 10, 63, 5)));
	assert_true(second(&c, 0, 0, data(110, 10, 63, 6)));
}

/* A bridge: IPv4's identification tells, or a timestamp. */
static void test_bridged(void **state)
{
	struct frame f = data(200, 10, 64, 0);
	struct conn c = { 0 };

	(void)state;
	assert_false(second(&c, 0, 0, data(100, 10, 64, 5)));
	assert_true(second(&c, 0, 0, data(100, 10, 64, 5)));
	memset(&c, 0, sizeof(c));
	assert_false(second(&c, 0, 0, data(100, 10, 64, 0)));
	assert_true(second(&c, 0, 0, data(100, 10, 64, 0)));
	assert_true(second(&c, 0, 0, data(100, 10, 63, 0)));
	/* Acknowledgements may come as often as they like. */
	assert_false(second(&c, 0, 0, data(110, 0, 64, 0)));
	assert_false(second(&c, 0, 0, data(110, 0, 64, 0)));
	/* Neither one nor the other. */
	f.packet.tsval = 0;
	assert_false(second(&c, 0, 0, f));
	assert_false(second(&c, 0, 0, f));
	f.ttl--;
	assert_true(second(&c, 0, 0, f));
}

/* Translated: the way says it. */
static void test_translated(void **state)
{
	static struct conn_way *const some = (struct conn_way *)&some;
	struct conn c = { .way = { some, some } };

	(void)state;
	assert_false(second(&c, 0, 0, data(100, 10, 64, 5)));
	assert_true(second(&c, 1, 0, data(100, 10, 63, 5)));
	assert_false(second(&c, 1, 1, data(300, 10, 64, 5)));
	assert_true(second(&c, 0, 1, data(300, 10, 63, 5)));
	/* Picked up from the other side: its first way is the far one's. */
	c.reversed = true;
	assert_true(second(&c, 0, 0, data(110, 10, 64, 5)));
	assert_false(second(&c, 1, 0, data(110, 10, 64, 5)));
	assert_true(second(&c, 1, 1, data(310, 10, 64, 5)));
	assert_false(second(&c, 0, 1, data(310, 10, 64, 5)));
	c.reversed = false;
	/* Nobody else has its real ends. */
	assert_true(second(&c, 2, 0, data(100, 10, 63, 5)));
}

/* What the gateway of the capture has added to a line. */
static void test_added(void **state)
{
	static struct conn_way *const some = (struct conn_way *)&some;
	struct conn c = { .way = { some, some } };
	const struct conn_found far = { &c, 1, 0 };
	struct frame f = data(100, 22, 64, 5);

	(void)state;
	assert_false(second(&c, 0, 0, f));
	f = data(100, 25, 63, 5);
	legs_added(&far, &f);
	assert_int_equal(c.added[0], 3);
	assert_int_equal(conn_ack(&c, 1, 125), 122);
	/* The same again, where the engine has added as much: it waits for the
	 * numbers that are there. */
	edits_learn(&c.edits[0], 122, 125);
	assert_int_equal(conn_ack(&c, 1, 125), 125);
	assert_int_equal(conn_ack(&c, 0, 125), 125);
	/* No such packet, or one of two. */
	f = data(125, 10, 63, 77);
	legs_added(&far, &f);
	assert_int_equal(c.added[0], 3);
	assert_false(second(&c, 0, 0, data(122, 10, 64, 0)));
	assert_false(second(&c, 0, 0, data(132, 10, 64, 0)));
	f = data(122, 10, 63, 0);
	legs_added(&far, &f);
	assert_int_equal(c.added[0], 3);
}

/* The first leg of a packet may be forgotten: what is like it is another one's.
 * IPv6 has no identification, and many packets can leave within a tick of their
 * sender's clock. */
static void test_added_by_nobody(void **state)
{
	static struct conn_way *const some = (struct conn_way *)&some;
	struct conn c = { .way = { some, some } };
	const struct conn_found far = { &c, 1, 0 };
	struct frame f = data(100, 10, 63, 0);

	(void)state;
	assert_false(second(&c, 0, 0, data(100, 10, 64, 0)));
	for (uint32_t i = 1; i < CONN_LAST_MAX; i++)
		assert_false(second(&c, 0, 0, data(100 + 10 * i, 10, 64, 0)));
	f = data(200, 0, 64, 0);
	f.packet.flags |= TCP_FIN;
	assert_false(second(&c, 0, 0, f));
	for (uint32_t i = 0; i < CONN_LAST_MAX; i++) {
		f = data(100 + 10 * i, 10, 63, 0);
		legs_added(&far, &f);
		assert_int_equal(c.added[0], 0);
	}
	/* Of a later tick nothing is forgotten. */
	f = data(200, 10, 64, 0);
	f.packet.tsval++;
	assert_false(second(&c, 0, 0, f));
	f.packet.seq += 5;
	f.ttl--;
	legs_added(&far, &f);
	assert_int_equal(c.added[0], 5);
}

/* --- pinholes --------------------------------------------------------------------- */

static struct action hole(enum action_type type, uint64_t id,
			  const char *target, uint16_t port)
{
	return (struct action){
		.type = type,
		.pinhole = id,
		.hole = { .key = { wire_endpoint("10.2.5.5", 0).addr,
				   wire_endpoint("203.0.113.1", port) },
			  .target = wire_endpoint(target, 5001) },
	};
}

static void test_holes(void **state)
{
	const struct addr from = wire_endpoint("10.2.5.5", 0).addr;
	const struct addr other = wire_endpoint("10.2.5.6", 0).addr;
	const struct endpoint target = wire_endpoint("10.1.4.4", 5001);
	struct holes *t = holes_new();
	struct endpoint named;
	struct action a;

	(void)state;
	assert_false(holes_named(t, &from, &target, &named));
	a = hole(ACTION_PINHOLE_ADD, 1, "10.1.4.4", 6001);
	holes_action(t, &a);
	assert_true(holes_named(t, &from, &target, &named));
	assert_int_equal(named.port, 6001);
	assert_false(holes_named(t, &other, &target, &named));
	/* A newer one for the same place; the older one's end is late. */
	a = hole(ACTION_PINHOLE_ADD, 2, "10.1.4.4", 6002);
	holes_action(t, &a);
	a = hole(ACTION_PINHOLE_DEL, 1, "10.1.4.4", 6001);
	holes_action(t, &a);
	assert_true(holes_named(t, &from, &target, &named));
	assert_int_equal(named.port, 6002);
	a = hole(ACTION_PINHOLE_DEL, 2, "10.1.4.4", 6002);
	holes_action(t, &a);
	holes_action(t, &a);
	assert_false(holes_named(t, &from, &target, &named));
	/* Not translated: there is nothing to know. */
	a = hole(ACTION_PINHOLE_ADD, 3, "203.0.113.1", 5001);
	holes_action(t, &a);
	a = hole(ACTION_LIBERAL, 4, "10.1.4.4", 6001);
	holes_action(t, &a);
	assert_false(holes_named(t, &from, &target, &named));
	a = hole(ACTION_PINHOLE_ADD, 5, "10.1.4.4", 6005);
	holes_action(t, &a);
	holes_free(t);
	holes_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_of_syns),
		cmocka_unit_test(test_other_syns),
		cmocka_unit_test(test_many_syns),
		cmocka_unit_test(test_routed),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_bridged),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_added_by_nobody),
		cmocka_unit_test(test_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
