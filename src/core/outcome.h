/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only way for the engine to tell anything. */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include <sallyport/engine.h>

#include "session.h"

struct engine;

void outcome_begin(struct engine *e, struct outcome *out, uint64_t now_us);

/* Is there room for all that one line of @len bytes may cause? */
bool outcome_has_room(const struct engine *e, size_t len);

/* Is there room for the end of any one session, with all that it holds? */
bool outcome_has_room_for_end(const struct engine *e);

/* A new event about @s (NULL: about none); never NULL: when all are taken,
 * which outcome_has_room() prevents, the last one is written over. */
struct event *outcome_event(struct engine *e, const struct session *s,
			    enum event_type type);
struct action *outcome_action(struct engine *e, enum action_type type,
			      uint64_t session_id);

/* What becomes of a packet: it goes on as it is, or as @bytes are; or not. */
void outcome_accept(struct engine *e, uint32_t tag);
void outcome_replace(struct engine *e, uint32_t tag, struct span bytes);
void outcome_drop(struct engine *e, uint32_t tag, enum drop_reason why);

/* Copy @s into the outcome, where the event that names it lives. */
struct span outcome_text(struct engine *e, struct span s);

/* Room for a packet of @len bytes; NULL if there is none. */
uint8_t *outcome_bytes(struct engine *e, size_t len);

/* Raise @rule, once a session (once in all if @s is NULL). */
void alert_raise(struct engine *e, struct session *s, enum alert rule);

#endif
