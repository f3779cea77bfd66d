/* SPDX-License-Identifier: GPL-2.0-or-later */
/* So many at once, and so many in a time; all that is remembered is one time. */
#ifndef CORE_RATE_H
#define CORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Each one costs @step_us of a credit of @most_us, which comes back as time
 * passes. @used: when all that was taken will have come back; starts as 0.
 * False, and nothing is taken, where the credit is too small.
 */
static inline bool rate_take(uint64_t *used, uint64_t now_us, uint64_t step_us,
			     uint64_t most_us)
{
	uint64_t from = *used < now_us ? now_us : *used;

	if (from + step_us > now_us + most_us)
		return false;
	*used = from + step_us;
	return true;
}

#endif
