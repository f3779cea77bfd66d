/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory without a heap: pools of equal blocks, lists and hash tables over
 * them. Everything is named by its index in its pool, so that a table costs
 * four bytes a link and can be checked against its bounds.
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No index. */
#define NIL UINT32_MAX

/* Hands out parts of the engine's one block; with base NULL it only counts. */
struct arena {
	uint8_t *base;
	size_t used;
};

#define CACHE_LINE 64

/* @size bytes a whole number of cache lines behind the base; NULL while
 * counting. */
void *arena_take(struct arena *a, size_t size);

struct pool {
	uint8_t *base;
	uint32_t size;  /* of one block, in bytes; at least 4 */
	uint32_t count; /* blocks in all */
	uint32_t used;
	uint32_t fresh; /* blocks from here on were never handed out */
	uint32_t free;  /* list of blocks that came back */
};

/* Blocks are not touched before they are handed out: a large table costs only
 * the memory that it uses. */
void pool_init(struct pool *p, struct arena *a, uint32_t size, uint32_t count);

/* A zeroed block, or NIL when all are in use. */
uint32_t pool_take(struct pool *p);

/* The same, but the block keeps what was in it: for bytes that are written
 * before they are read. */
uint32_t pool_take_raw(struct pool *p);

void pool_give(struct pool *p, uint32_t index);

static inline void *pool_at(const struct pool *p, uint32_t index)
{
	return p->base + (size_t)index * p->size;
}

struct link {
	uint32_t prev, next;
};

/* Which pool a list runs over, and where in a block its link lies. */
struct links {
	struct pool *pool;
	size_t at;
};

struct list {
	uint32_t head, tail;
};

#define LIST_EMPTY ((struct list){ NIL, NIL })

void list_append(struct list *l, const struct links *via, uint32_t index);
void list_remove(struct list *l, const struct links *via, uint32_t index);

/* Put @index before @before; at the end if @before is NIL. */
void list_insert(struct list *l, const struct links *via, uint32_t index,
		 uint32_t before);
uint32_t list_next(const struct links *via, uint32_t index);

/* Put those first that are @before others; who is equal keeps his place. Takes
 * n log n steps. */
void list_sort(struct list *l, const struct links *via,
	       bool (*before)(const void *a, const void *b));

/* A hash table of chains; the link is one uint32_t in the block. */
struct table {
	uint32_t *head;
	uint32_t mask;
	struct links via;
};

/* Room for @count entries at one a chain. */
void table_init(struct table *t, struct arena *a, uint32_t count,
		struct pool *pool, size_t link_at);
void table_insert(struct table *t, uint64_t hash, uint32_t index);
/* The same behind @after, which is in the chain. */
void table_insert_behind(struct table *t, uint32_t after, uint32_t index);
void table_remove(struct table *t, uint64_t hash, uint32_t index);

/* First of the chain, and the next one behind @index. */
static inline uint32_t table_first(const struct table *t, uint64_t hash)
{
	return t->head[hash & t->mask];
}

static inline uint32_t table_next(const struct table *t, uint32_t index)
{
	return *(uint32_t *)(void *)((uint8_t *)pool_at(t->via.pool, index) +
				     t->via.at);
}

#endif
