/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The FTP conversation. */
#ifndef CORE_FTP_SESSION_H
#define CORE_FTP_SESSION_H

#include "session.h"

struct engine;

/* A line without its end. */
struct line {
	struct span text;
	uint32_t seq; /* of its first byte */
	bool tainted; /* urgent data or Telnet in it */
};

void ftp_line_from_client(struct engine *e, struct session *s,
			  const struct line *line);
void ftp_line_from_server(struct engine *e, struct session *s,
			  const struct line *line);

#endif
