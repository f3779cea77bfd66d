/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints that FTP announces: judged, rewritten, and turned into pinholes.
 *
 *   PORT, EPRT, LPRT   judged and rewritten when the command passes; the
 *                      pinhole is reserved then and opens with the 2yz reply.
 *   227, 228, 229      judged, rewritten and opened when the reply passes.
 *
 * What is refused passes unchanged and opens nothing.
 */
#include "endpoint.h"

#include "forward.h"
#include "ftp_session.h"
#include "outcome.h"
#include "pinhole.h"
#include "random.h"
#include "session_table.h"
#include "state.h"

/* Endpoints in a row that no data connection used. Clients that cannot connect
 * give up after a few; this is somebody who collects pinholes. */
#define ENDPOINT_FLOOD_MAX 64

/* Tries to find a free port: with half of all ports taken, the chance to fail
 * is 2^-32. */
#define PORT_TRIES 32

/* What is asked for: the text, and where it stands in the stream. */
struct request {
	struct hostport hp;
	const struct line *line;
	uint32_t at; /* sequence number of the endpoint's first byte */
	enum direction d;
};

static bool is_active(const struct request *rq)
{
	return via_is_active(rq->hp.via);
}

static struct event *tell_endpoint(struct engine *e, const struct session *s,
				   const struct hostport *hp)
{
	struct event *ev = outcome_event(e, s, EVENT_ENDPOINT);

	ev->endpoint.via = hp->via;
	ev->endpoint.endpoint = hp->endpoint;
	return ev;
}

static void tell_accepted(struct engine *e, const struct session *s,
			  const struct hostport *hp)
{
	e->stats.endpoints_accepted++;
	tell_endpoint(e, s, hp)->endpoint.accepted = true;
}

/* It may open nothing: the event, and the alert if there is one for it. */
static void tell_refused(struct engine *e, struct session *s,
			 const struct hostport *hp, enum endpoint_refusal why)
{
	static const enum alert rule[ENDPOINT_REFUSALS] = {
		[ENDPOINT_MISSING] = ALERT_MALFORMED_ENDPOINT,
		[ENDPOINT_MALFORMED] = ALERT_MALFORMED_ENDPOINT,
		[ENDPOINT_AMBIGUOUS] = ALERT_AMBIGUOUS_ENDPOINT,
		[ENDPOINT_UNKNOWN_FAMILY] = ALERT_FAMILY_MISMATCH,
		[ENDPOINT_UNTRUSTED] = ALERTS, /* one has told already */
		[ENDPOINT_FAMILY_MISMATCH] = ALERT_FAMILY_MISMATCH,
		[ENDPOINT_BOUNCE] = ALERT_BOUNCE,
		[ENDPOINT_THIRD_HOST] = ALERT_THIRD_HOST,
		[ENDPOINT_TELNET_EVASION] = ALERT_TELNET_EVASION,
		[ENDPOINT_BAD_REPLY] = ALERT_BAD_REPLY,
		[ENDPOINT_NOT_LOGGED_IN] = ALERT_NOT_LOGGED_IN,
		[ENDPOINT_EPSV_ALL] = ALERT_EPSV_ALL,
		[ENDPOINT_ACTIVE_REFUSED] = ALERT_ACTIVE_REFUSED,
		[ENDPOINT_LOW_PORT] = ALERT_LOW_PORT,
		[ENDPOINT_DENIED_PORT] = ALERT_DENIED_PORT,
		[ENDPOINT_FLOOD] = ALERT_ENDPOINT_FLOOD,
		[ENDPOINT_NAT_UNKNOWN] = ALERT_NAT_UNKNOWN,
	};

	e->stats.endpoints_refused_by[why]++;
	tell_endpoint(e, s, hp)->endpoint.reason = endpoint_refusal_text(why);
	if (rule[why] != ALERTS)
		alert_raise(e, s, rule[why]);
}

/* --- judging ------------------------------------------------------------ */

static enum endpoint_refusal parse_refusal(enum hostport_error error)
{
	static const enum endpoint_refusal why[] = {
		[HOSTPORT_FINE] = ENDPOINT_FINE,
		[HOSTPORT_MISSING] = ENDPOINT_MISSING,
		[HOSTPORT_MALFORMED] = ENDPOINT_MALFORMED,
		[HOSTPORT_AMBIGUOUS] = ENDPOINT_AMBIGUOUS,
		[HOSTPORT_FAMILY] = ENDPOINT_UNKNOWN_FAMILY,
	};

	return why[error];
}

/* May the client name @a as its own address? 0.0.0.0: "the same host". */
static bool is_clients(const struct session *s, const struct addr *a)
{
	return addr_is_unspecified(a) || addr_equal(a, &s->ends.client.addr) ||
	       addr_equal(a, &s->nat.client_public.addr);
}

static bool is_servers(const struct engine *e, const struct session *s,
		       const struct addr *a)
{
	return addr_is_unspecified(a) || addr_equal(a, &s->ends.server.addr) ||
	       addr_equal(a, &s->nat.server_public.addr) ||
	       policy_server_is_public(policy_server_find(e->policy,
							  &s->ends.server.addr),
				       a);
}

