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
char *rules_printed(const struct ruleset *rules);

/* Load and remove in the namespace we are in; both must succeed. */
void rules_load(const struct ruleset *rules);
void rules_unload(void);

#endif
