/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments put in order.
 *
 * What is ahead of ->next waits in a list of pieces, sorted, none over another.
 * A new segment only adds what no piece holds yet, so the first copy wins. When
 * a bound is reached, the first hole is given up: that moves ->next, and with
 * it goes what waited behind the hole.
 */
#include "replay/stream.h"

#include <stdlib.h>
#include <string.h>

struct tcpstream_piece {
	struct tcpstream_piece *next;
	uint32_t at, len;
	uint32_t kept;  /* @len, or 0: only counted, its bytes are not here */
	uint8_t byte[]; /* @kept of them */
};

/* Bytes that came; @bytes is NULL where the capture has cut them off. */
struct part {
	uint32_t at, len;
	const uint8_t *bytes;
};

static bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static uint32_t end_of(const struct tcpstream_piece *p)
{
	return p->at + p->len;
}

static void advance(struct part *part, uint32_t n)
{
	part->at += n;
	part->len -= n;
	if (part->bytes)
		part->bytes += n;
}

/* --- telling ---------------------------------------------------------- */

static void tell_lost(struct tcpstream *s, const struct story_place *place,
		      uint32_t len)
{
	s->next += len;
	if (s->reader && s->reader->lost)
		s->reader->lost(s->arg, place, len);
}

static void tell(struct tcpstream *s, const struct story_place *place,
		 const uint8_t *bytes, uint32_t len)
{
	if (!bytes) {
		tell_lost(s, place, len);
		return;
	}
	s->next += len;
	if (s->reader && s->reader->bytes)
		s->reader->bytes(s->arg, place, span_of(bytes, len));
}

static size_t size_of(const struct tcpstream_piece *p)
{
	return sizeof(*p) + p->kept;
}

/* Take the first piece out of the list. */
static struct tcpstream_piece *take_first(struct tcpstream *s)
{
	struct tcpstream_piece *p = s->first;

	s->first = p->next;
	s->pieces--;
	s->waiting -= p->kept;
	s->pool->used -= size_of(p);
	return p;
}

/* What need not wait any more. */
static void release(struct tcpstream *s, const struct story_place *place)
{
	while (s->first && s->first->at == s->next) {
		struct tcpstream_piece *p = take_first(s);

		tell(s, place, p->kept ? p->byte : NULL, p->len);
		free(p);
	}
}

/* Nothing comes before @seq any more, which is ahead and not in a piece, or
 * before the first piece, if that is nearer. */
static void give_up(struct tcpstream *s, const struct story_place *place,
		    uint32_t seq)
{
	uint32_t len;

	if (s->first && seq_before(s->first->at, seq))
		seq = s->first->at;
	len = seq - s->next;
	s->lost += len;
	tell_lost(s, place, len);
	release(s, place);
}

/* --- waiting ---------------------------------------------------------- */

/* Where @part belongs: the link to the first piece that ends behind its start;
 * @before is the piece before that, or NULL. */
static struct tcpstream_piece **find(struct tcpstream *s,
				     const struct part *part,
				     struct tcpstream_piece **before)
{
	struct tcpstream_piece **link = &s->first;

	*before = NULL;
	while (*link && !seq_before(part->at, end_of(*link))) {
		*before = *link;
		link = &(*link)->next;
	}
	return link;
}

/* A piece with the first @n bytes of @part; NULL: a bound, or no memory. */
static struct tcpstream_piece *new_piece(struct tcpstream *s,
					 const struct part *part, uint32_t n)
{
	uint32_t kept = s->reader && part->bytes ? n : 0;
	size_t size = sizeof(struct tcpstream_piece) + kept;
	struct tcpstream_piece *p;

	if (s->pieces >= TCPSTREAM_PIECES_MAX ||
	    s->waiting + kept > TCPSTREAM_WAIT_MAX ||
	    s->pool->used + size > s->pool->max)
		return NULL;
	p = malloc(size);
	if (!p)
		return NULL;
	*p = (struct tcpstream_piece){ .at = part->at, .len = n, .kept = kept };
	if (kept)
		memcpy(p->byte, part->bytes, kept);
	s->pieces++;
	s->waiting += kept;
	s->pool->used += size;
	return p;
}

/* Without bytes, neighbours are one. */
static bool joins(const struct tcpstream *s, const struct tcpstream_piece *p,
		  const struct part *part)
{
	return p && !p->kept && end_of(p) == part->at &&
	       !(s->reader && part->bytes);
}

/* Put the first @n bytes of @part, which no piece holds, behind @before and
 * into @link. False: there is no room. */
