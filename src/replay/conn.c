/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of connections, found by either way, forgotten by age. */
#include "replay/conn.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "replay/table.h"

/* Both ends in an order of their own, so that both directions find it. */
struct tuple {
	struct endpoint low, high;
};

struct conn_way {
	struct tuple key;
	struct conn *conn;
	int number;
	bool from_is_low;
	UT_hash_handle hh;
};

/* Of the cache. */
#define LINE 64

/* The head of each list is its oldest. */
struct age {
	struct conn *head;
	size_t count;
};

struct conns {
	struct conn_way *ways;
	struct age open, closed;
	size_t open_max;
	uint64_t clock; /* counts touches and moves */
	const struct conns_ahead
		*hint; /* of the packet that is here, or NULL */
	void (*gone)(void *arg, struct conn *c);
	void *arg;
};

static int compare(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b));

	return order ? order : (int)a->port - (int)b->port;
}

/* Gives whether @a is the low one. */
static bool tuple_of(const struct endpoint *a, const struct endpoint *b,
		     struct tuple *out)
{
	const bool low = compare(a, b) <= 0;

	memset(out, 0, sizeof(*out));
	out->low = low ? *a : *b;
	out->high = low ? *b : *a;
	return low;
}

static unsigned int hash_of(const struct conns *t, const struct tuple *key)
{
	const struct conns_ahead *hint = t->hint;
	unsigned int hash;

	if (hint && endpoint_equal(&hint->low, &key->low) &&
	    endpoint_equal(&hint->high, &key->high))
		return hint->hash;
	HASH_VALUE(key, sizeof(*key), hash);
	return hash;
}

static struct conn_way *way_find(struct conns *t, const struct tuple *key)
{
	struct conn_way *way;

	HASH_FIND_BYHASHVALUE(hh, t->ways, key, sizeof(*key), hash_of(t, key),
			      way);
	return way;
}

struct conns *conns_new(size_t open_max,
			void (*gone)(void *arg, struct conn *c), void *arg)
{
	struct conns *t = calloc(1, sizeof(*t));

	if (t) {
		t->open_max = open_max;
		t->gone = gone;
		t->arg = arg;
	}
	return t;
}

struct conn_found conns_find(struct conns *t, const struct endpoint *src,
			     const struct endpoint *dst)
{
	struct tuple key;
	const bool src_is_low = tuple_of(src, dst, &key);
	const struct conn_way *way = way_find(t, &key);

	if (!way)
		return (struct conn_found){ 0 };
	return (struct conn_found){ way->conn, way->number,
				    src_is_low != way->from_is_low };
}

static struct age *age_of(struct conns *t, const struct conn *c)
{
	return c->closed ? &t->closed : &t->open;
}

static void list_in(struct age *age, struct conn *c)
{
	DL_APPEND2(age->head, c, older, newer);
	age->count++;
}

static void list_out(struct age *age, struct conn *c)
{
	DL_DELETE2(age->head, c, older, newer);
	age->count--;
}

static void way_drop(struct conns *t, struct conn *c, int number)
{
	struct conn_way *way = c->way[number];

	if (!way)
		return;
	/* The analyzer does not see through uthash.
	 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	HASH_DEL(t->ways, way);
	free(way);
	c->way[number] = NULL;
}

static void release(struct conns *t, struct conn *c)
{
	list_out(age_of(t, c), c);
	for (int i = 0; i < CONN_WAYS; i++)
		way_drop(t, c, i);
	free(c->hello);
	free(c->reason);
	free(c);
}

void conns_drop(struct conns *t, struct conn *c)
{
	t->gone(t->arg, c);
	release(t, c);
}

/* Zeroed memory that begins with a cache line. */
static void *take_lines(size_t size)
{
	void *at = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);

	return at ? memset(at, 0, size) : NULL;
}

static bool way_add(struct conns *t, struct conn *c, int number,
		    const struct endpoint *from, const struct endpoint *to)
{
	struct conn_way *way = take_lines(sizeof(*way));

	if (!way)
		return false;
	way_drop(t, c, number);
	way->from_is_low = tuple_of(from, to, &way->key);
	way->conn = c;
	way->number = number;
	HASH_ADD(hh, t->ways, key, sizeof(way->key), way);
	if (!way->hh.tbl) {
		free(way);
		return false;
	}
	c->way[number] = way;
	return true;
}

/* Moved only when it comes to be the oldest: a list of many connections is
 * nowhere in the cache. */
void conns_touch(struct conns *t, struct conn *c)
{
	c->touched = ++t->clock;
}

