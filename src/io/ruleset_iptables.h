/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to ruleset: the rules for iptables. */
#ifndef IO_RULESET_IPTABLES_H
#define IO_RULESET_IPTABLES_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "io/ruleset_private.h"

struct ruleset_family {
	const char *program, *save, *restore;
	const char *set, *set_family; /* as ipset names it */
	bool v4;
};

#define RULESET_FAMILIES 2
#define RULESET_TABLES   2

extern const struct ruleset_family ruleset_families[RULESET_FAMILIES];
extern const char *const ruleset_tables[RULESET_TABLES];

/* "-I CHAIN match -j SALLYPORT", one a line, for every jump in @table. */
void ruleset_put_jumps(FILE *to, const char *table);

/* "-A SALLYPORT match -j NFQUEUE ...", one a line. */
void ruleset_put_chain(FILE *to, const struct ruleset *rules,
		       const struct ruleset_family *family, const char *table);

#endif