/* Is it the right host? */
static enum endpoint_refusal judge_address(const struct engine *e,
					   const struct session *s,
					   const struct request *rq)
{
	const struct addr *a = &rq->hp.endpoint.addr;

	if (!rq->hp.has_addr)
		return ENDPOINT_FINE;
	if (addr_is_v4(a) != addr_is_v4(&s->ends.client.addr))
		return ENDPOINT_FAMILY_MISMATCH;
	if (is_active(rq))
		return is_clients(s, a) ? ENDPOINT_FINE : ENDPOINT_BOUNCE;
	return is_servers(e, s, a) ? ENDPOINT_FINE : ENDPOINT_THIRD_HOST;
}

/* Is the session in a state to ask, and may it have this port? */
static enum endpoint_refusal judge_state(const struct engine *e,
					 const struct session *s,
					 const struct request *rq)
{
	const struct policy *p = e->policy;
	const struct policy_server *server =
		policy_server_find(p, &s->ends.server.addr);
	uint16_t port = rq->hp.endpoint.port;

	if (rq->line->tainted)
		return ENDPOINT_TELNET_EVASION;
	if (!s->greeted && !s->midstream)
		return ENDPOINT_BAD_REPLY;
	if (p->require_login && !s->logged_in)
		return ENDPOINT_NOT_LOGGED_IN;
	if (s->epsv_all && rq->hp.via != VIA_EPSV)
		return ENDPOINT_EPSV_ALL;
	if (is_active(rq) && server && server->active == ACTIVE_REFUSE)
		return ENDPOINT_ACTIVE_REFUSED;
	if (port < p->minimum_port)
		return ENDPOINT_LOW_PORT;
	if (!policy_port_allowed(p, port))
		return ENDPOINT_DENIED_PORT;
	if (s->unused_endpoints >= ENDPOINT_FLOOD_MAX)
		return ENDPOINT_FLOOD;
	if (s->nat_state != NAT_KNOWN)
		return ENDPOINT_NAT_UNKNOWN;
	return ENDPOINT_FINE;
}

/* Tells the refusal; gives true if all is well. */
static bool judge(struct engine *e, struct session *s, const struct request *rq)
{
	enum endpoint_refusal why = ENDPOINT_UNTRUSTED;

	if (s->read == READ_TRUSTED)
		why = judge_address(e, s, rq);
	if (why == ENDPOINT_FINE)
		why = judge_state(e, s, rq);
	if (why == ENDPOINT_FINE)
		return true;
	tell_refused(e, s, &rq->hp, why);
	return false;
}

/* --- what the pinhole looks like ----------------------------------------- */

static struct hole hole_for(const struct engine *e, const struct session *s,
			    const struct request *rq)
{
	const struct endpoint to = {
		is_active(rq) ? s->nat.client_public.addr
			      : s->nat.server_public.addr,
		rq->hp.endpoint.port,
	};
	struct hole h = hole_between(e, s, is_active(rq), &to);

	if (h.active && e->policy->active_source == ACTIVE_SOURCE_DATA)
		h.from_port = (uint16_t)(s->ends.server.port - 1);
	return h;
}

/* A port that is free for @h; unpredictable if the announced one is taken
 * (RFC 2577 8). False: none, or it may not be changed. */
static bool choose_port(struct engine *e, const struct session *s,
			const struct request *rq, struct hole *h)
{
	uint16_t low = e->policy->minimum_port;

	if (hole_key_free(e, &h->key, &h->target))
		return true;
	if (!session_is_translated(s, rq->d))
		return false;
	for (int i = 0; i < PORT_TRIES; i++) {
		h->key.to.port =
			(uint16_t)(low + random_draw(e) % (65536u - low));
		if (policy_port_allowed(e->policy, h->key.to.port) &&
		    hole_key_free(e, &h->key, &h->target))
			return true;
	}
	return false;
}

/* --- rewriting ------------------------------------------------------------ */

/* What the text must say, so that the far side connects to the pinhole. An
 * address that is right for it already (a server that advertises its public
 * one) stays. */
static struct endpoint announced(const struct session *s,
				 const struct request *rq, const struct hole *h)
{
	struct endpoint want = { rq->hp.endpoint.addr, h->key.to.port };
	const struct addr *inside =
		is_active(rq) ? &s->ends.client.addr : &s->ends.server.addr;

	if (rq->hp.has_addr && session_is_translated(s, rq->d) &&
	    (addr_is_unspecified(&want.addr) || addr_equal(&want.addr, inside)))
		want.addr = h->key.to.addr;
	return want;
}

