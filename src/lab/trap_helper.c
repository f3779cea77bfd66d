/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traps around the kernel's helper: who assigns it, what it opens, what it
 * cannot read. */
#include <netinet/in.h>

#include "lab/trap_private.h"

/* The first rule of the current family that @is, or NONE. */
static uint32_t find(const struct trap_search *s,
		     bool (*is)(const struct trap_rule *r))
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; i < f->rules; i++)
		if (f->rule[i].number != 0 && is(&s->rule[s->family][i]))
			return i;
	return RULEFILE_NONE;
}

static bool asks_for_helper(const struct trap_rule *r)
{
	return r->helper;
}

static bool accepts_related(const struct trap_rule *r)
{
	return r->target == TRAP_ACCEPT && r->states != TRAP_ANY_STATE &&
	       (r->states & TRAP_RELATED) &&
	       (r->protocol == 0 || r->protocol == IPPROTO_TCP);
}

static bool assigns(const struct trap_rule *r)
{
	return r->target == TRAP_ASSIGN;
}

/* --- who assigns it ------------------------------------------------------------- */

/* RELATED is for errors of ICMP, and for sallyport, too. A helper is counted on
 * where FTP is let in and nothing else lets data in, if one is loaded, or if
 * the kernel is known to assign none. */
static bool may_count_on_helper(const struct trap_search *s)
{
	return (s->modules.named ||
		s->in->assignment == TRAP_ASSIGNMENT_NONE) &&
	       trap_accepts(s, s->family, s->control_port) != RULEFILE_NONE &&
	       !trap_has_range(s);
}

/* "ct helper NAME { ... }" of nft's, which no rule gives to anybody. */
static bool is_declared(const struct trap_search *s)
{
	return !s->assigns[TWIN_V4] && !s->assigns[TWIN_V6] &&
	       s->helpers.count > 0;
}

void trap_helper_without_rule(struct trap_search *s)
{
	uint32_t asks = find(s, asks_for_helper), rule = asks;
	char assign[TRAP_TEXT_MAX], port[8];
	struct trap *t;

	if (s->assigns[s->family] || s->in->assignment == TRAP_ASSIGNMENT_AUTO)
		return;
	snprintf(port, sizeof(port), "%u", s->control_port);
	trap_put_assign(s, port, assign);
	if (asks == RULEFILE_NONE && is_declared(s)) {
		t = trap_add(s, RULEFILE_NONE, "add %s", assign);
		t->line = s->helpers.line[0];
		return;
	}
	if (asks == RULEFILE_NONE && may_count_on_helper(s))
		rule = find(s, accepts_related);
	if (rule == RULEFILE_NONE)
		return;
	t = trap_add(s, rule, "add %s", assign);
	if (asks != RULEFILE_NONE)
		return;
	t->severity = SEVERITY_INFO;
	snprintf(t->detail, sizeof(t->detail),
		 "without a helper or sallyport no data connection is "
		 "RELATED");
}

/* Before it no connection is known (NF_IP_PRI_CONNTRACK). */
#define PRIORITY_CONNTRACK (-200)

/* "-300;" or "raw;" (the only name of a smaller number). */
static int priority_of(const char *word)
{
	static const char raw[] = "raw";
	bool negative = word[0] == '-';
	struct cursor c = cursor_of(span_str(word + negative));
	int number;

	if (strncmp(word, raw, strlen(raw)) == 0)
		return PRIORITY_CONNTRACK - 100;
	number = (int)rd_decimal(&c, 5, UINT16_MAX);
	return negative ? -number : number;
}

/* "... priority raw + 10; ..." */
static int chain_priority(struct span rest)
{
	char word[RULE_WORD_MAX];
	int base = 0;

	while (rule_word(&rest, word) && strcmp(word, "priority") != 0)
		;
	if (rule_word(&rest, word))
		base = priority_of(word);
	if (!rule_word(&rest, word) || !strchr("+-", word[0]))
		return base;
	return word[0] == '+' && rule_word(&rest, word)
		       ? base + priority_of(word)
		       : base;
}

