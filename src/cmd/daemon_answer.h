/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon tells about itself, as JSON for the control socket. */
#ifndef CMD_DAEMON_ANSWER_H
#define CMD_DAEMON_ANSWER_H

#include <jansson.h>

#include "cmd/daemon.h"

/* Each gives a new object, or NULL without memory. */
json_t *daemon_answer_status(struct daemon *d);
json_t *daemon_answer_reload(const struct daemon *d, const struct reload *r);

/* daemon_stats.c: all counters, as report/counts.h lists them. */
json_t *daemon_answer_stats(struct daemon *d);

/* What daemon_answer_stats() gives, as report/prometheus.h prints it; @arg is
 * the daemon. For struct scrape_handler. */
char *daemon_answer_metrics(void *arg, size_t *len);

/*
 * daemon_table.c: begin the answer that lists a table: {"sessions": [...]},
 * {"pinholes": [...]} or {"grants": [...]}. It is sent in parts, so that a full table holds no
 * worker up and takes no memory. Rows made or gone meanwhile may be missed.
 */
void daemon_answer_sessions(struct daemon *d, struct control_peer *peer);
void daemon_answer_pinholes(struct daemon *d, struct control_peer *peer);
void daemon_answer_grants(struct daemon *d, struct control_peer *peer);

#endif
