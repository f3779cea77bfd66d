/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What encrypted records give away: the end of the handshake, and of TLS. */
#ifndef CORE_TLS_FINISH_H
#define CORE_TLS_FINISH_H

#include "session.h"

/* Is what @d sends in handshake and alert records encrypted? */
bool tls_is_protected(const struct session *s, enum direction d);

/* Does @piece, which ends a record, finish the handshake? Only asked in
 * TLS_CHOSEN. */
bool tls_finishes(struct session *s, enum direction d,
		  const struct tls_piece *piece);

/* May the record of @piece be a close_notify (RFC 8446 6.1, RFC 5246 7.2.1)? */
bool tls_may_close(const struct session *s, enum direction d,
		   const struct tls_piece *piece);

#endif
