/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phrases for people: what the gateway decided, and why. No newline in any of
 * them; network text is escaped.
 */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include <stdio.h>

#include <sallyport/event.h>

#include "report/story.h"

/*
 * The decision that @e tells, "pinhole 1 opened: 10.1.4.4 > 10.2.5.5:42131", or
 * facts that belong beside what was said, such as a certificate's. Nothing
 * where there is no more to say.
 */
void verdict_event(FILE *to, const struct event *e);

/* The same for an endpoint that only a key log shows: the gateway does not see
 * it, but the connection. "a grant lets in 10.2.5.5:42131" */
void verdict_hidden(FILE *to, const struct event *e);

/* "let in by a pinhole", "would be stopped: no pinhole is open for it" */
void verdict_flow(FILE *to, const struct story_flow *f);

/* What the connection carried: "4,000 bytes from the server; TLS resumed". */
void verdict_carried(FILE *to, const struct story_flow *f);

/* What became of a packet. */
const char *verdict_fate(enum story_fate fate);

/* The alert that the engine raises with an endpoint refused for @reason (NULL:
 * not refused); ALERTS: none. It raises each once in a session. */
enum alert verdict_rule(const char *reason);

#endif
