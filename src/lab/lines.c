/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a control connection. */
#include "lab/lines.h"

#include <string.h>

/* False: no line end in what has come. */
static bool cut(struct lines *b, struct span *line)
{
	struct span rest = span_of(b->buf + b->from, b->to - b->from);
	size_t end = span_find(rest, '\n');

	if (end == rest.len)
		return false;
	b->from += end + 1;
	if (end > 0 && rest.at[end - 1] == '\r')
		end--;
	*line = span_sub(rest, 0, end);
	return true;
}

enum lines_result lines_take(struct lines *b, struct link *l, struct span *line,
			     enum link_result *link_result, uint64_t until)
{
	while (!cut(b, line)) {
		size_t got;

		memmove(b->buf, b->buf + b->from, b->to - b->from);
		b->to -= b->from;
		b->from = 0;
		if (b->to == sizeof(b->buf))
			return LINES_TOO_LONG;
		*link_result = link_read(l, b->buf + b->to,
					 sizeof(b->buf) - b->to, &got, until);
		if (*link_result != LINK_DONE)
			return LINES_LINK;
		b->to += got;
	}
	return LINES_OK;
}

bool lines_left(const struct lines *b, const struct link *l)
{
	return b->from < b->to || (l->tls && tls_peer_pending(l->tls));
}
