/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of pinholes, from the PORT that asks for one to the end of the
 * data connection that came through it. See enum hole_state for the life.
 *
 * When the table, or a host's share of it, is full, a new one is refused and
 * one alert says so; records of running data connections give way first.
 */
#include "pinhole_private.h"

#include <string.h>

#include "change.h"
#include "outcome.h"
#include "peer.h"
#include "random.h"
#include "session_table.h"
#include "state.h"

uint32_t hole_index(const struct engine *e, const struct hole *h)
{
	return (uint32_t)(((const uint8_t *)h - e->holes.base) / e->holes.size);
}

uint64_t hole_hash(const struct engine *e, const struct pinhole_key *key)
{
	return hash_two(e, &key->to, &key->to);
}

static bool same_key(const struct pinhole_key *a, const struct pinhole_key *b)
{
	return addr_equal(&a->from, &b->from) && endpoint_equal(&a->to, &b->to);
}

static void tell(struct engine *e, const struct hole *h, enum pinhole_op op,
		 const char *reason)
{
	struct event *ev = outcome_event(e, NULL, EVENT_PINHOLE);

	ev->session = h->session_id;
	ev->client = h->ends.client;
	ev->server = h->ends.server;
	ev->pinhole.op = op;
	ev->pinhole.id = h->id;
	ev->pinhole.active = h->active;
	ev->pinhole.from = h->key.from;
	ev->pinhole.from_port = h->from_port;
	ev->pinhole.to = h->key.to;
	ev->pinhole.reason = reason;
}

void hole_act(struct engine *e, const struct hole *h, enum action_type type)
{
	struct action *a = outcome_action(e, type, h->session_id);

	a->ends = h->ends;
	a->pinhole = h->id;
	a->hole.key = h->key;
	a->hole.target = h->target;
	a->hole.timeout_us = e->policy->pinhole_timeout_us;
}

void hole_count(struct engine *e, const struct hole *h, int step)
{
	struct peer *client = peer_get(e, &h->ends.client.addr);
	struct peer *server;

	if (client) {
		client->holes_client += (uint32_t)step;
		peer_put(e, client);
	}
	/* The first put may have freed the record of a session with oneself. */
	server = peer_get(e, &h->ends.server.addr);
	if (server) {
		server->holes_server += (uint32_t)step;
		peer_put(e, server);
	}
}

static void leave_owner(struct engine *e, struct hole *h)
{
	struct session *s;

	if (h->session == NIL)
		return;
	s = pool_at(&e->sessions, h->session);
	list_remove(&s->holes, &e->owner_via, hole_index(e, h));
	h->session = NIL;
}

static void set_state(struct engine *e, struct hole *h, enum hole_state state)
{
	uint32_t i = hole_index(e, h);

	list_remove(&e->hole_state[h->state], &e->state_via, i);
	h->state = (uint8_t)state;
	h->since_us = e->now;
	list_append(&e->hole_state[state], &e->state_via, i);
	hole_changed(e, h);
}

static void hole_free(struct engine *e, struct hole *h)
{
	uint32_t i = hole_index(e, h);

	if (h->state == HOLE_USED)
		e->stats.data_connections--;
	else
		hole_count(e, h, -1);
	hole_over(e, h, DATA_CLOSED);
	data_unwatch(e, h);
	leave_owner(e, h);
	list_remove(&e->hole_state[h->state], &e->state_via, i);
	table_remove(&e->by_key, hole_hash(e, &h->key), i);
	hole_changed(e, h);
	h->id = 0; /* see engine_next_pinhole() */
	pool_give(&e->holes, i);
}

/* Are the caps of client and server reached? */
static bool over_caps(struct engine *e, const struct hole *want)
{
	struct peer *client = peer_get(e, &want->ends.client.addr);
	struct peer *server = peer_get(e, &want->ends.server.addr);
	bool over = !client || !server ||
		    client->holes_client >= e->limits.pinholes_per_client ||
		    server->holes_server >= e->limits.pinholes_per_server;

	if (client)
		peer_put(e, client);
	if (server && server != client)
		peer_put(e, server);
	return over;
}

