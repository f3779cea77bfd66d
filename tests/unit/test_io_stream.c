/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of TCP, put in order: reordered, repeated, overlapping, lost, and
 * at the bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/stream.h"

#include "support.h"

#define TOLD_MAX (1024 * 1024)

/* A stream, and what it told: bytes as they are, "<N>" for N lost ones, "|" for
 * the end. */
struct heard {
	struct tcpstream_pool pool;
	struct tcpstream s;
	struct story_place place;
	uint64_t told_at; /* frame of what was told last */
	char *text;
	size_t len;
};

static void hear_bytes(void *arg, const struct story_place *place,
		       struct span bytes)
{
	struct heard *h = arg;

	assert_true(bytes.len > 0 && h->len + bytes.len < TOLD_MAX);
	memcpy(h->text + h->len, bytes.at, bytes.len);
	h->len += bytes.len;
	h->told_at = place->frame;
}

static void hear_lost(void *arg, const struct story_place *place, uint32_t len)
{
	struct heard *h = arg;

	assert_true(len > 0 && h->len + 32 < TOLD_MAX);
	h->len += (size_t)snprintf(h->text + h->len, 32, "<%u>", len);
	h->told_at = place->frame;
}

static void hear_end(void *arg, const struct story_place *place)
{
	struct heard *h = arg;

	h->text[h->len++] = '|';
	h->told_at = place->frame;
}

static const struct tcpstream_reader reader = { hear_bytes, hear_lost,
						hear_end };

static void begin(struct heard *h)
{
	*h = (struct heard){ .pool = { .max = TCPSTREAM_POOL_MAX } };
	h->text = malloc(TOLD_MAX);
	assert_non_null(h->text);
	tcpstream_init(&h->s, &h->pool, &reader, h);
}

static void finish(struct heard *h)
{
	tcpstream_clear(&h->s);
	assert_int_equal(h->pool.used, 0);
	assert_int_equal(h->s.pieces, 0);
	assert_int_equal(h->s.waiting, 0);
	free(h->text);
}

/* What was told since the last time. */
static void expect(struct heard *h, const char *text)
{
	h->text[h->len] = '\0';
	assert_string_equal(h->text, text);
	h->len = 0;
}

static void take(struct heard *h, uint32_t seq, uint8_t flags,
		 struct span payload, uint32_t cut)
{
	const struct tcpsegment seg = { seq, flags, payload, cut };

	h->place.frame++;
	tcpstream_take(&h->s, &h->place, &seg);
}

static void say(struct heard *h, uint32_t seq, const char *text)
{
	take(h, seq, TCP_ACK, span_str(text), 0);
}

static void ack(struct heard *h, uint32_t seq)
{
	h->place.frame++;
	tcpstream_acked(&h->s, &h->place, seq);
}

/* --- by hand ---------------------------------------------------------- */

static void test_in_order(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	take(&h, 999, TCP_SYN, span_of(NULL, 0), 0);
	say(&h, 1000, "");
	say(&h, 1000, "abc");
	expect(&h, "abc");
	assert_int_equal(h.told_at, 3);
	say(&h, 1003, "def");
	take(&h, 1006, TCP_FIN, span_str("gh"), 0);
	expect(&h, "defgh|");
	say(&h, 1008, "behind the end");
	ack(&h, 2000);
	take(&h, 1008, TCP_FIN, span_of(NULL, 0), 0);
	expect(&h, "");
	assert_int_equal(h.s.bytes, 8);
	assert_int_equal(h.s.lost, 0);
	finish(&h);
}

/* RFC 7413: a SYN with data. */
static void test_syn_with_data(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	take(&h, UINT32_MAX, TCP_SYN, span_str("abc"), 0);
	take(&h, UINT32_MAX, TCP_SYN, span_str("abc"), 0);
	say(&h, 3, "d");
	expect(&h, "abcd");
	finish(&h);
}

static void test_out_of_order(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 10, "ab");
	say(&h, 16, "gh");
	say(&h, 14, "ef");
	say(&h, 20, "kl");
	expect(&h, "ab");
	say(&h, 12, "cd");
	expect(&h, "cdefgh");
	assert_int_equal(h.told_at, 5);
	say(&h, 18, "ij");
	expect(&h, "ijkl");
	assert_int_equal(h.s.bytes, 12);
	finish(&h);
}