/* The one that was silent longest. */
static struct conn *oldest(struct conns *t, struct age *age)
{
	while (age->head->touched > age->head->listed) {
		struct conn *c = age->head;

		list_out(age, c);
		c->listed = ++t->clock;
		list_in(age, c);
	}
	return age->head;
}

static void make_room(struct conns *t)
{
	if (t->open.count >= t->open_max)
		conns_drop(t, oldest(t, &t->open));
	if (t->closed.count >= CONN_CLOSED_MAX)
		conns_drop(t, t->closed.head);
}

struct conn *conns_add(struct conns *t, enum conn_role role,
		       const struct endpoint *from, const struct endpoint *to)
{
	struct conn_found old = conns_find(t, from, to);
	struct conn *c;

	if (old.conn)
		conns_drop(t, old.conn);
	make_room(t);
	c = take_lines(sizeof(*c));
	if (!c)
		return NULL;
	c->role = role;
	c->from = *from;
	c->to = *to;
	if (!way_add(t, c, 0, from, to)) {
		free(c);
		return NULL;
	}
	c->touched = c->listed = ++t->clock;
	list_in(&t->open, c);
	return c;
}

bool conns_add_way(struct conns *t, struct conn *c, int number,
		   const struct endpoint *from, const struct endpoint *to)
{
	struct conn_found old = conns_find(t, from, to);

	if (old.conn == c && old.way != 2)
		return false;
	if (old.conn && old.conn != c && !old.conn->closed)
		return false;
	if (old.conn == c)
		way_drop(t, c, old.way);
	else if (old.conn)
		conns_drop(t, old.conn);
	return way_add(t, c, number, from, to);
}

void conns_closed(struct conns *t, struct conn *c)
{
	if (c->closed)
		return;
	list_out(&t->open, c);
	c->closed = true;
	list_in(&t->closed, c);
}

static void clear(struct conns *t, struct conn *head, enum conn_role role)
{
	struct conn *c, *next;

	DL_FOREACH_SAFE2(head, c, next, newer)
	if (c->role == role)
		conns_drop(t, c);
}

void conns_clear(struct conns *t, enum conn_role role)
{
	clear(t, t->closed.head, role);
	clear(t, t->open.head, role);
}

static void release_all(struct conns *t, const struct age *age)
{
	while (age->head) {
		/* The analyzer does not see through uthash.
		 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		release(t, age->head);
	}
}

void conns_free(struct conns *t)
{
	if (!t)
		return;
	release_all(t, &t->closed);
	release_all(t, &t->open);
	free(t);
}

/* --- ahead ------------------------------------------------------------------ */

/* Entries with other hashes that lie before it in its bucket. */
#define CHAIN_MAX 4

/* Up to the end of what every packet needs. */
#define CONN_HOT offsetof(struct conn, opened)

static void fetch(const void *at, size_t len)
{
	for (size_t i = 0; i < len; i += LINE)
		__builtin_prefetch((const char *)at + i);
}

struct conns_ahead conns_ahead_of(const struct endpoint *src,
				  const struct endpoint *dst)
{
	struct conns_ahead a = { .known = true };
	struct tuple key;

	tuple_of(src, dst, &key);
	a.low = key.low;
	a.high = key.high;
	HASH_VALUE(&key, sizeof(key), a.hash);
	return a;
}

void conns_hint(struct conns *t, const struct conns_ahead *a)
{
	t->hint = a && a->known ? a : NULL;
}

void conns_ahead(const struct conns *t, const struct conns_ahead *a, int step)
{
	const UT_hash_table *table = t->ways ? t->ways->hh.tbl : NULL;
	const UT_hash_bucket *bucket;
	const UT_hash_handle *hh;

	if (!table || !a->known)
		return;
	bucket = &table->buckets[a->hash & (table->num_buckets - 1)];
	if (step == 0) {
		__builtin_prefetch(bucket);
		return;
	}
	hh = bucket->hh_head;
	if (hh && step == 1) {
		fetch(ELMT_FROM_HH(table, hh), sizeof(struct conn_way));
		return;
	}
	if (hh && step == 2 && hh->hashv != a->hash && hh->hh_next) {
		fetch(ELMT_FROM_HH(table, hh->hh_next),
		      sizeof(struct conn_way));
		return;
	}
	for (int i = 0; hh && i < CHAIN_MAX; i++, hh = hh->hh_next) {
		if (hh->hashv != a->hash)
			continue;
		fetch(((const struct conn_way *)ELMT_FROM_HH(table, hh))->conn,
		      CONN_HOT);
		return;
	}
}
