/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a control connection (RFC 959 5.3), whatever pieces they come
 * in. */
#ifndef LAB_LINES_H
#define LAB_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "lab/link.h"

/* RFC 959 has no bound; servers use a few hundred bytes, and 4096 is what
 * `limits.line-length` has in the gateway. */
#define LINES_LINE_MAX 4096

/* Starts as all zero. */
struct lines {
	uint8_t buf[LINES_LINE_MAX];
	size_t from, to; /* what has not been taken yet */
};

enum lines_result {
	LINES_OK,
	LINES_TOO_LONG,
	LINES_LINK, /* see *@link_result */
};

/* The next line, without its end (CR LF, or LF alone); the view is valid until
 * the next call. */
enum lines_result lines_take(struct lines *b, struct link *l, struct span *line,
			     enum link_result *link_result, uint64_t until);

/* Has more come from @l than was taken? Behind a 234, and behind AUTH, that is
 * an injection (RFC 4217 12). poll(2) does not know of it. */
bool lines_left(const struct lines *b, const struct link *l);

#endif