/* False if the text has to change but cannot. */
static bool rewrite(struct engine *e, struct session *s,
		    const struct request *rq, const struct hole *h)
{
	struct stream *st = &s->side[rq->d];
	struct hostport hp = rq->hp;
	char text[HOSTPORT_TEXT_MAX];
	struct event *ev;
	size_t len;

	hp.endpoint = announced(s, rq, h);
	if (endpoint_equal(&hp.endpoint, &rq->hp.endpoint))
		return true;
	len = hostport_format(&hp, text);
	if (!len || seq_before(rq->at, st->released) ||
	    !seqmap_has_room(&st->map, &e->edits))
		return false;
	forward_ask_liberal(e, s);
	seqmap_add(&st->map, &e->edits, rq->at, (uint16_t)hp.len,
		   span_of(text, len));
	e->stats.rewrites++;
	ev = outcome_event(e, s, EVENT_REWRITE);
	ev->rewrite.via = hp.via;
	ev->rewrite.from = rq->hp.endpoint;
	ev->rewrite.to = hp.endpoint;
	ev->rewrite.delta = (int32_t)len - (int32_t)hp.len;
	return true;
}

/* --- opening --------------------------------------------------------------- */

static void refuse(struct engine *e, struct session *s, const struct hole *h,
		   enum pinhole_refusal why)
{
	struct event *ev = outcome_event(e, s, EVENT_PINHOLE);

	e->stats.pinholes_refused_by[why]++;
	ev->pinhole.op = PINHOLE_REFUSE;
	ev->pinhole.active = h->active;
	ev->pinhole.from = h->key.from;
	ev->pinhole.to = h->key.to;
	ev->pinhole.reason = pinhole_refusal_text(why);
}

/* Judge, reserve and rewrite; NULL if nothing may be opened. */
static struct hole *take(struct engine *e, struct session *s,
			 const struct request *rq)
{
	struct hole want, *h;

	if (!judge(e, s, rq))
		return NULL;
	tell_accepted(e, s, &rq->hp);
	want = hole_for(e, s, rq);
	if (!choose_port(e, s, rq, &want)) {
		refuse(e, s, &want, PINHOLE_REFUSED_PORT);
		return NULL;
	}
	h = hole_reserve(e, s, &want);
	if (!h) {
		refuse(e, s, &want, PINHOLE_REFUSED_TABLE);
		alert_raise(e, s, ALERT_PINHOLE_TABLE_FULL);
		return NULL;
	}
	if (!rewrite(e, s, rq, h)) {
		refuse(e, s, &want, PINHOLE_REFUSED_REWRITE);
		hole_close(e, h, PINHOLE_CLOSE, NULL);
		return NULL;
	}
	return h;
}

/* One data connection at a time (RFC 959 3.3): a newer endpoint takes the
 * place of the one before, also of another session's with the same key. */
static void open_hole(struct engine *e, struct session *s, struct hole *h)
{
	struct hole *other = hole_find(e, &h->key, HOLE_OPEN);

	if (other)
		hole_close(e, other, PINHOLE_CLOSE, "superseded");
	hole_close_all(e, s, false, "superseded");
	s->unused_endpoints++;
	hole_open(e, h);
}

bool endpoint_command(struct engine *e, struct session *s, enum via via,
		      struct span arg, const struct line *line, size_t arg_at)
{
	struct request rq = { .hp = { .via = via },
			      .line = line,
			      .d = FROM_CLIENT };
	enum hostport_error error = hostport_parse_arg(via, arg, &rq.hp);
	struct hole *h;

	if (error != HOSTPORT_FINE) {
		tell_refused(e, s, &rq.hp, parse_refusal(error));
		return false;
	}
	rq.at = line->seq + (uint32_t)(arg_at + rq.hp.at);
	h = take(e, s, &rq);
	if (h && e->policy->early_connect)
		hole_watch(e, h);
	return h;
}

void endpoint_answered(struct engine *e, struct session *s, struct hole *h,
		       bool accepted)
{
	if (accepted && s->read == READ_TRUSTED)
		open_hole(e, s, h);
	else
		hole_close(e, h, PINHOLE_CLOSE, NULL);
}

/* The range that is configured for an FTPS server should hold its cleartext
 * ports too: one outside shows that the two files disagree. */
static void compare_range(struct engine *e, struct session *s, uint16_t port)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &s->ends.server.addr);

	if (server && server->passive.hi &&
	    !port_range_has(&server->passive, port))
		alert_raise(e, s, ALERT_OUTSIDE_RANGE);
}

void endpoint_reply(struct engine *e, struct session *s, enum via via,
		    struct span text, const struct line *line, size_t text_at,
		    uint32_t lines)
{
	struct request rq = { .hp = { .via = via },
			      .line = line,
			      .d = FROM_SERVER };
	enum hostport_error error = hostport_parse_reply(via, text, &rq.hp);
	struct hole *h;

	/* In a multi-line reply peers may disagree on which line counts. */
	if (error == HOSTPORT_FINE && lines > 1)
		error = HOSTPORT_AMBIGUOUS;
	if (error != HOSTPORT_FINE) {
		tell_refused(e, s, &rq.hp, parse_refusal(error));
		return;
	}
	if (!rq.hp.has_addr)
		rq.hp.endpoint.addr = s->ends.server.addr;
	rq.at = line->seq + (uint32_t)(text_at + rq.hp.at);
	h = take(e, s, &rq);
	if (!h)
		return;
	compare_range(e, s, rq.hp.endpoint.port);
	open_hole(e, s, h);
}
