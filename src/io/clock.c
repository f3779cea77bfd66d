/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time that is given to the engine, and the time of day. */
#include "io/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#define US_PER_S  1000000u
#define NS_PER_US 1000u

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t offset_us; /* wall clock minus monotonic; wraps if negative */
static atomic_bool fixed;  /* spares every packet the call of pthread_once() */

/* How far the wall clock was set since then; wraps if back. */
static _Atomic uint64_t set_us;

/* Both clocks run at one rate, so less than this is what passed between two
 * readings, and no change. */
#define SAME_US 1000u

/* Neither clock can fail: both exist on every Linux. */
static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * US_PER_S +
	       (uint64_t)ts.tv_nsec / NS_PER_US;
}

static void fix_offset(void)
{
	offset_us = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
	atomic_store_explicit(&fixed, true, memory_order_release);
}

static uint64_t first_offset(void)
{
	if (!atomic_load_explicit(&fixed, memory_order_acquire))
		pthread_once(&once, fix_offset);
	return offset_us;
}

uint64_t clock_now_us(void)
{
	return first_offset() + read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_offset_us(void)
{
	return first_offset();
}

/* False: this thread was away between the readings, and they tell nothing. */
static bool read_offset(uint64_t *out)
{
	uint64_t before = read_clock(CLOCK_MONOTONIC);
	uint64_t wall = read_clock(CLOCK_REALTIME);

	*out = wall - before;
	return read_clock(CLOCK_MONOTONIC) - before < SAME_US;
}

static bool differ(uint64_t a, uint64_t b)
{
	return a - b + SAME_US > 2 * SAME_US;
}

uint64_t clock_wall_us(uint64_t at_us)
{
	uint64_t first = first_offset(), set = atomic_load(&set_us), offset;

	if (read_offset(&offset) && differ(offset, first + set)) {
		set = offset - first;
		atomic_store(&set_us, set);
	}
	return at_us + set;
}
