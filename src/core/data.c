/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first SYN of a data connection, before conntrack has seen it. If it fits
 * an open pinhole, its conntrack entry is created, which makes it RELATED and
 * translates it; then the pinhole is gone. A SYN that fits none is left to
 * the user's rules.
 */
#include "data.h"

#include "data_tls.h"
#include "grant.h"
#include "outcome.h"
#include "pinhole.h"
#include "rate.h"
#include "state.h"

static struct event *tell_data(struct engine *e, const struct hole *h,
			       const struct endpoint *from, bool open)
{
	struct event *ev = outcome_event(e, NULL, EVENT_DATA);

	ev->session = h->session_id;
	ev->client = h->ends.client;
	ev->server = h->ends.server;
	ev->data.open = open;
	ev->data.active = h->active;
	ev->data.from = *from;
	ev->data.to = h->key.to;
	ev->data.related = true;
	ev->data.granted = h->granted;
	ev->data.tls = (enum data_tls)h->watch.tls;
	return ev;
}

static void create_entry(struct engine *e, const struct hole *h,
			 const struct packet *syn)
{
	struct action *a = outcome_action(e, ACTION_DATA_CREATE, h->session_id);

	a->ends = h->ends;
	a->pinhole = h->id;
	a->data.from = syn->src;
	a->data.to = syn->dst;
	a->data.dnat_to = h->target;
	a->data.snat_to = h->snat_to;
	a->data.master_from = h->ends.client;
	a->data.master_to = h->master_to;
	a->data.mark = h->mark;
}

/*
 * The record of a data connection between the very ends of @syn, of which the
 * kernel keeps the entry for a while after its end: it makes room for the new
 * one's. Its end, which conntrack will tell, is not the new one's end. Gives
 * how many such ends are owed.
 */
static uint8_t retire(struct engine *e, const struct packet *syn)
{
	struct hole *old = hole_find_used(e, &syn->src, &syn->dst);
	uint8_t owed;

	if (!old)
		return 0;
	owed = old->owed;
	tell_data(e, old, &syn->src, false);
	hole_close(e, old, PINHOLE_CLOSE, NULL);
	return owed < UINT8_MAX ? owed + 1 : owed;
}

/* @h, of which the SYN comes, is USED. */
static void admit(struct engine *e, struct session *s, struct hole *h,
		  const struct packet *syn)
{
	s->data_connections++;
	data_watch(e, h, syn);
	tell_data(e, h, &syn->src, true);
	create_entry(e, h, syn);
}

static void let_in(struct engine *e, struct hole *h, const struct packet *syn)
{
	struct session *s = pool_at(&e->sessions, h->session);

	s->unused_endpoints = 0;
	h->owed = retire(e, syn);
	hole_use(e, h, syn->src.port);
	admit(e, s, h, syn);
}

/* Somebody else's SYN to the port of an open pinhole (RFC 2577 8). */
static void keep_out(struct engine *e, struct hole *h, const struct packet *syn,
		     const char *reason)
{
	struct event *ev = tell_data(e, h, &syn->src, true);

	ev->data.related = false;
	ev->data.reason = reason;
	e->stats.data_unmatched++;
}

/*
 * Some servers connect as soon as they read PORT, and reply only when they
 * are connected. Their SYN answers the command as well as a 200 does: it comes
 * from the peer, to the endpoint that it was told. Only for the command whose
 * reply is due next.
 */
static struct hole *asked_next(struct engine *e, const struct pinhole_key *key)
{
	struct hole *h = hole_find(e, key, HOLE_ASKED);
	const struct session *s;

	if (!h || !e->policy->early_connect)
		return NULL;
	s = pool_at(&e->sessions, h->session);
	if (!s->pending_count || !s->pending[s->pending_at].has_hole ||
	    hole_first_asked(e, s) != h)
		return NULL;
	return h;
}

static void open_early(struct engine *e, struct hole *h)
{
	struct session *s = pool_at(&e->sessions, h->session);

	/* The reply that comes later finds nothing left to open. */
	s->pending[s->pending_at].has_hole = false;
	hole_close_all(e, s, false, "superseded");
	hole_open(e, h);
}

/* --- grants --------------------------------------------------------------- */

/* A SYN that comes as often as strangers like: told ten times a second, twenty
 * at once, as the kernel looks at those to pinholes' ports (ruleset.c). */
static bool may_tell_stranger(struct engine *e)
{
	const uint64_t step = US_PER_S / 10;

	return rate_take(&e->strangers_us, e->now, step, 20 * step);
}

/* A SYN to a configured passive range, or from a server's data port, that no
 * session stands behind, or not any more. */
