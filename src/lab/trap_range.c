/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traps around passive ports: what the server uses, and what the rules hold. */
#include <netinet/in.h>

#include "lab/trap_private.h"

/* So many ports side by side, from 1024 on, are passive ones where nothing says
 * which those are. */
#define RANGE_LEAST 10

/* The ports that a server may pick, where somebody limits them. */
struct wanted {
	struct port_range range;
	const struct addr *addr; /* its own; NULL: unknown */
	size_t server;
	uint32_t line; /* in its file; 0: told otherwise */
};

typedef void with(struct trap_search *s, const struct wanted *w);

static void each_wanted(struct trap_search *s, with *use)
{
	struct wanted told = { .range = s->in->passive };

	if (s->in->servers == 0 && told.range.lo != 0)
		use(s, &told);
	for (size_t i = 0; i < s->in->servers; i++)
		for (size_t k = 0; k < s->in->server[i]->sites; k++) {
			const struct serverfile_site *site =
				&s->in->server[i]->site[k];
			struct wanted w = {
				.range = site->passive,
				.addr = site->listen.is_addr
						? &site->listen.addr
						: NULL,
				.server = i,
				.line = site->fact[FACT_PASSIVE_MIN].line,
			};

			if (site->fact[FACT_CONTROL_PORT].value != 0 &&
			    site->fact[FACT_PASSIVE].value &&
			    serverfile_has_range(site) &&
			    w.range.lo <= w.range.hi)
				use(s, &w);
		}
}

static bool is_range(const struct port_range *r)
{
	return r->lo >= IPPORT_RESERVED && r->hi - r->lo + 1 >= RANGE_LEAST;
}

static bool overlap(const struct port_range *a, const struct port_range *b)
{
	return a->lo <= b->hi && b->lo <= a->hi;
}

/* Is rule @i one that lets connections to data ports of @addr in, or sends them
 * to it (in table nat, where it stands before the translation)? With a source
 * port it is for active mode. */
static bool lets_in(const struct trap_search *s, uint32_t i,
		    const struct addr *addr, enum trap_target target)
{
	const struct trap_rule *r = &s->rule[s->family][i];
	bool filter = target == TRAP_ACCEPT;

	return r->target == target && trap_rule_takes_new(r) &&
	       trap_file(s)->rule[i].number != 0 && r->to.count > 0 &&
	       r->from.count == 0 &&
	       trap_role_at(s, i) ==
		       (filter ? TRAP_FILTERS : TRAP_TRANSLATES) &&
	       !(filter && addr && r->has_destination &&
		 addr_is_v4(addr) == addr_is_v4(&r->destination.addr) &&
		 !prefix_contains(&r->destination, addr));
}

/* --- open to everybody ---------------------------------------------------------- */

static bool is_passive(const struct trap_search *s, const struct port_range *r)
{
	if (s->in->servers == 0 && s->in->passive.lo != 0)
		return overlap(r, &s->in->passive);
	return is_range(r);
}

void trap_range_open(struct trap_search *s)
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; i < f->rules; i++) {
		const struct trap_rule *r = &s->rule[s->family][i];
		bool passive = false;

		for (uint8_t k = 0; k < r->to.count; k++)
			passive = passive || is_passive(s, &r->to.range[k]);
		if (passive && lets_in(s, i, NULL, TRAP_ACCEPT) &&
		    trap_is_public(s, r))
			trap_add(s, i,
				 "take line %u away where sallyport works: it "
				 "opens single ports for their clients; "
				 "otherwise limit it to the clients with %s",
				 f->rule[i].line,
				 trap_is_nft(s) ? "ip saddr" : "-s");
	}
}

/* --- what the rules hold -------------------------------------------------------- */

/* All ports that rules with @target let in, and which rules they are. */
struct held {
	/* Ranges that begin at a port, less those that ended before it. */
	int32_t step[UINT16_MAX + 2];
	uint32_t best; /* the rule with most of the wanted ones, or NONE */
	uint32_t most;
	uint32_t some; /* a rule that holds a range of others, or NONE */
	struct port_range extent; /* of the ranges that overlap, altogether */
};

static void hold_range(struct held *h, const struct port_range *r, uint32_t i,
		       const struct wanted *w)
{
	uint32_t lo = r->lo > w->range.lo ? r->lo : w->range.lo;
	uint32_t hi = r->hi < w->range.hi ? r->hi : w->range.hi;

	if (!overlap(r, &w->range)) {
		if (is_range(r) && h->some == RULEFILE_NONE)
			h->some = i;
		return;
	}
	h->step[r->lo]++;
	h->step[r->hi + 1]--;
	if (h->best == RULEFILE_NONE)
		h->extent = *r;
	if (r->lo < h->extent.lo)
		h->extent.lo = r->lo;
	if (r->hi > h->extent.hi)
		h->extent.hi = r->hi;
	if (hi - lo + 1 > h->most) {
		h->most = hi - lo + 1;
		h->best = i;
	}
}

static void gather(const struct trap_search *s, const struct wanted *w,
		   enum trap_target target, struct held *out)
{
	const struct rulefile *f = trap_file(s);

	*out = (struct held){ .best = RULEFILE_NONE, .some = RULEFILE_NONE };
	for (uint32_t i = 0; i < f->rules; i++) {
		const struct trap_rule *r = &s->rule[s->family][i];

		if (!lets_in(s, i, w->addr, target))
			continue;
		for (uint8_t k = 0; k < r->to.count; k++)
			hold_range(out, &r->to.range[k], i, w);
	}
}

