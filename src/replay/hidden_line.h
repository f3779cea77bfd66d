/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a line that is not whole yet. */
#ifndef REPLAY_HIDDEN_LINE_H
#define REPLAY_HIDDEN_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/* Starts as all zero. */
struct hidden_line {
	uint8_t *at;
	uint32_t len, room;
	bool skip; /* nothing is kept up to its end */
};

/* Add @part, which is not empty, to what is kept. False: no memory. The owner
 * bounds the length. */
bool hidden_line_keep(struct hidden_line *l, struct span part);

/* Wipe what is kept: the next line begins, or, with @skip, the rest of this one
 * is of no use. */
void hidden_line_cut(struct hidden_line *l, bool skip);

/* Wipe it and give back its memory. */
void hidden_line_free(struct hidden_line *l);

#endif
