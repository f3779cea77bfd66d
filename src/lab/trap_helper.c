/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traps around the kernel's helper: who assigns it, what it opens, what it
 * cannot read. */
#include <netinet/in.h>

#include "lab/trap_private.h"

#define PORT_FTP  21
#define PORT_DATA 20
#define PORT_FTPS 990

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
	       trap_accepts(s, s->family, PORT_FTP) != RULEFILE_NONE &&
	       !trap_has_range(s);
}

void trap_helper_without_rule(struct trap_search *s)
{
	uint32_t asks = find(s, asks_for_helper), rule = asks;
	struct trap *t;

	if (s->assigns[s->family] || s->in->assignment == TRAP_ASSIGNMENT_AUTO)
		return;
	if (asks == RULEFILE_NONE && may_count_on_helper(s))
		rule = find(s, accepts_related);
	if (rule == RULEFILE_NONE)
		return;
	t = trap_add(s, rule,
		     "add to table raw: -A PREROUTING -p tcp -m tcp --dport "
		     "%d -j CT --helper ftp",
		     PORT_FTP);
	if (asks != RULEFILE_NONE)
		return;
	t->severity = SEVERITY_INFO;
	snprintf(t->detail, sizeof(t->detail),
		 "without a helper or sallyport no data connection is "
		 "RELATED");
}

void trap_module_ports(struct trap_search *s)
{
	struct trap *t;

	if (!s->modules.ports || s->in->assignment == TRAP_ASSIGNMENT_AUTO)
		return;
	t = trap_add(s, RULEFILE_NONE,
		     "take ports= away, and add to table raw: -A PREROUTING "
		     "-p tcp -m multiport --dports %s -j CT --helper ftp",
		     s->modules.port_list);
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
		struct span chain = rule_chain(f, &f->rule[i]);

		if (!accepts_related(r) || r->helper || r->to.count > 0)
			continue;
		trap_add(s, i,
			 "accept ESTABLISHED there, and RELATED with: -A %.*s "
			 "-p tcp -m conntrack --ctstate RELATED -m helper "
			 "--helper ftp -m tcp --dport 1024:65535 -j ACCEPT",
			 (int)(chain.len < 64 ? chain.len : 64),
			 (const char *)chain.at);
	}
}

/* Port 20 is a claim of whoever sends the packet. */
void trap_source_port(struct trap_search *s)
{
	const struct rulefile *f = trap_file(s);

	for (uint32_t i = 0; i < f->rules; i++) {
		const struct trap_rule *r = &s->rule[s->family][i];

		if (r->target == TRAP_ACCEPT && r->from.count > 0 &&
		    trap_rule_takes_new(r) && trap_is_public(s, r) &&
		    trap_ports_have(&r->from, PORT_DATA))
			trap_add(s, i,
				 "add the server with -s, or take the rule "
				 "away: sallyport lets active connections in "
				 "one by one");
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
		    (trap_ports_have(&r->to, PORT_FTP) ||
		     trap_ports_have(&r->to, PORT_FTPS)))
			trap_add(s, i, "take port %d out of the rule",
				 trap_ports_have(&r->to, PORT_FTP) ? PORT_FTP
								   : PORT_FTPS);
	}
}

static void blind(struct trap_search *s, size_t server,
		  const struct serverfile_site *site)
{
	struct trap *t;

	if (site->fact[FACT_TLS].value == SERVERFILE_TLS_OFF ||
	    !site->fact[FACT_PASSIVE].value || !serverfile_has_range(site) ||
	    trap_accepts(s, s->family, site->passive.lo) != RULEFILE_NONE ||
	    trap_accepts(s, s->family, site->passive.hi) != RULEFILE_NONE)
		return;
	t = trap_add(s, find(s, assigns),
		     "let sallyport see the control connections, or add: -A "
		     "%s -p tcp -m tcp --dport %u:%u -j ACCEPT",
		     trap_chain_name(s, s->family), site->passive.lo,
		     site->passive.hi);
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
