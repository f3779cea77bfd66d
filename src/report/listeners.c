/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/listeners.h"

void listeners_add(struct listeners *l, struct listener one)
{
	if (l->count < LISTENERS_MAX)
		l->item[l->count++] = one;
}

#define TELL_ALL(name, type)                                           \
	static void tell_##name(void *arg, const struct type *what)    \
	{                                                              \
		const struct listeners *l = arg;                       \
                                                                       \
		for (size_t i = 0; i < l->count; i++)                  \
			if (l->item[i].name)                           \
				l->item[i].name(l->item[i].arg, what); \
	}

TELL_ALL(note, story_note)
TELL_ALL(packet, story_packet)
TELL_ALL(flow, story_flow)
TELL_ALL(traffic, story_traffic)
TELL_ALL(end, story_end)

struct listener listeners_all(struct listeners *l)
{
	return (struct listener){ l,         tell_note,    tell_packet,
				  tell_flow, tell_traffic, tell_end };
}
