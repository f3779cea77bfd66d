/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sequence numbers across edits, against a model that keeps the whole old
 * stream and writes the new one out byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/seqmap.h"

#include "support.h"

#define EDITS_MAX 200
#define POOL      24

/* All edits ever made, as distances from the start of the stream. */
struct model {
	uint32_t start; /* sequence number of the first byte, old and new */
	struct {
		uint32_t at, len, new_len;
	} edit[EDITS_MAX];
	size_t edits, folded;
};

struct set_up {
	void *memory;
	struct pool pool;
	struct seqmap map;
	struct model model;
};

static void set_up(struct set_up *s, uint32_t start)
{
	struct arena arena = { NULL, 0 };

	s->memory = malloc(POOL * sizeof(struct edit));
	assert_non_null(s->memory);
	arena.base = s->memory;
	pool_init(&s->pool, &arena, sizeof(struct edit), POOL);
	s->map = SEQMAP_NONE;
	memset(&s->model, 0, sizeof(s->model));
	s->model.start = start;
}

static void tear_down(struct set_up *s)
{
	seqmap_clear(&s->map, &s->pool);
	assert_int_equal(s->pool.used, 0);
	free(s->memory);
}

/* Replace old bytes [@at, @at + @len) of the stream. */
static void add(struct set_up *s, uint32_t at, uint32_t len, uint32_t new_len)
{
	struct model *m = &s->model;
	char text[HOSTPORT_TEXT_MAX];

	memset(text, (int)('a' + m->edits % 26), sizeof(text));
	seqmap_add(&s->map, &s->pool, m->start + at, (uint16_t)len,
		   span_of(text, new_len));
	m->edit[m->edits].at = at;
	m->edit[m->edits].len = len;
	m->edit[m->edits++].new_len = new_len;
}

/* Where old byte @at is in the new stream; inside an edit: where its text
 * begins. */
static uint32_t forward(const struct model *m, uint32_t at)
{
	uint32_t old = 0, new = 0;

	for (size_t i = 0; i < m->edits && m->edit[i].at <= at; i++) {
		new += m->edit[i].at - old;
		old = m->edit[i].at;
		if (at < old + m->edit[i].len)
			return new;
		new += m->edit[i].new_len;
		old += m->edit[i].len;
	}
	return new + (at - old);
}

/* How many old bytes are complete when the first @at new ones are. */
static uint32_t backward(const struct model *m, uint32_t at)
{
	uint32_t old = 0, new = 0;

	for (size_t i = 0; i < m->edits; i++) {
		uint32_t before = m->edit[i].at - old;

		if (at < new + before)
			return old + (at - new);
		new += before;
		old += before;
		if (at < new + m->edit[i].new_len)
			return old;
		new += m->edit[i].new_len;
		old += m->edit[i].len;
	}
	return old + (at - new);
}

/* Every number from the last folded edit to beyond the last one. */
static void compare(struct set_up *s)
{
	const struct model *m = &s->model;
	uint32_t from = 0, to = 60, new_from;

	if (m->folded)
		from = m->edit[m->folded - 1].at + m->edit[m->folded - 1].len;
	if (m->edits)
		to += m->edit[m->edits - 1].at + m->edit[m->edits - 1].len;
	new_from = forward(m, from);
	for (uint32_t at = from; at < to; at++)
		assert_int_equal(seqmap_forward(&s->map, &s->pool,
						m->start + at),
				 m->start + forward(m, at));
	for (uint32_t at = new_from; at < forward(m, to); at++)
		assert_int_equal(seqmap_backward(&s->map, &s->pool,
						 m->start + at),
				 m->start + backward(m, at));
	assert_int_equal(s->map.count, m->edits - m->folded);
	assert_int_equal(s->pool.used, s->map.count);
}

/* The edits in order, found from every place. */
static void compare_walk(struct set_up *s)
{
	const struct model *m = &s->model;
	const struct edit *e =
		seqmap_at(&s->map, &s->pool,
			  m->start + (m->folded ? m->edit[m->folded].at : 0));

	for (size_t i = m->folded; i < m->edits; i++) {
		uint32_t at = m->start + m->edit[i].at;

		assert_non_null(e);
		assert_int_equal(e->at, at);
		assert_int_equal(e->len, m->edit[i].len);
		assert_int_equal(e->new_len, m->edit[i].new_len);
		assert_int_equal(e->text[e->new_len - 1], 'a' + (int)i % 26);
		assert_ptr_equal(seqmap_at(&s->map, &s->pool, at), e);
		assert_ptr_equal(seqmap_at(&s->map, &s->pool, at + e->len - 1),
				 e);
		assert_ptr_equal(seqmap_at(&s->map, &s->pool, at + e->len),
				 seqmap_next(&s->pool, e));
		e = seqmap_next(&s->pool, e);
	}
	assert_null(e);
}

/* The receiver acknowledges all old bytes before @at. */
static void fold(struct set_up *s, uint32_t at)
{
	struct model *m = &s->model;

	seqmap_fold(&s->map, &s->pool, m->start + at);
	while (m->folded < m->edits &&
	       m->edit[m->folded].at + m->edit[m->folded].len <= at)
		m->folded++;
}

