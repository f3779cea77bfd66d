/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pinhole sets, against this kernel in a namespace of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/sets.h"
#include "netns.h"

static int setup(void **state)
{
	struct sets *s = NULL;

	*state = NULL;
	if (!netns_possible())
		return 0;
	close(netns_new());
	if (sets_open(&s) == SETS_UNSUPPORTED)
		print_message("skipped: the kernel has no ipset\n");
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	sets_close(*state);
	return 0;
}

static struct sets *handle(void **state)
{
	if (!*state)
		skip();
	return *state;
}

static struct pinhole_key key_of(const char *from, const char *to,
				 uint16_t port)
{
	struct pinhole_key key;

	key.from = netns_endpoint(from, 0).addr;
	key.to = netns_endpoint(to, port);
	return key;
}

static unsigned long members(const char *set)
{
	return netns_count("ipset list %s | grep -c ,tcp:", set);
}

static void create_is_repeatable(void **state)
{
	struct sets *s = handle(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 4000);

	assert_int_equal(sets_create(s, 100), SETS_FINE);
	assert_int_equal(sets_add(s, &key, 30000000), SETS_FINE);
	assert_int_equal(sets_create(s, 100), SETS_FINE);
	assert_int_equal(members(SETS_NAME_V4), 1);
	/* What the printed rules would do is the same set. */
	netns_sh("ipset -exist create " SETS_NAME_V4 " " SETS_TYPE
		 " family inet maxelem 100 timeout %d",
		 SETS_DEFAULT_TIMEOUT_S);
	assert_int_equal(members(SETS_NAME_V4), 1);
	assert_int_equal(sets_destroy(s), SETS_FINE);
	assert_int_equal(sets_destroy(s), SETS_FINE);
	assert_int_equal(netns_count("ipset list -n | wc -l"), 0);
}

static void another_size_takes_the_place(void **state)
{
	struct sets *s = handle(state);

	assert_int_equal(sets_create(s, 100), SETS_FINE);
	netns_sh("iptables -t raw -A PREROUTING -p tcp -m set "
		 "--match-set " SETS_NAME_V4 " src,dst,dst");
	assert_int_equal(sets_create(s, 200), SETS_FINE);
	assert_int_equal(netns_count("ipset list -t %s | sed -n "
				     "'s/.*maxelem \\([0-9]*\\).*/\\1/p'",
				     SETS_NAME_V4),
			 200);
	assert_int_equal(netns_count("ipset list -n | wc -l"), 4);
	assert_int_equal(sets_destroy(s), SETS_IN_USE);
	netns_sh("iptables -t raw -F");
	/* nf_tables may let go of it a moment later. */
	netns_sh("timeout 2 sh -c 'until ipset -q destroy " SETS_NAME_V4
		 "; do :; done'");
	assert_int_equal(sets_destroy(s), SETS_FINE);
}

static void another_kind_is_left_alone(void **state)
{
	struct sets *s = handle(state);

	netns_sh("ipset create " SETS_NAME_V4 " hash:ip");
	assert_int_equal(sets_create(s, 100), SETS_OTHER);
	assert_int_equal(netns_count("ipset list -n | wc -l"), 1);
	assert_int_equal(netns_count("ipset list -t %s | grep -c 'hash:ip$'",
				     SETS_NAME_V4),
			 1);
	netns_sh("ipset destroy " SETS_NAME_V4);
}

static unsigned long timeout_left(void)
{
	return netns_count("ipset list %s | sed -n "
			   "'s/.*,tcp:.*timeout \\([0-9]*\\)$/\\1/p'",
			   SETS_NAME_V4);
}

static void add_refreshes_and_del_repeats(void **state)
{
	struct sets *s = handle(state);
	struct pinhole_key v4 = key_of("10.2.5.5", "10.1.4.4", 40001);
	struct pinhole_key v6 = key_of("fc00::5", "fc00::4", 40002);

	assert_int_equal(sets_add(s, &v4, 1), SETS_MISSING);
	assert_int_equal(sets_create(s, 100), SETS_FINE);
	assert_int_equal(sets_add(s, &v4, 5000001), SETS_FINE);
	assert_in_range(timeout_left(), 5, 6);
	assert_int_equal(sets_add(s, &v4, 50000000), SETS_FINE);
	assert_in_range(timeout_left(), 49, 50);
	assert_int_equal(sets_add(s, &v4, UINT64_MAX), SETS_FINE);
	assert_in_range(timeout_left(), 2147400, 2147483);
	assert_int_equal(sets_add(s, &v6, 0), SETS_FINE);
	netns_sh("ipset -q test " SETS_NAME_V4 " 10.2.5.5,tcp:40001,10.1.4.4");
	netns_sh("ipset -q test " SETS_NAME_V6 " fc00::5,tcp:40002,fc00::4");
	netns_sh("ipset -q test " SETS_NAME_V4 "-port 10.1.4.4,tcp:40001");
	netns_sh("ipset -q test " SETS_NAME_V6 "-port fc00::4,tcp:40002");
	assert_int_equal(members(SETS_NAME_V4), 1);
	assert_int_equal(sets_del(s, &v4), SETS_FINE);
	assert_int_equal(sets_del(s, &v4), SETS_FINE);
	assert_int_equal(members(SETS_NAME_V4), 0);
	assert_int_equal(members(SETS_NAME_V4 "-port"), 0);
	assert_int_equal(sets_destroy(s), SETS_FINE);
}

static void full_is_told(void **state)
{
	struct sets *s = handle(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 40001);
	enum sets_result result = SETS_FINE;
	int added = 0;

	assert_int_equal(sets_create(s, 4), SETS_FINE);
	while (added < 100 && result == SETS_FINE) {
		key.to.port++;
		result = sets_add(s, &key, 60000000);
		added++;
	}
	assert_int_equal(result, SETS_FULL);
	assert_int_equal(sets_destroy(s), SETS_FINE);
}

/* Measured: 3 us; ten times that would hold up the packets that announce
 * pinholes. Only a gross error fails, since the machine may be busy. */
static void change_is_quick(void **state)
{
	enum { TIMES = 2000, SLOW_US = 100 };
	struct sets *s = handle(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 0);
	struct timespec start, end;
	double us;

	assert_int_equal(sets_create(s, 65536), SETS_FINE);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < TIMES; i++) {
		key.to.port = (uint16_t)(1024 + i);
		assert_int_equal(sets_add(s, &key, 60000000), SETS_FINE);
		assert_int_equal(sets_del(s, &key), SETS_FINE);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	us = ((double)(end.tv_sec - start.tv_sec) * 1e6 +
	      (double)(end.tv_nsec - start.tv_nsec) / 1e3) /
	     (2 * TIMES);
	print_message("%.1f us for a change of a set\n", us);
	assert_true(us < SLOW_US);
	assert_int_equal(sets_destroy(s), SETS_FINE);
}

static void texts_name_the_cure(void **state)
{
	(void)state;
	assert_non_null(strstr(sets_text(SETS_DENIED), "root"));
	assert_non_null(strstr(sets_text(SETS_MISSING), "rules --load"));
	assert_non_null(strstr(sets_text(SETS_UNSUPPORTED), "ip_set"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_is_repeatable),
		cmocka_unit_test(another_size_takes_the_place),
		cmocka_unit_test(another_kind_is_left_alone),
		cmocka_unit_test(add_refreshes_and_del_repeats),
		cmocka_unit_test(full_is_told),
		cmocka_unit_test(change_is_quick),
		cmocka_unit_test(texts_name_the_cure),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
