/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines may hold passwords: no copy of one is left behind. */
#include "replay/hidden_line.h"

#include <stdlib.h>
#include <string.h>

bool hidden_line_keep(struct hidden_line *l, struct span part)
{
	if (l->room - l->len < part.len) {
		uint32_t room = 2 * (l->len + (uint32_t)part.len);
		uint8_t *at = malloc(room);

		if (!at)
			return false;
		if (l->len)
			memcpy(at, l->at, l->len);
		if (l->at)
			explicit_bzero(l->at, l->room);
		free(l->at);
		l->at = at;
		l->room = room;
	}
	memcpy(l->at + l->len, part.at, part.len);
	l->len += (uint32_t)part.len;
	return true;
}

void hidden_line_cut(struct hidden_line *l, bool skip)
{
	if (l->len)
		explicit_bzero(l->at, l->len);
	l->len = 0;
	l->skip = skip;
}

void hidden_line_free(struct hidden_line *l)
{
	if (l->at)
		explicit_bzero(l->at, l->room);
	free(l->at);
	*l = (struct hidden_line){ .at = NULL };
}