static void test_first_copy_wins(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "ab");
	say(&h, 0, "XYc"); /* told already */
	say(&h, 6, "gh");  /* waits */
	say(&h, 5, "fXYi");
	say(&h, 4, "eXXXXj");
	say(&h, 2, "XdXX");
	expect(&h, "abcdefghij");
	assert_int_equal(h.s.bytes, 10);
	finish(&h);
}

static void test_old_and_far(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 1000, "a");
	say(&h, 990, "before"); /* the start is the start */
	say(&h, 1001 + TCPSTREAM_WINDOW_MAX + 1, "not of here");
	say(&h, 999, "K"); /* keep-alive (RFC 9293 3.8.4) */
	ack(&h, 500);
	ack(&h, 1001 + TCPSTREAM_WINDOW_MAX + 1);
	take(&h, 1001, TCP_RST, span_str("reason"), 0);
	say(&h, 1001, "b");
	expect(&h, "ab");
	assert_int_equal(h.s.bytes, 2);
	finish(&h);
}

static void test_lost_when_acknowledged(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "ab");
	say(&h, 5, "fg");
	say(&h, 9, "j");
	ack(&h, 2);
	expect(&h, "ab");
	ack(&h, 7);
	expect(&h, "<3>fg");
	assert_int_equal(h.told_at, 5);
	say(&h, 2, "cde"); /* too late */
	expect(&h, "");
	ack(&h, 12); /* more than anybody sent here */
	expect(&h, "<2>j<2>");
	say(&h, 12, "m");
	expect(&h, "m");
	assert_int_equal(h.s.bytes, 6);
	assert_int_equal(h.s.lost, 7);
	finish(&h);
}

static void test_lost_before_fin(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "a");
	take(&h, 3, TCP_FIN, span_str("d"), 0);
	expect(&h, "a");
	ack(&h, 5);
	expect(&h, "<2>d|");
	finish(&h);
}

/* A FIN that has bytes behind it is none; bytes behind a FIN are none. */
static void test_fin_in_the_middle(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "a");
	say(&h, 3, "d");
	take(&h, 2, TCP_FIN, span_of(NULL, 0), 0);
	take(&h, 5, TCP_FIN, span_of(NULL, 0), 0);
	say(&h, 6, "X");
	say(&h, 4, "eXX");
	say(&h, 1, "bc");
	expect(&h, "abcde|");
	assert_int_equal(h.s.bytes, 5);
	finish(&h);
}

/* The middle of a connection, where the other side speaks first. */
static void test_begins_at_ack(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	ack(&h, 100);
	say(&h, 103, "def");
	expect(&h, "");
	say(&h, 97, "XXXabc");
	expect(&h, "abcdef");
	finish(&h);
}

static void test_wrap(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	take(&h, 0xfffffffc, TCP_SYN, span_of(NULL, 0), 0);
	say(&h, 2, "fg");
	say(&h, 0xffffffff, "cdX");
	expect(&h, "");
	say(&h, 0xfffffffd, "abX");
	expect(&h, "abcdXfg");
	say(&h, 2, "fg");
	expect(&h, "");
	ack(&h, 4);
	expect(&h, "");
	finish(&h);

	begin(&h);
	say(&h, 0xfffffffd, "abXYZ");
	say(&h, 7, "k");
	ack(&h, 8);
	expect(&h, "abXYZ<5>k");
	finish(&h);
}

/* A capture that keeps only the beginning of each packet. */
static void test_cut_short(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	take(&h, 0, 0, span_str("ab"), 3);
	take(&h, 0, 0, span_str("ab"), 3);
	expect(&h, "ab<3>");
	take(&h, 8, TCP_FIN, span_str("ij"), 5);
	take(&h, 5, 0, span_of(NULL, 0), 3);
	expect(&h, "<3>ij<5>|");
	assert_int_equal(h.s.bytes, 15);
	assert_int_equal(h.s.lost, 0);
	finish(&h);
}

/* --- bounds ----------------------------------------------------------- */

static void test_too_many_pieces(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "a");
	for (uint32_t i = 1; i <= TCPSTREAM_PIECES_MAX; i++)
		say(&h, 4 * i, "x");
	expect(&h, "a");
	say(&h, 4 * TCPSTREAM_PIECES_MAX + 4, "x");
	expect(&h, "<3>x");
	assert_int_equal(h.s.pieces, TCPSTREAM_PIECES_MAX);
	/* It is the first hole that counts, also where the new piece is
	 * nearer than all others. */
	say(&h, 6, "y");
	expect(&h, "<1>y");
	/* A piece that needs no place of its own. */
	say(&h, 7, "z");
	expect(&h, "zx");
	assert_int_equal(h.s.bytes, TCPSTREAM_PIECES_MAX + 4);
	finish(&h);
}

