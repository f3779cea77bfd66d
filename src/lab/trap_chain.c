/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains, in both languages: which filter, which translate, and which one the
 * connections to servers must pass. */
#include "lab/trap_private.h"

enum trap_role trap_role(const struct rulefile *f,
			 const struct rulefile_chain *c)
{
	if (!f->nft) {
		if (span_equal(c->table, span_str("nat")))
			return TRAP_TRANSLATES;
		return span_equal(c->table, span_str("filter")) ? TRAP_FILTERS
								: TRAP_ELSE;
	}
	if (c->nat)
		return TRAP_TRANSLATES;
	/* What is behind a jump is a filter's, mostly. */
	return span_equal(c->hook, span_str("prerouting")) ||
			       span_equal(c->hook, span_str("postrouting"))
		       ? TRAP_ELSE
		       : TRAP_FILTERS;
}

enum trap_role trap_role_at(const struct trap_search *s, uint32_t i)
{
	const struct rulefile *f = trap_file(s);

	return trap_role(f, &f->chain[f->rule[i].chain]);
}

/* Is it the chain @name of table filter, or a filter on that hook? */
static bool is_base(const struct rulefile *f, const struct rulefile_chain *c,
		    const char *name, enum twin_family family)
{
	if (trap_role(f, c) != TRAP_FILTERS)
		return false;
	if (!f->nft)
		return span_equal(c->name, span_str(name));
	return span_equal_nocase(c->hook, span_str(name)) &&
	       c->policy != RULEFILE_NONE &&
	       twin_rule_is_of(f, &f->rule[c->policy], family);
}

/* ":FORWARD DROP [0:0]", "type filter hook forward priority 0; policy drop;" */
static bool policy_drops(const struct rulefile *f,
			 const struct rulefile_chain *c)
{
	struct span rest;
	char word[RULE_WORD_MAX];

	if (c->policy == RULEFILE_NONE)
		return false;
	rest = f->rule[c->policy].text;
	while (rule_word(&rest, word))
		if (strcmp(word, "DROP") == 0 || strcmp(word, "drop;") == 0)
			return true;
	return false;
}

static struct trap_chain judged(const struct rulefile *f,
				const struct trap_rule *rules,
				const struct rulefile_chain *chain)
{
	struct trap_chain c = { chain, false, RULEFILE_NONE };

	if (policy_drops(f, chain))
		c.drop = chain->policy;
	for (uint32_t i = chain->first;
	     i != RULEFILE_NONE && c.drop == RULEFILE_NONE; i = f->rule[i].next)
		if (rules[i].target == TRAP_DROP &&
		    trap_rule_is_all(&rules[i]) && rules[i].in[0] == '\0')
			c.drop = i;
	c.closed = c.drop != RULEFILE_NONE;
	return c;
}

/* Tables of nft may have several on one hook: any of them closes it. */
static struct trap_chain chain_of(const struct trap_search *s,
				  enum twin_family family, const char *name)
{
	const struct rulefile *f = s->in->rules[family];
	struct trap_chain found = { NULL, false, RULEFILE_NONE };

	for (uint32_t i = 0; i < f->chains && !found.closed; i++) {
		if (!is_base(f, &f->chain[i], name, family))
			continue;
		if (!found.chain ||
		    judged(f, s->rule[family], &f->chain[i]).closed)
			found = judged(f, s->rule[family], &f->chain[i]);
	}
	return found;
}

void trap_chain_find(struct trap_search *s, enum twin_family family)
{
	struct trap_chain forward = chain_of(s, family, "FORWARD");
	struct trap_chain input = chain_of(s, family, "INPUT");
	bool used = forward.chain && forward.chain->rules > 0;

	/* A gateway has rules for what it forwards; a host of its own has
	 * none. */
	s->local[family] = !used && input.chain &&
			   (input.closed || input.chain->rules > 0);
	s->chain[family] = s->local[family] ? input : forward;
}

bool trap_given(const struct trap_search *s, enum twin_family family)
{
	const struct rulefile *f = s->in->rules[family];

	if (!f || !f->nft)
		return f != NULL;
	for (uint32_t i = 0; i < f->rules; i++)
		if (twin_rule_is_of(f, &f->rule[i], family))
			return true;
	return false;
}
