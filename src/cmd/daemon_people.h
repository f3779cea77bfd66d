/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as lines of the log, with fields where the log has some. */
#ifndef CMD_DAEMON_PEOPLE_H
#define CMD_DAEMON_PEOPLE_H

#include <stddef.h>
#include <stdio.h>

#include <sallyport/event.h>

#include "io/log.h"

/* Belongs to one thread. */
struct people {
	struct log_batch batch;
	FILE *line; /* one line, in memory ... */
	char *text; /* ... here after fflush() */
	size_t len;
};

/* Gives 0 or a negative errno. */
int people_begin(struct people *p);
void people_end(struct people *p);

/* People see conversations line by line only if they ask for it. */
enum log_level people_level(const struct event *e);

/* Log @e, if the level is shown; people_flush() is due afterwards. */
void people_tell(struct people *p, const struct event *e);
void people_flush(struct people *p);

#endif
