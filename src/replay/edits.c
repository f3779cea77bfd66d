/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/edits.h"

#include <string.h>

static void push(struct edits *e, uint32_t end, int32_t delta)
{
	if (e->count == EDITS_MAX) {
		e->before = e->edit[0].delta;
		memmove(e->edit, e->edit + 1,
			(EDITS_MAX - 1) * sizeof(e->edit[0]));
		e->count--;
	}
	e->edit[e->count++] = (struct edit){ end, delta };
}

void edits_learn(struct edits *e, uint32_t end, uint32_t out)
{
	struct edit *last = e->count ? &e->edit[e->count - 1] : NULL;
	const int32_t delta = (int32_t)(out - end);

	if (last && (int32_t)(end - last->end) < 0)
		return;
	if (last && end == last->end)
		last->delta = delta;
	else if (delta != (last ? last->delta : e->before))
		push(e, end, delta);
}

uint32_t edits_far(const struct edits *e, uint32_t at)
{
	int32_t delta = e->before;

	for (unsigned int i = 0; i < e->count; i++)
		if ((int32_t)(at - e->edit[i].end) >= 0)
			delta = e->edit[i].delta;
	return at + (uint32_t)delta;
}
