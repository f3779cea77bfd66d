/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's only epoll_wait. */
#include "io/loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>

int loop_open(void)
{
	int loop = epoll_create1(EPOLL_CLOEXEC);

	return loop < 0 ? -errno : loop;
}

static int control(int loop, int op, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop, op, watch->fd, &ev) < 0 ? -errno : 0;
}

int loop_add(int loop, struct loop_watch *watch, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, watch, events);
}

int loop_change(int loop, struct loop_watch *watch, uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, watch, events);
}

void loop_remove(int loop, struct loop_watch *watch)
{
	control(loop, EPOLL_CTL_DEL, watch, 0);
}

int loop_wait(int loop, int timeout_ms)
{
	struct epoll_event ev;
	struct loop_watch *watch;
	/* One at a time: what it does may end any other watch, so an event
	 * that was fetched along with it could lead nowhere. */
	int n = epoll_wait(loop, &ev, 1, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return 0;
	watch = ev.data.ptr;
	watch->ready(watch->arg, ev.events);
	return 0;
}
