/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments: time, room, and the longest packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fragments.h"
#include "support.h"

static void sixty_seconds(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (uint64_t late = 0; late < 2; late++) {
			struct rig rig;

			rig_start(&rig, v6);
			rig_send_letters(&rig, 0, 8);
			rig.now += 59 * SECOND;
			rig_send_letters(&rig, 8, 16);
			rig.now += SECOND + late;
			assert_int_equal(rig_send_letters(&rig, 16, 29),
					 late ? REASSEMBLE_WAITS
					      : REASSEMBLE_WHOLE);
			assert_int_equal(rig_counts(&rig)->expired, late);
			assert_int_equal(reassemble_waiting(rig.r), late);
			rig_stop(&rig);
		}
}

/* A clock that goes back expires nothing. */
static void time_goes_back(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, false);
	rig_send_letters(&rig, 0, 8);
	rig.now = 0;
	assert_int_equal(rig_send_letters(&rig, 8, 29), REASSEMBLE_WHOLE);
	rig_stop(&rig);
}

/* Twice the same fragments: the second time they are duplicates for a second,
 * then a new datagram; at once if they differ. */
static void the_same_again(void **state)
{
	(void)state;
	for (uint64_t late = 0; late < 2; late++) {
		struct rig rig;

		rig_start(&rig, false);
		rig_send_letters(&rig, 0, 8);
		rig_send_letters(&rig, 8, 29);
		rig.now += SECOND + late;
		assert_int_equal(rig_send_letters(&rig, 8, 29),
				 late ? REASSEMBLE_WAITS : REASSEMBLE_DROPPED);
		assert_int_equal(rig_send_letters(&rig, 0, 8),
				 late ? REASSEMBLE_WHOLE : REASSEMBLE_DROPPED);
		assert_int_equal(rig_counts(&rig)->duplicates, late ? 0 : 2);
		assert_int_equal(rig_send_text(&rig, 0, "other by", true),
				 REASSEMBLE_WAITS);
		assert_int_equal(rig_send_text(&rig, 8, "tes", false),
				 REASSEMBLE_WHOLE);
		rig_expect_text(&rig, "other bytes");
		rig_stop(&rig);
	}
}

static void the_oldest_makes_room(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, false);
	for (uint16_t i = 0; i <= REASSEMBLE_DATAGRAMS; i++) {
		rig.id = i;
		rig.now++;
		assert_int_equal(rig_send_letters(&rig, 0, 8),
				 REASSEMBLE_WAITS);
	}
	assert_int_equal(rig_counts(&rig)->evicted, 1);
	assert_int_equal(reassemble_waiting(rig.r), REASSEMBLE_DATAGRAMS);
	for (uint16_t i = 1; i <= REASSEMBLE_DATAGRAMS; i++) {
		rig.id = i;
		assert_int_equal(rig_send_letters(&rig, 8, 29),
				 REASSEMBLE_WHOLE);
		rig_expect_text(&rig, LETTERS);
	}
	/* finished ones go before those that wait */
	rig.id = 1000;
	assert_int_equal(rig_send_letters(&rig, 0, 8), REASSEMBLE_WAITS);
	assert_int_equal(rig_counts(&rig)->evicted, 1);
	rig_stop(&rig);
}

/* Finished ones go first, also newer ones; then the oldest. */
static void finished_ones_make_room(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, false);
	reassemble_free(rig.r);
	rig.r = reassemble_new(2);
	for (rig.id = 1; rig.id <= 3; rig.id++) {
		rig.now++;
		assert_int_equal(rig_send_letters(&rig, 0, 8),
				 REASSEMBLE_WAITS);
		if (rig.id == 2)
			assert_int_equal(rig_send_letters(&rig, 8, 29),
					 REASSEMBLE_WHOLE);
	}
	assert_int_equal(rig_counts(&rig)->evicted, 0);
	rig.id = 1;
	assert_int_equal(rig_send_letters(&rig, 8, 29), REASSEMBLE_WHOLE);
	rig_stop(&rig);
}

/* The longest packet, and one byte more than that. */
static void longest(bool v6, size_t beyond)
{
	size_t most = 65535 - (v6 ? 0 : IPV4) + beyond, step = 1400;
	uint8_t *bytes = malloc(most);
	enum reassemble_result result = REASSEMBLE_WAITS;
	struct rig rig;

	assert_non_null(bytes);
	for (size_t i = 0; i < most; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	rig_start(&rig, v6);
	for (size_t at = 0; at < most; at += step) {
		size_t len = most - at < step ? most - at : step;
		struct piece p = { (uint32_t)at, bytes + at, len,
				   at + len < most };

		result = rig_send(&rig, &p);
	}
	if (beyond == 0) {
		assert_int_equal(result, REASSEMBLE_WHOLE);
		rig_expect(&rig, span_of(bytes, most));
	} else {
		assert_int_equal(result, REASSEMBLE_DROPPED);
		assert_int_equal(rig_counts(&rig)->bad, 1);
	}
	rig_stop(&rig);
	free(bytes);
}

static void sixty_four_kilobytes(void **state)
{
	(void)state;
	for (size_t beyond = 0; beyond < 2; beyond++) {
		longest(false, beyond);
		longest(true, beyond);
	}
}

/* Each fragment is short enough, but the first one's header is longer. */
static void too_long_together(bool v6)
{
	static uint8_t zeros[ROOM];
	size_t most = 65535 - (v6 ? 0 : IPV4);
	struct piece p = { 0, zeros, 8, true };
	size_t len, extra = v6 ? 256 : 4;
	struct rig rig;

	rig_start(&rig, v6);
	for (size_t at = 8; at < most; at += 1456) {
		bool more = at + 1456 < most;
		struct piece next = { (uint32_t)at, zeros,
				      more ? 1456 : most - at, more };

		assert_int_equal(rig_send(&rig, &next), REASSEMBLE_WAITS);
	}
	len = (v6 ? rig_build6 : rig_build4)(&rig, &p, rig.packet);
	if (v6) {
		memmove(rig.packet + IPV6 + extra, rig.packet + IPV6,
			len - IPV6);
		memset(rig.packet + IPV6, 0, extra);
		rig.packet[6] = 60;
		rig.packet[IPV6] = 44;
		rig.packet[IPV6 + 1] = (uint8_t)(extra / 8 - 1);
		rig_put16(rig.packet + 4, len - IPV6 + extra);
	} else {
		rig.packet[0] = 0x46;
		rig_put16(rig.packet + 2, len + extra);
	}
	assert_int_equal(rig_give(&rig, len + extra), REASSEMBLE_DROPPED);
	assert_int_equal(rig_counts(&rig)->impossible, 1);
	rig_stop(&rig);
}

static void long_headers(void **state)
{
	(void)state;
	too_long_together(false);
	too_long_together(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_seconds),
		cmocka_unit_test(time_goes_back),
		cmocka_unit_test(the_same_again),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(finished_ones_make_room),
		cmocka_unit_test(sixty_four_kilobytes),
		cmocka_unit_test(long_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
