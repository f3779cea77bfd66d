/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FTP conversation of one session, read by one who sees it whole: bytes in
 * order in, events out (RFC 959 5).
 *
 * The engine reads the same where it is in the clear, and acts on it; this here
 * only tells. Its lines are cut, named and masked as the engine does it.
 */
#ifndef REPLAY_HIDDEN_TALK_H
#define REPLAY_HIDDEN_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/engine.h>
#include <sallyport/ftp_command.h>
#include <sallyport/ftp_reply.h>
#include <sallyport/nat.h>
#include <sallyport/span.h>
#include <sallyport/tls_handshake.h>

#include "io/config.h"
#include "replay/hidden_line.h"
#include "report/story.h"
#include "tls/decrypt.h"

/* As the engine: commands without a final reply, and what is kept of the first
 * line of a long reply. */
#define HIDDEN_PENDING_MAX    32
#define HIDDEN_REPLY_TEXT_MAX 120

/* A line with its end. */
#define HIDDEN_LINE_MAX (ENGINE_LINE_MAX + 2)

/* Room that all conversations share while something is told. */
struct hidden_scratch {
	uint8_t plain[HIDDEN_LINE_MAX]; /* a line without Telnet */
	uint8_t verb[HIDDEN_LINE_MAX];  /* in upper case */
	uint8_t chain[TLS_MESSAGE_MAX]; /* certificates, as TLS 1.2 has them */
};

struct hidden_talk {
	/* What the owner sets: */
	const struct config *config;
	const struct listener *to;
	struct hidden_scratch *scratch;
	struct ends ends; /* the inside view */
	struct nat_view nat;
	uint64_t session;
	struct story_place place; /* of the bytes that come next */

	/* What is read so far: */
	struct hidden_line line[2]; /* by enum decrypt_side */
	struct hidden_pending {
		uint8_t verb; /* enum ftp_verb */
		bool all;     /* EPSV ALL */
	} pending[HIDDEN_PENDING_MAX];
	uint8_t pending_at, pending_count;
	struct ftp_reply_state reply;
	uint8_t text_len;
	uint8_t text[HIDDEN_REPLY_TEXT_MAX];
	bool password_next; /* 331 or 332 was the last word on a login */
	bool auth;          /* somebody spoke of AUTH */
};

/* Does the next byte of @from begin a line? */
bool hidden_talk_at_start(const struct hidden_talk *t, enum decrypt_side from);

/*
 * Read on in @bytes, at most up to the end of a line; moves @bytes behind what
 * was taken. @hidden: they were encrypted, so what they say is told.
 */
void hidden_talk_take(struct hidden_talk *t, enum decrypt_side from,
		      struct span *bytes, bool hidden);

/* Some bytes of @from will never come; it goes on somewhere in a line. */
void hidden_talk_lost(struct hidden_talk *t, enum decrypt_side from);

/* What @from says next is encrypted, or no longer. What it did not end is
 * none of the other kind's (RFC 4217 12). */
void hidden_talk_turn(struct hidden_talk *t, enum decrypt_side from);

/* A TLS handshake follows: commands before it need no answer behind it. */
void hidden_talk_forget(struct hidden_talk *t);

/* Tell @ev, which has nothing but its type and what belongs to that, as of this
 * session, here and now. */
void hidden_talk_tell(const struct hidden_talk *t, struct event *ev);

/* Wipe what was read, which may hold passwords, and give back memory. */
void hidden_talk_clear(struct hidden_talk *t);

#endif
