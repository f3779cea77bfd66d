/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a long reading has come, on a terminal. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "io/capture.h"

/* Smaller files are read before anybody could look. */
#define PROGRESS_SIZE_MIN (32u << 20)

struct progress {
	bool on;
	bool shown;
	uint64_t drawn_us;
};

/* It shows where standard error is a terminal and standard output is not: they
 * would write over one another. */
struct progress progress_start(void);

void progress_show(struct progress *p, struct capture_progress at);

/* Wipe it off. */
void progress_end(struct progress *p);

#endif
