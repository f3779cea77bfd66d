/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports as a list of ranges. */
#include "report/port_set.h"

#include <stdlib.h>
#include <string.h>

#include "report/amount.h"
#include "report/text.h"

/* Most sets stay this small. */
#define FIRST_ROOM 2

/* Index of the first range that does not end below @port. */
static size_t find(const struct port_set *s, uint16_t port)
{
	size_t low = 0, high = s->ranges;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->range[mid].hi < port)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool make_room(struct port_set *s, uint16_t most)
{
	unsigned int room = s->room ? 2u * s->room : FIRST_ROOM;
	struct port_range *range;

	if (s->ranges < s->room)
		return true;
	room = room < most ? room : most;
	if (s->ranges >= room)
		return false;
	range = realloc(s->range, room * sizeof(*range));
	if (!range)
		return false;
	s->range = range;
	s->room = (uint16_t)room;
	return true;
}

static void insert(struct port_set *s, size_t at, uint16_t port, uint16_t most)
{
	if (s->ranges >= most || !make_room(s, most)) {
		s->more = true;
		return;
	}
	memmove(s->range + at + 1, s->range + at,
		(s->ranges - at) * sizeof(*s->range));
	s->range[at] = (struct port_range){ port, port };
	s->ranges++;
}

/* Close the gap between @at - 1 and @at. */
static void join(struct port_set *s, size_t at)
{
	s->range[at - 1].hi = s->range[at].hi;
	s->ranges--;
	memmove(s->range + at, s->range + at + 1,
		(s->ranges - at) * sizeof(*s->range));
}

void port_set_add(struct port_set *s, uint16_t port, uint16_t most)
{
	size_t at = find(s, port);
	bool above = at > 0 && s->range[at - 1].hi + 1 == port;

	if (at < s->ranges && s->range[at].lo <= port)
		return;
	if (at < s->ranges && s->range[at].lo == port + 1) {
		s->range[at].lo = port;
		if (above)
			join(s, at);
	} else if (above) {
		s->range[at - 1].hi = port;
	} else {
		insert(s, at, port, most);
	}
}

uint32_t port_set_count(const struct port_set *s)
{
	uint32_t count = 0;

	for (size_t i = 0; i < s->ranges; i++)
		count += s->range[i].hi - s->range[i].lo + 1u;
	return count;
}

void port_set_put(FILE *to, const struct port_set *s, uint16_t most)
{
	uint16_t shown = s->ranges < most ? s->ranges : most;
	char text[TEXT_RANGE_MAX];

	for (uint16_t i = 0; i < shown; i++) {
		text_range(&s->range[i], text);
		fprintf(to, "%s%s", i ? ", " : "", text);
	}
	if (s->more) {
		fputs(", and more", to);
	} else if (shown < s->ranges) {
		fputs(", and ", to);
		amount_put(to, (uint64_t)s->ranges - shown);
		fputs(" more", to);
	}
}

void port_set_free(struct port_set *s)
{
	free(s->range);
	*s = (struct port_set){ 0 };
}
