/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time that is given to the engine. */
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

uint64_t clock_now_us(void)
{
	if (!atomic_load_explicit(&fixed, memory_order_acquire))
		pthread_once(&once, fix_offset);
	return read_clock(CLOCK_MONOTONIC) + offset_us;
}
