/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replay as a table, for people: each line, TLS message and data connection
 * in one row, and beside it what the gateway decided.
 *
 *	 frame       time sess who      what               verdict
 *	    34   0.007891 #1   < server 227 Entering ...   pinhole 1 opened: ...
 *
 * The time is in seconds since the first row. Rows come in the order of the
 * story, also where its time goes back. A frame number of "-": no packet, but
 * time that passed, or the sum of a data connection. "[decrypted]" marks what
 * the wire hides and only a key log shows.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdio.h>

#include "report/story.h"

struct table;

/* Prints to @out, which stays the caller's; whether it could be written there,
 * ferror() says. NULL: no memory. */
struct table *table_new(FILE *out);

/* Prints what is left. NULL is fine. */
void table_free(struct table *t);

struct listener table_listener(struct table *t);

#endif
