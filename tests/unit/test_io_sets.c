/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pinhole sets of either kind, against this kernel in a namespace of the
 * test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/sets.h"
#include "netns.h"
#include "rules.h"

/* What the kernel's own tools say. */
struct kind {
	enum sets_kind kind;
	const char *count;    /* how many elements are in the set %s */
	const char *expires;  /* seconds that the one in the set %s has left */
	const char *has;      /* of the set %s, from %s, port %u, to %s */
	const char *has_port; /* of the set %s, to %s, port %u */
	const char *gone;     /* remove all sets */
};

static const struct kind ipset = {
	.kind = SETS_IPSET,
	.count = "ipset list %s | grep -c ,tcp:",
	.expires = "ipset list %s | sed -n "
		   "'s/.*,tcp:.*timeout \\([0-9]*\\)$/\\1/p'",
	.has = "ipset -q test %s %s,tcp:%u,%s",
	.has_port = "ipset -q test %s %s,tcp:%u",
	.gone = "ipset destroy",
};

static const struct kind nft = {
	.kind = SETS_NFT,
	.count = "nft list set inet " SETS_TABLE " %s | grep -o expires | "
		 "wc -l",
	.expires = "nft -j list set inet " SETS_TABLE " %s | sed -n "
		   "'s/.*\"expires\": \\([0-9]*\\).*/\\1/p'",
	.has = "nft get element inet " SETS_TABLE " %s '{ %s . %u . %s }' "
	       ">/dev/null",
	.has_port = "nft get element inet " SETS_TABLE " %s '{ %s . %u }' "
		    ">/dev/null",
	.gone = "nft delete table inet " SETS_TABLE,
};

struct bench {
	const struct kind *kind;
	struct sets *s;
};

static int setup(void **state)
{
	static struct bench b;

	b.kind = *state;
	*state = NULL;
	if (!netns_possible())
		return 0;
	close(netns_new());
	if (sets_open(&b.s) == SETS_FINE)
		*state = &b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	if (b)
		sets_close(b->s);
	return 0;
}

static struct bench *bench_of(void **state)
{
	if (!*state)
		skip();
	return *state;
}

/* The sets that the rules bring along. */
static void make_sets(const struct bench *b, enum sets_kind kind, uint32_t max)
{
	struct ruleset rules = rules_default();

	rules.pinholes = max;
	if (kind == SETS_IPSET)
		assert_int_equal(sets_create(b->s, max), SETS_FINE);
	else
		rules_load_nft_sets(&rules);
}

static struct pinhole_key key_of(const char *from, const char *to,
				 uint16_t port)
{
	struct pinhole_key key;

	key.from = netns_endpoint(from, 0).addr;
	key.to = netns_endpoint(to, port);
	return key;
}

static unsigned long members(const struct kind *kind, const char *set)
{
	return netns_count(kind->count, set);
}

/* --- both kinds --------------------------------------------------------------------- */

static void add_refreshes_and_del_repeats(void **state)
{
	struct bench *b = bench_of(state);
	const struct kind *k = b->kind;
	struct pinhole_key v4 = key_of("10.2.5.5", "10.1.4.4", 40001);
	struct pinhole_key v6 = key_of("fc00::5", "fc00::4", 40002);

	make_sets(b, k->kind, 100);
	assert_int_equal(sets_add(b->s, &v4, 19000001), SETS_FINE);
	assert_in_range(netns_count(k->expires, SETS_NAME_V4), 10, 20);
	assert_int_equal(sets_add(b->s, &v4, 50000000), SETS_FINE);
	assert_in_range(netns_count(k->expires, SETS_NAME_V4), 40, 50);
	assert_int_equal(sets_add(b->s, &v4, UINT64_MAX), SETS_FINE);
	assert_in_range(netns_count(k->expires, SETS_NAME_V4), 2147400,
			2147483);
	assert_int_equal(sets_add(b->s, &v6, 30000000), SETS_FINE);
	netns_sh(k->has, SETS_NAME_V4, "10.2.5.5", 40001, "10.1.4.4");
	netns_sh(k->has, SETS_NAME_V6, "fc00::5", 40002, "fc00::4");
	netns_sh(k->has_port, SETS_NAME_V4 "-port", "10.1.4.4", 40001);
	netns_sh(k->has_port, SETS_NAME_V6 "-port", "fc00::4", 40002);
	assert_int_equal(members(k, SETS_NAME_V4), 1);
	assert_int_equal(sets_del(b->s, &v4), SETS_FINE);
	assert_int_equal(sets_del(b->s, &v4), SETS_FINE);
	assert_int_equal(members(k, SETS_NAME_V4), 0);
	assert_int_equal(members(k, SETS_NAME_V4 "-port"), 0);
	assert_int_equal(members(k, SETS_NAME_V6), 1);
}

