/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pinholes that go on after a restart: from their records into the table. */
#include "pinhole_private.h"

#include "outcome.h"
#include "session_table.h"
#include "state.h"

/* Where several have one key the newest comes first, as it did when each was
 * put in. */
static void insert_by_age(struct engine *e, struct hole *h)
{
	uint64_t hash = hole_hash(e, &h->key);
	uint32_t newer = NIL;

	for (uint32_t i = table_first(&e->by_key, hash); i != NIL;
	     i = table_next(&e->by_key, i)) {
		const struct hole *other = pool_at(&e->holes, i);

		if (other->id < h->id)
			break;
		newer = i;
	}
	if (newer == NIL)
		table_insert(&e->by_key, hash, hole_index(e, h));
	else
		table_insert_behind(&e->by_key, newer, hole_index(e, h));
}

/* The owner's list has the oldest first. */
static void give_owner(struct engine *e, struct hole *h, struct session *s)
{
	uint32_t i = s->holes.head;

	while (i != NIL && ((struct hole *)pool_at(&e->holes, i))->id < h->id)
		i = list_next(&e->owner_via, i);
	h->session = session_index(e, s);
	list_insert(&s->holes, &e->owner_via, hole_index(e, h), i);
}

/* What the kernel knows of it may be gone with the sets, or marks were cleared:
 * say it again. */
static void act_again(struct engine *e, struct hole *h)
{
	uint64_t life = e->policy->pinhole_timeout_us;
	uint64_t due = h->since_us + life;
	struct action *a;

	/* One that is due is closed by the next hole_tick(). */
	if (h->in_set && due > e->now) {
		hole_act(e, h, ACTION_PINHOLE_ADD);
		e->out->action[e->out->actions - 1].hole.timeout_us =
			due - e->now;
	}
	if (!h->watch.on)
		return;
	a = outcome_action(e, ACTION_DATA_QUEUE, h->session_id);
	a->ends = h->ends;
	data_watch_again(e, h, a);
}

/* A place under its grant is taken. */
static void take_place(struct engine *e, const struct hole *h)
{
	enum direction d;
	struct session *s =
		session_find(e, &h->ends.client, &h->ends.server, &d);

	if (s && s->id == h->session_id)
		s->granted++;
}

bool hole_take_over(struct engine *e, struct session *s,
		    const struct hole *from)
{
	uint32_t i = pool_take(&e->holes);
	struct hole *h;

	if (i == NIL)
		return false;
	h = pool_at(&e->holes, i);
	*h = *from;
	h->session = NIL;
	if (s)
		give_owner(e, h, s);
	if (h->id > e->last_hole)
		e->last_hole = h->id;
	insert_by_age(e, h);
	list_append(&e->hole_state[h->state], &e->state_via, i);
	if (h->state == HOLE_USED)
		e->stats.data_connections++;
	else
		hole_count(e, h, 1);
	e->stats.pinholes += h->state == HOLE_OPEN;
	e->stats.pinholes_restored += h->state == HOLE_OPEN;
	if (h->granted && !h->over)
		take_place(e, h);
	act_again(e, h);
	return true;
}

static bool is_older(const void *a, const void *b)
{
	const struct hole *h = a, *g = b;

	return h->since_us < g->since_us;
}

void hole_sort(struct engine *e)
{
	for (int state = 0; state < HOLE_STATES; state++)
		list_sort(&e->hole_state[state], &e->state_via, is_older);
}
