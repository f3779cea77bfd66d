/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TLS handshake of a control connection, read. */
#ifndef CORE_SESSION_HANDSHAKE_H
#define CORE_SESSION_HANDSHAKE_H

#include <sallyport/event.h>

#include "session.h"

struct engine;

void handshake_init(struct session *s);

/* Give back what had to be remembered of it. */
void handshake_forget(struct engine *e, struct session *s);

/* A new event about it. */
struct event *handshake_tell(struct engine *e, const struct session *s,
			     enum tls_step step);

/*
 * Read on in the bodies of @d's handshake records: @bytes follow those of the
 * call before. Messages take no notice of records (RFC 8446 5.1), so what is
 * not whole is kept. False if a message cannot be read or has no place here.
 */
bool handshake_take(struct engine *e, struct session *s, enum direction d,
		    struct span bytes);

#endif
