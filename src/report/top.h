/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `ctl top` shows: the daemon's answers, and how they change.
 *
 * A sample is one set of answers. From two of them come rates; what was refused,
 * dropped or raised since the one before stays in a list of the newest such
 * things. A daemon that was started again begins a new count.
 */
#ifndef REPORT_TOP_H
#define REPORT_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* More sessions than this are not asked for: the daemon would be busy telling
 * of them. Their number is shown, and `ctl sessions` lists them. */
#define TOP_SESSIONS_MAX 16384

/* What the daemon answered. NULL: it was not asked, or did not answer. */
struct top_answers {
	json_t *status, *stats, *sessions, *pinholes, *grants;
};

enum top_order { TOP_BUSIEST, TOP_NEWEST, TOP_DATA };

/* Tables below the rates. */
enum top_table { TOP_SESSIONS, TOP_PINHOLES, TOP_GRANTS, TOP_TABLES };

struct top_look {
	enum top_order order;
	unsigned int tables; /* a bit for each enum top_table */
	size_t lately;       /* lines of what happened lately, at most */
	size_t rows;         /* of each table, at most */
};

struct top;

/* NULL: no memory. NULL may be freed. */
struct top *top_new(void);
void top_free(struct top *t);

/* Take a sample, and the answers, over. @now_us: of a clock that never goes
 * back. */
void top_sample(struct top *t, const struct top_answers *a, uint64_t now_us);

/* May the sessions be asked for one by one, as the answer @stats tells their
 * number? See TOP_SESSIONS_MAX. */
bool top_lists_sessions(const json_t *stats);

/*
 * Print the last sample as lines. Headings, and nothing else, begin with a
 * capital letter. All text is printable ASCII.
 */
void top_print(FILE *to, const struct top *t, const struct top_look *look);

/* The same as an object, which the caller owns; NULL without memory. Rates are
 * numbers per second, and absent where there was no sample before. */
json_t *top_json(const struct top *t, const struct top_look *look);

#endif
