/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time that is given to the engine, and the time of day. */
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

/* What it adds to the monotonic clock: another process, on the same boot, adds
 * another number. */
uint64_t clock_offset_us(void);

/*
 * @at_us of clock_now_us() by the wall clock as it is set now: what people read
 * in logs. Whoever sets the clock, or lets the machine sleep, which the
 * monotonic clock does not count, sees the difference in what follows. Any
 * thread may call.
 */
uint64_t clock_wall_us(uint64_t at_us);

#endif
