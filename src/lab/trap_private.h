/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What those who look for traps share. */
#ifndef LAB_TRAP_PRIVATE_H
#define LAB_TRAP_PRIVATE_H

#include <stdio.h>
#include <string.h>

#include "lab/trap.h"
#include "lab/trap_rule.h"

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
	/* Each as long as the rules of its file; NULL where there is none. */
	struct trap_rule *rule[TWIN_FAMILIES];
	struct trap_chain chain[TWIN_FAMILIES];
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

/* Is rule @i in table @table? */
bool trap_in_table(const struct trap_search *s, uint32_t i, const char *table);

/* "INPUT" where servers are on the firewall itself, else "FORWARD". */
const char *trap_chain_name(const struct trap_search *s,
			    enum twin_family family);

/* The rule's text, cut to what fits into a change. */
int trap_shown(const struct rule *r);

/* The first rule of the current family that accepts connections to @port in
 * table filter, or NONE. */
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

void trap_modules_read(struct span text, struct trap_modules *out);

/* --- trap_helper.c -------------------------------------------------------------- */
void trap_helper_without_rule(struct trap_search *s);
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
