/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/hole.h"

#include <stdlib.h>
#include <string.h>

#include "replay/table.h"

struct hole {
	struct {
		struct addr from;
		struct endpoint target;
	} key;
	uint64_t id;
	struct endpoint to;
	UT_hash_handle hh;
};

struct holes {
	struct hole *table;
};

struct holes *holes_new(void)
{
	return calloc(1, sizeof(struct holes));
}

static struct hole *find(struct holes *t, const struct addr *from,
			 const struct endpoint *target)
{
	struct hole want, *found;

	memset(&want.key, 0, sizeof(want.key));
	want.key.from = *from;
	want.key.target = *target;
	HASH_FIND(hh, t->table, &want.key, sizeof(want.key), found);
	return found;
}

static void drop(struct holes *t, struct hole *h)
{
	/* The analyzer does not see through uthash.
	 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	HASH_DEL(t->table, h);
	free(h);
}

static void add(struct holes *t, const struct action *a)
{
	struct hole *h = find(t, &a->hole.key.from, &a->hole.target);

	if (h)
		drop(t, h);
	h = calloc(1, sizeof(*h));
	if (!h)
		return;
	h->key.from = a->hole.key.from;
	h->key.target = a->hole.target;
	h->id = a->pinhole;
	h->to = a->hole.key.to;
	HASH_ADD(hh, t->table, key, sizeof(h->key), h);
	if (!h->hh.tbl)
		free(h);
}

void holes_action(struct holes *t, const struct action *a)
{
	struct hole *h;

	if (a->type == ACTION_PINHOLE_ADD &&
	    !endpoint_equal(&a->hole.target, &a->hole.key.to)) {
		add(t, a);
	} else if (a->type == ACTION_PINHOLE_DEL) {
		h = find(t, &a->hole.key.from, &a->hole.target);
		if (h && h->id == a->pinhole)
			drop(t, h);
	}
}

bool holes_named(struct holes *t, const struct addr *from,
		 const struct endpoint *target, struct endpoint *out)
{
	const struct hole *h = find(t, from, target);

	if (!h)
		return false;
	*out = h->to;
	return true;
}

void holes_free(struct holes *t)
{
	if (!t)
		return;
	while (t->table) {
		/* The analyzer does not see through uthash.
		 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		drop(t, t->table);
	}
	free(t);
}
