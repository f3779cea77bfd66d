/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule file with a few rules more, or less. */
#ifndef LAB_RULEFILE_EDIT_H
#define LAB_RULEFILE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/rulefile.h"

struct rule_edit {
	bool remove; /* @rule; otherwise @text is added */
	/* Which rule, or before which one; RULEFILE_NONE: at the end of a
	 * chain. */
	uint32_t rule;
	/* That chain, in rulefile.chain; RULEFILE_NONE: nat's PREROUTING, which
	 * the file does not have (of nft: a table of its own, of @family). */
	uint32_t chain;
	const char *family; /* "ip" or "ip6" */
	/* A line in the file's language: "-A FORWARD ... -j ACCEPT", or a rule
	 * of nft. */
	const char *text;
};

/*
 * The text of @f with @count edits done; a line that has a problem stays. Of
 * several that are added at one place the first comes first. A text of malloc()'s
 * with a NUL and its length, or NULL: no memory.
 */
char *rulefile_edited(const struct rulefile *f, const struct rule_edit *edit,
		      size_t count, size_t *len);

#endif
