/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a key log shows: the commands, replies and endpoints of encrypted
 * control connections, told as notes with @decrypted set.
 *
 *	h = hidden_new(log, config, &listener);
 *	for each packet, in the order of the captures:
 *		give it to the engine and tell its events;
 *		if it belongs to a control connection with a session:
 *			why = hidden_packet(h, &packet);
 *	when a session has ended (session_close was told):
 *		hidden_close(h, session);
 *
 * It reads the whole conversation by itself, lines and TLS, so it needs every
 * packet of the session, one leg of it, and as it was captured (not rewritten),
 * but no event. What is in the clear is the engine's to tell; a note comes for
 * what was encrypted:
 *
 *	command   as the engine tells it; secrets are masked alike
 *	reply     likewise
 *	endpoint  @accepted: the configuration lets the data connection through
 *		  (see hidden_verdict.h); else @reason says why not
 *	tls       certificate, certificate_request: TLS 1.3 encrypts them too
 *	alert     what the engine would raise for these lines, could it read
 *		  them; of severities and names there are no others
 *
 * Decryption cannot bridge bytes that were not captured: each record is sealed
 * under its number, and how many are missing can only be guessed.
 */
#ifndef REPLAY_HIDDEN_H
#define REPLAY_HIDDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/nat.h>
#include <sallyport/packet.h>

#include "io/config.h"
#include "report/story.h"
#include "tls/keylog.h"

/* Sessions that are decrypted at once. Each has 190 KiB of buffers for records
 * and messages as long as they may be, of which a control connection touches
 * some pages: 200 MB in all. */
#define HIDDEN_TLS_MAX 4096

struct hidden;

struct hidden_packet {
	struct story_place place;
	uint64_t session;               /* the engine's id; not 0 */
	struct endpoint client, server; /* the inside view */
	const struct nat_view *nat; /* how it is translated; NULL: as replay.nat
				     * says */
	bool midstream;             /* its session_open said so */
	bool from_client;
	const struct packet *packet;
	uint32_t cut; /* bytes behind the payload that were not captured */
};

struct hidden_counts {
	uint64_t encrypted; /* sessions that spoke TLS */
	uint64_t unread;    /* of them: not decrypted, or not to their end */
};

/* All three must outlive it. NULL: no memory. */
struct hidden *hidden_new(const struct keylog *log, const struct config *config,
			  const struct listener *to);

/*
 * Take a packet. Gives NULL, or, once for a session, why no more of it can be
 * decrypted: one line without network text, such as "the key log has no
 * CLIENT_RANDOM for this session". It lives until hidden_close().
 */
const char *hidden_packet(struct hidden *h, const struct hidden_packet *p);

/* That reason again; NULL: there is none so far, or no such session. */
const char *hidden_unread(const struct hidden *h, uint64_t session);

/* Forget a session. One that is not known is fine. */
void hidden_close(struct hidden *h, uint64_t session);

/* Of all sessions so far. */
struct hidden_counts hidden_counts(const struct hidden *h);

/* Wipe it, with all sessions that are left. NULL is fine. */
void hidden_free(struct hidden *h);

#endif
