/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of captures, read a few ahead, so that the memory that each will
 * need is on its way when it comes. */
#ifndef REPLAY_AHEAD_H
#define REPLAY_AHEAD_H

#include "io/capture_merge.h"
#include "replay/conn.h"

/* Steps of conns_ahead(), so many packets apart: eight packets take longer than
 * a look into memory. */
#define AHEAD_STEP    8
#define AHEAD_PACKETS (AHEAD_STEP * (CONNS_AHEAD + 1))

struct ahead;

/* NULL: no memory. */
struct ahead *ahead_new(struct capture_merge *m, const struct conns *conns);

/* As capture_merge_next(); out->ip lives until the next call. */
enum capture_result ahead_next(struct ahead *a, struct capture_packet *out);

/* NULL is fine. */
void ahead_free(struct ahead *a);

#endif
