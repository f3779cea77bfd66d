/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replay as sequence diagrams, for people: one ladder for each session, of
 * client, gateway and server, with what was said on the arrows and what the
 * gateway decided in brackets beside its lifeline.
 *
 *	session 1
 *	          client             gateway               server
 *	   33     |--- PASV ------------|--------------------->|
 *	   34     |<-- 227 Entering Passive Mode (10,2,5,5...--|
 *	          |  [ pinhole 1 opened: 10.1.4.4 > 10.2.5.5 ] |
 *	   35     |=== passive data ... =|====================>|
 *
 * What the gateway keeps ends there with an x. Sessions interleave, and a
 * ladder reads well only in one piece: so each is kept until its session is
 * over, or the capture is.
 */
#ifndef REPORT_LADDER_H
#define REPORT_LADDER_H

#include <stdio.h>

#include "report/story.h"

/*
 * Bytes of one ladder that are kept: ten thousand lines of the longest kind,
 * more than anybody reads. What is beyond is counted, and that is said at the
 * ladder's end.
 */
#define LADDER_SESSION_MAX (1u << 20)

/* And of all ladders together that are not printed yet: an hour of a busy
 * gateway, in memory that every machine has. */
#define LADDER_TOTAL_MAX (64u << 20)

struct ladder;

/* Prints to @out, which stays the caller's; whether it could be written there,
 * ferror() says. NULL: no memory. */
struct ladder *ladder_new(FILE *out);

/* Prints what is left. NULL is fine. */
void ladder_free(struct ladder *l);

struct listener ladder_listener(struct ladder *l);

#endif
