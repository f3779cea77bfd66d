/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's answers (cmd/daemon_answer.h) as people read them.
 *
 * Each takes the whole answer. What is missing in it is printed as "-". The
 * daemon has escaped all text that came from the network.
 */
#ifndef REPORT_CTL_TABLE_H
#define REPORT_CTL_TABLE_H

#include <stdio.h>

#include <jansson.h>

void ctl_table_status(FILE *to, const json_t *answer);
void ctl_table_sessions(FILE *to, const json_t *answer);
void ctl_table_pinholes(FILE *to, const json_t *answer);
void ctl_table_grants(FILE *to, const json_t *answer);

/* One number a line: its value, name, and what it counts. */
void ctl_table_stats(FILE *to, const json_t *answer);

/* One event of the event log in one line: time, session, what, details. */
void ctl_table_event(FILE *to, const json_t *event);

#endif
