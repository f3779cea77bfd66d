/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wait for many descriptors in one place, in one thread. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdint.h>

/* One descriptor that is waited for. Whoever owns it takes it out of the loop
 * before closing it. */
struct loop_watch {
	int fd;
	/* @events: EPOLL* of sys/epoll.h. It may take any watch out, its own
	 * included. */
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

/* A descriptor that close(2) ends, or a negative errno. */
int loop_open(void);

/* Wait for @events (level-triggered; EPOLLHUP and EPOLLERR come unasked);
 * @watch must stay where it is. Gives 0 or a negative errno. */
int loop_add(int loop, struct loop_watch *watch, uint32_t events);
int loop_change(int loop, struct loop_watch *watch, uint32_t events);
void loop_remove(int loop, struct loop_watch *watch);

/* No timeout for loop_wait(). */
#define LOOP_FOREVER (-1)

/* Wait until one descriptor is ready, call for that one, and return. Gives 0,
 * also when @timeout_ms passed or a signal came, or a negative errno. */
int loop_wait(int loop, int timeout_ms);

#endif
