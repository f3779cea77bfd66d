/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service manager hears that all is well only while that is so: this runs
 * in the main thread, and a worker that waits for packets is woken and must have
 * gone through its loop before the next time.
 */
#include "cmd/daemon.h"

#include "io/log.h"
#include "io/notify.h"

/* sd_watchdog_enabled(3): twice in the time that is allowed. */
#define PINGS 2

void daemon_watchdog_open(struct daemon *d)
{
	d->watchdog.every_us = notify_watchdog_us() / PINGS;
}

/* Only its own thread moves it. */
static uint32_t turns_of(const struct worker *w)
{
	return atomic_load_explicit(&w->turns, memory_order_relaxed);
}

/* The first worker that has not moved since it was woken; all of them have:
 * the number of workers. */
static unsigned int first_stuck(const struct daemon *d)
{
	unsigned int i = 0;

	if (!d->watchdog.woken)
		return d->workers;
	while (i < d->workers &&
	       turns_of(&d->worker[i]) != d->watchdog.turns[i])
		i++;
	return i;
}

static void wake_all(struct daemon *d)
{
	for (unsigned int i = 0; i < d->workers; i++) {
		const struct worker *w = &d->worker[i];

		d->watchdog.turns[i] = turns_of(w);
		queue_wake(w->queue);
	}
	d->watchdog.woken = true;
}

/* Nobody is woken again meanwhile: the answers would pile up. */
static void tell_stuck(struct daemon *d, unsigned int worker)
{
	if (!d->watchdog.stuck)
		log_error("run",
			  "worker %u does not move; the service manager is not "
			  "told that all is well",
			  worker);
	d->watchdog.stuck = true;
}

static void tell_well(struct daemon *d)
{
	if (d->watchdog.stuck)
		log_info("run", "all workers move again");
	d->watchdog.stuck = false;
	notify_send(d->notify, "WATCHDOG=1");
	wake_all(d);
}

uint64_t daemon_watchdog(struct daemon *d, uint64_t now)
{
	struct watchdog *dog = &d->watchdog;
	unsigned int worker;

	if (dog->every_us == 0)
		return ENGINE_NEVER;
	if (now < dog->due_us)
		return dog->due_us;
	worker = first_stuck(d);
	if (worker < d->workers)
		tell_stuck(d, worker);
	else
		tell_well(d);
	dog->due_us = now + dog->every_us;
	return dog->due_us;
}
