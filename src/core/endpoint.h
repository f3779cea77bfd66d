/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PORT, EPRT, LPRT and the replies 227, 228, 229. */
#ifndef CORE_ENDPOINT_H
#define CORE_ENDPOINT_H

#include "ftp_session.h"
#include "pinhole.h"
#include "session.h"

struct engine;

/* Gives true if a pinhole is asked for and waits for the reply. */
bool endpoint_command(struct engine *e, struct session *s, enum via via,
		      struct span arg, const struct line *line, size_t arg_at);
void endpoint_reply(struct engine *e, struct session *s, enum via via,
		    struct span text, const struct line *line, size_t text_at,
		    uint32_t lines);

/* The reply to an active endpoint's command came. */
void endpoint_answered(struct engine *e, struct session *s, struct hole *h,
		       bool accepted);

#endif
