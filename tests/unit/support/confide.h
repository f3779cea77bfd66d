/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A control connection of two real TLS peers, and replay/hidden listening with
 * their key log. Include it after cmocka's headers. */
#ifndef SUPPORT_CONFIDE_H
#define SUPPORT_CONFIDE_H

#include "replay/hidden.h"

#include "tls_peers.h"

#define CLIENT DECRYPT_CLIENT
#define SERVER DECRYPT_SERVER

#define CONFIDE_TEXT_MAX 65536

/* TLS 1.2 and 1.3, with the server name ftp.example. */
#define CONFIDE_SPECS 2
extern const struct peers_spec confide_tls12, confide_tls13;
extern const struct peers_spec *const confide_specs[CONFIDE_SPECS];

/* A control connection, as packets that each carry what was said at once. */
struct confide {
	struct config config;
	struct listener to;
	struct keylog *log;
	struct hidden *hidden;
	struct peers *peers;
	size_t fed; /* pieces of the peers */
	uint32_t seq[2];
	uint64_t frame;
	bool midstream;
	const struct nat_view *nat;
	const char *why;             /* no more of session 1 can be read */
	char text[CONFIDE_TEXT_MAX]; /* what was told, a line each */
	size_t len;
};

/* Nothing is sent yet. The key log is that of @a, and of @b unless that is NULL.
 * @a must be connected; it belongs to what is given. */
struct confide *confide_start(struct peers *a, const struct peers *b);

/* The same with a new pair: 220, AUTH TLS, 234, handshake; what was told of
 * that is forgotten. */
struct confide *confide_begin(const struct peers_spec *spec);
void confide_stop(struct confide *c);

/* AUTH TLS, 234, and all that @p has sent so far; from now on @p speaks. */
void confide_enter_tls(struct confide *c, struct peers *p);

/* One packet of session 1, or of @session. */
void confide_send_bytes(struct confide *c, enum decrypt_side from,
			struct span bytes);
void confide_send_text(struct confide *c, enum decrypt_side from,
		       const char *text);
void confide_send_as(struct confide *c, uint64_t session,
		     enum decrypt_side from, struct span bytes);

/* A FIN of session 1. */
void confide_fin(struct confide *c, enum decrypt_side from);

/* What the peers have sent and was not fed yet. */
void confide_feed(struct confide *c);

/* The peers say it, and it is fed. */
void confide_say(struct confide *c, enum decrypt_side from, const char *text);

/* Fails the test unless @text was told since the last time: commands as they
 * are ("TYPE I"), replies with the number of their lines ("200 x (1)"),
 * endpoints ("PASV 10.2.5.5:42001 ok", or the reason), alerts ("!bounce"),
 * certificates ("server SUBJECT for SNI") and requests for one ("request"). */
void confide_expect(struct confide *c, const char *text);

#endif
