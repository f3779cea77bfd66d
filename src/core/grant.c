/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grants: DESIGN 5.6 and 5.7.
 *
 *   passive   this client to this server, only the configured passive range
 *   active    the server's data port to this client, where nobody translates
 *             the client, or it advertises a configured public address and
 *             ports (clients:); its PORT is hidden, so nobody can rewrite it
 *
 * At most servers[].max-data are open at once, and servers[].max-new come new
 * in a minute, for one session. A client with several sessions at one server
 * uses up one after the other: a SYN does not say whose it is.
 */
#include "grant.h"

#include <sallyport/packet.h>

#include "outcome.h"
#include "random.h"
#include "rate.h"
#include "session_table.h"
#include "state.h"

#define MINUTE_US (60 * US_PER_S)

static struct grant *grant_at(const struct engine *e, uint32_t i)
{
	return pool_at(&e->grants, i);
}

static uint64_t hash_of(const struct engine *e, const struct addr *from,
			const struct addr *to)
{
	const struct endpoint a = { *from, 0 }, b = { *to, 0 };

	return hash_two(e, &a, &b);
}

static void tell(struct engine *e, const struct session *s, enum grant_op op,
		 bool active, struct port_range ports, const char *reason)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &s->ends.server.addr);
	struct event *ev = outcome_event(e, s, EVENT_GRANT);

	ev->grant.op = op;
	ev->grant.active = active;
	ev->grant.ports = ports;
	ev->grant.reason = reason;
	if (server)
		ev->grant.server_name = outcome_text(e, span_str(server->name));
}

static void refuse(struct engine *e, const struct session *s, bool active,
		   enum grant_refusal why)
{
	e->stats.grants_refused_by[why]++;
	tell(e, s, GRANT_REFUSE, active, (struct port_range){ 0, 0 },
	     grant_refusal_text(why));
}

/* False if the table is full. */
static bool add(struct engine *e, struct session *s, const struct grant *want)
{
	uint32_t i = pool_take(&e->grants);
	struct grant *g;

	if (i == NIL) {
		alert_raise(e, s, ALERT_GRANT_TABLE_FULL);
		return false;
	}
	g = grant_at(e, i);
	*g = *want;
	g->session = session_index(e, s);
	table_insert(&e->by_grant, hash_of(e, &g->from, &g->to), i);
	list_append(&s->grants, &e->grant_via, i);
	e->stats.grants++;
	return true;
}

static void remove(struct engine *e, struct session *s, uint32_t i)
{
	struct grant *g = grant_at(e, i);

	list_remove(&s->grants, &e->grant_via, i);
	table_remove(&e->by_grant, hash_of(e, &g->from, &g->to), i);
	g->session = NIL; /* see engine_next_grant() */
	pool_give(&e->grants, i);
	e->stats.grants--;
}

/* --- passive -------------------------------------------------------------------- */

/*
 * Where the client may be sent: the address that it connected to, which the
 * reply to EPSV means; what the server knows itself by, and what it is told to
 * advertise, which a 227 may name. Translated only where the control
 * connection was.
 */
static bool open_passive_to(struct engine *e, struct session *s,
			    const struct policy_server *server,
			    const struct addr *to)
{
	const struct grant want = {
		.from = s->ends.client.addr,
		.to = *to,
		.ports = server->passive,
	};

	for (uint32_t i = s->grants.head; i != NIL;
	     i = list_next(&e->grant_via, i))
		if (!grant_at(e, i)->active &&
		    addr_equal(&grant_at(e, i)->to, to))
			return true;
	return add(e, s, &want);
}

static void open_passive(struct engine *e, struct session *s,
			 const struct policy_server *server)
{
	const struct addr *inside = &s->ends.server.addr;
	bool v4 = addr_is_v4(inside);
	bool fine;

	if (!server->passive.hi) {
		refuse(e, s, false, GRANT_REFUSED_NO_PORTS);
		return;
	}
	fine = open_passive_to(e, s, server, &s->nat.server_public.addr) &&
	       open_passive_to(e, s, server, inside);
	for (size_t i = 0; fine && i < server->public_addresses; i++)
		if (addr_is_v4(&server->public_address[i]) == v4)
			fine = open_passive_to(e, s, server,
					       &server->public_address[i]);
	if (!fine) {
		/* All of them or none: the log says that there is none. */
		while (s->grants.head != NIL)
			remove(e, s, s->grants.head);
		refuse(e, s, false, GRANT_REFUSED_TABLE);
		return;
	}
	e->stats.grants_opened++;
	tell(e, s, GRANT_OPEN, false, server->passive, NULL);
}

/* --- active --------------------------------------------------------------------- */

