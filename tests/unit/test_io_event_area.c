/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of events do not depend on where they came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/event_area.h"

static _Alignas(max_align_t) uint8_t bytes[4096];

static struct event command(uint8_t *arg, size_t len)
{
	struct event e = { .type = EVENT_COMMAND, .session = len };

	e.command.verb = span_of((const uint8_t *)"USER", 4);
	e.command.arg = span_of(arg, len);
	return e;
}

static void copies_keep_their_text(void **state)
{
	struct event_area a = { 0, sizeof(bytes), bytes };
	uint8_t arg[3] = "abc";
	size_t at = 0;

	(void)state;
	for (size_t len = 0; len <= sizeof(arg); len++) {
		struct event e = command(arg, len);

		assert_true(event_area_add(&a, &e));
	}
	memset(arg, '!', sizeof(arg));
	for (size_t len = 0; len <= sizeof(arg); len++) {
		const struct event *e = event_area_next(&a, &at);

		assert_non_null(e);
		assert_int_equal(e->session, len);
		assert_memory_equal(e->command.verb.at, "USER", 4);
		assert_int_equal(e->command.arg.len, len);
		assert_memory_equal(e->command.arg.at, "abc", len);
	}
	assert_null(event_area_next(&a, &at));
}

static void what_has_no_room_changes_nothing(void **state)
{
	struct event_area a = { 0, sizeof(bytes), bytes };
	uint8_t arg[100] = { 0 };
	struct event e = command(arg, sizeof(arg));
	size_t at = 0, added = 0, found = 0;

	(void)state;
	while (event_area_add(&a, &e))
		added++;
	assert_in_range(added, 2, sizeof(bytes) / sizeof(arg));
	assert_true(a.used <= a.size);
	while (event_area_next(&a, &at))
		found++;
	assert_int_equal(found, added);
}

static void an_empty_one_has_nothing(void **state)
{
	const struct event_area a = { 0, sizeof(bytes), bytes };
	size_t at = 0;

	(void)state;
	assert_null(event_area_next(&a, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_keep_their_text),
		cmocka_unit_test(what_has_no_room_changes_nothing),
		cmocka_unit_test(an_empty_one_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
