/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's counters in Prometheus's text exposition format, version 0.0.4.
 *
 *	# HELP sallyport_sessions sessions open now
 *	# TYPE sallyport_sessions gauge
 *	sallyport_sessions 3
 *	# HELP sallyport_pinholes_refused_total pinholes refused
 *	# TYPE sallyport_pinholes_refused_total counter
 *	sallyport_pinholes_refused_total{reason="port"} 0
 *	sallyport_pinholes_refused_total{reason="table"} 2
 *
 * Names are those of `ctl stats` behind "sallyport_" and the prefix of their
 * group (report/counts.h); what only grows ends in "_total". All of them count
 * things: no unit has to be converted. What is counted for each queue is summed
 * up. All values of a label are there from the start, zeros too, so that the
 * first of its kind is an increase.
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

/* @value as it stands between a label's quotes: these are escaped too. */
void prometheus_label(FILE *to, const char *value);

#endif
