/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which records are not any more as they were saved. */
#include "change.h"

#include <sallyport/record.h>

#include "pinhole.h"
#include "session_table.h"
#include "state.h"

/* A name in 32 bits: tables have 2^22 places at most. */
#define KIND_SHIFT 30
#define INDEX_MASK ((1u << KIND_SHIFT) - 1)

_Static_assert(ENGINE_SESSIONS_MAX <= INDEX_MASK &&
		       ENGINE_PINHOLES_MAX <= INDEX_MASK,
	       "an index has room beside the kind");

void changes_init(struct changes *c, struct arena *a, uint32_t sessions,
		  uint32_t holes)
{
	c->room = sessions + holes + CHANGES_SPARE;
	c->name = arena_take(a, (size_t)c->room * sizeof(*c->name));
	c->count = 0;
	c->on = false;
}

static void add(struct engine *e, enum record_kind kind, uint32_t index)
{
	struct changes *c = &e->changes;

	/* Nobody has looked for long: what is in it is as new as ever. */
	if (c->count < c->room)
		c->name[c->count++] = (uint32_t)kind << KIND_SHIFT | index;
}

void session_changed(struct engine *e, struct session *s)
{
	if (!e->changes.on || s->changed)
		return;
	s->changed = true;
	add(e, RECORD_SESSION, session_index(e, s));
}

void hole_changed(struct engine *e, struct hole *h)
{
	if (!e->changes.on || h->changed)
		return;
	h->changed = true;
	add(e, RECORD_HOLE, hole_index(e, h));
}

void engine_numbers_changed(struct engine *e)
{
	if (!e->changes.on || e->numbers_changed)
		return;
	e->numbers_changed = true;
	add(e, RECORD_ENGINE, 0);
}

void engine_track(struct engine *e)
{
	e->changes.on = true;
}

bool engine_changed(struct engine *e, struct record_name *name)
{
	struct changes *c = &e->changes;
	uint32_t coded;

	if (c->count == 0)
		return false;
	coded = c->name[--c->count];
	name->kind = (enum record_kind)(coded >> KIND_SHIFT);
	name->index = coded & INDEX_MASK;
	switch (name->kind) {
	case RECORD_SESSION:
		((struct session *)pool_at(&e->sessions, name->index))
			->changed = false;
		break;
	case RECORD_HOLE:
		((struct hole *)pool_at(&e->holes, name->index))->changed =
			false;
		break;
	default:
		e->numbers_changed = false;
		break;
	}
	return true;
}
