/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequence numbers across edits (RFC 2663 7.1: correct all later packets). */
#include "seqmap.h"

#include <string.h>

static struct edit *edit_of(const struct pool *edits, uint32_t index)
{
	return index == NIL ? NULL : pool_at(edits, index);
}

static int32_t shift_of(const struct edit *e)
{
	return (int32_t)e->new_len - (int32_t)e->len;
}

bool seqmap_is_full(const struct seqmap *m)
{
	return m->count >= SEQMAP_EDITS_MAX;
}

bool seqmap_has_room(const struct seqmap *m, const struct pool *edits)
{
	return !seqmap_is_full(m) && edits->used < edits->count;
}

void seqmap_add(struct seqmap *m, struct pool *edits, uint32_t at, uint16_t len,
		struct span text)
{
	uint32_t index = pool_take(edits);
	struct edit *e = pool_at(edits, index);

	e->next = NIL;
	e->at = at;
	e->len = len;
	e->new_len = (uint16_t)text.len;
	memcpy(e->text, text.at, text.len);
	if (m->last == NIL)
		m->first = index;
	else
		edit_of(edits, m->last)->next = index;
	m->last = index;
	m->count++;
}

uint32_t seqmap_forward(const struct seqmap *m, const struct pool *edits,
			uint32_t seq)
{
	int32_t shift = m->base;

	for (const struct edit *e = edit_of(edits, m->first); e;
	     e = seqmap_next(edits, e)) {
		if (seq_before(seq, e->at + e->len))
			return (uint32_t)shift + seq_min(seq, e->at);
		shift += shift_of(e);
	}
	return seq + (uint32_t)shift;
}

uint32_t seqmap_backward(const struct seqmap *m, const struct pool *edits,
			 uint32_t seq)
{
	int32_t shift = m->base;

	for (const struct edit *e = edit_of(edits, m->first); e;
	     e = seqmap_next(edits, e)) {
		uint32_t new_end = e->at + (uint32_t)shift + e->new_len;

		if (seq_before(seq, new_end))
			return seq_min(seq - (uint32_t)shift, e->at);
		shift += shift_of(e);
	}
	return seq - (uint32_t)shift;
}

void seqmap_fold(struct seqmap *m, struct pool *edits, uint32_t acked)
{
	for (;;) {
		struct edit *e = edit_of(edits, m->first);
		uint32_t next;

		if (!e || seq_before(acked, e->at + e->len))
			return;
		next = e->next;
		m->base += shift_of(e);
		pool_give(edits, m->first);
		m->first = next;
		if (next == NIL)
			m->last = NIL;
		m->count--;
	}
}

const struct edit *seqmap_at(const struct seqmap *m, const struct pool *edits,
			     uint32_t seq)
{
	const struct edit *e = edit_of(edits, m->first);

	while (e && !seq_before(seq, e->at + e->len))
		e = seqmap_next(edits, e);
	return e;
}

const struct edit *seqmap_next(const struct pool *edits, const struct edit *e)
{
	return edit_of(edits, e->next);
}

void seqmap_clear(struct seqmap *m, struct pool *edits)
{
	while (m->first != NIL) {
		uint32_t next = edit_of(edits, m->first)->next;

		pool_give(edits, m->first);
		m->first = next;
	}
	*m = SEQMAP_NONE;
}
