/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A story in steps, as people follow it: one line, TLS message, connection or
 * packet each, with everything that the gateway decided about it. The table
 * and the ladder are two ways to show them.
 *
 * The events of one packet come behind each other, what was said before what
 * was made of it. A step collects them, and is handed out when the next one
 * begins.
 */
#ifndef REPORT_STEP_H
#define REPORT_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>

#include "report/story.h"

enum step_kind {
	STEP_GATEWAY, /* nobody said anything: the gateway acts, or judges a
		       * packet without a line */
	STEP_OPEN,    /* of the session */
	STEP_LINE,    /* a command or a reply */
	STEP_TLS,     /* a message of the handshake */
	STEP_PHASE,   /* TLS was established, or ended */
	STEP_PACKET,  /* one that was held or dropped, by itself */
	STEP_DATA,    /* a data connection begins */
	STEP_FLOW,    /* and is over */
	STEP_CLOSE,   /* of the session */
};

enum step_from { STEP_FROM_NOBODY, STEP_FROM_CLIENT, STEP_FROM_SERVER };

/* Where the way through the gateway is cut. */
enum step_way {
	STEP_PASSES,
	STEP_STOPS,  /* held, dropped, or a connection that is not let in */
	STEP_STARTS, /* held before */
};

struct step {
	enum step_kind kind;
	struct story_place place;
	uint64_t session;
	struct endpoint client, server; /* of the session; or all zero */
	enum step_from from;
	enum step_way way;
	bool decrypted; /* @said is marked so */
	bool related;   /* DATA, FLOW: it was let in */
	/* Printable, bounded, without newline; "" where there is nothing: */
	const char *said;
	const char *before, *after; /* a rewritten endpoint, in the form that
				     * it has in the line, else "" */
	const char *decisions;      /* '\n' between them */
};

struct steps;

/* Who sees them. */
struct steps_viewer {
	void *arg;
	/* A step; it and its texts live until this returns. */
	void (*take)(void *arg, const struct step *step);
	/* The story has ended, and all its steps were taken. NULL: no need to
	 * know. */
	void (*end)(void *arg);
};

/* NULL: no memory. */
struct steps *steps_new(const struct steps_viewer *viewer);

/* Hands out the last step, too. NULL is fine. */
void steps_free(struct steps *s);

/* Hears what makes steps; the traffic of sessions does not. */
struct listener steps_listener(struct steps *s);

#endif
