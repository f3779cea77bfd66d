/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line for people per event: time, session, what. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/event.h>

/* "9999-12-31T23:59:59.999999Z" and its NUL. */
#define TEXT_TIME_MAX 28

/*
 * @at_us (microseconds since the epoch) as RFC 3339 has it, in UTC with six
 * decimals. Times behind the year 9999, which only a damaged capture has, are
 * written as its last microsecond. Gives the length.
 */
size_t text_time(uint64_t at_us, char out[TEXT_TIME_MAX]);

/* "42000-42999" and its NUL. */
#define TEXT_RANGE_MAX 12

/* A port, or two with a hyphen between them. */
void text_range(const struct port_range *r, char out[TEXT_RANGE_MAX]);

/*
 * "10:15:42.123456 #7 10.1.4.4:40000 > 10.2.5.5:21 command PASV" and a
 * newline. Network text is escaped; a secret argument prints as "***".
 */
void text_write(FILE *to, const struct event *event);

/* The same without the newline, in memory that the caller frees; NULL if there
 * is none. */
char *text_format(const struct event *event);

#endif
