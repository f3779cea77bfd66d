/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `ctl` shows of the engine's tables. Changes nothing. */
#include "grant.h"
#include "pinhole.h"
#include "state.h"

static uint64_t sum(const uint64_t *part, size_t parts)
{
	uint64_t all = 0;

	for (size_t i = 0; i < parts; i++)
		all += part[i];
	return all;
}

void engine_stats(const struct engine *e, struct engine_stats *out)
{
	*out = e->stats;
	out->packets_waiting = e->held.used;
#define X(name, label, values, value_name, text) \
	out->name = sum(out->name##_by, values);
	ENGINE_FAMILIES(X)
#undef X
}

static const char *state_of(const struct session *s)
{
	if (s->life == LIFE_CLOSING)
		return "closing";
	if (s->tls.phase == TLS_UP)
		return s->fast ? "encrypted, not queued" : "encrypted";
	if (s->side[0].tls || s->side[1].tls)
		return "handshake";
	if (s->read == READ_OPAQUE)
		return "not followed";
	if (s->logged_in)
		return "ready";
	return s->greeted ? "login" : "greeting";
}

bool engine_next_session(const struct engine *e, uint32_t *at,
			 struct session_info *out)
{
	while (*at < e->sessions.fresh) {
		const struct session *s = pool_at(&e->sessions, (*at)++);

		if (!s->id) /* free, or half open */
			continue;
		out->id = s->id;
		out->ends = s->ends;
		out->nat = s->nat;
		out->nat_known = s->nat_state == NAT_KNOWN;
		out->state = state_of(s);
		out->trusted = s->read == READ_TRUSTED;
		out->fast = s->fast;
		out->opened_us = s->opened_us;
		out->last_us = s->last_us;
		out->commands = s->commands;
		out->replies = s->replies;
		out->data_connections = s->data_connections;
		return true;
	}
	return false;
}

bool engine_next_pinhole(const struct engine *e, uint32_t *at,
			 struct pinhole_info *out)
{
	static const char *const name[HOLE_STATES] = { "asked", "open",
						       "used" };

	while (*at < e->holes.fresh) {
		const struct hole *h = pool_at(&e->holes, (*at)++);

		if (!h->id) /* free */
			continue;
		out->id = h->id;
		out->session = h->session_id;
		out->key = h->key;
		out->target = h->target;
		out->active = h->active;
		out->from_port = h->state == HOLE_USED ? h->used_port : 0;
		out->state = name[h->state];
		out->expires_us =
			h->state == HOLE_OPEN
				? h->since_us + e->policy->pinhole_timeout_us
				: ENGINE_NEVER;
		return true;
	}
	return false;
}

bool engine_next_grant(const struct engine *e, uint32_t *at,
		       struct grant_info *out)
{
	while (*at < e->grants.fresh) {
		const struct grant *g = pool_at(&e->grants, (*at)++);
		const struct policy_server *server;
		const struct session *s;

		if (g->session == NIL) /* free */
			continue;
		s = pool_at(&e->sessions, g->session);
		server = policy_server_find(e->policy, &s->ends.server.addr);
		out->session = s->id;
		out->ends = s->ends;
		out->active = g->active;
		out->from = g->from;
		out->to = g->to;
		out->ports = g->ports;
		out->open = s->granted;
		out->most = server ? server->max_data : 0;
		return true;
	}
	return false;
}
