/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A `servers:` section learned from a replay.
 *
 * For each server that was seen, an entry with the reasons for each of its lines
 * as comments. The whole output loads as a configuration as it is; it is for
 * somebody who looks it over, since a capture shows what was used and never what
 * is allowed.
 *
 * What counts as evidence:
 *
 *   passive-ports   Endpoints of 227, 228 and 229: in clear those that the
 *                   engine accepted, of those that a key log shows those that
 *                   name the server itself; data connections that matched,
 *                   or whose port was announced; and, of a session under TLS
 *                   without a key log, connections of the same hosts to ports
 *                   from 1024 while it was open. The range is the lowest to the
 *                   highest of them.
 *   active          "allow" if there was an active data connection.
 *   tls             "expected" if there was a session under TLS, and no login
 *                   in clear.
 *   data-protection "require" if a data connection showed TLS, and none showed
 *                   anything else.
 *   public-address  An address that a 227 or 228 announced, which is not the
 *                   server's own, if data connections to the announced port
 *                   followed. Otherwise it may be a bounce, and stays a comment.
 *
 * An entry for which nothing of the kind was seen is all comment.
 *
 * Memory is bounded whatever the capture holds, as is the output: by
 * CONFIG_SERVERS_MAX servers and what a suggest_server keeps of each.
 */
#ifndef REPORT_SUGGEST_H
#define REPORT_SUGGEST_H

#include <stdio.h>

#include "report/story.h"

struct suggest;

/* Prints to @out when it is told the end; NULL: no memory. Whether the output
 * could be written is for the caller to ask @out. */
struct suggest *suggest_new(FILE *out);

/* Lives as long as @s. */
struct listener suggest_listener(struct suggest *s);

void suggest_free(struct suggest *s);

#endif
