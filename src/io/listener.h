/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listening socket in the loop, which takes what connects.
 *
 * Where nothing can be accepted, because the process or the machine has no
 * descriptor or no memory left, epoll would report the same connection again
 * at once, for ever. The listener rests then: it says so once, who connects
 * waits in the kernel, and every LISTENER_REST_US it tries again.
 *
 * Threads: all of it belongs to the thread that runs the loop.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"

/* As long as the loop sleeps at most; descriptors come back in seconds. */
#define LISTENER_REST_US 1000000u

struct listener_handler {
	/* @fd, which does not block, is the handler's from now on. False: take
	 * no more until listener_wake(). */
	bool (*accepted)(void *arg, int fd);
	void *arg;
	const char *name; /* for the log: who listens */
};

struct listener {
	struct loop_watch watch;
	struct listener_handler handler;
	int loop;
	uint64_t until_us; /* 0: it does not rest */
	bool failing;      /* and said so */
};

/* Take what connects to @fd, which stays the caller's. @handler is copied; @l
 * may not move. Gives 0 or a negative errno. */
int listener_open(struct listener *l, int loop, int fd,
		  const struct listener_handler *handler);
void listener_close(struct listener *l);

/* Go on, if it rests. */
void listener_wake(struct listener *l);

/* Try again what failed, if it is time; @now_us is clock_now_us(). Call it about
 * once a second. */
void listener_tick(struct listener *l, uint64_t now_us);

#endif
