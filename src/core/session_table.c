/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of sessions.
 *
 * When it is full, a new session takes the place of the oldest one that is
 * CLOSING, else of the oldest HALF_OPEN one (so a SYN flood crowds out only
 * itself), else it is not followed: its packets pass by the user's rules, no
 * pinhole is opened for it, and one alert says so until there is room again.
 */
#include "session_table.h"

#include "change.h"
#include "grant.h"
#include "hold.h"
#include "outcome.h"
#include "peer.h"
#include "pinhole.h"
#include "random.h"
#include "refusal.h"
#include "session_handshake.h"
#include "session_tls.h"
#include "state.h"
#include "stream.h"

/* Longest wait for each life; see enum session_life. A SYN is retried for a
 * minute; conntrack itself keeps an idle connection five days; a closed one
 * is needed while its last segments may be sent again. */
#define LIFE_HALF_OPEN_US (60 * US_PER_S)
#define LIFE_OPEN_US      (5 * 86400 * US_PER_S)
#define LIFE_CLOSING_US   (30 * US_PER_S)

static const uint64_t life_us[LIVES] = {
	[LIFE_HALF_OPEN] = LIFE_HALF_OPEN_US,
	[LIFE_OPEN] = LIFE_OPEN_US,
	[LIFE_CLOSING] = LIFE_CLOSING_US,
};

uint32_t session_index(const struct engine *e, const struct session *s)
{
	return (uint32_t)(((const uint8_t *)s - e->sessions.base) /
			  e->sessions.size);
}

struct session *session_find(struct engine *e, const struct endpoint *src,
			     const struct endpoint *dst,
			     enum direction *direction)
{
	uint64_t hash = hash_two(e, src, dst);

	for (uint32_t i = table_first(&e->by_ends, hash); i != NIL;
	     i = table_next(&e->by_ends, i)) {
		struct session *s = pool_at(&e->sessions, i);

		if (endpoint_equal(&s->ends.client, src) &&
		    endpoint_equal(&s->ends.server, dst)) {
			*direction = FROM_CLIENT;
			return s;
		}
		if (endpoint_equal(&s->ends.server, src) &&
		    endpoint_equal(&s->ends.client, dst)) {
			*direction = FROM_SERVER;
			return s;
		}
	}
	return NULL;
}

static void set_life(struct engine *e, struct session *s,
		     enum session_life life)
{
	uint32_t i = session_index(e, s);

	list_remove(&e->life[s->life], &e->life_via, i);
	s->life = (uint8_t)life;
	s->life_since_us = e->now;
	list_append(&e->life[life], &e->life_via, i);
	session_changed(e, s);
}

void session_keep(struct engine *e, struct session *s)
{
	set_life(e, s, (enum session_life)s->life);
}

static bool make_room(struct engine *e)
{
	uint32_t victim = e->life[LIFE_CLOSING].head;

	if (victim == NIL) {
		victim = e->life[LIFE_HALF_OPEN].head;
		if (victim == NIL)
			return false;
		e->stats.sessions_evicted++;
	}
	session_free(e, pool_at(&e->sessions, victim));
	return true;
}

static void init_stream(struct stream *st)
{
	st->held = LIST_EMPTY;
	st->map = SEQMAP_NONE;
	st->store.first = st->store.last = NIL;
}

/* Sessions of a client count from session_open() to session_end(). */
static void count_for_client(struct engine *e, const struct session *s,
			     int step)
{
	struct peer *client = peer_get(e, &s->ends.client.addr);

	if (!client)
		return;
	client->sessions += (uint32_t)step;
	peer_put(e, client);
}

static bool client_has_room(struct engine *e, const struct addr *a)
{
	struct peer *client = peer_get(e, a);
	bool room = client && client->sessions < e->limits.sessions_per_client;

	if (client)
		peer_put(e, client);
	return room;
}

static struct session *refuse(struct engine *e, enum session_refusal why)
{
	e->stats.sessions_refused_by[why]++;
	alert_raise(e, NULL, ALERT_SESSION_TABLE_FULL);
	return NULL;
}

struct session *session_new(struct engine *e, const struct ends *ends)
{
	uint32_t i = NIL;
	struct session *s;

