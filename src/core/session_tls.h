/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS on the control connection: its handshake read, its records followed. */
#ifndef CORE_SESSION_TLS_H
#define CORE_SESSION_TLS_H

#include "session.h"

struct engine;

/* From here on both directions speak TLS: 234 was read (RFC 4217 4), or the
 * connection is to an implicit port and starts. */
void session_tls_begin(struct engine *e, struct session *s);

/*
 * Take @bytes, the next ones of direction @d, which speaks TLS. Gives how many
 * of them are records; where these end before @bytes do, the direction speaks
 * in the clear from there on.
 */
size_t session_tls_take(struct engine *e, struct session *s, enum direction d,
			struct span bytes);

/* It has not left the queue, or is over. */
void session_tls_stay(struct engine *e, struct session *s);

/* The session ends: its grants close. */
void session_tls_end(struct engine *e, struct session *s, const char *reason);

/* What a direction says in the clear behind a handshake that did not come to
 * its end: only a 421 has a place there (RFC 4217 4.2). */
bool session_tls_is_broken(const struct session *s);

/* Does @bytes look like the start of a record? For sessions whose beginning
 * was not seen. */
bool session_tls_looks_so(struct span bytes);

#endif
