/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pinholes, and the data connections that came through them. */
#ifndef CORE_PINHOLE_H
#define CORE_PINHOLE_H

#include <sallyport/engine.h>

#include "data_tls.h"
#include "pool.h"
#include "session.h"

struct engine;

/*
 * A pinhole, then the data connection that came through it.
 *
 *   ASKED  PORT or EPRT was read; the port is reserved. Ends with the reply:
 *          OPEN for 2yz, gone for others. A SYN of the server itself to the
 *          very endpoint is an answer too (see data.c).
 *   OPEN   In the kernel's set. Ends by use, timeout, a newer endpoint, the
 *          end of the transfer or of the session.
 *   USED   A SYN took it: no more in the set. Stays as the record of its data
 *          connection until conntrack says that this ended, also after the
 *          session; the oldest gives way when the table is full.
 */
enum hole_state { HOLE_ASKED, HOLE_OPEN, HOLE_USED, HOLE_STATES };

/* Its data connection: alive, closed by both ends, or reset by one. */
enum data_over { DATA_LIVES, DATA_CLOSED, DATA_RESET, DATA_OVERS };

struct hole {
	uint32_t hash_next, flow_next;
	uint32_t session; /* owner; NIL once that is gone */
	uint8_t state;
	bool active;
	bool in_set;        /* the kernel queues SYNs for it */
	bool granted;       /* made by a grant, of which it holds a place */
	bool changed;       /* since its record was written; see change.h */
	uint8_t over;       /* USED: enum data_over */
	uint8_t owed;       /* ends still to be told of connections before this
			     * one that had its ends; see data.c */
	uint16_t from_port; /* the SYN must come from it; 0: any */
	uint16_t used_port; /* USED: source port of the SYN */
	uint64_t id, session_id, since_us;
	struct link by_state, by_owner;
	struct pinhole_key key;
	struct endpoint target;
	struct addr snat_to;
	struct ends ends;
	struct endpoint master_to; /* master_from is ends.client */
	uint32_t mark;
	uint32_t isn;            /* USED: of the SYN */
	struct data_watch watch; /* see data_tls.c */
};

/*
 * What a data connection of @s to @to looks like; @to is as the SYN names it.
 *
 * Active:  SYN server -> client_public:port, to be translated to the client,
 *          coming from server_public (clients compare it with the control
 *          connection's address).
 * Passive: SYN client -> server_public:port, to be translated to the server,
 *          coming from client_public (servers compare likewise).
 */
struct hole hole_between(const struct engine *e, const struct session *s,
			 bool active, const struct endpoint *to);

/* Reserve @want (its key, target and so on are set), ASKED; NULL if a cap is
 * reached. */
struct hole *hole_reserve(struct engine *e, struct session *s,
			  const struct hole *want);

/* Have SYNs for @h queued, before it is open. */
void hole_watch(struct engine *e, struct hole *h);
void hole_open(struct engine *e, struct hole *h);
void hole_use(struct engine *e, struct hole *h, const struct packet *syn);

/* Make one that is USED from the start, by @syn, for a grant; NULL if a cap is
 * reached. */
struct hole *hole_grant(struct engine *e, struct session *s,
			const struct hole *want, const struct packet *syn);

/* Its data connection is over: the place among its session's is free. */
void hole_over(struct engine *e, struct hole *h, enum data_over how);

/* Gone without a word if it was only asked for. */
void hole_close(struct engine *e, struct hole *h, enum pinhole_op op,
		const char *reason);

/* The kernel did not take it into its set. One that is only ASKED tries again
 * when it opens. */
void hole_refused(struct engine *e, struct hole *h);

/* Every OPEN one of @s; with @asked those as well. */
void hole_close_all(struct engine *e, struct session *s, bool asked,
		    const char *reason);

/* The session's oldest ASKED one, or NULL. */
struct hole *hole_first_asked(struct engine *e, const struct session *s);

uint32_t hole_index(const struct engine *e, const struct hole *h);

/* One in @state with this key, or NULL. */
struct hole *hole_find(struct engine *e, const struct pinhole_key *key,
		       enum hole_state state);

/* An OPEN one to @to, whoever it is for; or NULL. */
struct hole *hole_find_to(struct engine *e, const struct endpoint *to);

/* Is @key free for a data connection to @target? */
bool hole_key_free(struct engine *e, const struct pinhole_key *key,
		   const struct endpoint *target);

/* A USED one by the tuple of its data connection. */
struct hole *hole_find_used(struct engine *e, const struct endpoint *from,
			    const struct endpoint *to);
struct hole *hole_by_id(struct engine *e, uint64_t id,
			const struct pinhole_key *key);
uint64_t hole_tick(struct engine *e);

/* Go on with @from, whose record was read; @s owns it, NULL if it is USED.
 * False: no room. */
bool hole_take_over(struct engine *e, struct session *s,
		    const struct hole *from);

/* All are there: those that are due first stand first again. */
void hole_sort(struct engine *e);

#endif
