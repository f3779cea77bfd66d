/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log: one JSON object a line.
 *
 * Every object has `ts` and `event`; `session`, `client` and `server` are left
 * out where an event belongs to no session. A field whose value is not known
 * (a data connection's bytes without accounting, the argument of a command
 * that has none, the reason of what went well) is left out, never guessed.
 * Endpoints are {"addr": "...", "port": N}, without the port where any will
 * do. Text from the network is escaped as report/escape.h says, and then once
 * more as JSON demands.
 */
#ifndef REPORT_JSONL_H
#define REPORT_JSONL_H

#include <stdio.h>

#include <sallyport/event.h>

/* The object without a newline, in memory that the caller frees; NULL if there
 * is none. A secret argument prints as "***". */
char *jsonl_format(const struct event *event);

/* The same of an event that only a key log shows: `decrypted` is true. */
char *jsonl_format_decrypted(const struct event *event);

/* The object and a newline. Gives 0, or an errno. Flushing is the caller's, once
 * for all events of an outcome, so that readers see whole lines soon. */
int jsonl_write(FILE *to, const struct event *event);

#endif