static bool keep(struct tcpstream *s, struct tcpstream_piece **link,
		 struct tcpstream_piece *before, const struct part *part,
		 uint32_t n)
{
	struct tcpstream_piece *p;

	if (joins(s, before, part)) {
		before->len += n;
		s->bytes += n;
		return true;
	}
	p = new_piece(s, part, n);
	if (!p)
		return false;
	p->next = *link;
	*link = p;
	s->bytes += n;
	return true;
}

/* Take the start of @part, which is ahead; false if nothing of it is left. */
static void take_ahead(struct tcpstream *s, const struct story_place *place,
		       struct part *part)
{
	struct tcpstream_piece *before;
	struct tcpstream_piece **link = find(s, part, &before);
	uint32_t n = part->len;

	if (*link && !seq_before(part->at, (*link)->at)) {
		uint32_t known = end_of(*link) - part->at;

		advance(part, known < n ? known : n);
		return;
	}
	if (*link && (*link)->at - part->at < n)
		n = (*link)->at - part->at;
	if (keep(s, link, before, part, n))
		advance(part, n);
	else
		give_up(s, place, part->at);
}

/* Take the start of @part, which is next. */
static void take_next(struct tcpstream *s, const struct story_place *place,
		      struct part *part)
{
	uint32_t n = part->len;

	if (s->first && s->first->at - part->at < n)
		n = s->first->at - part->at;
	s->bytes += n;
	tell(s, place, part->bytes, n);
	advance(part, n);
	release(s, place);
}

static void take_part(struct tcpstream *s, const struct story_place *place,
		      struct part part)
{
	if (part.at - s->next > TCPSTREAM_WINDOW_MAX &&
	    s->next - part.at > TCPSTREAM_WINDOW_MAX)
		return;
	if (s->has_fin && seq_before(s->fin_at, part.at + part.len))
		part.len = seq_before(part.at, s->fin_at) ? s->fin_at - part.at
							  : 0;
	while (part.len) {
		if (seq_before(part.at, s->next)) {
			uint32_t known = s->next - part.at;

			advance(&part, known < part.len ? known : part.len);
		} else if (part.at == s->next) {
			take_next(s, place, &part);
		} else {
			take_ahead(s, place, &part);
		}
	}
}

/* --- from outside ----------------------------------------------------- */

static void drop_pieces(struct tcpstream *s)
{
	while (s->first)
		free(take_first(s));
}

/* Has everything before the FIN been told? */
static void look_for_end(struct tcpstream *s, const struct story_place *place)
{
	if (s->ended || !s->has_fin || seq_before(s->next, s->fin_at))
		return;
	s->ended = true;
	drop_pieces(s);
	if (s->reader && s->reader->end)
		s->reader->end(s->arg, place);
}

/* It is none if more was sent behind it. */
static void take_fin(struct tcpstream *s, uint32_t at)
{
	if (s->has_fin || at - s->next > TCPSTREAM_WINDOW_MAX)
		return;
	for (const struct tcpstream_piece *p = s->first; p; p = p->next)
		if (seq_before(at, end_of(p)))
			return;
	s->has_fin = true;
	s->fin_at = at;
}

static void start(struct tcpstream *s, uint32_t seq)
{
	s->started = true;
	s->next = seq;
}

void tcpstream_init(struct tcpstream *s, struct tcpstream_pool *pool,
		    const struct tcpstream_reader *reader, void *arg)
{
	*s = (struct tcpstream){ .reader = reader, .arg = arg, .pool = pool };
}

void tcpstream_take(struct tcpstream *s, const struct story_place *place,
		    const struct tcpsegment *seg)
{
	uint32_t at = seg->seq + !!(seg->flags & TCP_SYN);
	uint32_t len = (uint32_t)seg->payload.len;

	if (seg->flags & TCP_RST || s->ended)
		return;
	if (!s->started)
		start(s, at);
	if (seg->flags & TCP_FIN)
		take_fin(s, at + len + seg->cut);
	take_part(s, place, (struct part){ at, len, seg->payload.at });
	take_part(s, place, (struct part){ at + len, seg->cut, NULL });
	look_for_end(s, place);
}

void tcpstream_acked(struct tcpstream *s, const struct story_place *place,
		     uint32_t ack)
{
	if (s->ended)
		return;
	if (!s->started)
		start(s, ack);
	/* The FIN takes a number, but is no byte. */
	if (s->has_fin && seq_before(s->fin_at, ack))
		ack = s->fin_at;
	if (ack - s->next > TCPSTREAM_WINDOW_MAX)
		return;
	while (seq_before(s->next, ack))
		give_up(s, place, ack);
	look_for_end(s, place);
}

void tcpstream_mute(struct tcpstream *s)
{
	s->reader = NULL;
}

void tcpstream_clear(struct tcpstream *s)
{
	drop_pieces(s);
	s->started = s->has_fin = s->ended = false;
}
