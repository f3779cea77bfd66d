/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "replay/table.h"
#include "report/escape.h"

/* A server's name in a reason, escaped. */
#define NAME_MAX_SHOWN 64

/* The four ways of naming two hosts that are both translated. */
#define KEYS_MAX 4

struct pair_key {
	struct {
		struct addr low, high;
	} key;
	struct pair_memory *memory;
	UT_hash_handle hh;
};

enum announced_state {
	ANNOUNCED_REFUSED,
	ANNOUNCED_OPEN,
	ANNOUNCED_USED,
	ANNOUNCED_EXPIRED,
	ANNOUNCED_CLOSED,
};

struct announced {
	struct endpoint to; /* port 0: none */
	enum announced_state state;
	const char *reason;
};

struct grant_seen {
	bool open;
	struct port_range ports;
	char name[NAME_MAX_SHOWN];
};

/* One that is alive. */
struct pair_session {
	uint64_t id;
	struct endpoint client, server;
	bool encrypted;
	const char *grant_refused;
	struct grant_seen grant[2]; /* passive, active */
};

struct pair_memory {
	struct pair pair;
	struct pair_session session[PAIR_SESSIONS_MAX]; /* the oldest first */
	unsigned int sessions;
	struct pair_key *name[KEYS_MAX];
	struct announced announced[PAIR_ANNOUNCED_MAX];
	unsigned int next; /* place in announced[] */
	struct pair_memory *newer, *older;
};

struct pairs {
	struct pair_key *keys;
	struct pair_memory *head; /* the oldest */
	size_t count;
};

struct pairs *pairs_new(void)
{
	return calloc(1, sizeof(struct pairs));
}

static void key_of(const struct addr *a, const struct addr *b,
		   struct pair_key *out)
{
	const bool low = memcmp(a->b, b->b, sizeof(a->b)) <= 0;

	out->key.low = low ? *a : *b;
	out->key.high = low ? *b : *a;
}

static struct pair_key *key_find(struct pairs *t, const struct addr *a,
				 const struct addr *b)
{
	struct pair_key want, *found;

	key_of(a, b, &want);
	HASH_FIND(hh, t->keys, &want.key, sizeof(want.key), found);
	return found;
}

struct pair *pairs_find(struct pairs *t, const struct addr *a,
			const struct addr *b)
{
	struct pair_key *k = key_find(t, a, b);

	return k ? &k->memory->pair : NULL;
}

