/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold of encrypted sessions, for engine_world.c, which includes
 * this file. */

/* The engine's session of @ends, or NULL. */
static struct session *session_of(const struct ends *ends)
{
	enum direction d;

	return session_find(f.e, &ends->client, &ends->server, &d);
}

static bool may_grant(const struct session *s)
{
	return s->id && s->life == LIFE_OPEN && s->read == READ_TRUSTED &&
	       s->tls.phase == TLS_UP && s->nat_state == NAT_KNOWN;
}

/* Somebody is let in: by a pinhole, or by a grant that is there. */
static void check_data(const struct action *a)
{
	const struct hole *h = hole_find_used(f.e, &a->data.from, &a->data.to);
	const struct session *s = session_of(&a->ends);

	must(a->data.to.port >= f.policy.minimum_port);
	must(addr_equal(&a->data.dnat_to.addr, &a->ends.client.addr) ||
	     addr_equal(&a->data.dnat_to.addr, &a->ends.server.addr));
	must(h && h->id == a->pinhole);
	if (!h->granted)
		return;
	must(s && s->id == h->session_id && may_grant(s));
	must(h->active || (a->data.to.port >= f.server.passive.lo &&
			   a->data.to.port <= f.server.passive.hi));
	must(!h->active || a->data.from.port == a->ends.server.port - 1);
}

/* Places of @s that are taken. */
static uint32_t places(const struct session *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f.e->holes.fresh; i++) {
		const struct hole *h = pool_at(&f.e->holes, i);

		n += h->id && h->state == HOLE_USED && h->granted && !h->over &&
		     h->session_id == s->id;
	}
	return n;
}

static void check_grants(void)
{
	uint64_t open = 0;

	for (uint32_t i = 0; i < f.e->grants.fresh; i++) {
		const struct grant *g = pool_at(&f.e->grants, i);

		if (g->session == NIL)
			continue;
		open++;
		must(may_grant(pool_at(&f.e->sessions, g->session)));
	}
	must(open == f.e->stats.grants && open == f.e->grants.used);
	for (uint32_t i = 0; i < f.e->sessions.fresh; i++) {
		const struct session *s = pool_at(&f.e->sessions, i);

		if (!s->id)
			continue;
		must(s->granted <= f.server.max_data);
		must(s->life == LIFE_CLOSING || s->granted == places(s));
	}
}

/* What began has ended in one way, and one only. */
static void check_counts(void)
{
	struct engine_stats s;

	engine_stats(f.e, &s);
	must(s.sessions_opened + s.sessions_restored ==
	     s.sessions + s.sessions_closed);
	must(s.packets_held == s.packets_waiting + s.packets_released +
				       s.packets_dropped_by[DROP_HOLD_TIMEOUT] +
				       s.packets_dropped_by[DROP_HOLD_END]);
	must(s.pinholes_opened + s.pinholes_restored ==
	     s.pinholes + s.pinholes_used + s.pinholes_expired +
		     s.pinholes_closed +
		     s.pinholes_refused_by[PINHOLE_REFUSED_KERNEL]);
}

/*
 * Where TLS is required from the session's beginning, no server reads a
 * password in the clear. (Under TLS it may read anything, and nobody can stop
 * bytes of a session that is not followed.)
 */
static void check_secret(const struct pair *p, struct span payload)
{
	const struct ends ends = { p->end[0].at, p->end[1].at };
	const struct session *s = session_of(&ends);

	if (!p->required || p->forged || !s || s->midstream || s->encrypted)
		return;
	for (size_t at = 0; at < payload.len; at++)
		must(!span_equal(span_sub(payload, at, sizeof(SECRET) - 1),
				 span_str(SECRET)));
}
