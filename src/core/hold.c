/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that came before the ones in front of them. Their verdict waits
 * until the hole is filled, because content is read in order or not at all.
 * What exceeds the bounds, or waits too long, is dropped: its sender sends it
 * again.
 */
#include "hold.h"

#include "outcome.h"
#include "session_table.h"
#include "state.h"

static struct held *held_at(const struct engine *e, uint32_t i)
{
	return pool_at(&e->held, i);
}

static void held_free(struct engine *e, struct stream *st, uint32_t i)
{
	struct held *h = held_at(e, i);

	st->held_count--;
	st->held_bytes -= h->bytes.len;
	list_remove(&st->held, &e->held_via, i);
	list_remove(&e->held_age, &e->age_via, i);
	store_reset(&h->bytes, &e->chunks, 0);
	pool_give(&e->held, i);
}

static void held_drop(struct engine *e, struct stream *st, uint32_t i,
		      enum drop_reason why)
{
	outcome_drop(e, held_at(e, i)->tag, why);
	held_free(e, st, i);
}

/* The first held packet behind @seq. */
static uint32_t place_for(const struct engine *e, const struct stream *st,
			  uint32_t seq)
{
	uint32_t i = st->held.head;

	while (i != NIL && !seq_before(seq, held_at(e, i)->seq))
		i = list_next(&e->held_via, i);
	return i;
}

enum drop_reason hold_add(struct engine *e, struct session *s, enum direction d,
			  const struct packet *p, uint32_t tag)
{
	struct stream *st = &s->side[d];
	struct store bytes = { NIL, NIL, 0, 0, 0 };
	struct held *h;
	uint32_t i;

	if (st->held_count >= HELD_PER_STREAM_MAX)
		return DROP_HOLD_PACKETS;
	if (st->held_bytes + p->ip.len > HELD_BYTES_MAX)
		return DROP_HOLD_BYTES;
	if (e->held.used >= e->held.count ||
	    !store_append(&bytes, &e->chunks, p->ip))
		return DROP_HOLD_TABLE;
	i = pool_take(&e->held);
	h = held_at(e, i);
	h->session = session_index(e, s);
	h->direction = (uint8_t)d;
	h->tag = tag;
	h->seq = p->seq;
	h->since_us = e->now;
	h->bytes = bytes;
	st->held_count++;
	st->held_bytes += bytes.len;
	list_insert(&st->held, &e->held_via, i, place_for(e, st, p->seq));
	list_append(&e->held_age, &e->age_via, i);
	e->stats.packets_held++;
	return DROP_REASONS;
}

bool hold_take_ready(struct engine *e, struct stream *st, struct packet *p,
		     uint32_t *tag)
{
	uint32_t i = st->held.head;
	size_t len;

	if (i == NIL || seq_before(st->next, held_at(e, i)->seq))
		return false;
	*tag = held_at(e, i)->tag;
	len = store_copy(&held_at(e, i)->bytes, &e->chunks, 0, PACKET_ROOM,
			 e->packet);
	held_free(e, st, i);
	e->stats.packets_released++;
	/* It was TCP when it came, and not a byte has changed. */
	return packet_decode((struct span){ e->packet, len }, p) == PACKET_TCP;
}

void hold_drop_all(struct engine *e, struct stream *st)
{
	while (st->held.head != NIL)
		held_drop(e, st, st->held.head, DROP_HOLD_END);
}

uint64_t hold_tick(struct engine *e)
{
	while (e->held_age.head != NIL) {
		struct held *h = held_at(e, e->held_age.head);
		struct session *s = pool_at(&e->sessions, h->session);

		if (h->since_us + HELD_US > e->now ||
		    e->out->verdicts >= OUTCOME_VERDICTS_MAX)
			return h->since_us + HELD_US;
		held_drop(e, &s->side[h->direction], e->held_age.head,
			  DROP_HOLD_TIMEOUT);
	}
	return ENGINE_NEVER;
}
