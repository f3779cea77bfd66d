/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/syn.h"

#include <stdlib.h>

/* Places to look at for one number: whoever fills them makes us miss a second
 * leg, no more. */
#define PLACES 4

struct syn {
	struct endpoint src, dst;
	uint64_t at_us;
	uint32_t isn, tsval;
	uint16_t window, mss, id;
	uint8_t ttl;
	bool used;
};

struct syns {
	struct syn set[SYN_MAX / PLACES][PLACES];
};

struct syns *syns_new(void)
{
	return calloc(1, sizeof(struct syns));
}

static size_t set_of(const struct packet *p)
{
	/* Initial numbers are random (RFC 9293 3.4.1). */
	return (p->seq ^ p->seq >> 16) % (SYN_MAX / PLACES);
}

void syns_add(struct syns *t, const struct frame *f, uint64_t at_us)
{
	const struct packet *p = &f->packet;
	struct syn *set = t->set[set_of(p)], *oldest = &set[0];

	for (size_t i = 1; i < PLACES; i++)
		if (set[i].at_us < oldest->at_us)
			oldest = &set[i];
	*oldest = (struct syn){
		.src = p->src,
		.dst = p->dst,
		.at_us = at_us,
		.isn = p->seq,
		.tsval = p->tsval,
		.window = p->window,
		.mss = p->mss,
		.id = f->id,
		.ttl = f->ttl,
		.used = true,
	};
}

/* Another connection may begin with the same number: by chance, or so that its
 * packets are taken for legs of this one. But it has made as many hops. */
static bool is_same(const struct syn *s, const struct frame *f)
{
	const struct packet *p = &f->packet;

	if (!s->used || s->isn != p->seq || s->tsval != p->tsval ||
	    s->window != p->window || s->id != f->id)
		return false;
	/* The gateway may clamp the MSS (TCPMSS), but never raise it. */
	return f->ttl < s->ttl && (!p->mss || p->mss <= s->mss);
}

static bool has_other_ends(const struct syn *s, const struct packet *p)
{
	return !endpoint_equal(&s->src, &p->src) ||
	       !endpoint_equal(&s->dst, &p->dst);
}

/* The leg before @f, with other ends or with the same. */
static const struct syn *leg_before(const struct syns *t, const struct frame *f,
				    uint64_t at_us, bool other_ends)
{
	const struct syn *set = t->set[set_of(&f->packet)];

	for (size_t i = 0; i < PLACES; i++)
		if (is_same(&set[i], f) &&
		    has_other_ends(&set[i], &f->packet) == other_ends &&
		    at_us <= set[i].at_us + SYN_LEG_US)
			return &set[i];
	return NULL;
}

bool syns_find(const struct syns *t, const struct frame *f, uint64_t at_us,
	       struct endpoint *src, struct endpoint *dst)
{
	const struct syn *s = leg_before(t, f, at_us, true);

	if (!s)
		return false;
	*src = s->src;
	*dst = s->dst;
	return true;
}

bool syns_is_second(const struct syns *t, const struct frame *f, uint64_t at_us)
{
	return leg_before(t, f, at_us, false) != NULL;
}

void syns_free(struct syns *t)
{
	free(t);
}
