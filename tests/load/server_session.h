/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One control connection of the server, and its data connection. */
#ifndef LOAD_SERVER_SESSION_H
#define LOAD_SERVER_SESSION_H

#include <netinet/in.h>
#include <stdbool.h>

#include "contents.h"
#include "loop.h"
#include "script.h"
#include "wire.h"

/*
 * A data connection.
 *
 *   NONE        There is none, and nobody was promised one.
 *   LISTENING   PASV was answered.
 *   NAMED       PORT was answered.
 *   CONNECTING  A transfer has begun, to what PORT named.
 *   OPEN        It is there. Moves bytes if a transfer has begun.
 */
enum data { DATA_NONE, DATA_LISTENING, DATA_NAMED, DATA_CONNECTING, DATA_OPEN };

struct session {
	struct wire wire;
	struct source data;
	enum data data_state;
	bool known;        /* USER was read */
	bool transferring; /* the step's file is on its way */
	bool over;         /* to be freed by the caller of session_ready() */
	struct place place;
	struct contents file;
	struct sockaddr_in here, peer, named;
	struct session *next; /* of those that nobody uses */
};

/* @fd was accepted from @peer: greet. @s is zero. */
void session_begin(struct session *s, int fd, const struct sockaddr_in *peer);

/* When it is over: give it back. In server.c. */
void session_free(struct session *s);

#endif
