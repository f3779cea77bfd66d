/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP sockets by endpoint, and waiting for them with a deadline. */
#include "lab/socket.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"

/* One client at a time: a backlog for those that come and go. */
#define BACKLOG 16

uint64_t deadline_in(uint32_t ms)
{
	return clock_now_us() + (uint64_t)ms * DEADLINE_US_PER_MS;
}

bool deadline_passed(uint64_t until)
{
	return clock_now_us() >= until;
}

/* Rounded up, so that nobody spins in the last millisecond. */
static int left_ms(uint64_t until)
{
	uint64_t now = clock_now_us();
	uint64_t ms;

	if (now >= until)
		return 0;
	ms = (until - now + DEADLINE_US_PER_MS - 1) / DEADLINE_US_PER_MS;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

int socket_wait(struct socket_wait *wait, size_t count, uint64_t until)
{
	struct pollfd fds[SOCKET_WAIT_MAX];
	int n;

	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){ wait[i].fd, wait[i].events, 0 };
	do {
		n = poll(fds, count, left_ms(until));
	} while (n < 0 && errno == EINTR);
	for (size_t i = 0; i < count; i++)
		wait[i].got = n > 0 ? fds[i].revents : 0;
	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

int socket_wait_one(int fd, short events, uint64_t until)
{
	struct socket_wait wait = { fd, events, 0 };

	return socket_wait(&wait, 1, until);
}

/* --- addresses ---------------------------------------------------------------- */

bool socket_endpoint(const struct sockaddr *sa, struct endpoint *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		out->addr = addr_v4((const uint8_t *)&in.sin_addr);
		out->port = ntohs(in.sin_port);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sa, sizeof(in6));
	out->addr = addr_v6(in6.sin6_addr.s6_addr);
	out->port = ntohs(in6.sin6_port);
	return true;
}

static socklen_t to_sockaddr(const struct endpoint *e,
			     struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (addr_is_v4(&e->addr)) {
		memcpy(&in.sin_addr, addr_v4_bytes(&e->addr),
		       sizeof(in.sin_addr));
		in.sin_port = htons(e->port);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, e->addr.b, sizeof(in6.sin6_addr));
	in6.sin6_port = htons(e->port);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

static int name_of(int fd, struct endpoint *out,
		   int (*get)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (get(fd, (struct sockaddr *)&sa, &len) != 0)
		return -errno;
	return socket_endpoint((struct sockaddr *)&sa, out) ? 0 : -EAFNOSUPPORT;
}

int socket_local(int fd, struct endpoint *out)
{
	return name_of(fd, out, getsockname);
}

int socket_peer(int fd, struct endpoint *out)
{
	return name_of(fd, out, getpeername);
}

/* --- connections ---------------------------------------------------------------- */

/* Closes @fd and gives the error. */
static int give_up(int fd, int error)
{
	close(fd);
	return error;
}

static int bind_to(int fd, const struct endpoint *at)
{
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(at, &sa);
	const int on = 1;

	/* The data port of one transfer is that of the next (RFC 959 3.3). */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&sa, len) == 0 ? 0 : -errno;
}

static int open_for(const struct endpoint *e)
{
	int fd = socket(addr_is_v4(&e->addr) ? AF_INET : AF_INET6,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd >= 0 ? fd : -errno;
}

/* A command is a segment of its own, and waits for nothing. */
static void send_at_once(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int finish_connect(int fd, uint64_t until)
{
	int error = socket_wait_one(fd, POLLOUT, until);
	socklen_t len = sizeof(error);

	if (error != 0)
		return error;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return -errno;
	return -error;
}

int socket_connect(const struct endpoint *from, const struct endpoint *to,
		   uint64_t until)
{
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(to, &sa);
	int fd = open_for(to), error;

	if (fd < 0)
		return fd;
	error = from ? bind_to(fd, from) : 0;
	if (error == 0 && connect(fd, (struct sockaddr *)&sa, len) != 0)
		error = errno == EINPROGRESS ? finish_connect(fd, until)
					     : -errno;
	if (error != 0)
		return give_up(fd, error);
	send_at_once(fd);
	return fd;
}

int socket_listen(const struct endpoint *at)
{
	const int on = 1;
	int fd = open_for(at), error;

	if (fd < 0)
		return fd;
	/* An IPv6 listener is one for IPv6 alone. */
	if (!addr_is_v4(&at->addr))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	error = bind_to(fd, at);
	if (error == 0 && listen(fd, BACKLOG) != 0)
		error = -errno;
	return error == 0 ? fd : give_up(fd, error);
}

int socket_accept(int listener, struct endpoint *peer, uint64_t until)
{
	int error, fd;

	do {
		error = socket_wait_one(listener, POLLIN, until);
		if (error != 0)
			return error;
		fd = accept4(listener, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		/* Who knocked may have gone already. */
	} while (fd < 0 &&
		 (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR));
	if (fd < 0)
		return -errno;
	error = socket_peer(fd, peer);
	if (error != 0)
		return give_up(fd, error);
	send_at_once(fd);
	return fd;
}
