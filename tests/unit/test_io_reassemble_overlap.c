/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments that lie over one another or contradict each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fragments.h"
#include "support.h"

/* --- overlaps ------------------------------------------------------------- */

/* Everything that lies over [8, 16) of LETTERS without being just that. */
static const size_t over[][2] = {
	{ 0, 16 }, { 8, 24 }, { 0, 24 }, { 0, 29 }, { 8, 29 },
};

static void ipv6_overlap_kills(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(over); i++) {
		struct rig rig;

		if (over[i][0] == 0 && over[i][1] == 29)
			continue; /* atomic */
		rig_start(&rig, true);
		rig_send_letters(&rig, 8, 16);
		assert_int_equal(rig_send_letters(&rig, over[i][0], over[i][1]),
				 REASSEMBLE_DROPPED);
		assert_int_equal(rig_counts(&rig)->overlapped, 1);
		/* and the rest goes the same way, again and again */
		for (int n = 0; n < 2; n++)
			for (size_t at = 0; at < 29; at += 8)
				assert_int_equal(
					rig_send_letters(&rig, at,
							 at < 24 ? at + 8 : 29),
					REASSEMBLE_DROPPED);
		assert_int_equal(rig_counts(&rig)->whole, 0);
		assert_int_equal(rig_counts(&rig)->overlapped, 1);
		rig_stop(&rig);
	}
}

/* Part of what is there is no exact duplicate; other bytes are neither. */
static void ipv6_almost_duplicates(void **state)
{
	struct rig rig;

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		rig_start(&rig, true);
		rig_send_letters(&rig, 0, 16);
		assert_int_equal(kind == 0   ? rig_send_letters(&rig, 0, 8)
				 : kind == 1 ? rig_send_letters(&rig, 8, 16)
				 : kind == 2 ? rig_send_text(&rig, 0,
							     "aaaaaaaabbbbbbbB",
							     true)
					     : rig_send_letters(&rig, 8, 24),
				 REASSEMBLE_DROPPED);
		assert_int_equal(rig_counts(&rig)->overlapped, 1);
		assert_int_equal(rig_counts(&rig)->duplicates, 0);
		rig_stop(&rig);
	}
	/* two fragments that make up a third */
	rig_start(&rig, true);
	rig_send_letters(&rig, 0, 8);
	rig_send_letters(&rig, 8, 16);
	assert_int_equal(rig_send_letters(&rig, 0, 16), REASSEMBLE_DROPPED);
	assert_int_equal(rig_counts(&rig)->overlapped, 1);
	rig_stop(&rig);
}

static void ipv4_overlap_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(over); i++) {
		bool last = over[i][1] == 29;
		struct rig rig;

		if (over[i][0] == 0 && last)
			continue; /* not a fragment */
		rig_start(&rig, false);
		rig_send_letters(&rig, 8, 16);
		assert_int_equal(rig_send_letters(&rig, over[i][0], over[i][1]),
				 REASSEMBLE_WAITS);
		if (over[i][0] != 0)
			rig_send_letters(&rig, 0, 8);
		if (!last)
			assert_int_equal(rig_send_letters(&rig, over[i][1], 29),
					 REASSEMBLE_WHOLE);
		rig_expect_text(&rig, LETTERS);
		assert_int_equal(rig_counts(&rig)->overlapped, 1);
		assert_int_equal(rig_counts(&rig)->conflicts, 0);
		rig_stop(&rig);
	}
}

static void ipv4_first_copy_wins(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, false);
	rig_send_letters(&rig, 8, 16);
	rig_send_text(&rig, 0, "aaaaaaaaBBBBBBBBcccccccc", true);
	rig_send_text(&rig, 8, "bbbbbbbX", true);
	assert_int_equal(rig_counts(&rig)->overlapped, 1);
	assert_int_equal(rig_counts(&rig)->conflicts, 1);
	assert_int_equal(rig_send_text(&rig, 16, "CCCCCCCCddddd", false),
			 REASSEMBLE_WHOLE);
	rig_expect_text(&rig, LETTERS);
	assert_int_equal(rig_counts(&rig)->conflicts, 1);
	rig_stop(&rig);
}

/* Two ends, or bytes behind the end: whichever comes first. */
static void contradictions(void **state)
{
	static const struct {
		size_t at, len;
		bool more;
	} row[][2] = {
		{ { 8, 5, false }, { 8, 6, false } },
		{ { 8, 5, false }, { 16, 1, false } },
		{ { 8, 5, false }, { 8, 8, true } },
		{ { 8, 8, false }, { 8, 8, true } },
		{ { 8, 5, false }, { 16, 8, true } },
		{ { 16, 5, false }, { 24, 8, true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row) * 4; i++) {
		const size_t first = i & 1, v6 = i >> 1 & 1;
		struct rig rig;

		rig_start(&rig, v6);
		for (size_t n = 0; n < 2; n++) {
			size_t k = n ^ first;
			struct piece p = { (uint32_t)row[i / 4][k].at,
					   "eeeeeeee", row[i / 4][k].len,
					   row[i / 4][k].more };

			assert_int_equal(rig_send(&rig, &p),
					 n ? REASSEMBLE_DROPPED
					   : REASSEMBLE_WAITS);
		}
		assert_int_equal(rig_counts(&rig)->impossible, 1);
		assert_int_equal(rig_send_letters(&rig, 0, 8),
				 REASSEMBLE_DROPPED);
		rig_stop(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_overlap_kills),
		cmocka_unit_test(ipv6_almost_duplicates),
		cmocka_unit_test(ipv4_overlap_same),
		cmocka_unit_test(ipv4_first_copy_wins),
		cmocka_unit_test(contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
