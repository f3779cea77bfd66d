/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction's part of a session's record: its numbers, the edits that are
 * not acknowledged yet, and the bytes that may still be needed. Packets that
 * wait out of order are not in it: their places in the kernel's queue are gone
 * with the process, so TCP sends them again.
 */
#include "record.h"

#include <string.h>

#include "state.h"

#define STREAM_FIELDS(X)                \
	X(NUMBER, next, UINT32_MAX)     \
	X(NUMBER, una, UINT32_MAX)      \
	X(NUMBER, released, UINT32_MAX) \
	X(NUMBER, line_at, UINT32_MAX)  \
	X(NUMBER, forged, UINT32_MAX)   \
	X(NUMBER, tsval, UINT32_MAX)    \
	X(NUMBER, window, UINT16_MAX)   \
	X(NUMBER, mss, UINT16_MAX)      \
	X(NUMBER, synced, true)         \
	X(NUMBER, confirmed, true)      \
	X(NUMBER, skip, true)           \
	X(NUMBER, urgent, true)         \
	X(NUMBER, fin, true)            \
	X(NUMBER, tls, true)            \
	X(NUMBER, has_timestamp, true)

/* An edit is written as these, and new_len bytes of text. */
#define EDIT_FIELDS(X)             \
	X(NUMBER, at, UINT32_MAX)  \
	X(NUMBER, len, UINT16_MAX) \
	X(NUMBER, new_len, HOSTPORT_TEXT_MAX)

/* --- stores ------------------------------------------------------------------ */

uint8_t *store_save(const struct engine *e, const struct store *st, uint8_t *to)
{
	SAVE_NUMBER(to, st->at);
	SAVE_NUMBER(to, st->len);
	return to + store_copy(st, &e->chunks, st->at, st->len, to);
}

struct span store_load(struct reader *r, struct store *st)
{
	struct span bytes;
	uint32_t len;

	*st = (struct store){ .first = NIL, .last = NIL };
	LOAD_NUMBER(r, st->at, UINT32_MAX);
	LOAD_NUMBER(r, len, RECORD_BYTES_MAX);
	bytes = span_sub(r->rest, 0, len);
	if (bytes.len < len)
		r->bad = true;
	r->rest = span_sub(r->rest, len, SIZE_MAX);
	return bytes;
}

bool store_fill(struct engine *e, struct store *st, struct span bytes)
{
	return !bytes.len || store_append(st, &e->chunks, bytes);
}

/* --- edits ------------------------------------------------------------------- */

static uint8_t *edit_save(const struct edit *ed, uint8_t *to)
{
#define X(KIND, member, most) SAVE_##KIND(to, ed->member);
	EDIT_FIELDS(X)
#undef X
	return put_bytes(to, ed->text, ed->new_len);
}

static void edit_load(struct reader *r, struct edit *ed)
{
#define X(KIND, member, most) LOAD_##KIND(r, ed->member, most);
	EDIT_FIELDS(X)
#undef X
	take_bytes(r, ed->text, ed->new_len);
}

static uint8_t *edits_save(const struct engine *e, const struct seqmap *m,
			   uint8_t *to)
{
	uint32_t base = (uint32_t)m->base;

	SAVE_NUMBER(to, base);
	SAVE_NUMBER(to, m->count);
	for (uint32_t i = m->first; i != NIL;) {
		const struct edit *ed = pool_at(&e->edits, i);

		to = edit_save(ed, to);
		i = ed->next;
	}
	return to;
}

/* Each must lie behind the one before, as seqmap_add() wants. */
static void edits_load(struct reader *r, struct stream *st,
		       struct stream_parts *parts)
{
	struct span start;
	uint32_t base, end = 0;

	LOAD_NUMBER(r, base, UINT32_MAX);
	LOAD_NUMBER(r, parts->edit_count, SEQMAP_EDITS_MAX);
	st->map = SEQMAP_NONE;
	st->map.base = (int32_t)base;
	start = r->rest;
	for (uint8_t i = 0; i < parts->edit_count; i++) {
		struct edit ed;

		edit_load(r, &ed);
		r->bad |= i > 0 && seq_before(ed.at, end);
		end = ed.at + ed.len;
	}
	parts->edits = span_sub(start, 0, start.len - r->rest.len);
}

static bool edits_fill(struct engine *e, struct seqmap *m,
		       const struct stream_parts *parts)
{
	struct reader r = { .rest = parts->edits };

	for (uint8_t i = 0; i < parts->edit_count; i++) {
		struct edit ed;

		if (!seqmap_has_room(m, &e->edits))
			return false;
		edit_load(&r, &ed);
		seqmap_add(m, &e->edits, ed.at, ed.len,
			   span_of(ed.text, ed.new_len));
	}
	return true;
}

/* --- the stream ---------------------------------------------------------------- */

uint8_t *stream_save(const struct engine *e, const struct stream *st,
		     uint8_t *to)
{
#define X(KIND, member, most) SAVE_##KIND(to, st->member);
	STREAM_FIELDS(X)
#undef X
	to = edits_save(e, &st->map, to);
	return store_save(e, &st->store, to);
}

/* Nothing is read, released or acknowledged that was not there. */
static bool numbers_fit(const struct stream *st, size_t kept)
{
	return !seq_before(st->next, st->una) &&
	       !seq_before(st->next, st->released) &&
	       !seq_before(st->next, st->line_at) &&
	       !seq_before(st->next, st->forged) &&
	       (!kept || !seq_before(st->next, st->store.at + (uint32_t)kept));
}

void stream_load(struct reader *r, struct stream *st,
		 struct stream_parts *parts)
{
	st->held = LIST_EMPTY;
#define X(KIND, member, most) LOAD_##KIND(r, st->member, most);
	STREAM_FIELDS(X)
#undef X
	edits_load(r, st, parts);
	parts->bytes = store_load(r, &st->store);
	r->bad |= !numbers_fit(st, parts->bytes.len);
}

bool stream_fill(struct engine *e, struct stream *st,
		 const struct stream_parts *parts)
{
	return edits_fill(e, &st->map, parts) &&
	       store_fill(e, &st->store, parts->bytes);
}

uint64_t stream_layout(uint64_t layout)
{
#define X(KIND, member, most) LAYOUT(layout, struct stream, KIND, member, most);
	STREAM_FIELDS(X)
#undef X
#define X(KIND, member, most) LAYOUT(layout, struct edit, KIND, member, most);
	EDIT_FIELDS(X)
#undef X
	return layout;
}
