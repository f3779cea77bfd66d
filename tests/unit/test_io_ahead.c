/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures read ahead: the same packets, in the same order, to the same end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay/ahead.h"
#include "replay/writer.h"
#include "scratch.h"
#include "support.h"
#include "wire.h"

#define START UINT64_C(1700000000000000)

static char why[CAPTURE_WHY_MAX];

static void gone(void *arg, struct conn *c)
{
	(void)arg;
	(void)c;
}

/* A capture of @packets, each with another number and length. */
static void make(uint32_t packets, size_t longest)
{
	static uint8_t bytes[WIRE_PACKET_MAX];
	static const uint8_t letters[60000];
	struct writer *w;
	uint64_t seed = 5;

	unlink(scratch_path);
	w = writer_open(scratch_path, why);
	assert_non_null(w);
	for (uint32_t i = 0; i < packets; i++) {
		const struct wire_tcp tcp = {
			.src = wire_endpoint("10.1.4.4",
					     (uint16_t)(i % 50 + 40000)),
			.dst = wire_endpoint("10.2.5.5", 21),
			.seq = i,
			.flags = TCP_ACK,
			.bytes = letters,
			.len = (size_t)(random_next(&seed) % longest),
		};

		writer_put(w, START + i,
			   span_of(bytes, wire_build(&tcp, bytes)), 0);
	}
	assert_true(writer_close(w, why));
}

static struct capture_merge *merge(void)
{
	const char *const path = scratch_path;
	struct capture_merge *m;
	size_t which;

	assert_int_equal(capture_merge_open(&path, 1, &m, &which, why), 0);
	return m;
}

/* Read both ways, side by side. */
static void expect_same(size_t packets, enum capture_result last)
{
	struct conns *conns = conns_new(CONN_MAX, gone, NULL);
	struct capture_merge *plain = merge(), *m = merge();
	struct ahead *a = ahead_new(m, conns);
	struct capture_packet p, q;
	size_t n = 0, file;

	assert_non_null(a);
	while (capture_merge_next(plain, &p, &file) == CAPTURE_PACKET) {
		assert_int_equal(ahead_next(a, &q), CAPTURE_PACKET);
		assert_int_equal(q.number, p.number);
		assert_int_equal(q.at_us, p.at_us);
		assert_int_equal(q.snapped, p.snapped);
		assert_int_equal(q.ip.len, p.ip.len);
		assert_memory_equal(q.ip.at, p.ip.at, p.ip.len);
		n++;
	}
	assert_int_equal(n, packets);
	assert_int_equal(ahead_next(a, &q), last);
	assert_int_equal(ahead_next(a, &q), last);
	assert_int_equal(ahead_progress(a).size,
			 capture_merge_progress(plain).size);
	assert_true(ahead_progress(a).read <= ahead_progress(a).size);
	ahead_stop(a);
	ahead_stop(a);
	ahead_free(a);
	capture_merge_close(m);
	capture_merge_close(plain);
	conns_free(conns);
}

static void test_small(void **state)
{
	(void)state;
	make(0, 10);
	expect_same(0, CAPTURE_END);
	make(500, 100);
	expect_same(500, CAPTURE_END);
}

/* Many batches, and some packets that fill one. */
static void test_large(void **state)
{
	(void)state;
	make(40000, 100);
	expect_same(40000, CAPTURE_END);
	make(300, 60000);
	expect_same(300, CAPTURE_END);
}

static void test_damaged(void **state)
{
	FILE *f;

	(void)state;
	make(2000, 2000);
	f = fopen(scratch_path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(ftruncate(fileno(f), ftell(f) - 3), 0);
	fclose(f);
	expect_same(1999, CAPTURE_DAMAGED);
}

/* Whoever has seen enough need not read to the end. */
static void test_stopped(void **state)
{
	struct conns *conns = conns_new(CONN_MAX, gone, NULL);
	struct capture_packet p;

	(void)state;
	make(40000, 100);
	for (size_t n = 0; n <= 3000; n += 600) {
		struct capture_merge *m = merge();
		struct ahead *a = ahead_new(m, conns);

		assert_non_null(a);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(ahead_next(a, &p), CAPTURE_PACKET);
		if (n % 1200 == 0)
			ahead_stop(a);
		ahead_free(a);
		capture_merge_close(m);
	}
	ahead_free(NULL);
	conns_free(conns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
