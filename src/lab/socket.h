/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP sockets by endpoint, and waiting for them with a deadline. */
#ifndef LAB_SOCKET_H
#define LAB_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include <sallyport/addr.h>

/*
 * Deadlines are times of clock_now_us() (io/clock.h): microseconds that never
 * go back. Sockets do not block and are closed on exec; errors are a negative
 * errno, -ETIMEDOUT where the deadline passed (the kernel's own verdict of
 * that name means the same to a caller).
 */
#define DEADLINE_US_PER_MS 1000u

/* @ms milliseconds from now. */
uint64_t deadline_in(uint32_t ms);

bool deadline_passed(uint64_t until);

/* One of the sockets that socket_wait() waits for. */
struct socket_wait {
	int fd;
	short events; /* POLL* of poll(2) */
	short got;    /* what happened, POLLERR and POLLHUP included; or 0 */
};

/* Wait until something happens to one of @wait, @count of them (at most
 * SOCKET_WAIT_MAX). Gives 0 or a negative errno. */
#define SOCKET_WAIT_MAX 4
int socket_wait(struct socket_wait *wait, size_t count, uint64_t until);

/* The same for one: POLLIN or POLLOUT. */
int socket_wait_one(int fd, short events, uint64_t until);

/* A connection from @from (NULL: any address and port of the system's choice;
 * port 0: any port) to @to. Gives a descriptor that close(2) ends. */
int socket_connect(const struct endpoint *from, const struct endpoint *to,
		   uint64_t until);

/* A socket that listens on @at (port 0: any). Gives a descriptor. */
int socket_listen(const struct endpoint *at);

/* A connection to @listener, whose other end is *@peer. Gives a descriptor. */
int socket_accept(int listener, struct endpoint *peer, uint64_t until);

/* This end and the other end of a connection. Gives 0 or a negative errno. */
int socket_local(int fd, struct endpoint *out);
int socket_peer(int fd, struct endpoint *out);

/* @sa is of AF_INET or AF_INET6; false for another family. */
bool socket_endpoint(const struct sockaddr *sa, struct endpoint *out);

#endif
