/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections and alerts that belong to no session. */
#ifndef REPORT_SUMMARY_STRAY_H
#define REPORT_SUMMARY_STRAY_H

#include "report/port_set.h"
#include "report/summary_sum.h"

/* Pairs of hosts and reasons that are told apart; more are counted. A lab has
 * a few, and a scanner finds more than anybody reads. */
#define SUMMARY_STRAYS_MAX 64

/* Connections of one host to one other with one fate. */
struct summary_stray {
	struct addr from, to;
	enum summary_class class;
	uint16_t reason; /* its number */
	uint64_t flows, bytes_from, bytes_to;
	struct port_set ports; /* connected to */
};

/* Zeroed it is empty. */
struct summary_strays {
	struct summary_sum sum;
	struct summary_stray stray[SUMMARY_STRAYS_MAX];
	size_t strays;
	uint64_t more; /* connections between others */
};

void summary_stray_flow(struct summary_strays *s, const struct story_flow *f,
			struct words *words);

/* Its block; nothing if there is nothing to tell. */
void summary_stray_put(FILE *to, const struct summary_strays *s,
		       const struct words *words);

void summary_stray_free(struct summary_strays *s);

#endif
