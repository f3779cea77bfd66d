/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's counters in Prometheus's text exposition format, version 0.0.4.
 *
 *	# HELP sallyport_sessions sessions open now
 *	# TYPE sallyport_sessions gauge
 *	sallyport_sessions 3
 *
 * No sample has labels: what is counted for each queue is summed up. Names are
 * those of `ctl stats` behind "sallyport_", and "daemon_", "events_" or
 * "queue_" where the engine is not the one that counts; what only grows ends in
 * "_total". All of them count things: no unit has to be converted.
 */
#ifndef REPORT_PROMETHEUS_H
#define REPORT_PROMETHEUS_H

#include <stdio.h>

#include <jansson.h>

/* What names the format in HTTP. */
#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Print @answer, which is that of `ctl stats`. A counter that it does not hold
 * is left out: an absent sample is not a zero. */
void prometheus_stats(FILE *to, const json_t *answer);

/* @text as HELP lines want it: backslash and line feed escaped. */
void prometheus_help(FILE *to, const char *text);

#endif