/* A catch-all rule or an open chain lets all ports in. */
static bool needs_rule(const struct trap_search *s)
{
	return s->chain[s->family].closed;
}

/* How many of the wanted ports are missing; *@first is the first of them. */
static uint32_t missing(const struct held *h, const struct wanted *w,
			uint32_t *first)
{
	uint32_t count = 0;
	int32_t over = 0;

	for (uint32_t p = 0; p <= w->range.hi; p++) {
		over += h->step[p];
		if (p >= w->range.lo && over == 0 && count++ == 0)
			*first = p;
	}
	return count;
}

static void tell(struct trap *t, const struct wanted *w)
{
	t->server = w->server;
	snprintf(t->detail, sizeof(t->detail), "the server uses %u-%u",
		 w->range.lo, w->range.hi);
}

/* Where in @text the value of --dport (of nft: dport) is; false: it has none, or
 * a list. */
static bool port_value(struct span text, bool nft, size_t *from, size_t *to)
{
	const char *option = nft ? " dport " : " --dport ";
	const char *at = memmem(text.at, text.len, option, strlen(option));
	struct span rest;

	if (!at)
		return false;
	*from = (size_t)(at - (const char *)text.at) + strlen(option);
	rest = span_sub(text, *from, text.len);
	*to = *from + span_find(rest, ' ');
	return rest.len > 0 && rest.at[0] != '{' && rest.at[0] != '@';
}

/* The rule with @r for its ports, where it has only them to change. */
static struct trap *add_changed(struct trap_search *s, uint32_t rule,
				const struct port_range *r)
{
	const struct rule *old = &trap_file(s)->rule[rule];
	const char *text = (const char *)old->text.at;
	bool nft = trap_is_nft(s);
	char between = nft ? '-' : ':';
	size_t from, to;

	if (!port_value(old->text, nft, &from, &to) ||
	    trap_shown(old) != (int)old->text.len)
		return trap_add(s, rule, "let line %u hold ports %u%c%u",
				old->line, r->lo, between, r->hi);
	return trap_add(s, rule, "line %u: %.*s%u%c%u%.*s", old->line,
			(int)from, text, r->lo, between, r->hi,
			(int)(old->text.len - to), text + to);
}

static void widen(struct trap_search *s, const struct wanted *w,
		  enum trap_target target)
{
	uint32_t first = 0, count;
	struct held h;
	struct trap *t;
	size_t len;

	gather(s, w, target, &h);
	if (h.best == RULEFILE_NONE)
		return;
	count = missing(&h, w, &first);
	if (count == 0)
		return;
	t = add_changed(s, h.best, &w->range);
	tell(t, w);
	len = strlen(t->detail);
	if (count == 1)
		snprintf(t->detail + len, sizeof(t->detail) - len,
			 ": port %u is missing", first);
	else
		snprintf(t->detail + len, sizeof(t->detail) - len,
			 ": %u ports are missing, from %u", count, first);
}

static void differs(struct trap_search *s, const struct wanted *w)
{
	if (needs_rule(s))
		widen(s, w, TRAP_ACCEPT);
	widen(s, w, TRAP_TRANSLATE);
}

void trap_range_differs(struct trap_search *s)
{
	each_wanted(s, differs);
}

static void wide(struct trap_search *s, const struct wanted *w)
{
	struct held h;

	gather(s, w, TRAP_ACCEPT, &h);
	if (h.best == RULEFILE_NONE ||
	    (h.extent.lo >= w->range.lo && h.extent.hi <= w->range.hi))
		return;
	tell(add_changed(s, h.best, &w->range), w);
}

void trap_range_wide(struct trap_search *s)
{
	each_wanted(s, wide);
}

static void elsewhere(struct trap_search *s, const struct wanted *w)
{
	static const enum trap_target targets[] = { TRAP_ACCEPT,
						    TRAP_TRANSLATE };
	struct held h;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (targets[i] == TRAP_ACCEPT && !needs_rule(s))
			continue;
		gather(s, w, targets[i], &h);
		if (h.best == RULEFILE_NONE && h.some != RULEFILE_NONE)
			tell(add_changed(s, h.some, &w->range), w);
	}
}

void trap_range_elsewhere(struct trap_search *s)
{
	each_wanted(s, elsewhere);
}

/* --- a server without a range --------------------------------------------------- */

/* The first range that the rules hold, or false. */
static bool first_range(const struct trap_search *s, uint32_t *rule,
			struct port_range *out)
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; i < f->rules; i++)
		for (uint8_t k = 0; k < s->rule[s->family][i].to.count; k++) {
			*out = s->rule[s->family][i].to.range[k];
			*rule = i;
			/* 1024: may be meant for any port. */
			if (is_range(out) && out->lo != IPPORT_RESERVED &&
			    lets_in(s, i, NULL, TRAP_ACCEPT))
				return true;
		}
	return false;
}

bool trap_has_range(const struct trap_search *s)
{
	struct port_range r;
	uint32_t rule;

	return first_range(s, &rule, &r);
}

static void any_port(struct trap_search *s, size_t server,
		     const struct serverfile_site *site)
{
	struct port_range r;
	struct trap *t;
	uint32_t rule;

	if (!site->fact[FACT_PASSIVE].value || serverfile_has_range(site) ||
	    !needs_rule(s) || !first_range(s, &rule, &r))
		return;
	t = trap_add(s, rule, "let the server use %u to %u", r.lo, r.hi);
	t->server = server;
}

void trap_server_any_port(struct trap_search *s)
{
	trap_each_site(s, any_port);
}
