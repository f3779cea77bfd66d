/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP of a captured connection, as far as counting needs it (RFC 9293 3.4). */
#include "replay/conn.h"

/* The largest window there is (RFC 7323 2.3): numbers further ahead than that
 * are not of this connection. */
#define WINDOW_MAX (1 << 30)

/* An RST is taken by who gets it only where it stands just behind what it has
 * (RFC 5961 3.2); a capture may lack some of that. Forged ones are far off. */
#define RESET_NEAR (1 << 20)

static bool is_reset(const struct conn_side *s, const struct packet *p)
{
	const int32_t ahead = (int32_t)(p->seq - s->end);

	return p->flags & TCP_RST &&
	       (!s->synced || (ahead <= RESET_NEAR && ahead >= -RESET_NEAR));
}

static void synchronise(struct conn_side *s, uint32_t next)
{
	s->synced = true;
	s->end = next;
}

static void take_ack(struct conn_side *other, const struct packet *p)
{
	if (other->fin && p->flags & TCP_ACK &&
	    (int32_t)(p->ack - other->fin_end) >= 0)
		other->fin_acked = true;
}

static struct conn_fresh take_payload(struct conn_side *s,
				      const struct frame *f)
{
	const uint32_t end = f->packet.seq + f->payload;
	const int32_t ahead = (int32_t)(end - s->end);
	struct conn_fresh fresh = {
		.at = s->bytes - (uint32_t)(s->end - f->packet.seq),
	};

	/* Ahead of the highest byte seen: what is missing counts as well, for
	 * its receiver has got it. */
	if ((int32_t)(f->packet.seq - s->end) > 0)
		fresh.at = s->bytes + (f->packet.seq - s->end);
	if (ahead <= 0 || ahead > WINDOW_MAX)
		return fresh;
	fresh.bytes =
		(uint32_t)ahead < f->payload ? (uint32_t)ahead : f->payload;
	s->bytes += (uint32_t)ahead;
	s->end = end;
	return fresh;
}

struct conn_fresh conn_take(struct conn *c, int side, const struct frame *f,
			    const struct story_place *place)
{
	const struct packet *p = &f->packet;
	struct conn_side *s = &c->side[side];
	struct conn_fresh fresh = { 0 };

	c->last = *place;
	if (c->packets++ == 0)
		c->opened = *place;
	c->wire_bytes += f->wire_len;
	s->ip_bytes += f->wire_len;
	c->reset |= is_reset(s, p);
	if (p->flags & TCP_RST)
		return fresh;
	take_ack(&c->side[!side], p);
	if (p->flags & TCP_SYN) {
		synchronise(s, p->seq + 1);
		return fresh;
	}
	if (!s->synced)
		synchronise(s, p->seq);
	if (f->payload)
		fresh = take_payload(s, f);
	if (p->flags & TCP_FIN) {
		s->fin = true;
		s->fin_end = p->seq + f->payload + 1;
	}
	return fresh;
}

void conn_mend(struct conn *c, int side, struct frame *f,
	       uint8_t room[FRAME_ROOM])
{
	struct conn_side *s = &c->side[side];
	const bool first = !s->sums_seen;
	const enum frame_sum sum =
		f->snapped ? FRAME_SUM_GOOD : frame_sum(&f->packet);

	s->sums_seen = true;
	s->bad_sums |= first && sum == FRAME_SUM_BAD;
	if (sum == FRAME_SUM_UNFINISHED ||
	    (sum == FRAME_SUM_BAD && s->bad_sums))
		frame_mend_sum(f, room);
}

uint32_t conn_ack(const struct conn *c, int side, uint32_t ack)
{
	return edits_far(&c->edits[!side], ack - c->added[!side]);
}

bool conn_is_over(const struct conn *c)
{
	return c->reset || (c->side[0].fin_acked && c->side[1].fin_acked);
}
