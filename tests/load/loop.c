/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many sockets, one thread: see loop.h. */
#include "loop.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "ftp_socket.h"

/* Taken from the kernel at once. */
#define EVENTS 256

static int poller = -1;

void loop_make(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		bench_die("getrlimit");
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		bench_die("setrlimit");
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (poller < 0)
		bench_die("epoll_create1");
}

void loop_add(struct source *s, int fd, void (*ready)(struct source *s))
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
				  .data.ptr = s };

	s->fd = fd;
	s->ready = ready;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev) < 0)
		bench_die("epoll_ctl");
}

void loop_close(struct source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void loop_reset(struct source *s)
{
	const struct linger at_once = { 1, 0 };

	if (s->fd >= 0)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once,
			   sizeof(at_once));
	loop_close(s);
}

void loop_turn(int wait_ms)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(poller, ev, EVENTS, wait_ms);

	for (int i = 0; i < n; i++) {
		struct source *s = ev[i].data.ptr;

		if (s->fd >= 0)
			s->ready(s);
	}
}

/* The port is chosen by connect(), when it is known what is free. */
static int socket_at(const struct sockaddr_in *at, int late)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late,
		   sizeof(late));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	socket_nodelay(fd);
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
		return fd;
	close(fd);
	return -1;
}

int loop_connect(const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	int fd = socket_at(from, 1);

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

int loop_listen(const struct sockaddr_in *at, int backlog)
{
	int fd = socket_at(at, 0);

	if (fd < 0 || listen(fd, backlog) == 0)
		return fd;
	close(fd);
	return -1;
}

int loop_accept(int listener, struct sockaddr_in *peer)
{
	socklen_t len = sizeof(*peer);
	int fd = accept4(listener, (struct sockaddr *)peer, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		socket_nodelay(fd);
	return fd;
}

int loop_connected(int fd)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
		return -1;
	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
}
