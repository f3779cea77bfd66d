/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two hosts that have, or had, a session: what it announced and was granted, so
 * that a data connection which nothing lets in can be told the reason.
 */
#ifndef REPLAY_PAIR_H
#define REPLAY_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/event.h>
#include <sallyport/nat.h>

/* Pairs that are remembered; then the one that was silent longest is
 * forgotten. As many as there may be sessions by default. */
#define PAIRS_MAX 65536

/* Announcements of one pair. A client opens no more data connections at once;
 * older ones were used or superseded. */
#define PAIR_ANNOUNCED_MAX 8

/* Sessions of one pair that are told apart, the newest ones: a client with
 * several transfers at once has one for each, two as a rule. */
#define PAIR_SESSIONS_MAX 4

/* Longest reason: a sentence with a server's name and two ports. */
#define PAIR_REASON_MAX 192

struct pair {
	uint64_t session;               /* the newest; 0: all are over */
	struct endpoint client, server; /* of that session, the inside view */
	struct nat_view nat;            /* of its hosts */
	bool seen_twice;                /* both sides were captured, so it was
					 * seen and not only configured */
	unsigned int alive;             /* sessions */
	/* ... and what only pair.c looks at. */
	struct pair_memory *memory;
};

struct pairs;

/* NULL: no memory. */
struct pairs *pairs_new(void);

/* By the addresses of the two hosts, in any order, as either side of the
 * gateway knows them. NULL: there was no session between them. */
struct pair *pairs_find(struct pairs *t, const struct addr *a,
			const struct addr *b);

/* The hosts of @ends have a session, which is translated by @nat; @seen_twice:
 * see struct pair. Before its events are told. */
void pairs_meet(struct pairs *t, const struct ends *ends,
		const struct nat_view *nat, bool seen_twice);

/* Learn from an event of the engine. */
void pairs_event(struct pairs *t, const struct event *event);

/* Why nothing lets a connection to @to in, in plain words. @to is as its SYN
 * names it before translation. */
void pair_reason(const struct pair *p, const struct endpoint *to,
		 char out[PAIR_REASON_MAX]);

/* Is a pinhole open that leads to @to, named likewise? */
bool pair_opens(const struct pair *p, const struct endpoint *to);

/* NULL is fine. */
void pairs_free(struct pairs *t);

#endif
