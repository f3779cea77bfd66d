/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reply means for its session. */
#ifndef CORE_FTP_REACTION_H
#define CORE_FTP_REACTION_H

#include <stdint.h>

#include <sallyport/span.h>

#include "ftp_session.h"
#include "session.h"

struct engine;

/* A whole reply: @line is its last line. */
struct reply {
	uint16_t code;
	uint32_t lines;
	struct span text; /* of its first line */
	const struct line *line;
	struct span last_text; /* of its last line */
	size_t last_text_at;
};

/* Is the mechanism of the last AUTH one of TLS (RFC 4217 4, RFC 2228 3: in any
 * case of letters)? */
bool ftp_auth_is_tls(const struct session *s);

/* Take a whole reply: it answers the oldest command that waits for one. */
void ftp_react(struct engine *e, struct session *s, const struct reply *r);

#endif