static void random_work(uint32_t start, uint64_t seed)
{
	struct set_up s;
	uint32_t end = 0;

	set_up(&s, start);
	while (s.model.edits < EDITS_MAX) {
		if (seqmap_has_room(&s.map, &s.pool) &&
		    random_next(&seed) % 3) {
			uint32_t at = end + (uint32_t)(random_next(&seed) % 30);
			uint32_t len = 1 + (uint32_t)(random_next(&seed) % 60);

			add(&s, at, len,
			    1 + (uint32_t)(random_next(&seed) %
					   HOSTPORT_TEXT_MAX));
			end = at + len;
		} else {
			const struct model *m = &s.model;
			size_t i =
				m->folded +
				random_next(&seed) % (m->edits - m->folded + 1);

			if (i < m->edits)
				fold(&s, m->edit[i].at +
						 (uint32_t)(random_next(&seed) %
							    70));
		}
		compare(&s);
		compare_walk(&s);
	}
	tear_down(&s);
}

static void like_the_model(void **state)
{
	/* In the middle, and through the wrap of sequence numbers. */
	static const uint32_t start[] = { 1000, 0x7ffffc00, 0xfffff000,
					  0xffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(start); i++)
		for (uint64_t seed = 0; seed < 3; seed++)
			random_work(start[i], seed);
}

static void nothing_changed(void **state)
{
	struct set_up s;

	(void)state;
	set_up(&s, 0);
	assert_int_equal(seqmap_forward(&s.map, &s.pool, 0xfffffffe),
			 0xfffffffe);
	assert_int_equal(seqmap_backward(&s.map, &s.pool, 3), 3);
	assert_null(seqmap_at(&s.map, &s.pool, 3));
	seqmap_fold(&s.map, &s.pool, 77);
	assert_int_equal(s.map.base, 0);
	tear_down(&s);
}

/* PORT 10,1,4,4,19,137 at 105 becomes five bytes longer. */
static void one_edit_by_hand(void **state)
{
	static const struct {
		uint32_t old, new;
	} forward_row[] = { { 100, 100 }, { 105, 105 }, { 106, 105 },
			    { 119, 105 }, { 120, 125 }, { 122, 127 } },
	  backward_row[] = { { 100, 100 }, { 105, 105 }, { 105, 106 },
			     { 105, 124 }, { 120, 125 }, { 122, 127 } };
	struct set_up s;

	(void)state;
	set_up(&s, 0);
	seqmap_add(&s.map, &s.pool, 105, 15, span_str("203,0,113,100,19,137"));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(forward_row); i++)
			assert_int_equal(seqmap_forward(&s.map, &s.pool,
							forward_row[i].old),
					 forward_row[i].new);
		for (size_t i = 0; i < ARRAY_SIZE(backward_row); i++)
			assert_int_equal(seqmap_backward(&s.map, &s.pool,
							 backward_row[i].new),
					 backward_row[i].old);
		/* Not even all but the last byte folds it. */
		seqmap_fold(&s.map, &s.pool, 119);
		assert_int_equal(s.map.count, 1);
	}
	seqmap_fold(&s.map, &s.pool, 120);
	assert_int_equal(s.map.count, 0);
	assert_int_equal(s.map.base, 5);
	assert_int_equal(seqmap_forward(&s.map, &s.pool, 122), 127);
	assert_int_equal(seqmap_backward(&s.map, &s.pool, 127), 122);
	tear_down(&s);
}

static void room(void **state)
{
	struct set_up a;
	struct seqmap b = SEQMAP_NONE;
	uint32_t at = 0;

	(void)state;
	set_up(&a, 0);
	for (int i = 0; i < SEQMAP_EDITS_MAX; i++, at += 20) {
		assert_true(seqmap_has_room(&a.map, &a.pool));
		seqmap_add(&a.map, &a.pool, at, 5, span_str("x"));
	}
	assert_false(seqmap_has_room(&a.map, &a.pool));
	/* The other direction has what is left of the pool. */
	for (int i = 0; i < POOL - SEQMAP_EDITS_MAX; i++, at += 20) {
		assert_true(seqmap_has_room(&b, &a.pool));
		seqmap_add(&b, &a.pool, at, 5, span_str("x"));
	}
	assert_false(seqmap_has_room(&b, &a.pool));
	seqmap_fold(&a.map, &a.pool, 5);
	assert_true(seqmap_has_room(&a.map, &a.pool));
	assert_true(seqmap_has_room(&b, &a.pool));
	seqmap_clear(&b, &a.pool);
	tear_down(&a);
}

/* Sequence numbers compare around their wrap (RFC 9293 3.4). */
static void comparisons(void **state)
{
	(void)state;
	assert_true(seq_before(1, 2) && !seq_before(2, 1) && !seq_before(2, 2));
	assert_true(seq_before(0xffffffff, 0) && seq_before(0xffffff00, 0xff));
	assert_false(seq_before(0, 0xffffffff));
	assert_int_equal(seq_min(0xffffffff, 1), 0xffffffff);
	assert_int_equal(seq_max(0xffffffff, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changed),
		cmocka_unit_test(one_edit_by_hand),
		cmocka_unit_test(like_the_model),
		cmocka_unit_test(room),
		cmocka_unit_test(comparisons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
