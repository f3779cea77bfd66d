/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the client's files know of each other. */
#ifndef LAB_CLIENT_PRIVATE_H
#define LAB_CLIENT_PRIVATE_H

#include "lab/client.h"

/* Note where and why it stopped; the first stop stays. Gives false, so that a
 * stage can say `return client_stop(...)`. */
bool client_stop(struct client *c, enum stage stage, enum stop_reason reason,
		 struct span text);

/* The same for what a link said; LINK_DONE gives true. */
bool client_link(struct client *c, enum stage stage, const struct link *l,
		 enum link_result result);

/* The same for a negative errno of lab/socket.h. */
bool client_system(struct client *c, enum stage stage, int error);

/* Connect *@l from @from to @to, as socket_connect() has it. */
bool client_reach(struct client *c, enum stage stage,
		  const struct endpoint *from, const struct endpoint *to,
		  struct link *l);

/* The same for client.reply, which says no. */
bool client_refused(struct client *c, enum stage stage);

/* Send a line and wait for nothing. */
bool client_send(struct client *c, enum stage stage, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The next reply, preliminary ones too. */
bool client_read_reply(struct client *c, enum stage stage, uint64_t until);

#endif
