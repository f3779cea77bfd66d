/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine's rewriting did to the length of one stream.
 *
 * A capture was made without it: who acknowledges there numbers the bytes as
 * they were sent. The engine, which rewrote some of them, waits for other
 * numbers; these are made here.
 */
#ifndef REPLAY_EDITS_H
#define REPLAY_EDITS_H

#include <stdint.h>

/* Rewritten lines that may be on their way at once. A client waits for the
 * reply to PORT as a rule; of older ones only the sum counts. */
#define EDITS_MAX 4

struct edit {
	uint32_t end;  /* number behind the line, as its sender counts */
	int32_t delta; /* bytes added so far, by this line and those before */
};

/* Zero is a good beginning. */
struct edits {
	int32_t before; /* delta of those that are not kept */
	unsigned int count;
	struct edit edit[EDITS_MAX];
};

/* A line that ended at @end has got @delta bytes more. */
void edits_add(struct edits *e, uint32_t end, int32_t delta);

/* The number @at of the sender, as its receiver would know it. */
uint32_t edits_far(const struct edits *e, uint32_t at);

#endif