static void forget(struct pairs *t, struct pair_memory *m)
{
	DL_DELETE2(t->head, m, older, newer);
	t->count--;
	for (size_t i = 0; i < KEYS_MAX; i++) {
		if (!m->name[i])
			continue;
		/* The analyzer does not see through uthash.
		 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		HASH_DEL(t->keys, m->name[i]);
		free(m->name[i]);
	}
	free(m);
}

static void name(struct pairs *t, struct pair_memory *m, const struct addr *a,
		 const struct addr *b)
{
	struct pair_key *k;

	if (key_find(t, a, b))
		return;
	for (size_t i = 0; i < KEYS_MAX; i++) {
		if (m->name[i])
			continue;
		k = calloc(1, sizeof(*k));
		if (!k)
			return;
		key_of(a, b, k);
		k->memory = m;
		HASH_ADD(hh, t->keys, key, sizeof(k->key), k);
		if (k->hh.tbl)
			m->name[i] = k;
		else
			free(k);
		return;
	}
}

void pairs_meet(struct pairs *t, const struct ends *ends,
		const struct nat_view *nat, bool seen_twice)
{
	struct pair_key *k =
		key_find(t, &ends->client.addr, &ends->server.addr);
	struct pair_memory *m;

	if (k) {
		m = k->memory;
		DL_DELETE2(t->head, m, older, newer);
	} else {
		if (t->count >= PAIRS_MAX)
			forget(t, t->head);
		m = calloc(1, sizeof(*m));
		if (!m)
			return;
		m->pair.memory = m;
		t->count++;
	}
	DL_APPEND2(t->head, m, older, newer);
	m->pair.nat = *nat;
	m->pair.seen_twice = seen_twice;
	name(t, m, &ends->client.addr, &ends->server.addr);
	name(t, m, &nat->client_public.addr, &ends->server.addr);
	name(t, m, &ends->client.addr, &nat->server_public.addr);
	name(t, m, &nat->client_public.addr, &nat->server_public.addr);
}

/* --- what the engine tells -------------------------------------------------- */

static void announce(struct pair_memory *m, const struct endpoint *to,
		     enum announced_state state, const char *reason)
{
	struct announced *a = NULL;

	for (size_t i = 0; i < PAIR_ANNOUNCED_MAX && !a; i++)
		if (endpoint_equal(&m->announced[i].to, to))
			a = &m->announced[i];
	if (!a)
		a = &m->announced[m->next++ % PAIR_ANNOUNCED_MAX];
	/* "closed" behind "used" is the end of a connection, no reason. */
	if (endpoint_equal(&a->to, to) && a->state == ANNOUNCED_USED &&
	    state == ANNOUNCED_CLOSED)
		return;
	*a = (struct announced){ *to, state, reason };
}

static struct pair_session *session_of(struct pair_memory *m, uint64_t id)
{
	for (unsigned int i = 0; i < m->sessions; i++)
		if (m->session[i].id == id)
			return &m->session[i];
	return NULL;
}

/* The newest one stands for the pair. */
static void show_newest(struct pair_memory *m)
{
	const struct pair_session *s;

	m->pair.session = 0;
	if (!m->sessions)
		return;
	s = &m->session[m->sessions - 1];
	m->pair.session = s->id;
	m->pair.client = s->client;
	m->pair.server = s->server;
}

static void session_drop(struct pair_memory *m, struct pair_session *s)
{
	const struct pair_session *end = &m->session[m->sessions];

	memmove(s, s + 1, (size_t)(end - (s + 1)) * sizeof(*s));
	m->sessions--;
}

static void on_open(struct pair_memory *m, const struct event *ev)
{
	if (m->sessions == PAIR_SESSIONS_MAX)
		session_drop(m, &m->session[0]);
	m->session[m->sessions++] = (struct pair_session){
		.id = ev->session,
		.client = ev->client,
		.server = ev->server,
		.encrypted = ev->session_open.implicit_tls,
	};
	m->pair.alive++;
	show_newest(m);
}

static void on_close(struct pair_memory *m, const struct event *ev)
{
	struct pair_session *s = session_of(m, ev->session);

	if (m->pair.alive)
		m->pair.alive--;
	if (s)
		session_drop(m, s);
	show_newest(m);
}

static void on_endpoint(struct pair_memory *m, const struct event *ev)
{
	if (!ev->endpoint.accepted && ev->endpoint.endpoint.port)
		announce(m, &ev->endpoint.endpoint, ANNOUNCED_REFUSED,
			 ev->endpoint.reason);
}

static void on_pinhole(struct pair_memory *m, const struct event *ev)
{
	static const enum announced_state state[] = {
		[PINHOLE_OPEN] = ANNOUNCED_OPEN,
		[PINHOLE_USE] = ANNOUNCED_USED,
		[PINHOLE_CLOSE] = ANNOUNCED_CLOSED,
		[PINHOLE_EXPIRE] = ANNOUNCED_EXPIRED,
		[PINHOLE_REFUSE] = ANNOUNCED_REFUSED,
	};

	announce(m, &ev->pinhole.to, state[ev->pinhole.op], ev->pinhole.reason);
}

static void on_grant(struct pair_memory *m, const struct event *ev)
{
	struct pair_session *s = session_of(m, ev->session);
	struct grant_seen *g;

	if (!s)
		return;
	if (ev->grant.op == GRANT_REFUSE) {
		s->grant_refused = ev->grant.reason;
		return;
	}
	g = &s->grant[ev->grant.active];
	g->open = ev->grant.op == GRANT_OPEN;
	g->ports = ev->grant.ports;
	escape_text(ev->grant.server_name, g->name, sizeof(g->name));
}

static void on_tls(struct pair_memory *m, const struct event *ev)
{
	struct pair_session *s = session_of(m, ev->session);

	if (s)
		s->encrypted = ev->tls.step != TLS_STEP_CLEARED &&
			       ev->tls.step != TLS_STEP_FAILED;
}

void pairs_event(struct pairs *t, const struct event *ev)
{
	static void (*const on[EVENT_TYPES])(struct pair_memory * m,
					     const struct event *ev) = {
		[EVENT_SESSION_OPEN] = on_open,
		[EVENT_SESSION_CLOSE] = on_close,
		[EVENT_ENDPOINT] = on_endpoint,
		[EVENT_PINHOLE] = on_pinhole,
		[EVENT_GRANT] = on_grant,
		[EVENT_TLS] = on_tls,
	};
	struct pair_key *k;

	if (!on[ev->type] || !ev->session ||
	    (ev->type == EVENT_ENDPOINT && ev->endpoint.accepted))
		return;
	k = key_find(t, &ev->client.addr, &ev->server.addr);
	if (k)
		on[ev->type](k->memory, ev);
}

/* --- reasons ---------------------------------------------------------------- */

static const char *const announced_text[] = {
	[ANNOUNCED_REFUSED] = "it was announced, but no pinhole opened",
	[ANNOUNCED_OPEN] = "its pinhole is for another sender or port",
	[ANNOUNCED_USED] = "its pinhole was used before",
	[ANNOUNCED_EXPIRED] = "its pinhole had expired",
	[ANNOUNCED_CLOSED] = "its pinhole was closed",
};

static const struct announced *announced(const struct pair_memory *m,
					 const struct endpoint *to)
{
	for (size_t i = 0; i < PAIR_ANNOUNCED_MAX; i++)
		if (endpoint_equal(&m->announced[i].to, to))
			return &m->announced[i];
	return NULL;
}

bool pair_opens(const struct pair *p, const struct endpoint *to)
{
	const struct announced *a = announced(p->memory, to);

	return a && a->state == ANNOUNCED_OPEN;
}

/* Does a connection to @to lead to the client? */
static bool is_active(const struct pair_memory *m, const struct pair_session *s,
		      const struct endpoint *to)
{
	return addr_equal(&to->addr, &s->client.addr) ||
	       addr_equal(&to->addr, &m->pair.nat.client_public.addr);
}

/* The one whose hidden words may have announced a connection to @to: one with a
 * grant, else the newest. NULL: all are in the clear. */
static const struct pair_session *encrypted(const struct pair_memory *m,
					    const struct endpoint *to)
{
	const struct pair_session *best = NULL;

	for (unsigned int i = 0; i < m->sessions; i++) {
		const struct pair_session *s = &m->session[i];

		if (!s->encrypted)
			continue;
		if (!best || !best->grant[is_active(m, best, to)].open ||
		    s->grant[is_active(m, s, to)].open)
			best = s;
	}
	return best;
}

static void encrypted_reason(const struct pair_memory *m,
			     const struct pair_session *s,
			     const struct endpoint *to,
			     char out[PAIR_REASON_MAX])
{
	const struct grant_seen *g = &s->grant[is_active(m, s, to)];

	if (g->open && g->ports.hi && !port_range_has(&g->ports, to->port))
		snprintf(out, PAIR_REASON_MAX,
			 "the session is encrypted, and port %u is outside "
			 "the %u-%u granted for %s",
			 to->port, g->ports.lo, g->ports.hi,
			 g->name[0] ? g->name : "this server");
	else
		snprintf(out, PAIR_REASON_MAX,
			 "the session is encrypted, and nothing is granted%s%s",
			 s->grant_refused ? ": " : "",
			 s->grant_refused ? s->grant_refused : "");
}

void pair_reason(const struct pair *p, const struct endpoint *to,
		 char out[PAIR_REASON_MAX])
{
	const struct pair_memory *m = p->memory;
	const struct announced *a = announced(m, to);
	const struct pair_session *hidden = encrypted(m, to);

	if (a)
		snprintf(out, PAIR_REASON_MAX, "%s%s%s",
			 announced_text[a->state], a->reason ? ": " : "",
			 a->reason ? a->reason : "");
	else if (!p->alive)
		snprintf(out, PAIR_REASON_MAX, "the session was over");
	else if (hidden)
		encrypted_reason(m, hidden, to, out);
	else
		snprintf(out, PAIR_REASON_MAX,
			 "no command or reply announced this port");
}

void pairs_free(struct pairs *t)
{
	if (!t)
		return;
	while (t->head)
		forget(t, t->head);
	free(t);
}
