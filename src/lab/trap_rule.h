/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule, as far as traps must understand it. */
#ifndef LAB_TRAP_RULE_H
#define LAB_TRAP_RULE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/policy.h>

#include "lab/rulefile.h"
#include "lab/twin_net.h"

/* multiport takes 15, of which a range counts as two. */
#define TRAP_PORTS_MAX 15

/* No range: any port. */
struct trap_ports {
	struct port_range range[TRAP_PORTS_MAX];
	uint8_t count;
};

enum trap_state {
	TRAP_NEW = 1,
	TRAP_ESTABLISHED = 2,
	TRAP_RELATED = 4,
	TRAP_OTHER_STATE = 8,
	TRAP_ANY_STATE = 15,
};

enum trap_target {
	TRAP_OTHER, /* another chain, or nothing that decides */
	TRAP_ACCEPT,
	TRAP_DROP,      /* or REJECT */
	TRAP_TRANSLATE, /* DNAT, REDIRECT */
	TRAP_ASSIGN,    /* CT --helper ftp */
	TRAP_NOTRACK,
};

struct trap_rule {
	struct trap_ports to, from;
	struct prefix source, destination;
	bool has_source, has_destination;
	char in[IF_NAMESIZE], out[IF_NAMESIZE]; /* empty: any */
	uint8_t protocol;                       /* IPPROTO_*; 0: any */
	uint8_t states;
	uint8_t target; /* enum trap_target */
	bool helper;    /* only what belongs to a session with the FTP helper */
	bool narrowed;  /* by something else, too */
};

/* Read a rule of iptables; a chain's policy (number 0) is one that takes
 * all. */
void trap_rule_read(const struct rule *r, struct trap_rule *out);

/* Helpers for FTP that a file of nft's declares: "ct helper NAME { type "ftp"
 * ... }". One is the rule; tools make one for each family. */
#define TRAP_HELPERS_MAX     8
#define TRAP_HELPER_NAME_MAX 64

struct trap_helpers {
	char name[TRAP_HELPERS_MAX][TRAP_HELPER_NAME_MAX];
	uint32_t line[TRAP_HELPERS_MAX];
	size_t count; /* those behind the first few are not kept */
};

void trap_helpers_find(const struct rulefile *f, struct trap_helpers *out);

/* The same of nft, as packets of @family see it: a rule for the other one is
 * one that takes nothing (no state). @helpers: of the file. */
void trap_rule_read_nft(const struct rulefile *f, const struct rule *r,
			enum twin_family family,
			const struct trap_helpers *helpers,
			struct trap_rule *out);

/* Note what option @name ("-i", "--dport") says; one that is not known narrows
 * the rule. */
void trap_rule_take(struct trap_rule *r, const char *name, const char *value,
		    bool negated);

bool trap_ports_have(const struct trap_ports *p, uint16_t port);

/* Does it take TCP connections that nothing announced? */
bool trap_rule_takes_new(const struct trap_rule *r);

/* Does @a take every packet that @b takes? */
bool trap_rule_covers(const struct trap_rule *a, const struct trap_rule *b);

/* Does it take all packets, or all from some interface? */
bool trap_rule_is_all(const struct trap_rule *r);

/* May everybody send it? */
bool trap_rule_is_public(const struct trap_rule *r);

#endif