static void tell_stranger(struct engine *e, const struct packet *syn,
			  const struct session *s, bool active,
			  const char *reason)
{
	struct event *ev;

	e->stats.data_unmatched++;
	if (!may_tell_stranger(e))
		return;
	ev = outcome_event(e, s, EVENT_DATA);
	ev->data.open = true;
	ev->data.active = active;
	ev->data.from = syn->src;
	ev->data.to = syn->dst;
	ev->data.reason = reason;
}

/* Was @syn queued because of a servers entry? Then it is worth a word. */
static bool concerns_server(const struct engine *e, const struct packet *syn,
			    bool *active)
{
	const struct policy_server *s =
		policy_server_at(e->policy, &syn->dst.addr);

	*active = false;
	if (s && s->passive.hi && port_range_has(&s->passive, syn->dst.port))
		return true;
	*active = true;
	/* RFC 959 3.2: the data port is the one below. */
	return policy_is_watched_port(e->policy,
				      (uint16_t)(syn->src.port + 1)) &&
	       policy_server_find(e->policy, &syn->src.addr);
}

/* The SYN of an encrypted session's data connection, or of who would be. */
static void granted_syn(struct engine *e, const struct packet *p)
{
	struct session *s;
	const char *reason = NULL;
	struct grant *g = grant_take(e, p, &s, &reason);
	struct hole want, *h;
	bool active;

	if (g) {
		s = pool_at(&e->sessions, g->session);
		want = hole_between(e, s, g->active, &p->dst);
		want.granted = true;
		want.owed = retire(e, p);
		h = hole_grant(e, s, &want, p->src.port);
		if (h) {
			e->stats.grants_used++;
			admit(e, s, h, p);
			return;
		}
		s->granted--;
		alert_raise(e, s, ALERT_PINHOLE_TABLE_FULL);
		reason = "table full";
	} else if (s) {
		alert_raise(e, s, ALERT_GRANT_LIMIT);
	}
	if (s)
		e->stats.grants_refused++;
	if (concerns_server(e, p, &active))
		tell_stranger(e, p, s, active,
			      reason ? reason
				     : "no encrypted session of this pair");
}

/* The SYN of one that is there already, sent again. */
static bool is_repeated(struct engine *e, const struct packet *syn)
{
	const struct hole *h = hole_find_used(e, &syn->src, &syn->dst);

	return h && !h->over;
}

/* A SYN that fits no pinhole of its sender. */
static void unexpected_syn(struct engine *e, const struct packet *syn)
{
	struct hole *h = hole_find_to(e, &syn->dst);

	if (!h) {
		granted_syn(e, syn);
		return;
	}
	alert_raise(e, pool_at(&e->sessions, h->session), ALERT_DATA_THEFT);
	keep_out(e, h, syn, "not from the session's peer");
}

void data_syn(struct engine *e, const struct packet *p, uint32_t tag)
{
	const struct pinhole_key key = { p->src.addr, p->dst };
	struct hole *h = hole_find(e, &key, HOLE_OPEN);

	if (!h)
		h = asked_next(e, &key);
	if (h && h->from_port && h->from_port != p->src.port) {
		keep_out(e, h, p, "not from the data port");
	} else if (h) {
		if (h->state == HOLE_ASKED)
			open_early(e, h);
		let_in(e, h, p);
	} else if (!is_repeated(e, p)) {
		unexpected_syn(e, p);
	}
	outcome_verdict(e, tag,
			data_syn_may_pass(e, p) ? VERDICT_ACCEPT : VERDICT_DROP,
			(struct span){ 0 });
}

void data_refused(struct engine *e, const struct action *failed)
{
	struct hole *h =
		hole_find_used(e, &failed->data.from, &failed->data.to);
	struct event *ev;

	if (!h)
		return;
	ev = tell_data(e, h, &failed->data.from, false);
	ev->data.related = false;
	ev->data.reason = "the kernel refused the entry";
	hole_close(e, h, PINHOLE_CLOSE, NULL);
}

void engine_data_over(struct engine *e, const struct endpoint *from,
		      const struct endpoint *to, uint64_t now_us,
		      struct outcome *out)
{
	struct hole *h;

	outcome_begin(e, out, now_us);
	h = hole_find_used(e, from, to);
	if (h)
		hole_over(e, h);
}

void engine_data_closed(struct engine *e, const struct endpoint *from,
			const struct endpoint *to, bool has_bytes,
			uint64_t bytes_from, uint64_t bytes_to, uint64_t now_us,
			struct outcome *out)
{
	struct hole *h;
	struct event *ev;

	outcome_begin(e, out, now_us);
	h = hole_find_used(e, from, to);
	if (!h)
		return;
	if (h->owed) {
		h->owed--;
		return;
	}
	ev = tell_data(e, h, from, false);
	ev->data.has_bytes = has_bytes;
	ev->data.bytes_from = bytes_from;
	ev->data.bytes_to = bytes_to;
	hole_close(e, h, PINHOLE_CLOSE, NULL);
}
