/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which interfaces and addresses a twin has: those that were asked for, then
 * those that the rules name, then the reference lab's.
 *
 * This is the only place where the rules are read for what they mean, and it
 * decides only who stands where; what passes the kernel decides.
 */
#ifndef LAB_TWIN_PLAN_H
#define LAB_TWIN_PLAN_H

#include "lab/twin.h"

/* Where servers mostly listen (RFC 959 8; IANA's ftps). */
#define TWIN_CONTROL_PORT  21
#define TWIN_IMPLICIT_PORT 990

/* A server and a client for each side and family. */
#define TWIN_WISH_ADDRS_MAX 4

struct twin_wish {
	struct twin_port port[2]; /* name empty: not asked for */
	struct addr server[TWIN_WISH_ADDRS_MAX], client[TWIN_WISH_ADDRS_MAX];
	size_t servers, clients;
	struct rulefile *rules[TWIN_FAMILIES]; /* NULL: none given */
	bool host; /* the firewall is the server, whatever it forwards */
	struct port_range passive; /* 0-0: not asked for */
	/* 0: TWIN_CONTROL_PORT and TWIN_IMPLICIT_PORT. */
	uint16_t control_port, implicit_port;
};

/* Fill layout, reach, rules, passive and the ports of @out; the rest stays. */
void twin_plan(const struct twin_wish *wish, struct twin_spec *out);

/* Where the passive range comes from, for the report: it was not asked for
 * and no rule names one. */
bool twin_plan_range_assumed(const struct twin_wish *wish,
			     const struct twin_spec *plan);

/* --- twin_rule.c: what a rule says ------------------------------------------------- */

/* "10.1.4.0/24", "10.1.4.4", "fc00::/64". False: none of these. */
bool twin_prefix(const char *text, struct prefix *out);

/*
 * rule_option() for both languages: of nft the words that say the same; a set in
 * braces as "21,990", a range as "1:2".
 */
bool twin_option(const struct rule *r, const char *name,
		 char out[RULE_WORD_MAX], bool *negated);

/*
 * Take a value of nft's from *@rest: a word, or "{ a, b }" as "a,b", a range as
 * "1:2". *@negated: "!=" stands before it. False: there is none.
 */
bool twin_value(struct span *rest, char out[RULE_WORD_MAX], bool *negated);

/* May packets of @family meet it? Tables of nft's "inet" see both; what words
 * of the rule itself say is not looked at. */
bool twin_rule_is_of(const struct rulefile *f, const struct rule *r,
		     enum twin_family family);

/* Has it target @name, "ACCEPT"? */
bool twin_rule_does(const struct rule *r, const char *name);

/* Does its --dport or --dports hold @port? */
bool twin_rule_has_port(const struct rule *r, uint16_t port);

/* Has it any destination ports? */
bool twin_rule_names_ports(const struct rule *r);

/* Does it accept a range of ports from 1024 on? */
bool twin_rule_range(const struct rule *r, struct port_range *out);

/* The address of option @name; false where it has none, or a negated one. */
bool twin_rule_prefix(const struct rule *r, const char *name,
		      struct prefix *out);

/* Is @p one host? */
bool twin_is_host(const struct prefix *p);

#endif
