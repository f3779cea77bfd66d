/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and texts of all that the daemon counts: what the engine does
 * (sallyport/stats.h), and what is here. `ctl stats`, Prometheus's text and the
 * manual have them from one table, count_groups.
 *
 * X(name, text) for counters and levels; for families, which count each value
 * of a label by itself, X(name, label, values, value_name, text).
 */
#ifndef REPORT_COUNTS_H
#define REPORT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <sallyport/stats.h>

#define DAEMON_COUNTS(X)                                                    \
	X(lookups, "conntrack lookups")                                     \
	X(lookups_missing, "conntrack lookups without an answer")           \
	X(lookups_searched, "conntrack lookups that went through its "      \
			    "whole table")                                  \
	X(packets_too_long, "packets too long to be read; passed unread")   \
	X(receive_errors, "receives from a queue that failed")              \
	X(verdict_errors, "verdicts that could not be given")               \
	X(conntrack_overruns, "times that conntrack's events were lost")    \
	X(rechecks, "connections looked up after that")                     \
	X(state_errors, "records that could not be written to the state "   \
			"file")                                             \
	X(entries_replaced, "old entries that were in a data connection's " \
			    "way")                                          \
	X(reloads, "configurations loaded again")                           \
	X(reloads_failed, "configurations refused, and the old one kept")   \
	X(requests_denied, "requests of those who have no right to them")

#define DAEMON_FAMILIES(X)                         \
	X(actions, type, ACTIONS, action_name,     \
	  "actions that the kernel was asked for") \
	X(action_failures, type, ACTIONS, action_name, "actions that failed")

#define JOURNAL_LEVELS(X) X(readers, "readers of events now")

#define JOURNAL_COUNTS(X)                                      \
	X(written, "events written to the event log")          \
	X(lost, "events lost on the way to their readers")     \
	X(log_failures, "writes to the event log that failed") \
	X(readers_dropped, "readers of events that were too slow")

/* Of the control socket. */
#define CONTROL_COUNTS(X)                                         \
	X(requests, "requests answered on the control socket")    \
	X(refused, "connections refused, as there were too many") \
	X(given_up, "connections ended, as their peer was too slow")

/* Of metrics.listen. */
#define SCRAPE_COUNTS(X)                                            \
	X(served, "answers with the counters")                      \
	X(refused, "requests for anything else, or without memory") \
	X(given_up, "connections ended, as their peer was too slow")

#define LOG_COUNTS(X)                                  \
	X(lost, "log lines lost, as nobody read them") \
	X(refused, "log entries that the journal did not take")

/* Of each queue. */
#define QUEUE_LEVELS(X) X(waiting, "packets without a verdict now")

#define QUEUE_COUNTS(X)                                            \
	X(packets, "packets queued")                               \
	X(full_drops, "packets dropped, as the queue was full")    \
	X(socket_drops, "packets dropped, as the socket was full") \
	X(verdicts_refused, "verdicts that came too late")

struct count {
	const char *name, *text;
	const char *label; /* NULL: it is one number */
	bool level;        /* it also falls; all else only grows */
};

/* A member of the answer to `ctl stats`: an object with these numbers, or a
 * list of such. What a family NAME counts by LABEL is the object
 * NAME_by_LABEL in there, beside the sum NAME. */
struct count_group {
	const char *key;
	const char *prefix; /* of Prometheus's names, behind "sallyport_" */
	const char *title;  /* for people */
	const struct count *count;
	size_t counts;
};

extern const struct count_group count_groups[];
extern const size_t count_group_count;

/* Longest name of the object of a family. */
#define COUNT_BY_MAX 64

/* What @from, the member of a group, has for @name; of a list, the sum. False
 * where nobody counts it. */
bool count_value(const json_t *from, const char *name, json_int_t *value);

/* Write "NAME_by_LABEL". */
void count_by(const struct count *c, char out[COUNT_BY_MAX]);

#endif
