/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All sessions of a summary together. */
#ifndef REPORT_SUMMARY_TOTAL_H
#define REPORT_SUMMARY_TOTAL_H

#include "report/summary_session.h"

/* Zeroed it is empty. */
struct summary_total {
	struct summary_sum sum;
	uint64_t sessions; /* that were remembered */
	uint64_t cover[COVERS], midstream, trouble;
	/* What control connections cost that were seen from their start, in
	 * clear and under TLS. */
	struct summary_cost {
		uint64_t sessions, packets, wire;
	} cost[2];
};

/* Add a session that is complete. */
void summary_total_add(struct summary_total *t,
		       const struct summary_session *s);

/* The last block. */
void summary_total_put(FILE *to, const struct summary_total *t,
		       const struct story_end *end, const struct words *words);

#endif
