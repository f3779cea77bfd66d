/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What top.c gathers, for top_text.c and top_json.c to show. */
#ifndef REPORT_TOP_PRIVATE_H
#define REPORT_TOP_PRIVATE_H

#include "report/counts.h"
#include "report/top.h"

#define US_PER_S 1000000.0

/* One session of the sample. */
struct top_session {
	const json_t *row; /* of the answer */
	uint64_t id, lines, data;
	double rate; /* lines a second; -1: not known */
};

/* Something that went wrong, and when that was seen last. */
#define TOP_LABEL_MAX 32

struct top_trouble {
	const char *name; /* of the family */
	char label[TOP_LABEL_MAX];
	uint64_t last_us;
	uint64_t count; /* since top was started */
};

#define TOP_TROUBLES_MAX 64

struct top {
	struct top_answers now, before;
	uint64_t now_us, before_us;
	struct top_session *session; /* by id */
	size_t sessions;
	struct top_trouble trouble[TOP_TROUBLES_MAX]; /* newest first */
	size_t troubles;
};

/* How much the counter @name of @group grew each second; false: not known. */
bool top_rate(const struct top *t, const char *group, const char *name,
	      double *rate);

/* Its value now; 0 where nobody counts it. */
json_int_t top_value(const struct top *t, const char *group, const char *name);

/* The first @most sessions in @order, as rows of the answer with one more
 * member, "lines_per_second", where it is known. A new array. */
json_t *top_sessions(const struct top *t, enum top_order order, size_t most);

/* The first @most elements of the list @key in @answer: a new array. */
json_t *top_first(const json_t *answer, const char *key, size_t most);

#endif
