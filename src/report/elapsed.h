/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seconds since something began; captures' clocks go back, too. */
#ifndef REPORT_ELAPSED_H
#define REPORT_ELAPSED_H

#include <stdbool.h>
#include <stdint.h>

/* "-18446744073709.551615" and its NUL. */
#define ELAPSED_TEXT_MAX 24

/* All zero: nothing has begun. */
struct elapsed {
	bool begun;
	uint64_t first_us;
};

/* @at_us (microseconds since any epoch) as seconds since the first @at_us that
 * was ever asked for: "12.345678", and "-0.000001" before it. */
void elapsed_text(struct elapsed *e, uint64_t at_us,
		  char out[ELAPSED_TEXT_MAX]);

#endif
