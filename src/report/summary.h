/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The summary behind a replay's table: a block for each session, one for
 * connections without a session, and one for all of it together.
 *
 * Up to SUMMARY_SHOW_ALL sessions are all shown. Of more, only those are that
 * somebody should look at: a data connection that nothing lets in, or that
 * nobody answered; an endpoint, pinhole or grant refused; a pinhole that
 * expired unused; a TLS handshake that failed or
 * never finished; an alert above "info". The last
 * block counts all of them, shown or not, and says how many were left out.
 *
 * Memory is bounded whatever the capture holds: SUMMARY_SESSIONS_MAX sessions of
 * about 600 bytes. When there are more, those that ended without trouble are
 * counted and forgotten; when all that are left have trouble, further ones are
 * only counted.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdio.h>

#include "report/book.h"
#include "report/story.h"

#define SUMMARY_SESSIONS_MAX BOOK_PAGES_MAX

/* A screen or two for each hundred; nobody reads more of what went well. */
#define SUMMARY_SHOW_ALL 100

/* Nor more than this of what did not: the reasons are in the last block. */
#define SUMMARY_SHOW_MAX 1000

struct summary;

/* Prints to @out when it is told the end; NULL: no memory. Whether the output
 * could be written is for the caller to ask @out. */
struct summary *summary_new(FILE *out);

/* Lives as long as @s. */
struct listener summary_listener(struct summary *s);

void summary_free(struct summary *s);

#endif
