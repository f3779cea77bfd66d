/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One control connection: what is known of its TCP streams and of the FTP
 * conversation in them.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/event.h>
#include <sallyport/ftp_command.h>
#include <sallyport/ftp_reply.h>
#include <sallyport/nat.h>

#include "pool.h"
#include "stream.h"

/*
 * The life of a session. It only ever moves downwards.
 *
 *   HALF_OPEN  SYN seen, no events yet, no id; or picked up in the middle, and
 *              only one direction was seen so far. May be evicted.
 *   OPEN       Handshake done, or both directions seen. Lines are read, pinholes
 *              may be opened.
 *   CLOSING    Both FINs acknowledged, or RST. session_close was told and its
 *              pinholes are gone; only numbers are still translated, for
 *              retransmissions. May be evicted.
 *
 * A session leaves the table from any of these states.
 */
enum session_life { LIFE_HALF_OPEN, LIFE_OPEN, LIFE_CLOSING, LIVES };

/*
 * How much of the content is read.
 *
 *   READ_TRUSTED    lines are read, edited and may open pinholes; segments
 *                   wait for those before them; retransmissions are compared.
 *   READ_DOUBTED    something was not understood: lines are read for the event
 *                   log only. Nothing is opened, edited, held or compared.
 *   READ_OPAQUE     not FTP, or encrypted: nothing is read.
 *
 * Nothing brings trust back; a new control connection starts with it.
 */
enum session_read { READ_TRUSTED, READ_DOUBTED, READ_OPAQUE };

enum nat_state { NAT_UNASKED, NAT_KNOWN, NAT_UNKNOWN };

/* Commands without a final reply (RFC 959 allows one; pipelining clients send
 * a few). More than this and replies can no longer be paired with certainty. */
#define SESSION_PENDING_MAX 32

struct pending {
	uint8_t verb;  /* enum ftp_verb */
	bool has_hole; /* PORT...: the session's oldest asked pinhole */
	bool all;      /* EPSV ALL */
};

/* "TLS-C" and its like; longer mechanism names are cut. */
#define SESSION_MECHANISM_MAX 12

/* First text line of a multi-line reply that is kept for its event. */
#define SESSION_REPLY_TEXT_MAX 120

/* In the order of use, because each cache line costs a packet time: the first
 * line is enough to find the session, the next two or three to read a bare
 * acknowledgement, one more and that of the pending command for a line. */
struct session {
	uint32_t hash_next;
	uint8_t life; /* enum session_life */
	uint8_t read; /* enum session_read */
	uint8_t nat_state;
	bool implicit_tls, midstream;
	bool greeted, logged_in, epsv_all;
	bool endpoint_named; /* since the last transfer */
	bool password_next;  /* 331 or 332 came: the next words are secret */
	bool first_line_seen;
	bool liberal_asked;
	bool tls;
	uint8_t seen; /* midstream: a bit for each direction */
	struct ends ends;
	uint64_t last_us;
	struct stream side[2]; /* by enum direction: the sender's */
	uint64_t id;
	struct ftp_reply_state reply;
	uint8_t reply_text_len;
	uint8_t unused_endpoints;
	uint8_t pending_at, pending_count;
	struct pending pending[SESSION_PENDING_MAX];
	struct list holes; /* asked and open ones, oldest first */

	struct link life_link;
	uint64_t life_since_us; /* when it was queued in its life's list */
	uint64_t opened_us;
	struct nat_view nat;
	uint64_t alerted; /* bit per enum alert: told once a session */
	uint32_t commands, replies, data_connections;
	uint32_t syn_isn; /* of a SYN on a live session: maybe a new one */
	uint16_t syn_mss;
	bool syn_seen;
	char mechanism[SESSION_MECHANISM_MAX + 1];
	uint8_t reply_text[SESSION_REPLY_TEXT_MAX];
};

#endif
