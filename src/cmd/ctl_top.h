/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl top: the daemon's answers again and again, on a terminal or as text. */
#ifndef CMD_CTL_TOP_H
#define CMD_CTL_TOP_H

#include <stdbool.h>
#include <stdint.h>

/* Faster the eye cannot read; slower is what `ctl stats` is for. */
#define CTL_TOP_INTERVAL_MIN_US 100000u
#define CTL_TOP_INTERVAL_MAX_US (3600u * 1000000)
#define CTL_TOP_INTERVAL_US     (2u * 1000000)

struct ctl_top_options {
	const char *socket;
	uint64_t interval_us;
	uint64_t count; /* samples; 0: until it is ended */
	bool json;      /* an object a line */
};

/* Read "2" or "0.5" seconds, or a count. False: it is none, or out of bounds. */
bool ctl_top_interval(const char *text, uint64_t *us);
bool ctl_top_count(const char *text, uint64_t *count);

/* Gives the exit status; where that is not EXIT_WELL the one line is printed. */
int ctl_top(const struct ctl_top_options *o);

#endif
