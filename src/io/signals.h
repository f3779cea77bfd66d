/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals as a descriptor: no code runs at odd moments. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

/*
 * From now on SIGTERM, SIGINT and SIGHUP come only through the descriptor that
 * this gives (or a negative errno), and SIGPIPE and SIGXFSZ not at all. Call it before
 * any other thread is started: threads inherit what is blocked.
 */
int signals_open(void);

/* The number of a signal that came, or 0. */
int signals_take(int fd);

#endif
