/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seconds since something began. */
#include "report/elapsed.h"

#include <inttypes.h>
#include <stdio.h>

#define US_PER_S 1000000u

void elapsed_text(struct elapsed *e, uint64_t at_us, char out[ELAPSED_TEXT_MAX])
{
	bool back;
	uint64_t us;

	if (!e->begun)
		*e = (struct elapsed){ true, at_us };
	back = at_us < e->first_us;
	us = back ? e->first_us - at_us : at_us - e->first_us;
	snprintf(out, ELAPSED_TEXT_MAX, "%s%" PRIu64 ".%06" PRIu64,
		 back ? "-" : "", us / US_PER_S, us % US_PER_S);
}