struct hole hole_between(const struct engine *e, const struct session *s,
			 bool active, const struct endpoint *to)
{
	const struct endpoint *caller =
		active ? &s->ends.server : &s->ends.client;
	const struct endpoint *called =
		active ? &s->ends.client : &s->ends.server;
	const struct endpoint *seen_as =
		active ? &s->nat.server_public : &s->nat.client_public;

	return (struct hole){
		.active = active,
		.session_id = s->id,
		.key = { caller->addr, *to },
		.target = { called->addr, to->port },
		.snat_to = seen_as->addr,
		.ends = s->ends,
		.master_to = s->nat.server_public,
		.mark = s->nat.mark | e->policy->connmark,
	};
}

struct hole *hole_reserve(struct engine *e, struct session *s,
			  const struct hole *want)
{
	struct hole *h;
	uint32_t i;

	if (over_caps(e, want))
		return NULL;
	if (e->holes.used == e->holes.count &&
	    e->hole_state[HOLE_USED].head != NIL)
		hole_free(e, pool_at(&e->holes, e->hole_state[HOLE_USED].head));
	i = pool_take(&e->holes);
	if (i == NIL)
		return NULL;
	h = pool_at(&e->holes, i);
	*h = *want;
	h->id = ++e->last_hole;
	h->state = HOLE_ASKED;
	h->since_us = e->now;
	h->session = session_index(e, s);
	list_append(&e->hole_state[HOLE_ASKED], &e->state_via, i);
	list_append(&s->holes, &e->owner_via, i);
	table_insert(&e->by_key, hole_hash(e, &h->key), i);
	hole_count(e, h, 1);
	engine_numbers_changed(e);
	hole_changed(e, h);
	return h;
}

void hole_watch(struct engine *e, struct hole *h)
{
	if (h->in_set)
		return;
	h->in_set = true;
	hole_changed(e, h);
	hole_act(e, h, ACTION_PINHOLE_ADD);
}

/* Two pinholes may have one key, and so one element of the set: the first
 * that goes leaves it to the other. */
static bool in_set_for_another(struct engine *e, const struct hole *h)
{
	for (uint32_t i = table_first(&e->by_key, hole_hash(e, &h->key));
	     i != NIL; i = table_next(&e->by_key, i)) {
		struct hole *other = pool_at(&e->holes, i);

		if (other != h && other->in_set &&
		    same_key(&other->key, &h->key))
			return true;
	}
	return false;
}

static void unwatch(struct engine *e, struct hole *h)
{
	if (!h->in_set)
		return;
	h->in_set = false;
	hole_changed(e, h);
	if (!in_set_for_another(e, h))
		hole_act(e, h, ACTION_PINHOLE_DEL);
}

void hole_open(struct engine *e, struct hole *h)
{
	set_state(e, h, HOLE_OPEN);
	e->stats.pinholes++;
	e->stats.pinholes_opened++;
	hole_watch(e, h);
	tell(e, h, PINHOLE_OPEN, NULL);
}

/* From here on it is the record of a data connection. */
static void become_used(struct engine *e, struct hole *h,
			const struct packet *syn)
{
	e->stats.data_connections++;
	h->used_port = syn->src.port;
	h->isn = syn->seq;
	hole_count(e, h, -1);
	set_state(e, h, HOLE_USED);
	leave_owner(e, h);
}

void hole_use(struct engine *e, struct hole *h, const struct packet *syn)
{
	unwatch(e, h);
	tell(e, h, PINHOLE_USE, NULL);
	e->stats.pinholes--;
	e->stats.pinholes_used++;
	become_used(e, h, syn);
}

struct hole *hole_grant(struct engine *e, struct session *s,
			const struct hole *want, const struct packet *syn)
{
	struct hole *h = hole_reserve(e, s, want);

	if (h)
		become_used(e, h, syn);
	return h;
}

void hole_over(struct engine *e, struct hole *h, enum data_over how)
{
	enum direction d;
	struct session *s;

	if (h->over)
		return;
	h->over = (uint8_t)how;
	hole_changed(e, h);
	if (!h->granted)
		return;
	s = session_find(e, &h->ends.client, &h->ends.server, &d);
	if (s && s->id == h->session_id && s->granted)
		s->granted--;
}

