/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which records are not any more as they were saved. */
#ifndef CORE_CHANGE_H
#define CORE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

struct engine;
struct hole;
struct session;

/*
 * Names, in no order. One that is in it already is marked in what it names, so
 * that it comes once; only a place in a table that is left and taken again
 * between two looks comes twice. A call does that a few times at most.
 */
struct changes {
	bool on;
	uint32_t *name; /* RECORD_KINDS kinds and indices, see change.c */
	uint32_t count, room;
};

/* What one call may name twice, and RECORD_ENGINE. */
#define CHANGES_SPARE 64

void changes_init(struct changes *c, struct arena *a, uint32_t sessions,
		  uint32_t holes);

void session_changed(struct engine *e, struct session *s);
void hole_changed(struct engine *e, struct hole *h);

/* What goes on with the engine and belongs to none of them. */
void engine_numbers_changed(struct engine *e);

#endif
