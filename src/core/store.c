/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of bytes in chunks, addressed by sequence number. */
#include "store.h"

#include <string.h>

static void forget_all(struct store *st, struct pool *chunks)
{
	uint32_t i = st->first;

	while (i != NIL) {
		const struct store_chunk *c = pool_at(chunks, i);
		uint32_t next = c->next;

		pool_give(chunks, i);
		i = next;
	}
	*st = (struct store){ NIL, NIL, st->at + st->len, 0, 0 };
}

void store_reset(struct store *st, struct pool *chunks, uint32_t seq)
{
	forget_all(st, chunks);
	st->at = seq;
}

/* Bytes free in the last chunk. */
static size_t tail_room(const struct store *st)
{
	size_t used = (st->skip + st->len) % STORE_CHUNK;

	return st->len && used ? STORE_CHUNK - used : 0;
}

static bool has_room(const struct store *st, const struct pool *chunks,
		     size_t len)
{
	size_t need, tail = tail_room(st);

	if (len > STORE_MAX || st->len > STORE_MAX - len)
		return false;
	need = len > tail ? (len - tail + STORE_CHUNK - 1) / STORE_CHUNK : 0;
	return need <= chunks->count - chunks->used;
}

static struct store_chunk *add_chunk(struct store *st, struct pool *chunks)
{
	uint32_t index = pool_take_raw(chunks);
	struct store_chunk *c = pool_at(chunks, index);

	c->next = NIL;
	if (st->len)
		((struct store_chunk *)pool_at(chunks, st->last))->next = index;
	else
		st->first = index;
	st->last = index;
	return c;
}

/* The common case: one line, and all before it is acknowledged. */
static bool append_first(struct store *st, struct pool *chunks,
			 struct span bytes)
{
	uint32_t index = pool_take_raw(chunks);
	struct store_chunk *c;

	if (index == NIL)
		return false;
	c = pool_at(chunks, index);
	c->next = NIL;
	memcpy(c->byte, bytes.at, bytes.len);
	st->first = st->last = index;
	st->len = (uint32_t)bytes.len;
	return true;
}

bool store_append(struct store *st, struct pool *chunks, struct span bytes)
{
	if (!st->len && bytes.len && bytes.len <= STORE_CHUNK)
		return append_first(st, chunks, bytes);
	if (!has_room(st, chunks, bytes.len))
		return false;
	while (bytes.len) {
		size_t room = tail_room(st);
		struct store_chunk *c;
		size_t n;

		if (room) {
			c = pool_at(chunks, st->last);
		} else {
			c = add_chunk(st, chunks);
			room = STORE_CHUNK;
		}
		n = bytes.len < room ? bytes.len : room;
		memcpy(c->byte + STORE_CHUNK - room, bytes.at, n);
		st->len += (uint32_t)n;
		bytes = span_sub(bytes, n, SIZE_MAX);
	}
	return true;
}

void store_trim(struct store *st, struct pool *chunks, uint32_t seq)
{
	int32_t gone = (int32_t)(seq - st->at);

	if (gone <= 0 || !st->len)
		return;
	if ((uint32_t)gone >= st->len) {
		forget_all(st, chunks);
		return;
	}
	st->at += (uint32_t)gone;
	st->len -= (uint32_t)gone;
	for (gone += st->skip; gone >= STORE_CHUNK; gone -= STORE_CHUNK) {
		const struct store_chunk *c = pool_at(chunks, st->first);
		uint32_t next = c->next;

		pool_give(chunks, st->first);
		st->first = next;
	}
	st->skip = (uint16_t)gone;
}

/* One contiguous run of kept bytes. */
struct run {
	const struct pool *chunks;
	uint32_t chunk;
	size_t offset; /* in the chunk */
	size_t left;   /* bytes of the whole range */
};

/* The run that starts at @seq; *@skipped bytes before it are not kept. */
static struct run run_at(const struct store *st, const struct pool *chunks,
			 uint32_t seq, size_t len, size_t *skipped)
{
	struct run r = { chunks, st->first, 0, 0 };
	int32_t ahead = (int32_t)(st->at - seq);
	size_t from;

	*skipped = ahead > 0 ? (size_t)ahead : 0;
	if (*skipped >= len)
		return r;
	from = ahead > 0 ? 0 : (size_t) - (int64_t)ahead;
	if (from >= st->len)
		return r;
	r.left = len - *skipped;
	if (r.left > st->len - from)
		r.left = st->len - from;
	from += st->skip;
	for (; from >= STORE_CHUNK; from -= STORE_CHUNK)
		r.chunk =
			((struct store_chunk *)pool_at(chunks, r.chunk))->next;
	r.offset = from;
	return r;
}

static struct span run_next(struct run *r)
{
	const struct store_chunk *c = pool_at(r->chunks, r->chunk);
	size_t n = STORE_CHUNK - r->offset;
	struct span s;

	if (n > r->left)
		n = r->left;
	s = (struct span){ c->byte + r->offset, n };
	r->left -= n;
	r->chunk = c->next;
	r->offset = 0;
	return s;
}

size_t store_copy(const struct store *st, const struct pool *chunks,
		  uint32_t seq, size_t len, uint8_t *out)
{
	size_t skipped, done = 0;
	struct run r = run_at(st, chunks, seq, len, &skipped);

	if (skipped)
		return 0;
	while (r.left) {
		struct span s = run_next(&r);

		memcpy(out + done, s.at, s.len);
		done += s.len;
	}
	return done;
}

bool store_same(const struct store *st, const struct pool *chunks, uint32_t seq,
		struct span bytes)
{
	size_t at;
	struct run r = run_at(st, chunks, seq, bytes.len, &at);

	while (r.left) {
		struct span s = run_next(&r);

		if (memcmp(s.at, bytes.at + at, s.len) != 0)
			return false;
		at += s.len;
	}
	return true;
}
