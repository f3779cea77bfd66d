/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way to those who read them: the event log, the log on
 * standard error, and `ctl events`.
 *
 * journal_add() only copies. A thread of the journal's own formats and writes,
 * so a full disk, a pipe that nobody empties or a slow reader never delays a
 * packet. What does not fit is counted as lost.
 */
#ifndef CMD_DAEMON_JOURNAL_H
#define CMD_DAEMON_JOURNAL_H

#include <stdint.h>
#include <sys/types.h>

#include <sallyport/engine.h>

/* Some ten thousand events wait to be formatted, at most. */
#define JOURNAL_BYTES (4u << 20)

/* What the kernel keeps for one reader of events before that is too slow. */
#define JOURNAL_READER_BYTES (4 << 20)

/* After the end is asked for: what is not written by then is lost. */
#define JOURNAL_DRAIN_MS 1000

struct journal;

/*
 * @path: the event log, to be appended to; "-" is standard output, NULL: none.
 * Must outlive the journal. Gives 0 or a negative errno.
 */
int journal_open(struct journal **out, const char *path);

/* The directory that journal_reopen() makes files in; -1: none. */
int journal_directory(const struct journal *j);

/* Give the event log to @uid, so that it may open it again, if that is a file
 * of ours. Gives 0 or a negative errno. */
int journal_give(const struct journal *j, uid_t uid);

/* Begin to write, in a thread that has the caller's root directory, user and
 * rights; signals must be blocked already. Gives 0 or a negative errno. */
int journal_start(struct journal *j);

/* Write what is there, then end. NULL is fine. */
void journal_close(struct journal *j);

/* Take a copy of those events of @out that anybody reads. Any thread may call,
 * but the order is that of the calls. journal_wake() is due afterwards, when
 * the caller has done what is more urgent. */
void journal_add(struct journal *j, const struct outcome *out);

/* Begin to write what was added, if anything was. */
void journal_wake(struct journal *j);

/* Begin a new event log at the same path, after a rotation. Gives 0, or a
 * negative errno, and then the old one goes on. */
int journal_reopen(struct journal *j);

/*
 * From now on send every event to the socket @fd as a line of JSON. If that is
 * too slow it is shut down and forgotten. Gives 0, or -EMFILE: as many as
 * there may be.
 */
int journal_reader_add(struct journal *j, int fd);

/* No more from now on: @fd may be closed. One that is not there is fine. */
void journal_reader_remove(struct journal *j, int fd);

struct journal_counts {
	uint64_t written;      /* lines, to the event log */
	uint64_t lost;         /* they did not fit, or could not be written */
	uint64_t log_failures; /* writes to the event log that failed */
	uint64_t readers_dropped; /* they were too slow */
	uint32_t readers;
};

void journal_counts(struct journal *j, struct journal_counts *out);

#endif
