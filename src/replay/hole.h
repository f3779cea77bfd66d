/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open pinholes by where they lead. A capture from behind the gateway's
 * translation shows a data connection's SYN with the real address; the engine
 * knows it by the public one that the SYN named.
 */
#ifndef REPLAY_HOLE_H
#define REPLAY_HOLE_H

#include <stdbool.h>

#include <sallyport/engine.h>

struct holes;

/* NULL: no memory. */
struct holes *holes_new(void);

/* ACTION_PINHOLE_ADD and ACTION_PINHOLE_DEL; other actions are none of ours.
 * The engine bounds how many there are. */
void holes_action(struct holes *t, const struct action *a);

/* The pinhole for @from that leads to @target: as which endpoint the SYN named
 * it. False: there is none, or it is not translated. */
bool holes_named(struct holes *t, const struct addr *from,
		 const struct endpoint *target, struct endpoint *out);

/* NULL is fine. */
void holes_free(struct holes *t);

#endif
