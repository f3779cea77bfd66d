/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools of equal blocks, and the lists and hash tables over them. */
#include "pool.h"

#include <string.h>

void *arena_take(struct arena *a, size_t size)
{
	size_t at = (a->used + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;

	a->used = at + size;
	return a->base ? a->base + at : NULL;
}

void pool_init(struct pool *p, struct arena *a, uint32_t size, uint32_t count)
{
	p->base = arena_take(a, (size_t)size * count);
	p->size = size;
	p->count = count;
	p->used = 0;
	p->fresh = 0;
	p->free = NIL;
}

uint32_t pool_take_raw(struct pool *p)
{
	uint32_t index = p->free;

	if (index != NIL)
		memcpy(&p->free, pool_at(p, index), sizeof(p->free));
	else if (p->fresh < p->count)
		index = p->fresh++;
	else
		return NIL;
	p->used++;
	return index;
}

uint32_t pool_take(struct pool *p)
{
	uint32_t index = pool_take_raw(p);

	if (index != NIL)
		memset(pool_at(p, index), 0, p->size);
	return index;
}

void pool_give(struct pool *p, uint32_t index)
{
	memcpy(pool_at(p, index), &p->free, sizeof(p->free));
	p->free = index;
	p->used--;
}

static struct link *link_of(const struct links *via, uint32_t index)
{
	return (void *)((uint8_t *)pool_at(via->pool, index) + via->at);
}

void list_insert(struct list *l, const struct links *via, uint32_t index,
		 uint32_t before)
{
	struct link *k = link_of(via, index);
	uint32_t prev = before == NIL ? l->tail : link_of(via, before)->prev;

	k->prev = prev;
	k->next = before;
	if (prev == NIL)
		l->head = index;
	else
		link_of(via, prev)->next = index;
	if (before == NIL)
		l->tail = index;
	else
		link_of(via, before)->prev = index;
}

void list_append(struct list *l, const struct links *via, uint32_t index)
{
	list_insert(l, via, index, NIL);
}

void list_remove(struct list *l, const struct links *via, uint32_t index)
{
	struct link *k = link_of(via, index);

	if (k->prev == NIL)
		l->head = k->next;
	else
		link_of(via, k->prev)->next = k->next;
	if (k->next == NIL)
		l->tail = k->prev;
	else
		link_of(via, k->next)->prev = k->prev;
}

uint32_t list_next(const struct links *via, uint32_t index)
{
	return link_of(via, index)->next;
}

/* --- sorting ---------------------------------------------------------------- */

/* The next of two runs, whose heads these are; of equal ones the first run's. */
static uint32_t take_first(const struct links *via, uint32_t run[2],
			   bool (*before)(const void *a, const void *b))
{
	int which = run[0] == NIL ||
		    (run[1] != NIL && before(pool_at(via->pool, run[1]),
					     pool_at(via->pool, run[0])));
	uint32_t index = run[which];

	run[which] = list_next(via, index);
	return index;
}

/* Merge runs that are sorted, chained by `next` alone. */
static uint32_t merge(const struct links *via, uint32_t a, uint32_t b,
		      bool (*before)(const void *a, const void *b))
{
	uint32_t run[2] = { a, b }, head = NIL, tail = NIL;

	while (run[0] != NIL || run[1] != NIL) {
		uint32_t index = take_first(via, run, before);

		if (tail == NIL)
			head = index;
		else
			link_of(via, tail)->next = index;
		tail = index;
	}
	return head;
}

/* 2^n blocks in the n-th run. */
#define RUNS 32

void list_sort(struct list *l, const struct links *via,
	       bool (*before)(const void *a, const void *b))
{
	uint32_t run[RUNS], next, i, all = NIL;

	for (int n = 0; n < RUNS; n++)
		run[n] = NIL;
	for (i = l->head; i != NIL; i = next) {
		uint32_t one = i;
		int n = 0;

		next = list_next(via, i);
		link_of(via, i)->next = NIL;
		/* Earlier blocks lie in the longer runs: they go first. */
		for (; n < RUNS - 1 && run[n] != NIL; n++) {
			one = merge(via, run[n], one, before);
			run[n] = NIL;
		}
		run[n] = merge(via, run[n], one, before);
	}
	for (int n = 0; n < RUNS; n++)
		all = merge(via, run[n], all, before);
	*l = LIST_EMPTY;
	for (i = all; i != NIL; i = next) {
		next = list_next(via, i);
		list_append(l, via, i);
	}
}

/* --- tables ----------------------------------------------------------------- */

static uint32_t *next_of(const struct table *t, uint32_t index)
{
	return (void *)((uint8_t *)pool_at(t->via.pool, index) + t->via.at);
}

void table_init(struct table *t, struct arena *a, uint32_t count,
		struct pool *pool, size_t link_at)
{
	uint32_t buckets = 16;

	while (buckets < count)
		buckets *= 2;
	t->head = arena_take(a, (size_t)buckets * sizeof(*t->head));
	t->mask = buckets - 1;
	t->via = (struct links){ pool, link_at };
	if (t->head)
		memset(t->head, 0xff, (size_t)buckets * sizeof(*t->head));
}

void table_insert(struct table *t, uint64_t hash, uint32_t index)
{
	uint32_t *head = &t->head[hash & t->mask];

	*next_of(t, index) = *head;
	*head = index;
}

void table_insert_behind(struct table *t, uint32_t after, uint32_t index)
{
	*next_of(t, index) = *next_of(t, after);
	*next_of(t, after) = index;
}

void table_remove(struct table *t, uint64_t hash, uint32_t index)
{
	uint32_t *at = &t->head[hash & t->mask];

	while (*at != index && *at != NIL)
		at = next_of(t, *at);
	if (*at == index)
		*at = *next_of(t, index);
}
