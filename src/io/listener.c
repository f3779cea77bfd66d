/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listening socket in the loop, which takes what connects. */
#include "io/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "io/clock.h"
#include "io/log.h"

/* Rests until the handler wakes it: no time is that late. */
#define UNTIL_WOKEN UINT64_MAX

/* Epoll allocates nothing for a change: it does not fail. */
static void rest(struct listener *l, uint64_t until_us)
{
	loop_change(l->loop, &l->watch, 0);
	l->until_us = until_us;
}

/* Of the peer, not of us: it left before it was accepted, or a signal came. */
static bool passes(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED;
}

static void accept_failed(struct listener *l, int error)
{
	if (passes(error))
		return;
	if (!l->failing)
		log_error(l->handler.name,
			  "cannot accept connections (%s); they wait until it "
			  "works again",
			  strerror(error));
	l->failing = true;
	rest(l, clock_now_us() + LISTENER_REST_US);
}

static void ready(void *arg, uint32_t events)
{
	struct listener *l = arg;
	int fd = accept4(l->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0) {
		accept_failed(l, errno);
		return;
	}
	if (l->failing)
		log_info(l->handler.name, "connections are accepted again");
	l->failing = false;
	if (!l->handler.accepted(l->handler.arg, fd))
		rest(l, UNTIL_WOKEN);
}

int listener_open(struct listener *l, int loop, int fd,
		  const struct listener_handler *handler)
{
	*l = (struct listener){
		.watch = { fd, ready, l },
		.handler = *handler,
		.loop = loop,
	};
	return loop_add(loop, &l->watch, EPOLLIN);
}

void listener_close(struct listener *l)
{
	loop_remove(l->loop, &l->watch);
}

void listener_wake(struct listener *l)
{
	if (!l->until_us)
		return;
	loop_change(l->loop, &l->watch, EPOLLIN);
	l->until_us = 0;
}

void listener_tick(struct listener *l, uint64_t now_us)
{
	if (l->until_us && l->until_us <= now_us)
		listener_wake(l);
}