	if (!client_has_room(e, &ends->client.addr))
		return refuse(e, SESSION_REFUSED_CLIENT);
	if (e->sessions.used < e->sessions.count || make_room(e))
		i = pool_take(&e->sessions);
	if (i == NIL)
		return refuse(e, SESSION_REFUSED_TABLE);
	s = pool_at(&e->sessions, i);
	s->ends = *ends;
	s->holes = LIST_EMPTY;
	s->grants = LIST_EMPTY;
	s->opened_us = s->last_us = s->life_since_us = e->now;
	init_stream(&s->side[FROM_CLIENT]);
	init_stream(&s->side[FROM_SERVER]);
	handshake_init(s);
	s->implicit_tls = policy_is_implicit_port(e->policy, ends->server.port);
	if (s->implicit_tls)
		session_tls_begin(e, s);
	table_insert(&e->by_ends, hash_two(e, &ends->client, &ends->server), i);
	list_append(&e->life[LIFE_HALF_OPEN], &e->life_via, i);
	return s;
}

void session_open(struct engine *e, struct session *s)
{
	struct event *ev;

	s->id = ++e->last_session;
	engine_numbers_changed(e);
	s->opened_us = e->now;
	count_for_client(e, s, 1);
	e->stats.sessions++;
	e->stats.sessions_opened++;
	e->stats.sessions_midstream += s->midstream;
	if (!s->midstream && !s->implicit_tls) {
		s->pending[0].verb = FTP_GREETING;
		s->pending_count = 1;
	}
	ev = outcome_event(e, s, EVENT_SESSION_OPEN);
	ev->session_open.implicit_tls = s->implicit_tls;
	ev->session_open.midstream = s->midstream;
}

void session_establish(struct engine *e, struct session *s)
{
	set_life(e, s, LIFE_OPEN);
}

void session_end(struct engine *e, struct session *s, enum session_end why)
{
	const char *reason = session_end_text(why);
	struct event *ev;

	if (!s->id || s->life == LIFE_CLOSING)
		return;
	hole_close_all(e, s, true, reason);
	session_tls_end(e, s, reason);
	session_opaque(s);
	ev = outcome_event(e, s, EVENT_SESSION_CLOSE);
	ev->session_close.reason = reason;
	ev->session_close.commands = s->commands;
	ev->session_close.replies = s->replies;
	ev->session_close.data_connections = s->data_connections;
	ev->session_close.tls = s->encrypted;
	ev->session_close.duration_us = e->now - s->opened_us;
	set_life(e, s, LIFE_CLOSING);
	count_for_client(e, s, -1);
	e->stats.sessions--;
	e->stats.sessions_closed_by[why]++;
}

void session_free(struct engine *e, struct session *s)
{
	uint32_t i = session_index(e, s);

	session_end(e, s, SESSION_END_EVICTED);
	for (int d = FROM_CLIENT; d <= FROM_SERVER; d++) {
		struct stream *st = &s->side[d];

		hold_drop_all(e, st);
		store_reset(&st->store, &e->chunks, 0);
		seqmap_clear(&st->map, &e->edits);
	}
	list_remove(&e->life[s->life], &e->life_via, i);
	table_remove(&e->by_ends, hash_two(e, &s->ends.client, &s->ends.server),
		     i);
	session_changed(e, s);
	s->life = LIFE_NONE;
	s->id = 0; /* see engine_next_session() */
	pool_give(&e->sessions, i);
	e->alerted &= ~(1ull << ALERT_SESSION_TABLE_FULL);
}

/* --- after a restart --------------------------------------------------------- */

struct session *session_take_over(struct engine *e, const struct session *from)
{
	uint32_t i = pool_take(&e->sessions);
	struct session *s;

	if (i == NIL)
		return NULL;
	s = pool_at(&e->sessions, i);
	*s = *from;
	s->holes = LIST_EMPTY;
	s->grants = LIST_EMPTY;
	table_insert(&e->by_ends, hash_two(e, &s->ends.client, &s->ends.server),
		     i);
	list_append(&e->life[s->life], &e->life_via, i);
	if (s->id > e->last_session)
		e->last_session = s->id;
	e->stats.tls_sessions += s->tls.phase == TLS_UP;
	e->stats.tls_fast += s->fast;
	if (s->id && s->life != LIFE_CLOSING) {
		count_for_client(e, s, 1);
		e->stats.sessions++;
		e->stats.sessions_restored++;
	}
	return s;
}

