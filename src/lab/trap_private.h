/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What those who look for traps share. */
#ifndef LAB_TRAP_PRIVATE_H
#define LAB_TRAP_PRIVATE_H

#include <stdio.h>
#include <string.h>

#include "lab/trap.h"
#include "lab/trap_rule.h"
#include "lab/twin_plan.h"

/* Options of nf_conntrack_ftp. */
struct trap_modules {
	uint32_t named;     /* the first line that names it, or 0 */
	uint32_t ports;     /* that has ports= */
	uint32_t loose;     /* that switches loose on */
	char port_list[64]; /* digits and commas */
};

/* A chain that connections to servers must pass. */
struct trap_chain {
	const struct rulefile_chain *chain; /* NULL: there is none */
	bool closed;   /* what no rule accepts is dropped */
	uint32_t drop; /* the rule that does, or the policy; or NONE */
};

/* One search. */
struct trap_search {
	const struct trap_input *in;
	struct traps *out;
	struct trap_modules modules;
	uint16_t control_port, implicit_port;
	/* Each as long as the rules of its file; NULL where there is none. */
	struct trap_rule *rule[TWIN_FAMILIES];
	struct trap_chain chain[TWIN_FAMILIES];
	bool local[TWIN_FAMILIES];   /* that chain is for the firewall itself */
	struct trap_helpers helpers; /* of a file of nft's */
	bool assigns[TWIN_FAMILIES]; /* a rule gives the FTP helper */
	/* What is being looked for. */
	const struct trap_row *row;
	enum twin_family family;
	struct trap lost; /* what is found when the list is full */
};

struct trap_row {
	const char *id;
	enum severity severity;
	/* Is it about rules? Then it is called for each family that has any;
	 * else once. */
	bool of_rules;
	void (*look)(struct trap_search *s);
	const char *text;
};

/* Note one of s->row about rule @rule (or NONE); the change has a format. The
 * result may be filled further; it is never NULL. */
struct trap *trap_add(struct trap_search *s, uint32_t rule, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));

/* The rules of the current family. */
static inline const struct rulefile *trap_file(const struct trap_search *s)
{
	return s->in->rules[s->family];
}

/* The rule's text, cut to what fits into a change. */
int trap_shown(const struct rule *r);

/* The first rule of the current family that accepts connections to @port in
 * a chain that filters, or NONE. */
uint32_t trap_accepts(const struct trap_search *s, enum twin_family family,
		      uint16_t port);

/* May everybody send what the rule takes? */
bool trap_is_public(const struct trap_search *s, const struct trap_rule *r);

/* Does a rule of the current family let some range of ports from 1024 on in? */
bool trap_has_range(const struct trap_search *s);

/* Call @use for every server that is on. */
void trap_each_site(struct trap_search *s,
		    void (*use)(struct trap_search *s, size_t server,
				const struct serverfile_site *site));

/* Does it listen on addresses of the current family? */
bool trap_serves(const struct trap_search *s,
		 const struct serverfile_site *site);

void trap_modules_read(struct span text, struct trap_modules *out);

/* --- trap_chain.c --------------------------------------------------------------- */

enum trap_role { TRAP_ELSE, TRAP_FILTERS, TRAP_TRANSLATES };

enum trap_role trap_role(const struct rulefile *f,
			 const struct rulefile_chain *c);

/* Of the chain of rule @i of the current family. */
enum trap_role trap_role_at(const struct trap_search *s, uint32_t i);

/* Fill chain and local of @family, whose rules have been read. */
void trap_chain_find(struct trap_search *s, enum twin_family family);

/* Are there rules for @family? One file of nft's may be for one alone. */
bool trap_given(const struct trap_search *s, enum twin_family family);

/* --- trap_word.c: changes, in the language of the rules ---------------------------- */

bool trap_is_nft(const struct trap_search *s);

/* A rule that accepts connections to these ports. */
void trap_put_accept(const struct trap_search *s, uint16_t lo, uint16_t hi,
		     char out[TRAP_TEXT_MAX]);

/* Rules that give the FTP helper to @ports ("21", "21,2121"). */
void trap_put_assign(const struct trap_search *s, const char *ports,
		     char out[TRAP_TEXT_MAX]);

/* A rule for what is RELATED by the FTP helper, next to rule @rule. */
void trap_put_related(const struct trap_search *s, uint32_t rule,
		      char out[TRAP_TEXT_MAX]);

/* --- trap_helper.c -------------------------------------------------------------- */
void trap_helper_without_rule(struct trap_search *s);
void trap_helper_too_early(struct trap_search *s);
void trap_related_any_port(struct trap_search *s);
void trap_untracked(struct trap_search *s);
void trap_source_port(struct trap_search *s);
void trap_module_ports(struct trap_search *s);
void trap_module_loose(struct trap_search *s);
void trap_helper_blind(struct trap_search *s);

/* --- trap_server.c -------------------------------------------------------------- */
void trap_announced(struct trap_search *s);
void trap_announced_elsewhere(struct trap_search *s);
void trap_server_without_tls(struct trap_search *s);

/* --- trap_range.c --------------------------------------------------------------- */
void trap_range_open(struct trap_search *s);
void trap_range_differs(struct trap_search *s);
void trap_range_wide(struct trap_search *s);
void trap_range_elsewhere(struct trap_search *s);
void trap_server_any_port(struct trap_search *s);

/* --- trap_reach.c --------------------------------------------------------------- */
void trap_control_missing(struct trap_search *s);
void trap_implicit_missing(struct trap_search *s);
void trap_ipv6_missing(struct trap_search *s);
void trap_ipv6_open(struct trap_search *s);
void trap_shadowed(struct trap_search *s);

#endif
