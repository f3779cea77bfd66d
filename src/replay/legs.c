/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/legs.h"

/*
 * Translated: each side names itself truly on its own way alone. What the
 * opener sends comes by way[0] and leaves by way[1]; the other's packets come
 * by way[1] and leave by way[0].
 */
static bool is_behind(const struct conn_found *found)
{
	return found->conn->way[1] &&
	       (found->way != found->side) != found->conn->reversed;
}

static struct conn_last last_of(const struct frame *f)
{
	const struct packet *p = &f->packet;

	return (struct conn_last){
		.seq = p->seq,
		.ack = p->ack,
		.len = f->payload,
		.tsval = p->tsval,
		.window = p->window,
		.id = f->id,
		.flags = p->flags,
		.ttl = f->ttl,
	};
}

/*
 * Not translated: the same packet again. It has lost a hop, or not even that
 * (a bridge, a mirrored port); then IPv4's identification tells it from one
 * that was sent again, or a timestamp: nothing is sent again so soon, but for
 * acknowledgements (RFC 6298 2.4, RFC 7323 3.2).
 */
static bool is_copy(const struct conn_last *a, const struct conn_last *b)
{
	if (b->ttl + 1 == a->ttl)
		return true;
	return b->ttl == a->ttl &&
	       (b->id ||
		(b->tsval && (b->len || b->flags & (TCP_SYN | TCP_FIN))));
}

static bool is_same(const struct conn_last *a, const struct conn_last *b)
{
	if (a->seq != b->seq || a->ack != b->ack || a->len != b->len ||
	    a->tsval != b->tsval || a->window != b->window || a->id != b->id ||
	    a->flags != b->flags)
		return false;
	return is_copy(a, b);
}

static void remember(struct conn_side *s, const struct conn_last *now)
{
	struct conn_last *place = &s->last[s->last_at];

	/* One without flags was never there. */
	if (place->flags &&
	    (!s->has_forgotten || (int32_t)(place->tsval - s->forgotten) > 0)) {
		s->has_forgotten = true;
		s->forgotten = place->tsval;
	}
	*place = *now;
	s->last_at = (uint8_t)((s->last_at + 1) % CONN_LAST_MAX);
}

bool legs_is_second(const struct conn_found *found, const struct frame *f)
{
	struct conn_side *s = &found->conn->side[found->side];
	const struct conn_last now = last_of(f);

	if (is_behind(found))
		return true;
	for (size_t i = 0; i < CONN_LAST_MAX; i++)
		if (is_same(&s->last[i], &now))
			return true;
	remember(s, &now);
	return false;
}

/* The same packet, but for its length and numbers. */
static bool is_like(const struct conn_last *a, const struct conn_last *b)
{
	return a->tsval == b->tsval && a->window == b->window &&
	       a->id == b->id && a->flags == b->flags && a->ttl > b->ttl;
}

/* May the first leg of @now be one that is forgotten? Without an identification
 * only the sender's clock tells, where there is one. */
static bool is_forgotten(const struct conn_side *s, const struct conn_last *now)
{
	return !now->id && s->has_forgotten &&
	       (int32_t)(s->forgotten - now->tsval) >= 0;
}

void legs_added(const struct conn_found *found, const struct frame *f)
{
	const struct conn_side *s = &found->conn->side[found->side];
	const struct conn_last now = last_of(f);
	const struct conn_last *first = NULL;

	if (is_forgotten(s, &now))
		return;
	for (size_t i = 0; i < CONN_LAST_MAX; i++) {
		if (!is_like(&s->last[i], &now))
			continue;
		if (first)
			return; /* whichever it is */
		first = &s->last[i];
	}
	if (first)
		found->conn->added[found->side] =
			now.seq + now.len - first->seq - first->len;
}
