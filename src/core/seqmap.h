/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edits of one direction, and the sequence numbers on either side of them.
 *
 * "Old" numbers are the sender's, "new" ones the receiver's. An edit replaces
 * the old bytes [at, at + len) by other text; what follows is shifted. When
 * the receiver has acknowledged an edit, it is folded into the base shift:
 * nobody needs its bytes again. Numbers from before a folded edit come out
 * shifted too far, but only in segments that the receiver has already
 * acknowledged and will ignore.
 */
#ifndef CORE_SEQMAP_H
#define CORE_SEQMAP_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/hostport.h>
#include <sallyport/span.h>

#include "pool.h"

/* Unacknowledged edits of one direction: one PORT at a time is FTP's custom;
 * more than this must wait for acknowledgements. */
#define SEQMAP_EDITS_MAX 16

struct edit {
	uint32_t next;
	uint32_t at;      /* old number of the first byte replaced */
	uint16_t len;     /* old bytes */
	uint16_t new_len; /* bytes of text[] */
	char text[HOSTPORT_TEXT_MAX];
};

struct seqmap {
	int32_t base;         /* shift by folded edits */
	uint32_t first, last; /* edits in order; NIL: none */
	uint8_t count;
};

#define SEQMAP_NONE ((struct seqmap){ 0, NIL, NIL, 0 })

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b)
{
	return seq_before(a, b) ? a : b;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_before(a, b) ? b : a;
}

/* Are as many edits under way as one direction may have? Acknowledgements will
 * make room. */
bool seqmap_is_full(const struct seqmap *m);

/* Is there room for one more, in the pool of all sessions too? */
bool seqmap_has_room(const struct seqmap *m, const struct pool *edits);

/* Replace [@at, @at + @len) by @text. Must lie behind every earlier edit, and
 * seqmap_has_room() must hold. @text is HOSTPORT_TEXT_MAX long at most. */
void seqmap_add(struct seqmap *m, struct pool *edits, uint32_t at, uint16_t len,
		struct span text);

/* Are old and new numbers the same? */
static inline bool seqmap_is_plain(const struct seqmap *m)
{
	return m->base == 0 && m->first == NIL;
}

/* Old to new. Inside an edit: the start of its text. */
uint32_t seqmap_forward(const struct seqmap *m, const struct pool *edits,
			uint32_t seq);

/* New to old, for acknowledgements: inside an edit's text nothing of it counts
 * as received, so the answer is the edit's start. */
uint32_t seqmap_backward(const struct seqmap *m, const struct pool *edits,
			 uint32_t seq);

/* The receiver has acknowledged everything before old number @acked. */
void seqmap_fold(struct seqmap *m, struct pool *edits, uint32_t acked);

/* The first edit that ends behind @seq, or NULL. */
const struct edit *seqmap_at(const struct seqmap *m, const struct pool *edits,
			     uint32_t seq);

/* The one after @e, or NULL. */
const struct edit *seqmap_next(const struct pool *edits, const struct edit *e);

/* Give back every edit. */
void seqmap_clear(struct seqmap *m, struct pool *edits);

#endif
