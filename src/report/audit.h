/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an audit says of a firewall's rules: for people, and as JSON. */
#ifndef REPORT_AUDIT_H
#define REPORT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lab/serverfile.h"
#include "lab/trap.h"
#include "lab/twin.h"

struct audit_checked;

/* What was looked at and what came out; it owns nothing. */
struct audit {
	const struct twin_spec *spec;
	const struct twin_result *result;
	/* The files, as they were given; NULL: none. */
	const char *rules[TWIN_FAMILIES];
	const char *sets;
	bool range_assumed; /* nobody said which passive range the server has */
	const struct serverfile *server; /* of the one inside; NULL: none */
	const char *server_path;
	struct span modules; /* options of kernel modules; may be empty */
	const char *modules_path;
	const struct audit_checked *checked; /* NULL: nothing was tried */
};

/* The answers for people. */
void audit_text(FILE *to, const struct audit *a);

/* audit_json.c: the same as one object; NULL: no memory. */
json_t *audit_json(const struct audit *a);

/* audit_twin.c: who stood where, for the same; NULL: no memory. */
json_t *audit_twin_json(const struct audit *a);

/* --- audit_cause.c: what stopped conversations, each once ---------------------------- */

/* Rules of one file that decide are few; each may do so for control and for
 * data connections. */
#define AUDIT_CAUSES_MAX 64

struct audit_causes {
	const struct twin_cause *at[AUDIT_CAUSES_MAX];
	enum twin_stop stop[AUDIT_CAUSES_MAX]; /* of the first */
	size_t count;
};

/* In the order of the tables. */
void audit_causes(const struct audit *a, struct audit_causes *out);

/* Its number, from 1; 0: there were too many. */
size_t audit_cause_number(const struct audit_causes *c,
			  const struct twin_cell *cell);

/* The rule as it stands in the file; NULL: it is in none. */
const struct rule *audit_rule(const struct audit *a, enum twin_family family,
			      uint32_t rule);

/* "filter FORWARD rule 7 (FILE:23): -A FORWARD ..." and the like. */
void audit_place(FILE *to, const struct audit *a, enum twin_family family,
		 uint32_t rule, const struct trace_place *place);

/* Stable words of a kind: "dropped". */
const char *audit_kind(enum twin_cause_kind kind);

/* --- audit_advice.c --------------------------------------------------------------- */

/* A rule with all that it takes. */
#define ADVICE_TEXT_MAX 400

/* One thing to change. */
struct audit_advice {
	enum {
		ADVICE_ADD,
		ADVICE_NARROW,
		ADVICE_DROP,
		ADVICE_LOAD,
		ADVICE_USE
	} what;
	enum twin_family family;
	uint32_t rule; /* before which to add, or that is meant; or NONE */
	/* To whose end to add then, in the family's rulefile; NONE: that chain
	 * of nat is to be made. */
	uint32_t chain;
	char text[ADVICE_TEXT_MAX]; /* a rule, or words */
};

#define AUDIT_ADVICE_MAX 64

/* Gives how many. */
size_t audit_advice(const struct audit *a,
		    struct audit_advice out[AUDIT_ADVICE_MAX]);

/* Stable words: "add", "narrow", "drop", "load", "use". */
const char *audit_advice_name(int what);

/* --- audit_checked.c: the same once more, with the changes ---------------------------- */

/* What came of the rules to add and to drop. */
struct audit_checked {
	bool with; /* with sallyport, as it was before */
	/* Conversations: all; that worked before, and that work now; that worked
	 * and do not; that a rule still stops. */
	size_t tried, worked, works, broke, dropped;
	uint32_t opens_before, opens;
	uint32_t unloaded; /* lines more than before */
};

/* Compare the answers of before and after. */
void audit_compare(const struct twin_result *before,
		   const struct twin_result *after, struct audit_checked *out);

/* For people, and as JSON (NULL: no memory). */
void audit_checked_text(FILE *to, const struct audit_checked *c);
json_t *audit_checked_json(const struct audit_checked *c);

/* --- audit_trap.c ------------------------------------------------------------------ */

/* Known traps (lab/trap.h). Rules of nft are not looked at. False: no memory. */
bool audit_traps(const struct audit *a, struct traps *out);

/* The file that a trap is in, as it was given; NULL: none. */
const char *audit_trap_path(const struct audit *a, const struct trap *t);

#endif
