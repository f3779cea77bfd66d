/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By which names servers were reached lately. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/ctnames.h"

static struct ct_names names;

static int setup(void **state)
{
	(void)state;
	names = (struct ct_names){ 0 };
	return 0;
}

static struct endpoint at(uint8_t net, uint16_t number, uint16_t port)
{
	const uint8_t b[4] = { 10, net, (uint8_t)(number >> 8),
			       (uint8_t)number };

	return (struct endpoint){ addr_v4(b), port };
}

static void assert_next(const struct endpoint *server, size_t *i,
			const struct endpoint *wanted)
{
	const struct endpoint *got = ct_names_next(&names, server, i);

	if (!wanted) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_true(endpoint_equal(got, wanted));
}

static void newest_comes_first(void **state)
{
	const struct endpoint server = at(2, 5, 21), other = at(2, 5, 2121);
	const struct endpoint first = at(1, 100, 21), second = at(1, 101, 21);
	size_t i = 0;

	(void)state;
	assert_next(&server, &i, NULL);
	ct_names_note(&names, &server, &first);
	ct_names_note(&names, &server, &second);
	i = 0;
	assert_next(&server, &i, &second);
	assert_next(&server, &i, &first);
	assert_next(&server, &i, NULL);
	i = 0;
	assert_next(&other, &i, NULL);
}

/* However many servers there are, the last of each set is found. */
static void the_oldest_gives_way(void **state)
{
	const unsigned int servers = 2 * CT_NAMES_SETS * CT_NAMES_WAYS;
	unsigned int found = 0;

	(void)state;
	for (unsigned int n = 0; n < servers; n++) {
		const struct endpoint server = at(2, (uint16_t)n, 21);
		const struct endpoint called = at(1, (uint16_t)n, 21);

		ct_names_note(&names, &server, &called);
	}
	for (unsigned int n = 0; n < servers; n++) {
		const struct endpoint server = at(2, (uint16_t)n, 21);
		size_t i = 0;

		if (ct_names_next(&names, &server, &i))
			found++;
	}
	assert_int_equal(found, CT_NAMES_SETS * CT_NAMES_WAYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(newest_comes_first, setup),
		cmocka_unit_test_setup(the_oldest_gives_way, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
