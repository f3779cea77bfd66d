/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traps that rule sets for FTP walk into. */
#include "report/audit.h"

#include <string.h>

#include "lab/twin_plan.h"

/* Traps being gathered. */
struct gathering {
	const struct audit *a;
	struct audit_trap *out;
	size_t count;
	enum twin_family family;
	const struct rulefile *f;
};

static void add(struct gathering *g, const char *id, uint32_t rule,
		const char *text)
{
	if (g->count < AUDIT_TRAPS_MAX)
		g->out[g->count++] =
			(struct audit_trap){ id, g->family, rule, text };
}

/* --- what a rule says ---------------------------------------------------------------- */

static bool option_is(const struct rule *r, const char *option,
		      const char *value)
{
	char text[RULE_WORD_MAX];
	bool negated;

	return twin_option(r, option, text, &negated) && !negated &&
	       strcmp(text, value) == 0;
}

static bool option_has(const struct rule *r, const char *option,
		       const char *part)
{
	char text[RULE_WORD_MAX];
	bool negated;

	return twin_option(r, option, text, &negated) && !negated &&
	       strstr(text, part) != NULL;
}

static bool has_option(const struct rule *r, const char *option)
{
	char text[RULE_WORD_MAX];
	bool negated;

	return twin_option(r, option, text, &negated);
}

static bool assigns_helper(const struct rule *r)
{
	return twin_rule_does(r, "CT") && option_is(r, "--helper", "ftp");
}

static bool asks_for_helper(const struct rule *r)
{
	return !twin_rule_does(r, "CT") && option_is(r, "--helper", "ftp");
}

static bool accepts_related(const struct rule *r)
{
	return twin_rule_does(r, "ACCEPT") &&
	       (option_has(r, "--ctstate", "RELATED") ||
		option_has(r, "--state", "RELATED"));
}

static bool is_untracked(const struct rule *r)
{
	char text[RULE_WORD_MAX];
	struct span rest = r->text;
	bool notrack = twin_rule_does(r, "NOTRACK"), ct;

	ct = twin_rule_does(r, "CT");
	while (!notrack && ct && rule_word(&rest, text))
		notrack = strcmp(text, "--notrack") == 0;
	return notrack &&
	       (!has_option(r, "--dport") || twin_rule_has_port(r, 21) ||
		twin_rule_has_port(r, 990));
}

/* Port 20 is a claim of whoever sends the packet. */
static bool trusts_source_port(const struct rule *r)
{
	return twin_rule_does(r, "ACCEPT") && option_is(r, "--sport", "20") &&
	       !has_option(r, "--ctstate") && !has_option(r, "--state");
}

/* The first rule that @is, or NONE. */
static uint32_t find(const struct gathering *g, bool (*is)(const struct rule *))
{
	for (uint32_t i = 0; i < g->f->rules; i++)
		if (is(&g->f->rule[i]))
			return i;
	return RULEFILE_NONE;
}

/* --- the traps ------------------------------------------------------------------------ */

static void helper(struct gathering *g)
{
	uint32_t assigns = find(g, assigns_helper),
		 asks = find(g, asks_for_helper),
		 related = find(g, accepts_related);

	if (asks != RULEFILE_NONE && assigns == RULEFILE_NONE)
		add(g, "helper-without-rule", asks,
		    "the kernel's helper is asked for, but no CT rule assigns "
		    "it, and kernels since 6.0 do not by themselves");
	if (assigns == RULEFILE_NONE)
		return;
	add(g, "helper-blind", assigns,
	    "the kernel's helper reads no FTPS: data connections of encrypted "
	    "sessions are never RELATED by it");
	if (related != RULEFILE_NONE &&
	    !has_option(&g->f->rule[related], "--helper") &&
	    !has_option(&g->f->rule[related], "--dport"))
		add(g, "related-any-port", related,
		    "RELATED is accepted for every helper and every port, so "
		    "a forged 227 opens any service of a server");
	if (g->a->spec->announces)
		add(g, "announced-address", assigns,
		    "the server announces an address of its own choice, which "
		    "the helper does not translate and may refuse");
}

static void untracked(struct gathering *g)
{
	uint32_t rule = find(g, is_untracked);

	if (rule != RULEFILE_NONE)
		add(g, "untracked", rule,
		    "control connections are not tracked: nothing can be "
		    "RELATED to them");
}

static void source_port(struct gathering *g)
{
	uint32_t rule = find(g, trusts_source_port);

	if (rule != RULEFILE_NONE)
		add(g, "source-port-20", rule,
		    "whoever sends from port 20 gets in; anybody can");
}

