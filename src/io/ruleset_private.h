/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to ruleset: how its parts tell what is wrong. */
#ifndef IO_RULESET_PRIVATE_H
#define IO_RULESET_PRIVATE_H

#include "io/ruleset.h"
#include "io/sets.h"

/* Print into @text and give @result. */
enum ruleset_result ruleset_problem(enum ruleset_result result,
				    char text[RULESET_TEXT_MAX],
				    const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

enum ruleset_result ruleset_sets_problem(enum sets_result result,
					 char text[RULESET_TEXT_MAX]);

/* What ruleset_print(), ruleset_load() and ruleset_unload() say. */
void ruleset_iptables_print(FILE *to, const struct ruleset *rules);
enum ruleset_result ruleset_iptables_load(const struct ruleset *rules,
					  char text[RULESET_TEXT_MAX]);
enum ruleset_result ruleset_iptables_unload(char text[RULESET_TEXT_MAX]);

void ruleset_nft_print(FILE *to, const struct ruleset *rules);
enum ruleset_result ruleset_nft_load(const struct ruleset *rules,
				     char text[RULESET_TEXT_MAX]);
enum ruleset_result ruleset_nft_unload(char text[RULESET_TEXT_MAX]);

/* What the table is made of, for a transaction that has made or emptied it. */
void ruleset_nft_put_table(FILE *to, const struct ruleset *rules);

#endif
