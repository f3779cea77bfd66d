/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time that is given to the engine. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stdint.h>

/*
 * Microseconds since the epoch (UTC) that never go back: the wall clock as it
 * was at the first call, plus what the monotonic clock has counted since. A
 * wall clock that is set later is not followed, as timers must not jump.
 * Any thread may call.
 */
uint64_t clock_now_us(void);

#endif
