/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/ahead.h"

#include <stdlib.h>
#include <string.h>

#include <sallyport/packet.h>

/* As most packets are; longer ones get as much as they need. */
#define ROOM_FIRST 2048

struct slot {
	struct capture_packet packet; /* its ip lies in @room */
	struct conns_ahead ends;
	uint8_t *room;
	size_t size;
};

struct ahead {
	struct capture_merge *from;
	const struct conns *conns;
	enum capture_result last; /* PACKET, or why no more come */
	size_t read, given;       /* packets in all */
	struct slot slot[AHEAD_PACKETS];
};

struct ahead *ahead_new(struct capture_merge *m, const struct conns *conns)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->from = m;
	a->conns = conns;
	a->last = CAPTURE_PACKET;
	return a;
}

static struct slot *slot_at(struct ahead *a, size_t number)
{
	return &a->slot[number % AHEAD_PACKETS];
}

static bool make_room(struct slot *s, size_t len)
{
	uint8_t *room;

	if (len <= s->size)
		return true;
	if (len < ROOM_FIRST)
		len = ROOM_FIRST;
	room = realloc(s->room, len);
	if (!room)
		return false;
	s->room = room;
	s->size = len;
	return true;
}

/* One packet more; false: there is none. */
static bool read_one(struct ahead *a)
{
	struct slot *s = slot_at(a, a->read);
	struct capture_packet *p = &s->packet;
	struct packet tcp;
	size_t file;

	if (a->last != CAPTURE_PACKET)
		return false;
	a->last = capture_merge_next(a->from, p, &file);
	if (a->last != CAPTURE_PACKET)
		return false;
	if (!make_room(s, p->ip.len)) {
		a->last = CAPTURE_END;
		return false;
	}
	if (p->ip.len)
		memcpy(s->room, p->ip.at, p->ip.len);
	p->ip.at = s->room;
	s->ends.known = false;
	if (packet_decode(p->ip, &tcp) == PACKET_TCP)
		s->ends = conns_ahead_of(&tcp.src, &tcp.dst);
	a->read++;
	return true;
}

/* Each packet that is @step steps old takes the next one. */
static void fetch(struct ahead *a)
{
	for (size_t step = 0; step < CONNS_AHEAD; step++) {
		const size_t back = step * AHEAD_STEP + 1;

		if (a->read >= a->given + back)
			conns_ahead(a->conns, &slot_at(a, a->read - back)->ends,
				    (int)step);
	}
}

enum capture_result ahead_next(struct ahead *a, struct capture_packet *out)
{
	while (a->read - a->given < AHEAD_PACKETS - 1 && read_one(a))
		fetch(a);
	if (a->read == a->given)
		return a->last;
	*out = slot_at(a, a->given++)->packet;
	return CAPTURE_PACKET;
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < AHEAD_PACKETS; i++)
		free(a->slot[i].room);
	free(a);
}