void hole_close(struct engine *e, struct hole *h, enum pinhole_op op,
		const char *reason)
{
	unwatch(e, h);
	if (h->state == HOLE_OPEN) {
		tell(e, h, op, reason);
		e->stats.pinholes--;
		if (op == PINHOLE_EXPIRE)
			e->stats.pinholes_expired++;
		else if (op == PINHOLE_CLOSE)
			e->stats.pinholes_closed++;
	}
	hole_free(e, h);
}

void hole_refused(struct engine *e, struct hole *h)
{
	unwatch(e, h); /* part of it may have been done */
	if (h->state != HOLE_OPEN)
		return;
	e->stats.pinholes_refused_by[PINHOLE_REFUSED_KERNEL]++;
	hole_close(e, h, PINHOLE_REFUSE,
		   pinhole_refusal_text(PINHOLE_REFUSED_KERNEL));
}

void hole_close_all(struct engine *e, struct session *s, bool asked,
		    const char *reason)
{
	for (uint32_t i = s->holes.head, next; i != NIL; i = next) {
		struct hole *h = pool_at(&e->holes, i);

		next = list_next(&e->owner_via, i);
		if (h->state == HOLE_OPEN || asked)
			hole_close(e, h, PINHOLE_CLOSE, reason);
	}
}

struct hole *hole_first_asked(struct engine *e, const struct session *s)
{
	for (uint32_t i = s->holes.head; i != NIL;
	     i = list_next(&e->owner_via, i)) {
		struct hole *h = pool_at(&e->holes, i);

		if (h->state == HOLE_ASKED)
			return h;
	}
	return NULL;
}

struct hole *hole_find(struct engine *e, const struct pinhole_key *key,
		       enum hole_state state)
{
	for (uint32_t i = table_first(&e->by_key, hole_hash(e, key)); i != NIL;
	     i = table_next(&e->by_key, i)) {
		struct hole *h = pool_at(&e->holes, i);

		if (h->state == state && same_key(&h->key, key))
			return h;
	}
	return NULL;
}

struct hole *hole_find_to(struct engine *e, const struct endpoint *to)
{
	const struct pinhole_key key = { .to = *to };

	for (uint32_t i = table_first(&e->by_key, hole_hash(e, &key)); i != NIL;
	     i = table_next(&e->by_key, i)) {
		struct hole *h = pool_at(&e->holes, i);

		if (h->state == HOLE_OPEN && endpoint_equal(&h->key.to, to))
			return h;
	}
	return NULL;
}

bool hole_key_free(struct engine *e, const struct pinhole_key *key,
		   const struct endpoint *target)
{
	for (uint32_t i = table_first(&e->by_key, hole_hash(e, key)); i != NIL;
	     i = table_next(&e->by_key, i)) {
		struct hole *h = pool_at(&e->holes, i);

		if (same_key(&h->key, key) &&
		    !endpoint_equal(&h->target, target))
			return false;
	}
	return true;
}

struct hole *hole_find_used(struct engine *e, const struct endpoint *from,
			    const struct endpoint *to)
{
	const struct pinhole_key key = { from->addr, *to };

	for (uint32_t i = table_first(&e->by_key, hole_hash(e, &key)); i != NIL;
	     i = table_next(&e->by_key, i)) {
		struct hole *h = pool_at(&e->holes, i);

		if (h->state == HOLE_USED && h->used_port == from->port &&
		    same_key(&h->key, &key))
			return h;
	}
	return NULL;
}

struct hole *hole_by_id(struct engine *e, uint64_t id,
			const struct pinhole_key *key)
{
	for (uint32_t i = table_first(&e->by_key, hole_hash(e, key)); i != NIL;
	     i = table_next(&e->by_key, i)) {
		struct hole *h = pool_at(&e->holes, i);

		if (h->id == id)
			return h;
	}
	return NULL;
}

uint64_t hole_tick(struct engine *e)
{
	uint64_t life = e->policy->pinhole_timeout_us;

	while (e->hole_state[HOLE_OPEN].head != NIL) {
		struct hole *h =
			pool_at(&e->holes, e->hole_state[HOLE_OPEN].head);

		if (h->since_us + life > e->now || !outcome_has_room(e, 0))
			return h->since_us + life;
		hole_close(e, h, PINHOLE_EXPIRE, "timeout");
	}
	return ENGINE_NEVER;
}
