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

/* Changed lines that may be on their way at once. A client waits for the reply
 * to PORT as a rule; of older ones only the sum counts. */
#define EDITS_MAX 4

struct edit {
	uint32_t end;  /* number behind a packet, as its sender counts */
	int32_t delta; /* bytes added up to there; less than 0 also where the
			* engine holds some back, or has replaced a line */
};

/* Zero is a good beginning. */
struct edits {
	int32_t before; /* delta of those that are not kept */
	unsigned int count;
	struct edit edit[EDITS_MAX];
};

/* A packet with payload that ended at @end ends at @out when it leaves. Older
 * ones that come again say nothing. */
void edits_learn(struct edits *e, uint32_t end, uint32_t out);

/* The number @at of the sender, as its receiver would know it. */
uint32_t edits_far(const struct edits *e, uint32_t at);

#endif
