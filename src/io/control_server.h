/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's side of the control socket: connections, and who is too slow.
 *
 * One request a connection: a line, then the answer, then the end. Nothing
 * here blocks, and nothing that a peer does or leaves undone costs more than
 * its own place: a request that does not come, and an answer that is not read,
 * end the connection after CONTROL_SERVER_PATIENCE_US.
 *
 * Threads: all of it belongs to the thread that runs the loop.
 */
#ifndef IO_CONTROL_SERVER_H
#define IO_CONTROL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "io/loop.h"

/* One administrator, some scripts and some readers of events. More are told
 * so and closed. */
#define CONTROL_PEERS_MAX 32

/* Requests are below 100 bytes; a longer line is an error. */
#define CONTROL_REQUEST_MAX 1024

#define CONTROL_SERVER_PATIENCE_US (10u * 1000000)

/* What the server waits for. */
enum control_wait {
	CONTROL_WAIT_REQUEST,
	CONTROL_WAIT_SENT,
	CONTROL_WAIT_GONE, /* answered, and kept until the peer goes */
};

struct control_server;

struct control_peer {
	int fd; /* -1: this place is free */

	/* For the handler. */
	char *text; /* what goes out next, from malloc(); the server frees it */
	size_t len;
	/* Called when all of @text went out, for more of it; false: that was
	 * all. NULL: nothing follows. */
	bool (*more)(void *arg, struct control_peer *peer);
	bool stay;   /* do not close after the answer */
	bool flag;   /* the handler's own, false at first */
	uint32_t at; /* the same, 0 at first */

	/* The server's own. */
	struct control_server *server;
	struct loop_watch watch;
	enum control_wait wait;
	size_t sent;
	uint64_t last_us; /* when something went forward */
	size_t request_len;
	char request[CONTROL_REQUEST_MAX];
};

struct control_handler {
	/* A request came (without its line end); fill in @peer's answer. An
	 * empty @line: it was too long. */
	void (*request)(void *arg, struct control_peer *peer, struct span line);
	/* A peer with @stay is about to be closed. */
	void (*gone)(void *arg, struct control_peer *peer);
	void *arg;
};

/*
 * Serve those who connect to @listener, which stays the caller's. @handler is
 * copied. NULL: see errno. control_server_close() ends all connections.
 */
struct control_server *
control_server_open(int loop, int listener,
		    const struct control_handler *handler);
void control_server_close(struct control_server *s);

struct control_server_counts {
	uint64_t requests; /* answered */
	uint64_t refused;  /* there were CONTROL_PEERS_MAX already */
	uint64_t given_up; /* too slow */
};

/* Since the start. NULL is fine: nothing was counted. */
void control_server_counts(const struct control_server *s,
			   struct control_server_counts *out);

/* End what takes too long. Call it about once a second. */
void control_server_tick(struct control_server *s);

#endif
