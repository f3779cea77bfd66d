/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools, lists and hash tables: against arrays that do the same slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/pool.h"

#include "support.h"

#define BLOCKS 50

struct block {
	uint32_t hash_next;
	uint32_t value;
	struct link a, b;
};

struct set_up {
	void *memory;
	struct pool pool;
	struct table table;
	struct links via_a, via_b;
};

static void lay_out(struct set_up *s, struct arena *arena)
{
	pool_init(&s->pool, arena, sizeof(struct block), BLOCKS);
	table_init(&s->table, arena, 16, &s->pool,
		   offsetof(struct block, hash_next));
}

static void set_up(struct set_up *s)
{
	struct arena count = { NULL, 0 }, arena = { NULL, 0 };

	lay_out(s, &count);
	s->memory = malloc(count.used);
	assert_non_null(s->memory);
	memset(s->memory, 0xa5, count.used);
	arena.base = s->memory;
	lay_out(s, &arena);
	assert_int_equal(arena.used, count.used);
	s->via_a = (struct links){ &s->pool, offsetof(struct block, a) };
	s->via_b = (struct links){ &s->pool, offsetof(struct block, b) };
}

static struct block *block(struct set_up *s, uint32_t i)
{
	return pool_at(&s->pool, i);
}

static void arena_aligns(void **state)
{
	uint8_t memory[400];
	struct arena a = { memory, 0 };

	(void)state;
	assert_ptr_equal(arena_take(&a, 1), memory);
	assert_ptr_equal(arena_take(&a, 100), memory + 64);
	assert_ptr_equal(arena_take(&a, 64), memory + 192);
	assert_ptr_equal(arena_take(&a, 0), memory + 256);
	assert_int_equal(a.used, 256);
}

/* Every block once, zeroed, none more; then in any order back and again. */
static void pool_hands_out_each_once(void **state)
{
	static const struct block zero;
	uint32_t taken[BLOCKS];
	uint64_t seed = 1;
	struct set_up s;

	(void)state;
	set_up(&s);
	for (int round = 0; round < 5; round++) {
		uint8_t seen[BLOCKS] = { 0 };

		for (uint32_t i = 0; i < BLOCKS; i++) {
			taken[i] = pool_take(&s.pool);
			assert_true(taken[i] < BLOCKS && !seen[taken[i]]++);
			assert_memory_equal(block(&s, taken[i]), &zero,
					    sizeof(zero));
			memset(block(&s, taken[i]), 0x5a, sizeof(zero));
		}
		assert_int_equal(s.pool.used, BLOCKS);
		assert_int_equal(pool_take(&s.pool), NIL);
		assert_int_equal(pool_take_raw(&s.pool), NIL);
		for (uint32_t n = BLOCKS; n > 0; n--) {
			uint32_t i = (uint32_t)(random_next(&seed) % n);

			pool_give(&s.pool, taken[i]);
			taken[i] = taken[n - 1];
		}
		assert_int_equal(s.pool.used, 0);
	}
	free(s.memory);
}

/* Blocks that were never handed out are not touched. */
static void pool_leaves_the_rest_alone(void **state)
{
	const uint8_t *b;
	struct set_up s;

	(void)state;
	set_up(&s);
	assert_int_equal(pool_take(&s.pool), 0);
	b = (const uint8_t *)block(&s, 1);
	for (size_t i = 0; i < sizeof(struct block) * (BLOCKS - 1); i++)
		assert_int_equal(b[i], 0xa5);
	pool_give(&s.pool, 0);
	assert_int_equal(pool_take_raw(&s.pool), 0);
	free(s.memory);
}

static void expect_list(struct set_up *s, const struct links *via,
			const struct list *l, const uint32_t *want, size_t n)
{
	uint32_t at = l->head, prev = NIL;

	for (size_t i = 0; i < n; i++) {
		const struct link *k =
			(void *)((uint8_t *)block(s, at) + via->at);

		assert_int_equal(at, want[i]);
		assert_int_equal(k->prev, prev);
		prev = at;
		at = list_next(via, at);
	}
	assert_int_equal(at, NIL);
	assert_int_equal(l->tail, prev);
}

/* Random appends, insertions and removals; the other link of the same blocks
 * stays as it is. */
