/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several listeners as one. */
#ifndef REPORT_LISTENERS_H
#define REPORT_LISTENERS_H

#include <stddef.h>

#include "report/story.h"

/* A view and a summary, and as many again. */
#define LISTENERS_MAX 4

struct listeners {
	struct listener item[LISTENERS_MAX];
	size_t count;
};

/* Each is told in the order in which it was added; what does not fit is left
 * out. */
void listeners_add(struct listeners *l, struct listener one);

/* @l must outlive what is given. */
struct listener listeners_all(struct listeners *l);

#endif
