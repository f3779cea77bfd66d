/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first SYN of a data connection, before conntrack has seen it. If it fits
 * an open pinhole, its conntrack entry is created, which makes it RELATED and
 * translates it; then the pinhole is gone. A SYN that fits none is left to
 * the user's rules.
 */
#include "data.h"

#include "change.h"
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
 * @old, if there is one, is the record of a data connection between the very
 * ends of @syn, of which the kernel keeps the entry for a while after its end:
 * it makes room for the new one's. Its end, which conntrack will tell, is not
 * the new one's end. Gives how many such ends are owed.
 */
static uint8_t retire(struct engine *e, struct hole *old,
		      const struct packet *syn)
{
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
	session_changed(e, s);
	data_watch(e, h, syn);
	tell_data(e, h, &syn->src, true);
	create_entry(e, h, syn);
}

static void let_in(struct engine *e, struct hole *h, struct hole *old,
		   const struct packet *syn)
{
	struct session *s = pool_at(&e->sessions, h->session);

	s->unused_endpoints = 0;
	h->owed = retire(e, old, syn);
	hole_use(e, h, syn);
	admit(e, s, h, syn);
}

/* Somebody else's SYN to the port of an open pinhole (RFC 2577 8). */
static void keep_out(struct engine *e, struct hole *h, const struct packet *syn,
		     enum data_refusal why)
{
	struct event *ev = tell_data(e, h, &syn->src, true);

	ev->data.related = false;
	ev->data.reason = data_refusal_text(why);
	e->stats.data_unmatched_by[why]++;
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

	engine_numbers_changed(e);
	return rate_take(&e->strangers_us, e->now, step, 20 * step);
}

/* A SYN to a configured passive range, or from a server's data port, that no
 * session stands behind, or not any more. */
static void tell_stranger(struct engine *e, const struct packet *syn,
			  const struct session *s, bool active,
			  const char *reason)
{
	struct event *ev;

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
static void granted_syn(struct engine *e, struct hole *old,
			const struct packet *p)
{
	struct session *s;
	enum grant_refusal why;
	struct grant *g = grant_take(e, p, &s, &why);
	struct hole want, *h;
	bool active;

	if (g) {
		s = pool_at(&e->sessions, g->session);
		want = hole_between(e, s, g->active, &p->dst);
		want.granted = true;
		want.owed = retire(e, old, p);
		h = hole_grant(e, s, &want, p);
		if (h) {
			e->stats.grants_used++;
			admit(e, s, h, p);
			return;
		}
		s->granted--;
		alert_raise(e, s, ALERT_PINHOLE_TABLE_FULL);
		why = GRANT_REFUSED_PINHOLES;
	} else if (s) {
		alert_raise(e, s, ALERT_GRANT_LIMIT);
	}
	if (s)
		e->stats.grants_refused_by[why]++;
	if (!concerns_server(e, p, &active))
		return;
	e->stats.data_unmatched_by[s ? DATA_REFUSED_GRANT
				     : DATA_REFUSED_NO_SESSION]++;
	tell_stranger(e, p, s, active,
		      s ? grant_refusal_text(why)
			: data_refusal_text(DATA_REFUSED_NO_SESSION));
}

/* --- any SYN ---------------------------------------------------------------- */

/* A SYN that fits no pinhole of its sender. */
static void unexpected_syn(struct engine *e, struct hole *old,
			   const struct packet *syn)
{
	struct hole *h = hole_find_to(e, &syn->dst);

	if (!h) {
		granted_syn(e, old, syn);
		return;
	}
	alert_raise(e, pool_at(&e->sessions, h->session), ALERT_DATA_THEFT);
	keep_out(e, h, syn, DATA_REFUSED_NOT_PEER);
}

/*
 * A SYN that was let in before, once more: sent again, or late. While its
 * connection lives, its sender may not have heard the answer. Of one that both
 * ends have closed it is nothing that anybody waits for, but conntrack would
 * take it for a new connection, in place of the old one: whose last segments,
 * should they be late as well, would belong to none then, and a gateway whose
 * own address they name would reset what was about to end well. After a reset
 * some hosts try once more with the very same SYN.
 */
static bool is_repeated(const struct hole *old, const struct packet *syn)
{
	return old && old->isn == syn->seq && old->over != DATA_RESET;
}

/* @old: a connection that its ends had before, or NULL. While that lives the
 * SYN opens nothing but a pinhole's; who is right conntrack finds out. */
static void first_syn(struct engine *e, struct hole *old,
		      const struct packet *p)
{
	const struct pinhole_key key = { p->src.addr, p->dst };
	struct hole *h = hole_find(e, &key, HOLE_OPEN);

	if (!h)
		h = asked_next(e, &key);
	if (h && h->from_port && h->from_port != p->src.port) {
		keep_out(e, h, p, DATA_REFUSED_NOT_DATA_PORT);
	} else if (h) {
		if (h->state == HOLE_ASKED)
			open_early(e, h);
		let_in(e, h, old, p);
	} else if (!old || old->over) {
		unexpected_syn(e, old, p);
	}
}

void data_syn(struct engine *e, const struct packet *p, uint32_t tag)
{
	struct hole *old = hole_find_used(e, &p->src, &p->dst);

	if (!is_repeated(old, p)) {
		first_syn(e, old, p);
	} else if (old->over) {
		outcome_drop(e, tag, DROP_DATA_LATE);
		return;
	}
	if (data_syn_may_pass(e, p))
		outcome_accept(e, tag);
	else
		outcome_drop(e, tag, DROP_DATA_ORDER);
}

void data_refused(struct engine *e, const struct action *failed)
{
	struct hole *h =
		hole_find_used(e, &failed->data.from, &failed->data.to);
	struct event *ev;

	if (!h)
		return;
	e->stats.data_failed++;
	ev = tell_data(e, h, &failed->data.from, false);
	ev->data.related = false;
	ev->data.reason = "the kernel refused the entry";
	hole_close(e, h, PINHOLE_CLOSE, NULL);
}

void engine_data_over(struct engine *e, const struct endpoint *from,
		      const struct endpoint *to, bool reset, uint64_t now_us,
		      struct outcome *out)
{
	struct hole *h;

	outcome_begin(e, out, now_us);
	h = hole_find_used(e, from, to);
	if (h)
		hole_over(e, h, reset ? DATA_RESET : DATA_CLOSED);
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
		hole_changed(e, h);
		return;
	}
	e->stats.data_closed++;
	ev = tell_data(e, h, from, false);
	ev->data.has_bytes = has_bytes;
	ev->data.bytes_from = bytes_from;
	ev->data.bytes_to = bytes_to;
	hole_close(e, h, PINHOLE_CLOSE, NULL);
}
