/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and texts of what the daemon counts besides the engine. */
#ifndef REPORT_COUNTS_H
#define REPORT_COUNTS_H

#define DAEMON_COUNTS(X)                                                    \
	X(lookups, "conntrack lookups")                                     \
	X(lookups_missing, "conntrack lookups without an answer")           \
	X(packets_too_long, "packets too long to be read; passed unread")   \
	X(receive_errors, "receives from a queue that failed")              \
	X(verdict_errors, "verdicts that could not be given")               \
	X(conntrack_overruns, "times that conntrack's events were lost")    \
	X(rechecks, "connections looked up after that")                     \
	X(entries_replaced, "old entries that were in a data connection's " \
			    "way")

#define JOURNAL_COUNTS(X)                                  \
	X(lost, "events lost on the way to their readers") \
	X(log_failures, "writes to the event log that failed")

/* Of each queue. */
#define QUEUE_COUNTS(X)                                            \
	X(packets, "packets queued")                               \
	X(waiting, "packets without a verdict now")                \
	X(full_drops, "packets dropped, as the queue was full")    \
	X(socket_drops, "packets dropped, as the socket was full") \
	X(verdicts_refused, "verdicts that came too late")

#endif