void session_leave(struct engine *e, struct session *s)
{
	bool counts = s->id && s->life != LIFE_CLOSING;

	e->stats.tls_sessions -= s->tls.phase == TLS_UP;
	e->stats.tls_fast -= s->fast;
	if (counts) {
		count_for_client(e, s, -1);
		e->stats.sessions--;
		e->stats.sessions_restored--;
	}
	s->id = 0; /* nothing was told, so nothing ends */
	handshake_forget(e, s);
	session_free(e, s);
}

static bool waits_longer(const void *a, const void *b)
{
	const struct session *s = a, *t = b;

	return s->life_since_us < t->life_since_us;
}

void session_sort(struct engine *e)
{
	for (int life = 0; life < LIVES; life++)
		list_sort(&e->life[life], &e->life_via, waits_longer);
}

/* --- trust ------------------------------------------------------------------- */

void session_doubt(struct engine *e, struct session *s, enum alert rule)
{
	alert_raise(e, s, rule);
	session_untrust(e, s, rule);
}

void session_untrust(struct engine *e, struct session *s, unsigned int why)
{
	const char *reason = untrusted_text(why);

	if (s->read != READ_TRUSTED)
		return;
	e->stats.sessions_untrusted_by[why]++;
	s->read = READ_DOUBTED;
	session_changed(e, s);
	hole_close_all(e, s, true, reason);
	grant_close_all(e, s, reason);
	if (!s->side[FROM_CLIENT].tls)
		refusal_in_clear(e, s);
	stream_let_go(&s->side[FROM_CLIENT]);
	stream_let_go(&s->side[FROM_SERVER]);
}

void session_unread(struct engine *e, struct session *s, enum alert rule)
{
	session_doubt(e, s, rule);
	session_opaque(s);
}

void session_opaque(struct session *s)
{
	s->read = READ_OPAQUE;
	stream_let_go(&s->side[FROM_CLIENT]);
	stream_let_go(&s->side[FROM_SERVER]);
}

bool session_is_translated(const struct session *s, enum direction d)
{
	if (s->read != READ_TRUSTED || s->nat_state != NAT_KNOWN)
		return false;
	return d == FROM_CLIENT ? nat_translates_client(&s->ends, &s->nat)
				: nat_translates_server(&s->ends, &s->nat);
}

bool session_may_edit(const struct engine *e, const struct session *s,
		      enum direction d)
{
	return session_is_translated(s, d) ||
	       (refusal_is_policy(e) && s->read == READ_TRUSTED);
}

/* An OPEN session that was active since it was queued goes to the end again;
 * doing that here, and not with every packet, keeps packets cheap. */
static bool still_alive(struct engine *e, struct session *s)
{
	uint32_t i = session_index(e, s);

	if (s->life != LIFE_OPEN || s->last_us <= s->life_since_us)
		return false;
	s->life_since_us = s->last_us;
	list_remove(&e->life[LIFE_OPEN], &e->life_via, i);
	list_append(&e->life[LIFE_OPEN], &e->life_via, i);
	return true;
}

uint64_t session_tick(struct engine *e)
{
	uint64_t next = ENGINE_NEVER;

	for (int life = 0; life < LIVES; life++) {
		while (e->life[life].head != NIL &&
		       outcome_has_room_for_end(e)) {
			struct session *s =
				pool_at(&e->sessions, e->life[life].head);

			if (s->life_since_us + life_us[life] > e->now)
				break;
			if (still_alive(e, s))
				continue;
			session_end(e, s, SESSION_END_TIMEOUT);
			session_free(e, s);
		}
		if (e->life[life].head != NIL) {
			struct session *s =
				pool_at(&e->sessions, e->life[life].head);
			uint64_t due = s->life_since_us + life_us[life];

			next = due < next ? due : next;
		}
	}
	return next;
}
