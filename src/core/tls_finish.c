/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What encrypted records give away by their type, length and order.
 *
 *   TLS 1.2   Finished is the first record behind a ChangeCipherSpec, of type
 *             handshake. Both sides send one; alerts keep their type.
 *   TLS 1.3   Everything behind ServerHello has the type application data. A
 *             Finished is told from an alert by its length. The server's last
 *             word on the handshake is whatever it sends behind the client's
 *             Finished: tickets, or the reply to the first command. If it
 *             refuses the client's certificate, that is an alert.
 */
#include "tls_finish.h"

#include <sallyport/tls_hello.h>

/* An alert under TLS 1.3: its two bytes, the inner type, and the tag of every
 * suite but those of CCM_8, which is shorter (RFC 8446 5.2). Nobody pads. */
#define TLS_1_3_ALERT_MAX (2 + 1 + 16)

/* A Finished: header, the shortest hash in use (SHA-256), inner type, and the
 * shortest tag (CCM_8). */
#define TLS_1_3_FINISHED_MIN (4 + 32 + 1 + 8)

/* In TLS 1.3 a ChangeCipherSpec means nothing (RFC 8446 D.4). */
bool tls_is_protected(const struct session *s, enum direction d)
{
	return s->tls.side[d].ccs && s->tls.version < TLS_1_3;
}

static bool finishes_1_3(struct session *s, enum direction d,
			 const struct tls_piece *piece)
{
	struct tls_side *server = &s->tls.side[FROM_SERVER];
	struct tls_side *client = &s->tls.side[FROM_CLIENT];

	if (piece->type != TLS_APPLICATION_DATA)
		return false;
	if (d == FROM_SERVER && client->finished)
		return piece->length > TLS_1_3_ALERT_MAX;
	if (piece->length >= TLS_1_3_FINISHED_MIN) {
		if (d == FROM_SERVER)
			server->finished = true;
		else
			client->finished = server->finished;
	}
	return false;
}

static bool finishes_1_2(struct session *s, enum direction d,
			 const struct tls_piece *piece)
{
	if (piece->type != TLS_HANDSHAKE || !tls_is_protected(s, d))
		return false;
	s->tls.side[d].finished = true;
	return s->tls.side[!d].finished;
}

bool tls_finishes(struct session *s, enum direction d,
		  const struct tls_piece *piece)
{
	return s->tls.version < TLS_1_3 ? finishes_1_2(s, d, piece)
					: finishes_1_3(s, d, piece);
}

bool tls_may_close(const struct session *s, enum direction d,
		   const struct tls_piece *piece)
{
	if (s->tls.version < TLS_1_3)
		return piece->type == TLS_ALERT && tls_is_protected(s, d);
	return piece->type == TLS_APPLICATION_DATA &&
	       piece->length <= TLS_1_3_ALERT_MAX;
}