/* The client's own words about itself, where they are hidden but known. */
static bool advertises(const struct policy_client *c, const struct addr *public)
{
	return c && c->active.hi && addr_equal(&c->public_address, public);
}

static void open_active(struct engine *e, struct session *s,
			const struct policy_server *server)
{
	const struct policy_client *c =
		policy_client_find(e->policy, &s->ends.client.addr);
	struct grant want = {
		.active = true,
		.from = s->ends.server.addr,
		.from_port = (uint16_t)(s->ends.server.port - 1),
		.to = s->nat.client_public.addr,
		.ports = { e->policy->minimum_port, UINT16_MAX },
	};

	if (server->active == ACTIVE_REFUSE)
		return;
	if (!addr_equal(&want.to, &s->ends.client.addr)) {
		if (!advertises(c, &want.to)) {
			refuse(e, s, true, GRANT_REFUSED_NAT);
			return;
		}
		want.ports = c->active;
	}
	if (!add(e, s, &want)) {
		refuse(e, s, true, GRANT_REFUSED_TABLE);
		return;
	}
	e->stats.grants_opened++;
	tell(e, s, GRANT_OPEN, true, want.ports, NULL);
}

/* --- all of a session ------------------------------------------------------------- */

void grant_open_all(struct engine *e, struct session *s)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &s->ends.server.addr);

	if (s->read != READ_TRUSTED)
		refuse(e, s, false, GRANT_REFUSED_UNTRUSTED);
	else if (s->nat_state != NAT_KNOWN)
		refuse(e, s, false, GRANT_REFUSED_NAT_UNKNOWN);
	else if (!server)
		refuse(e, s, false, GRANT_REFUSED_NO_SERVER);
	else {
		open_passive(e, s, server);
		open_active(e, s, server);
	}
}

void grant_close_all(struct engine *e, struct session *s, const char *reason)
{
	bool told[2] = { false, false };

	while (s->grants.head != NIL) {
		const struct grant *g = grant_at(e, s->grants.head);

		if (!told[g->active]) {
			tell(e, s, GRANT_CLOSE, g->active, g->ports, reason);
			e->stats.grants_closed++;
		}
		told[g->active] = true;
		remove(e, s, s->grants.head);
	}
}

uint8_t grant_kinds(const struct engine *e, const struct session *s)
{
	uint8_t kinds = 0;

	for (uint32_t i = s->grants.head; i != NIL;
	     i = list_next(&e->grant_via, i))
		kinds |= grant_at(e, i)->active ? GRANT_ACTIVE : GRANT_PASSIVE;
	return kinds;
}

void grant_open_again(struct engine *e, struct session *s, uint8_t kinds)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &s->ends.server.addr);

	if (kinds && !server)
		refuse(e, s, false, GRANT_REFUSED_NO_SERVER);
	if (kinds & GRANT_PASSIVE && server)
		open_passive(e, s, server);
	if (kinds & GRANT_ACTIVE && server)
		open_active(e, s, server);
}

/* --- use -------------------------------------------------------------------------- */

static bool covers(const struct engine *e, const struct grant *g,
		   const struct packet *syn)
{
	return addr_equal(&g->from, &syn->src.addr) &&
	       addr_equal(&g->to, &syn->dst.addr) &&
	       (!g->from_port || g->from_port == syn->src.port) &&
	       port_range_has(&g->ports, syn->dst.port) &&
	       policy_port_allowed(e->policy, syn->dst.port);
}

/* Take a place for one more, if there is one. */
static enum grant_refusal take_place(struct engine *e, struct session *s)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &s->ends.server.addr);

	if (!server)
		return GRANT_REFUSED_SERVER_GONE;
	if (s->granted >= server->max_data)
		return GRANT_REFUSED_MAX_DATA;
	if (!rate_take(&s->granted_us, e->now, MINUTE_US / server->new_data,
		       MINUTE_US))
		return GRANT_REFUSED_MAX_NEW;
	s->granted++;
	return GRANT_FINE;
}

struct grant *grant_take(struct engine *e, const struct packet *syn,
			 struct session **refused, enum grant_refusal *why)
{
	uint64_t hash = hash_of(e, &syn->src.addr, &syn->dst.addr);

	*refused = NULL;
	for (uint32_t i = table_first(&e->by_grant, hash); i != NIL;
	     i = table_next(&e->by_grant, i)) {
		struct grant *g = grant_at(e, i);
		struct session *s;

		if (!covers(e, g, syn))
			continue;
		s = pool_at(&e->sessions, g->session);
		*why = take_place(e, s);
		if (*why == GRANT_FINE)
			return g;
		*refused = s;
	}
	return NULL;
}
