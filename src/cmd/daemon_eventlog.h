/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log: a file, or a pipe that may stall. Belongs to one thread. */
#ifndef CMD_DAEMON_EVENTLOG_H
#define CMD_DAEMON_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/place.h"

/* Lines that wait while nobody takes them. */
#define EVENTLOG_PENDING_MAX (8u << 20)

struct eventlog {
	int fd;           /* -1: there is none */
	const char *path; /* for messages */
	char *pending;    /* EVENTLOG_PENDING_MAX bytes */
	size_t from, to;  /* what of it is still to be written */
	bool may_block;   /* not a regular file */
	bool failing;     /* and said so */
	bool torn;        /* the last line written lacks its end */
	uint64_t failures;
	uint64_t lost, written; /* lines */
};

/* Open the file at @place to append, standard output where that holds no
 * directory; only its owner may read a new file. Gives a descriptor or a
 * negative errno. */
int eventlog_file(const struct place *place);

/* Use @fd (-1: none), which is the log's from now on. Gives 0 or a negative
 * errno. */
int eventlog_begin(struct eventlog *log, int fd, const char *path);
void eventlog_end(struct eventlog *log);

/* Go on with another file; what is pending goes there. */
void eventlog_switch(struct eventlog *log, int fd);

/* Keep whole lines for writing; without room they are lost. */
void eventlog_add(struct eventlog *log, const char *lines, size_t len);

/* Is anything waiting to be written? */
bool eventlog_waits(const struct eventlog *log);

/* Write what goes without waiting. A failure is logged once, until it works
 * again; the lines it hit are lost. */
void eventlog_write(struct eventlog *log);

#endif
