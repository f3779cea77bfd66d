/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules to print and to load. */
#ifndef SALLYPORT_TEST_RULES_H
#define SALLYPORT_TEST_RULES_H

#include "io/ruleset.h"

#define RULES_MARK      0x1000
#define RULES_FAST_MARK 0x2000
#define RULES_DATA_MARK 0x4000

struct ruleset rules_default(void);

/* Everything that can differ from the defaults does. The ranges belong to
 * what rules_rich() or rules_ftps() gave last. */
struct ruleset rules_rich(void);

/* A server that must be TLS throughout, known outside by another address; its
 * sessions leave the queue. */
struct ruleset rules_ftps(void);

/* What ruleset_print() writes; the caller frees. */
char *rules_printed(const struct ruleset *rules,
		    enum ruleset_language language);

/* Does SALLYPORT_FORMAT in the environment ask for nft's? Then the kernel's nft
 * can queue. */
bool rules_are_nft(void);

/* Load, in that language, and remove in the namespace we are in; both must
 * succeed. */
void rules_load(const struct ruleset *rules);
void rules_unload(void);

/* What a shell command prints, such as all rules of the namespace we are in; the
 * caller frees. */
char *rules_output(const char *command);

/* Frees both. */
void rules_assert_same(char *before, char *after);

/* Of nft's rules the sets alone, which every kernel with nf_tables takes. */
void rules_load_nft_sets(const struct ruleset *rules);

#endif
