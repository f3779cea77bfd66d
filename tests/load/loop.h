/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many sockets, one thread. */
#ifndef LOAD_LOOP_H
#define LOAD_LOOP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One socket that is watched; fd -1: none. What is ready may have been closed,
 * and even opened anew, since the kernel said so: ready() must find out by
 * trying. All sockets here are non-blocking.
 */
struct source {
	int fd;
	void (*ready)(struct source *s);
};

/* This process may have as many descriptors as the system lets it. */
void loop_make(void);

/* Watch @fd, for reading and, as edges, for everything. */
void loop_add(struct source *s, int fd, void (*ready)(struct source *s));

/* Close; repeatable. */
void loop_close(struct source *s);

/* The same with an RST. */
void loop_reset(struct source *s);

/* Call ready() of what is; waits no longer than this. */
void loop_turn(int wait_ms);

/* Non-blocking sockets. @from: their own address, and any port where that is 0.
 * Gives -1 if it failed, with errno. */
int loop_connect(const struct sockaddr_in *from, const struct sockaddr_in *to);
int loop_listen(const struct sockaddr_in *at, int backlog);

/* The next connection of a listener, or -1. */
int loop_accept(int listener, struct sockaddr_in *peer);

/* Is the connection made? 1 yes, 0 not yet, -1 it failed. */
int loop_connected(int fd);

#endif