/* iptables' table raw keeps the helper for later; nft does not. */
void trap_helper_too_early(struct trap_search *s)
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; f->nft && i < f->rules; i++) {
		const struct rulefile_chain *c = &f->chain[f->rule[i].chain];

		if (s->rule[s->family][i].target == TRAP_ASSIGN &&
		    c->policy != RULEFILE_NONE &&
		    chain_priority(f->rule[c->policy].text) <=
			    PRIORITY_CONNTRACK)
			trap_add(s, i,
				 "move it to a chain of type filter with "
				 "priority filter");
	}
}

void trap_module_ports(struct trap_search *s)
{
	char assign[TRAP_TEXT_MAX];
	struct trap *t;

	if (!s->modules.ports || s->in->assignment == TRAP_ASSIGNMENT_AUTO)
		return;
	trap_put_assign(s, s->modules.port_list, assign);
	t = trap_add(s, RULEFILE_NONE, "take ports= away, and add %s", assign);
	t->source = TRAP_IN_MODULES;
	t->line = s->modules.ports;
}

/* --- what it opens -------------------------------------------------------------- */

void trap_module_loose(struct trap_search *s)
{
	struct trap *t;

	if (!s->modules.loose)
		return;
	t = trap_add(s, RULEFILE_NONE, "options nf_conntrack_ftp loose=0");
	t->source = TRAP_IN_MODULES;
	t->line = s->modules.loose;
}

void trap_related_any_port(struct trap_search *s)
{
	const struct rulefile *f = trap_file(s);
	bool helped = s->assigns[s->family] ||
		      s->in->assignment == TRAP_ASSIGNMENT_AUTO;

	for (uint32_t i = 0; helped && i < f->rules; i++) {
		const struct trap_rule *r = &s->rule[s->family][i];
		char related[TRAP_TEXT_MAX];

		if (!accepts_related(r) || r->helper || r->to.count > 0)
			continue;
		trap_put_related(s, i, related);
		trap_add(s, i, "accept ESTABLISHED there, and RELATED with: %s",
			 related);
	}
}

/* The data port is a claim of whoever sends the packet. */
void trap_source_port(struct trap_search *s)
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; i < f->rules; i++) {
		const struct trap_rule *r = &s->rule[s->family][i];

		if (r->target == TRAP_ACCEPT && r->from.count > 0 &&
		    trap_rule_takes_new(r) && trap_is_public(s, r) &&
		    trap_ports_have(&r->from, s->control_port - 1))
			trap_add(s, i,
				 "add the server with %s, or take the rule "
				 "away: sallyport lets active connections in "
				 "one by one",
				 trap_is_nft(s) ? "ip saddr" : "-s");
	}
}

/* --- what it cannot read -------------------------------------------------------- */

void trap_untracked(struct trap_search *s)
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; i < f->rules; i++) {
		const struct trap_rule *r = &s->rule[s->family][i];

		if (r->target == TRAP_NOTRACK && strcmp(r->in, "lo") != 0 &&
		    (r->protocol == 0 || r->protocol == IPPROTO_TCP) &&
		    (trap_ports_have(&r->to, s->control_port) ||
		     trap_ports_have(&r->to, s->implicit_port)))
			trap_add(s, i, "take port %d out of the rule",
				 trap_ports_have(&r->to, s->control_port)
					 ? s->control_port
					 : s->implicit_port);
	}
}

static void blind(struct trap_search *s, size_t server,
		  const struct serverfile_site *site)
{
	char accept[TRAP_TEXT_MAX];
	struct trap *t;

	if (!trap_serves(s, site) ||
	    site->fact[FACT_TLS].value == SERVERFILE_TLS_OFF ||
	    !site->fact[FACT_PASSIVE].value || !serverfile_has_range(site) ||
	    trap_accepts(s, s->family, site->passive.lo) != RULEFILE_NONE ||
	    trap_accepts(s, s->family, site->passive.hi) != RULEFILE_NONE)
		return;
	trap_put_accept(s, site->passive.lo, site->passive.hi, accept);
	t = trap_add(s, find(s, assigns),
		     "let sallyport see the control connections, or add%s %s",
		     trap_is_nft(s) ? "" : ":", accept);
	t->server = server;
	snprintf(t->detail, sizeof(t->detail),
		 "the server has TLS %s, on line "
		 "%u of its file",
		 serverfile_tls_name(site->fact[FACT_TLS].value),
		 site->fact[FACT_TLS].line);
}

void trap_helper_blind(struct trap_search *s)
{
	if (s->assigns[s->family])
		trap_each_site(s, blind);
}