static void ranges(struct gathering *g)
{
	const struct port_range *own = &g->a->spec->passive;
	struct port_range r;

	if (g->a->range_assumed)
		return;
	for (uint32_t i = 0; i < g->f->rules; i++) {
		if (!twin_rule_range(&g->f->rule[i], &r) || r.lo > own->hi ||
		    r.hi < own->lo)
			continue;
		if (r.lo > own->lo || r.hi < own->hi)
			add(g, "range-differs", i,
			    "it holds only a part of the server's passive "
			    "ports: some transfers work and some do not");
		else if (r.lo < own->lo || r.hi > own->hi)
			add(g, "range-too-wide", i,
			    "it holds more ports than the server uses");
	}
}

/* ":FORWARD ACCEPT [0:0]" */
static bool accepts_all(const struct rule *policy)
{
	char word[RULE_WORD_MAX];
	struct span rest = policy->text;

	return rule_word(&rest, word) && rule_word(&rest, word) &&
	       strcmp(word, "ACCEPT") == 0;
}

/* Is there a chain of nft's that filters IPv6? */
static bool filters_v6(const struct rulefile *f)
{
	for (uint32_t i = 0; i < f->chains; i++) {
		const struct rulefile_chain *c = &f->chain[i];

		if (!c->nat && c->hook.len > 0 &&
		    !span_equal(span_sub(c->table, 0, 3), span_str("ip ")))
			return true;
	}
	return false;
}

/* Rules for IPv4 alone leave IPv6 as open as the kernel's default. */
static void other_family(struct gathering *g)
{
	const struct twin_spec *s = g->a->spec;
	const struct rulefile_chain *c;

	if (!s->layout.port[TWIN_OUTSIDE].has[TWIN_V6])
		return;
	g->family = TWIN_V6;
	if (s->rules[TWIN_V6] && s->rules[TWIN_V6]->nft &&
	    filters_v6(s->rules[TWIN_V6]))
		return;
	if (!s->rules[TWIN_V6] || s->rules[TWIN_V6]->nft) {
		add(g, "ipv6-missing", RULEFILE_NONE,
		    "there are no rules for IPv6: it passes as it likes");
		return;
	}
	c = rulefile_chain(s->rules[TWIN_V6], span_str("filter"),
			   span_str("FORWARD"));
	if (c && c->rules == 0 && c->policy != RULEFILE_NONE &&
	    s->layout.port[TWIN_INSIDE].name[0] &&
	    accepts_all(&s->rules[TWIN_V6]->rule[c->policy]))
		add(g, "ipv6-missing", c->policy,
		    "chain FORWARD has no rule for IPv6: it passes as it "
		    "likes");
}

/* --- what other files say -------------------------------------------------------------- */

static void modules(struct gathering *g)
{
	const struct twin_modules *m = g->a->modules;

	if (m && m->ports)
		add(g, "module-ports", RULEFILE_NONE,
		    "ports= of nf_conntrack_ftp does nothing where kernels "
		    "assign no helper by themselves: a CT rule must");
	if (m && m->loose)
		add(g, "module-loose", RULEFILE_NONE,
		    "loose=1 of nf_conntrack_ftp opens holes to third hosts "
		    "that a server names");
}

static void server(struct gathering *g)
{
	const struct twin_conf *c = g->a->conf;
	const struct addr *reach = &g->a->spec->reach[TWIN_V4];

	if (!c)
		return;
	if (c->passive.lo == 0)
		add(g, "server-any-port", RULEFILE_NONE,
		    "the server's file sets no passive range: it takes any "
		    "port, and no rule can name them");
	if (c->tls == TWIN_CONF_TLS_OFF)
		add(g, "server-without-tls", RULEFILE_NONE,
		    "the server's file has TLS off: FTPS fails at the server, "
		    "whatever the rules are");
	if (c->announces && !c->announced_known)
		add(g, "announced-name", RULEFILE_NONE,
		    "the server's file announces a name and no address: what "
		    "it becomes was not tried");
	if (c->announced_known && !addr_equal(&c->announced, reach))
		add(g, "announced-elsewhere", RULEFILE_NONE,
		    "the server's file announces another address than the one "
		    "that clients outside reach it by");
	if (c->port != 0 && c->port != 21 && c->port != 990)
		add(g, "server-port", RULEFILE_NONE,
		    "the server's file has another control port than 21 and "
		    "990, which were tried");
}

size_t audit_traps(const struct audit *a,
		   struct audit_trap out[AUDIT_TRAPS_MAX])
{
	static void (*const look[])(struct gathering *) = { helper, untracked,
							    source_port,
							    ranges };
	struct gathering g = { .a = a, .out = out };

	for (int f = 0; f < TWIN_FAMILIES; f++) {
		g.family = (enum twin_family)f;
		g.f = a->spec->rules[f];
		/* One file of nft's has both families. */
		if (f != 0 && g.f == a->spec->rules[0])
			break;
		for (size_t i = 0; g.f && i < sizeof(look) / sizeof(look[0]);
		     i++)
			look[i](&g);
	}
	g.family = TWIN_V4;
	modules(&g);
	server(&g);
	other_family(&g);
	return g.count;
}