static void list_like_an_array(void **state)
{
	struct set_up s;
	struct list a = LIST_EMPTY, b = LIST_EMPTY;
	uint32_t array[BLOCKS], all[BLOCKS];
	uint64_t seed = 2;
	size_t n = 0;

	(void)state;
	set_up(&s);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		all[i] = pool_take(&s.pool);
		list_append(&b, &s.via_b, all[i]);
	}
	for (int step = 0; step < 5000; step++) {
		size_t at = random_next(&seed) % (n + 1);
		uint32_t i = (uint32_t)(random_next(&seed) % BLOCKS);

		for (size_t k = 0; k < n; k++)
			if (array[k] == i)
				at = k | 0x1000;
		if (at & 0x1000) {
			at &= 0xfff;
			list_remove(&a, &s.via_a, i);
			memmove(array + at, array + at + 1,
				(n - at - 1) * sizeof(*array));
			n--;
		} else {
			list_insert(&a, &s.via_a, i, at < n ? array[at] : NIL);
			memmove(array + at + 1, array + at,
				(n - at) * sizeof(*array));
			array[at] = i;
			n++;
		}
		expect_list(&s, &s.via_a, &a, array, n);
	}
	expect_list(&s, &s.via_b, &b, all, BLOCKS);
	free(s.memory);
}

static bool table_has(const struct table *t, uint64_t hash, uint32_t index)
{
	for (uint32_t i = table_first(t, hash); i != NIL; i = table_next(t, i))
		if (i == index)
			return true;
	return false;
}

/* Few chains, so that they are long. */
static void table_like_a_set(void **state)
{
	bool in[BLOCKS] = { false };
	uint64_t seed = 3;
	struct set_up s;

	(void)state;
	set_up(&s);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		assert_int_equal(pool_take(&s.pool), i);
		block(&s, i)->value = (uint32_t)random_next(&seed) % 5;
	}
	for (int step = 0; step < 5000; step++) {
		uint32_t i = (uint32_t)(random_next(&seed) % BLOCKS);

		if (in[i])
			table_remove(&s.table, block(&s, i)->value, i);
		else
			table_insert(&s.table, block(&s, i)->value, i);
		in[i] = !in[i];
		for (uint32_t k = 0; k < BLOCKS; k++)
			assert_int_equal(table_has(&s.table,
						   block(&s, k)->value, k),
					 in[k]);
	}
	/* One that is not there: nothing happens. */
	for (uint32_t i = 0; i < BLOCKS; i++)
		if (!in[i])
			table_remove(&s.table, block(&s, i)->value, i);
	for (uint32_t i = 0; i < BLOCKS; i++)
		assert_int_equal(table_has(&s.table, block(&s, i)->value, i),
				 in[i]);
	free(s.memory);
}

static bool is_less(const void *a, const void *b)
{
	return ((const struct block *)a)->value <
	       ((const struct block *)b)->value;
}

/* Equal ones keep their order: the index, by which they were appended. */
static void list_is_sorted(void **state)
{
	uint64_t seed = 5;
	struct set_up s;

	(void)state;
	set_up(&s);
	for (uint32_t i = 0; i < BLOCKS; i++)
		pool_take(&s.pool);
	for (uint32_t count = 0; count <= BLOCKS; count++) {
		struct list l = LIST_EMPTY;
		uint32_t n = 0, before = NIL;

		for (uint32_t i = 0; i < count; i++) {
			block(&s, i)->value =
				(uint32_t)(random_next(&seed) % 16);
			list_append(&l, &s.via_a, i);
		}
		list_sort(&l, &s.via_a, is_less);
		for (uint32_t i = l.head; i != NIL;
		     before = i, i = list_next(&s.via_a, i), n++) {
			assert_int_equal(block(&s, i)->a.prev, before);
			if (before == NIL)
				continue;
			assert_false(is_less(block(&s, i), block(&s, before)));
			assert_true(is_less(block(&s, before), block(&s, i)) ||
				    before < i);
		}
		assert_int_equal(l.tail, before);
		assert_int_equal(n, count);
	}
	free(s.memory);
}

/* One chain an entry, rounded up to a power of two, sixteen at least. */
static void table_sizes(void **state)
{
	static const struct {
		uint32_t count, buckets;
	} row[] = { { 1, 16 },
		    { 16, 16 },
		    { 17, 32 },
		    { 64, 64 },
		    { 65536, 65536 },
		    { 65537, 131072 },
		    { 8u << 20, 8u << 20 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct arena count = { NULL, 0 };
		struct table t;

		table_init(&t, &count, row[i].count, NULL, 0);
		assert_int_equal(t.mask, row[i].buckets - 1);
		assert_int_equal(count.used, 4ull * row[i].buckets);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_aligns),
		cmocka_unit_test(pool_hands_out_each_once),
		cmocka_unit_test(pool_leaves_the_rest_alone),
		cmocka_unit_test(list_like_an_array),
		cmocka_unit_test(list_is_sorted),
		cmocka_unit_test(table_like_a_set),
		cmocka_unit_test(table_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