static void a_moment_is_a_second(void **state)
{
	struct bench *b = bench_of(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 40001);

	make_sets(b, b->kind->kind, 100);
	assert_int_equal(sets_add(b->s, &key, 0), SETS_FINE);
	for (int i = 0; i < 50 && members(b->kind, SETS_NAME_V4) > 0; i++)
		netns_sh("sleep .1");
	assert_int_equal(members(b->kind, SETS_NAME_V4), 0);
}

static void full_is_told(void **state)
{
	struct bench *b = bench_of(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 40001);
	enum sets_result result = SETS_FINE;
	int added = 0;

	make_sets(b, b->kind->kind, 4);
	while (added < 100 && result == SETS_FINE) {
		key.to.port++;
		result = sets_add(b->s, &key, 60000000);
		added++;
	}
	assert_int_equal(result, SETS_FULL);
	assert_in_range(added, 5, 99);
}

/* No set, no pinhole, and nothing to take out; then both kinds in turn. */
static void a_pinhole_goes_where_sets_are(void **state)
{
	struct bench *b = bench_of(state);
	const struct kind *k = b->kind, *other = k == &nft ? &ipset : &nft;
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 40001);

	assert_int_equal(sets_add(b->s, &key, 60000000), SETS_MISSING);
	assert_int_equal(sets_del(b->s, &key), SETS_FINE);
	assert_false(sets_there(b->s, SETS_NFT));
	assert_false(sets_there(b->s, SETS_IPSET));
	for (int i = 0; i < 3; i++) {
		const struct kind *now = i % 2 == 0 ? k : other;
		const struct kind *then = i % 2 == 0 ? other : k;

		make_sets(b, now->kind, 100);
		assert_true(sets_there(b->s, now->kind));
		assert_false(sets_there(b->s, then->kind));
		assert_int_equal(sets_add(b->s, &key, 60000000), SETS_FINE);
		assert_int_equal(members(now, SETS_NAME_V4), 1);
		assert_int_equal(sets_del(b->s, &key), SETS_FINE);
		assert_int_equal(members(now, SETS_NAME_V4), 0);
		netns_sh("%s", now->gone);
	}
}

/* As many as a busy gateway has: each comes, and each goes. */
static void many_come_and_go(void **state)
{
	enum { FILLED = 10000, TIMES = 1000 };
	struct bench *b = bench_of(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 0);

	make_sets(b, b->kind->kind, 65536);
	for (int i = 0; i < FILLED; i++) {
		key.to.port = (uint16_t)(1024 + i);
		assert_int_equal(sets_add(b->s, &key, 60000000), SETS_FINE);
	}
	for (int i = 0; i < TIMES; i++) {
		key.to.port = (uint16_t)(1024 + FILLED + i);
		assert_int_equal(sets_add(b->s, &key, 60000000), SETS_FINE);
		assert_int_equal(sets_del(b->s, &key), SETS_FINE);
	}
	assert_int_equal(members(b->kind, SETS_NAME_V4), FILLED);
}

/* --- ipset's ------------------------------------------------------------------------- */

