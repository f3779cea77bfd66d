/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that policy refuses before they reach the server (tls.explicit). */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include <sallyport/ftp_command.h>

#include "ftp_reaction.h"
#include "ftp_session.h"

struct engine;

/* May any command be refused at all? Then whole lines in the clear are
 * withheld. */
bool refusal_is_policy(const struct engine *e);

/* Must the unfinished line of direction @d wait until it is whole? */
bool refusal_may_edit(const struct engine *e, const struct session *s,
		      enum direction d);

/* @cmd, which stands in @raw: is it refused? Then the server will read NOOP,
 * and its reply becomes ours; or the session is cut. */
bool refusal_command(struct engine *e, struct session *s,
		     const struct ftp_command *cmd, const struct line *raw);

/* The final reply @r, in @raw, answers a refused command: put ours in its
 * place. */
void refusal_reply(struct engine *e, struct session *s, const struct line *raw,
		   struct reply *r);

/* The client speaks in the clear and its lines cannot be held back any more. */
void refusal_in_clear(struct engine *e, struct session *s);

/* Drop all that @s still sends, and reset both ends. */
void session_cut(struct engine *e, struct session *s);

#endif
