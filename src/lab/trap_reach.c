/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traps around what can be reached at all: control ports, IPv6, and rules that
 * never see a packet. */
#include <netinet/in.h>

#include "lab/trap_private.h"

/* Drops that are kept of a chain while its rules are read: more stand before
 * the rules for FTP only where single hosts are shut out, which hide nothing.
 */
#define DROPS_MAX 64

/* --- control ports -------------------------------------------------------------- */

static void port_missing(struct trap_search *s, size_t server,
			 const struct serverfile_site *site)
{
	uint16_t port = site->fact[FACT_CONTROL_PORT].value;
	const struct trap_chain *c = &s->chain[s->family];
	char before[32] = "";
	char accept[TRAP_TEXT_MAX];
	uint32_t number;
	struct trap *t;

	if (!c->closed || trap_accepts(s, s->family, port) != RULEFILE_NONE)
		return;
	number = s->in->rules[s->family]->rule[c->drop].number;
	if (number != 0)
		snprintf(before, sizeof(before), " before line %u",
			 s->in->rules[s->family]->rule[c->drop].line);
	trap_put_accept(s, port, port, accept);
	t = trap_add(s, c->drop, "add%s%s %s", before,
		     trap_is_nft(s) ? "" : ":", accept);
	t->server = server;
	snprintf(t->detail, sizeof(t->detail), "the server listens on port %u",
		 port);
}

static void control_missing(struct trap_search *s, size_t server,
			    const struct serverfile_site *site)
{
	if (!site->fact[FACT_IMPLICIT].value && trap_serves(s, site))
		port_missing(s, server, site);
}

static void implicit_missing(struct trap_search *s, size_t server,
			     const struct serverfile_site *site)
{
	if (site->fact[FACT_IMPLICIT].value && trap_serves(s, site))
		port_missing(s, server, site);
}

void trap_control_missing(struct trap_search *s)
{
	trap_each_site(s, control_missing);
}

void trap_implicit_missing(struct trap_search *s)
{
	trap_each_site(s, implicit_missing);
}

/* --- IPv6 ----------------------------------------------------------------------- */

static bool any_has_v6(const struct trap_search *s)
{
	for (size_t i = 0; i < s->in->servers; i++)
		for (size_t k = 0; k < s->in->server[i]->sites; k++)
			if (s->in->server[i]->site[k].fact[FACT_IPV6].value)
				return true;
	return false;
}

/* The ports of the current search, until a 0. */
static void ports_of_interest(const struct trap_search *s, uint16_t out[4])
{
	size_t n = 0;

	out[n++] = s->control_port;
	out[n++] = s->implicit_port;
	if (s->in->passive.lo != 0)
		out[n++] = s->in->passive.lo;
	else if (s->in->servers > 0 &&
		 serverfile_has_range(&s->in->server[0]->site[0]))
		out[n++] = s->in->server[0]->site[0].passive.lo;
	out[n] = 0;
}

/* @told: the rule of IPv4 that was told of last. */
static void v6_port(struct trap_search *s, uint16_t port, uint32_t *told)
{
	uint32_t v4 = trap_accepts(s, TWIN_V4, port);
	const struct rule *r;
	struct trap *t;

	if (v4 == RULEFILE_NONE || v4 == *told ||
	    trap_accepts(s, TWIN_V6, port) != RULEFILE_NONE)
		return;
	*told = v4;
	r = &s->in->rules[TWIN_V4]->rule[v4];
	s->family = TWIN_V4;
	t = trap_add(s, v4, "the same for %s, with addresses of IPv6: %.*s",
		     trap_is_nft(s) ? "ip6" : "ip6tables", trap_shown(r),
		     (const char *)r->text.at);
	snprintf(t->detail, sizeof(t->detail), "port %u%s", port,
		 trap_given(s, TWIN_V6) ? "" : "; there are no rules for IPv6");
}

/* A server that has no IPv6 needs none; without rules for it, only one that is
 * known to have it does. */
