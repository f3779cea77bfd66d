/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the summary that a session and all of them together share. */
#ifndef REPORT_SUMMARY_PUT_H
#define REPORT_SUMMARY_PUT_H

#include <stdio.h>

#include "report/port_set.h"
#include "report/summary_sum.h"

/* Endpoints, data connections, pinholes, grants, alerts, control traffic: each
 * with a line where there is something to say. @ports are those of the data
 * connections, [enum summary_class][active]; NULL: not told. */
void summary_put_sum(FILE *to, const struct summary_sum *s,
		     const struct words *words,
		     const struct port_set ports[CLASSES][2]);

/* "a, b, c": begin with *any false. */
void summary_put_comma(FILE *to, bool *any);

/* A line for each thing of @kind: "    2 unmatched: why". */
void summary_put_things(FILE *to, const struct summary_sum *s,
			const struct words *words, enum summary_kind kind,
			const char *what);

#endif