static void test_too_many_bytes(void **state)
{
	static char big[32768];
	uint32_t n = TCPSTREAM_WAIT_MAX / sizeof(big);
	struct heard h;

	(void)state;
	memset(big, 'x', sizeof(big));
	begin(&h);
	say(&h, 0, "a");
	for (uint32_t i = 0; i < n; i++)
		take(&h, 2 + i * (uint32_t)sizeof(big), 0,
		     span_of(big, sizeof(big)), 0);
	assert_int_equal(h.s.waiting, TCPSTREAM_WAIT_MAX);
	expect(&h, "a");
	say(&h, 3 + n * (uint32_t)sizeof(big), "y");
	assert_int_equal(h.s.waiting, 1);
	assert_int_equal(h.len, 3 + n * sizeof(big));
	assert_memory_equal(h.text, "<1>xxx", 6);
	finish(&h);
}

/* Others hold all the memory there is. */
static void test_no_memory_left(void **state)
{
	struct tcpstream other;
	struct heard h;

	(void)state;
	begin(&h);
	h.pool.max = 100;
	say(&h, 0, "a");
	tcpstream_init(&other, &h.pool, &reader, &h);
	tcpstream_acked(&other, &h.place, 0);
	tcpstream_take(&other, &h.place,
		       &(struct tcpsegment){ 1, 0,
					     span_of("0123456789"
						     "0123456789"
						     "0123456789"
						     "0123456789",
						     40),
					     0 });
	expect(&h, "a");
	say(&h, 3,
	    "0123456789"
	    "0123456789"
	    "0123456789"
	    "0123456789");
	expect(&h, "<2>0123456789"
		   "0123456789"
		   "0123456789"
		   "0123456789");
	assert_int_equal(other.pieces, 1);
	tcpstream_clear(&other);
	finish(&h);
}

/* Data connections are only counted: nothing is kept but where it was. */
static void test_count_only(void **state)
{
	static char big[1460];
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "ab");
	tcpstream_mute(&h.s);
	/* Far more than may wait with its bytes; in order behind the hole. */
	for (uint32_t i = 0; i < 1000; i++)
		take(&h, 10 + i * (uint32_t)sizeof(big), 0,
		     span_of(big, sizeof(big)), 0);
	assert_int_equal(h.s.pieces, 1);
	assert_int_equal(h.s.waiting, 0);
	say(&h, 1, "bcdef");
	say(&h, 1, "bcdef");
	ack(&h, 20);
	expect(&h, "ab");
	assert_int_equal(h.s.bytes, 6 + 1000 * sizeof(big));
	assert_int_equal(h.s.lost, 4);
	assert_int_equal(h.s.pieces, 0);
	finish(&h);
}

/* What waits with its bytes may be muted too. */
static void test_mute_with_pieces(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "a");
	say(&h, 2, "c");
	tcpstream_mute(&h.s);
	say(&h, 3, "d");
	say(&h, 1, "bX");
	expect(&h, "a");
	assert_int_equal(h.s.bytes, 4);
	assert_int_equal(h.s.pieces, 0);
	finish(&h);
}

static void test_starts_anew(void **state)
{
	struct heard h;

	(void)state;
	begin(&h);
	say(&h, 0, "a");
	say(&h, 9, "X");
	tcpstream_clear(&h.s);
	assert_int_equal(h.pool.used, 0);
	say(&h, 5000, "b");
	expect(&h, "ab");
	assert_int_equal(h.s.bytes, 3);
	finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_syn_with_data),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_first_copy_wins),
		cmocka_unit_test(test_old_and_far),
		cmocka_unit_test(test_lost_when_acknowledged),
		cmocka_unit_test(test_lost_before_fin),
		cmocka_unit_test(test_fin_in_the_middle),
		cmocka_unit_test(test_begins_at_ack),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(test_too_many_bytes),
		cmocka_unit_test(test_no_memory_left),
		cmocka_unit_test(test_count_only),
		cmocka_unit_test(test_mute_with_pieces),
		cmocka_unit_test(test_starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
