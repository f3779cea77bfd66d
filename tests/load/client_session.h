/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One control connection of the client, and its data connection. */
#ifndef LOAD_CLIENT_SESSION_H
#define LOAD_CLIENT_SESSION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "contents.h"
#include "loop.h"
#include "script.h"
#include "wire.h"

/*
 *   FREE      Nobody uses it.
 *   GREETING  Connecting, or the server is to speak first.
 *   ASKED     A command is to be answered, and its file to be moved.
 *   SECURING  The handshake is under way.
 *   HELD      Between two commands of ACT_HOLD; see session_poke().
 *   LEAVING   All is said; the server closes first.
 */
enum state { FREE, GREETING, ASKED, SECURING, HELD, LEAVING };

/*
 *   NONE        There is none.
 *   LISTENING   It is to come from the server.
 *   CONNECTING  It goes to the server.
 *   OPEN        Moves bytes.
 */
enum data { DATA_NONE, DATA_LISTENING, DATA_CONNECTING, DATA_OPEN };

struct session {
	struct wire wire;
	struct source data;
	enum state state;
	enum data data_state;
	bool marked;  /* 150 has come */
	bool replied; /* so has the last reply of the step */
	bool aborted; /* the command of the next step is sent already */
	bool over;
	struct place place;
	struct contents file;
	struct sockaddr_in from, to;
	struct sockaddr_in at; /* the endpoint of the data connection */
	uint64_t moved_ns;     /* when it last got on */
	struct session *next;  /* of those that nobody uses */
};

/* Connect; the kind and number are in s->place, the ends in from and to. */
void session_begin(struct session *s);

/* HELD: say the next command; @go_on: of the next step. */
void session_poke(struct session *s, bool go_on);

/* It has not got on for too long. */
void session_stalled(struct session *s);

/* For client_data.c. What is not as it should be ends the session at once;
 * whoever has called from the outside gives it back. */
void session_fault(struct session *s, const char *what, const char *got);
/* @whole: in one piece. */
void session_say(struct session *s, const char *text, size_t len, bool whole);
/* Its data connection has got on, and it may be over: nobody may use it after
 * that. */
void session_data_moved(struct session *s);

/* When it is over: give it back. When it becomes HELD. In client.c. */
void session_free(struct session *s);
void session_held(struct session *s);

#endif
