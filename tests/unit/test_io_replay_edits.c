/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of a stream that the engine has made longer or shorter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/edits.h"

static void test_none(void **state)
{
	const struct edits e = { 0 };

	(void)state;
	assert_int_equal(edits_far(&e, 0), 0);
	assert_int_equal(edits_far(&e, 0xfffffff0), 0xfffffff0);
}

static void test_by_place(void **state)
{
	struct edits e = { 0 };

	(void)state;
	edits_learn(&e, 100, 103);
	edits_learn(&e, 200, 198);
	assert_int_equal(edits_far(&e, 50), 50);
	assert_int_equal(edits_far(&e, 99), 99);
	assert_int_equal(edits_far(&e, 100), 103);
	assert_int_equal(edits_far(&e, 199), 202);
	assert_int_equal(edits_far(&e, 200), 198);
}

static void test_wrap(void **state)
{
	struct edits e = { 0 };

	(void)state;
	edits_learn(&e, 5, 12);
	assert_int_equal(edits_far(&e, 0xfffffffe), 0xfffffffe);
	assert_int_equal(edits_far(&e, 5), 12);
	edits_learn(&e, 0x7ffffff0, 0x80000017);
	assert_int_equal(edits_far(&e, 0x7ffffff0), 0x80000017);
}

/* Of older ones the sum stays. */
static void test_many(void **state)
{
	struct edits e = { 0 };

	(void)state;
	for (uint32_t i = 1; i <= 3 * EDITS_MAX; i++) {
		edits_learn(&e, 100 * i, 102 * i);
		assert_int_equal(edits_far(&e, 100 * i), 102 * i);
		assert_int_equal(edits_far(&e, 100 * i - 1), 102 * i - 3);
	}
}

/* The same packet once more may leave otherwise; an older one says nothing. */
static void test_again(void **state)
{
	struct edits e = { 0 };

	(void)state;
	edits_learn(&e, 100, 91); /* half a line is held back */
	assert_int_equal(edits_far(&e, 100), 91);
	edits_learn(&e, 100, 103);
	assert_int_equal(edits_far(&e, 100), 103);
	edits_learn(&e, 50, 50);
	assert_int_equal(edits_far(&e, 100), 103);
	edits_learn(&e, 200, 203);
	assert_int_equal(edits_far(&e, 200), 203);
	assert_int_equal(e.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),  cmocka_unit_test(test_by_place),
		cmocka_unit_test(test_wrap),  cmocka_unit_test(test_many),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
