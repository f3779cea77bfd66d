/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of sessions. */
#ifndef CORE_SESSION_TABLE_H
#define CORE_SESSION_TABLE_H

#include <sallyport/engine.h>

#include "session.h"

struct engine;

/* The session of @src and @dst in either order; @direction says who sends. */
struct session *session_find(struct engine *e, const struct endpoint *src,
			     const struct endpoint *dst,
			     enum direction *direction);

/* A new one, HALF_OPEN; NULL if the table or its client is full. */
struct session *session_new(struct engine *e, const struct ends *ends);
/* It is worth telling: give it an id and count it. */
void session_open(struct engine *e, struct session *s);

/* It is real: HALF_OPEN to OPEN. */
void session_establish(struct engine *e, struct session *s);

/* Tell session_close if it was told of, take its pinholes away, go to
 * CLOSING. */
void session_end(struct engine *e, struct session *s, enum session_end why);
/* The time that it has in its life begins anew. */
void session_keep(struct engine *e, struct session *s);
void session_free(struct engine *e, struct session *s);

/* Go on with @from, whose record was read: it has no parts yet. NULL: no room. */
struct session *session_take_over(struct engine *e, const struct session *from);

/* Take it back, without a word. */
void session_leave(struct engine *e, struct session *s);

/* All are there: those that wait longest stand first again. */
void session_sort(struct engine *e);

/* Something was not understood: raise @rule, open nothing any more. */
void session_doubt(struct engine *e, struct session *s, enum alert rule);

/* The same where an event has told why already; @why: see untrusted_name(). */
void session_untrust(struct engine *e, struct session *s, unsigned int why);

/* The same with an alert, and read nothing any more. */
void session_unread(struct engine *e, struct session *s, enum alert rule);

/* Read nothing any more. */
void session_opaque(struct session *s);
uint32_t session_index(const struct engine *e, const struct session *s);

/* Expire what is due; gives the next deadline. */
uint64_t session_tick(struct engine *e);

/* May a line of this direction have to be rewritten? */
bool session_may_edit(const struct engine *e, const struct session *s,
		      enum direction d);

/* May an endpoint in it, because the gateway translates this end? */
bool session_is_translated(const struct session *s, enum direction d);

#endif