static void create_is_repeatable(void **state)
{
	struct bench *b = bench_of(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 4000);

	assert_int_equal(sets_create(b->s, 100), SETS_FINE);
	assert_int_equal(sets_add(b->s, &key, 30000000), SETS_FINE);
	assert_int_equal(sets_create(b->s, 100), SETS_FINE);
	assert_int_equal(members(&ipset, SETS_NAME_V4), 1);
	/* What the printed rules would do is the same set. */
	netns_sh("ipset -exist create " SETS_NAME_V4 " " SETS_TYPE
		 " family inet maxelem 100 timeout %d",
		 SETS_DEFAULT_TIMEOUT_S);
	assert_int_equal(members(&ipset, SETS_NAME_V4), 1);
	assert_int_equal(sets_destroy(b->s), SETS_FINE);
	assert_int_equal(sets_destroy(b->s), SETS_FINE);
	assert_int_equal(netns_count("ipset list -n | wc -l"), 0);
}

static void another_size_takes_the_place(void **state)
{
	struct bench *b = bench_of(state);

	assert_int_equal(sets_create(b->s, 100), SETS_FINE);
	netns_sh("iptables -t raw -A PREROUTING -p tcp -m set "
		 "--match-set " SETS_NAME_V4 " src,dst,dst");
	assert_int_equal(sets_create(b->s, 200), SETS_FINE);
	assert_int_equal(netns_count("ipset list -t %s | sed -n "
				     "'s/.*maxelem \\([0-9]*\\).*/\\1/p'",
				     SETS_NAME_V4),
			 200);
	assert_int_equal(netns_count("ipset list -n | wc -l"), 4);
	assert_int_equal(sets_destroy(b->s), SETS_IN_USE);
	netns_sh("iptables -t raw -F");
	/* nf_tables may let go of it a moment later. */
	netns_sh("timeout 20 sh -c 'until ipset -q destroy " SETS_NAME_V4
		 "; do :; done'");
	assert_int_equal(sets_destroy(b->s), SETS_FINE);
}

static void another_kind_is_left_alone(void **state)
{
	struct bench *b = bench_of(state);

	netns_sh("ipset create " SETS_NAME_V4 " hash:ip");
	assert_int_equal(sets_create(b->s, 100), SETS_OTHER);
	assert_int_equal(netns_count("ipset list -n | wc -l"), 1);
	assert_int_equal(netns_count("ipset list -t %s | grep -c 'hash:ip$'",
				     SETS_NAME_V4),
			 1);
}

/* --- nft's --------------------------------------------------------------------------- */

static void sets_that_cannot_stay_are_known(void **state)
{
	struct bench *b = bench_of(state);
	struct pinhole_key key = key_of("10.2.5.5", "10.1.4.4", 4000);

	assert_false(sets_differ(b->s, 100));
	make_sets(b, SETS_NFT, 100);
	assert_false(sets_differ(b->s, 100));
	assert_true(sets_differ(b->s, 101));
	netns_sh("nft 'delete table inet " SETS_TABLE "; table inet " SETS_TABLE
		 " { set " SETS_NAME_V4
		 " { type ipv4_addr; size 200; flags timeout; }; }'");
	assert_true(sets_differ(b->s, 100));
	assert_int_equal(sets_add(b->s, &key, 1000000), SETS_OTHER);
}

static void texts_name_the_cure(void **state)
{
	(void)state;
	assert_non_null(strstr(sets_text(SETS_DENIED), "root"));
	assert_non_null(strstr(sets_text(SETS_MISSING), "rules --load"));
	assert_non_null(strstr(sets_text(SETS_UNSUPPORTED), "ip_set"));
	assert_non_null(strstr(sets_text(SETS_UNSUPPORTED), "nf_tables"));
}

#define OF(test, kind)                                   \
	{                                                \
#test ", " #kind, test, setup, teardown, \
			(void *)(uintptr_t)&kind         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF(add_refreshes_and_del_repeats, ipset),
		OF(add_refreshes_and_del_repeats, nft),
		OF(a_moment_is_a_second, ipset),
		OF(a_moment_is_a_second, nft),
		OF(full_is_told, ipset),
		OF(full_is_told, nft),
		OF(a_pinhole_goes_where_sets_are, ipset),
		OF(a_pinhole_goes_where_sets_are, nft),
		OF(many_come_and_go, ipset),
		OF(many_come_and_go, nft),
		OF(create_is_repeatable, ipset),
		OF(another_size_takes_the_place, ipset),
		OF(another_kind_is_left_alone, ipset),
		OF(sets_that_cannot_stay_are_known, nft),
		cmocka_unit_test(texts_name_the_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
