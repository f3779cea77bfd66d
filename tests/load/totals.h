/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one end has seen. */
#ifndef LOAD_TOTALS_H
#define LOAD_TOTALS_H

#include <stdint.h>

#include "script.h"

struct totals {
	uint64_t begun, open;
	uint64_t ended[SCRIPT_KINDS]; /* as they should */
	uint64_t lines;               /* that came as they should */
	uint64_t files, bytes;        /* likewise */
	uint64_t faults;
};

extern struct totals totals;

/* Something is not as it should be: say where and, of so many, what. @got: what
 * came instead, or NULL. */
#define FAULTS_TOLD 20
void totals_fault(const struct place *p, const char *what, const char *got);

/* Print it as one line of JSON. @more: further members, such as "\"a\": 1". */
void totals_print(const char *more);

#endif