void trap_ipv6_missing(struct trap_search *s)
{
	bool given = trap_given(s, TWIN_V6);
	bool open = given ? !s->chain[TWIN_V6].closed : s->in->ipv6;
	bool wanted = s->in->servers ? any_has_v6(s) : given;
	uint32_t told = RULEFILE_NONE;
	uint16_t ports[4];

	if (!wanted || open || !s->in->rules[TWIN_V4])
		return;
	ports_of_interest(s, ports);
	for (size_t i = 0; ports[i] != 0; i++)
		v6_port(s, ports[i], &told);
}

/* Without rules the kernel lets all of it pass. */
static bool is_v6_open(const struct trap_search *s)
{
	const struct trap_chain *c = &s->chain[TWIN_V6];

	if (!trap_given(s, TWIN_V6))
		return s->in->ipv6;
	return !c->closed && !(c->chain && c->chain->rules > 0);
}

void trap_ipv6_open(struct trap_search *s)
{
	const struct trap_chain *c = &s->chain[TWIN_V6];

	if (!s->chain[TWIN_V4].closed || !is_v6_open(s))
		return;
	s->family = TWIN_V6;
	if (trap_is_nft(s))
		trap_add(s, c->chain ? c->chain->policy : RULEFILE_NONE,
			 "the rules of IPv4 in a table of family inet, or the "
			 "same for ip6, with policy drop");
	else
		trap_add(s, c->chain ? c->chain->policy : RULEFILE_NONE,
			 "for ip6tables: -P %s DROP, and the rules of IPv4",
			 s->local[TWIN_V4] ? "INPUT" : "FORWARD");
}

/* --- order ---------------------------------------------------------------------- */

static bool is_passive_port(const struct trap_search *s, uint16_t port)
{
	for (size_t i = 0; i < s->in->servers; i++)
		for (size_t k = 0; k < s->in->server[i]->sites; k++) {
			const struct serverfile_site *site =
				&s->in->server[i]->site[k];

			if (port == site->fact[FACT_CONTROL_PORT].value ||
			    (serverfile_has_range(site) &&
			     port_range_has(&site->passive, port)))
				return true;
		}
	return s->in->passive.lo != 0 && port_range_has(&s->in->passive, port);
}

/* Is @r about FTP: a control port, passive ports, or what is RELATED? */
static bool is_about_ftp(const struct trap_search *s, const struct trap_rule *r)
{
	if (r->target != TRAP_ACCEPT ||
	    (r->protocol != 0 && r->protocol != IPPROTO_TCP))
		return false;
	if (r->to.count == 0)
		return r->states != TRAP_ANY_STATE && r->states & TRAP_RELATED;
	if (trap_ports_have(&r->to, s->control_port) ||
	    trap_ports_have(&r->to, s->implicit_port))
		return true;
	for (uint8_t i = 0; i < r->to.count; i++)
		if (is_passive_port(s, r->to.range[i].lo) ||
		    is_passive_port(s, r->to.range[i].hi) ||
		    r->to.range[i].hi - r->to.range[i].lo >= 9)
			return true;
	return false;
}

static uint32_t dropped_by(const struct trap_search *s, const uint32_t *drop,
			   size_t drops, const struct trap_rule *r)
{
	for (size_t i = 0; i < drops; i++)
		if (trap_rule_covers(&s->rule[s->family][drop[i]], r))
			return drop[i];
	return RULEFILE_NONE;
}

static void shadowed_in(struct trap_search *s, const struct rulefile_chain *c)
{
	const struct rulefile *f = trap_file(s);
	uint32_t drop[DROPS_MAX], by;
	size_t drops = 0;

	for (uint32_t i = c->first; i != RULEFILE_NONE; i = f->rule[i].next) {
		const struct trap_rule *r = &s->rule[s->family][i];

		if (r->target == TRAP_DROP && drops < DROPS_MAX)
			drop[drops++] = i;
		if (!is_about_ftp(s, r))
			continue;
		by = dropped_by(s, drop, drops, r);
		if (by != RULEFILE_NONE)
			trap_add(s, i, "move line %u before line %u",
				 f->rule[i].line, f->rule[by].line);
	}
}

void trap_shadowed(struct trap_search *s)
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; i < f->chains; i++)
		if (trap_role(f, &f->chain[i]) == TRAP_FILTERS)
			shadowed_in(s, &f->chain[i]);
}
