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
#include <sallyport/tls_record.h>

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
enum session_life {
	LIFE_HALF_OPEN,
	LIFE_OPEN,
	LIFE_CLOSING,
	LIVES,
	LIFE_NONE = LIVES /* its place in the table is free */
};

/*
 * How much of the content is read.
 *
 *   READ_TRUSTED    lines are read, edited and may open pinholes, TLS records
 *                   are followed and may open grants; segments wait for those
 *                   before them; retransmissions are compared.
 *   READ_DOUBTED    something was not understood: lines and records are read
 *                   for the event log only. Nothing is opened, edited, held or
 *                   compared.
 *   READ_OPAQUE     neither FTP nor TLS that is followed: nothing is read.
 *
 * Nothing brings trust back; a new control connection starts with it.
 */
enum session_read { READ_TRUSTED, READ_DOUBTED, READ_OPAQUE };

/*
 * TLS on the control connection (RFC 4217).
 *
 *   TLS_OFF        Lines. A 234 to AUTH TLS, or an implicit port: AGREED.
 *   TLS_AGREED     A ClientHello is due, and nothing else.
 *   TLS_OFFERED    ClientHello read. A HelloRetryRequest: AGREED again.
 *   TLS_CHOSEN     ServerHello read. Both Finished seen: UP.
 *   TLS_UP         Grants are open. Closed by a line in the clear: CLEARED.
 *   TLS_BROKEN     The handshake failed: nothing comes of this session.
 *   TLS_CLEARED    Lines again (CCC, REIN). A new 234: AGREED.
 *
 * Each direction turns by itself: struct stream's `tls` says what it speaks.
 */
enum tls_phase {
	TLS_OFF,
	TLS_AGREED,
	TLS_OFFERED,
	TLS_CHOSEN,
	TLS_UP,
	TLS_BROKEN,
	TLS_CLEARED,
};

/* One direction's records. */
struct tls_side {
	struct tls_record record;
	struct store message; /* handshake bytes that are no message yet */
	bool ccs;             /* ChangeCipherSpec went by */
	bool finished;        /* so did what must be its Finished */
	bool certified;       /* and its Certificate */
	bool closing;         /* the last record may be a close_notify */
};

struct tls_session {
	uint8_t phase;    /* enum tls_phase */
	uint16_t version; /* from CHOSEN on; wire value */
	bool retried;     /* a HelloRetryRequest was read */
	bool requested;   /* a CertificateRequest was */
	uint64_t id_hash; /* of the session id that the client sent; 0: none */
	struct store sni; /* until the certificate was told */
	struct tls_side side[2];
};

/* What FEAT offered (RFC 4217 6). */
enum { OFFERS_TLS = 1, OFFERS_SSL = 2 };

enum nat_state { NAT_UNASKED, NAT_KNOWN, NAT_UNKNOWN };

/* Commands without a final reply (RFC 959 allows one; pipelining clients send
 * a few). More than this and replies can no longer be paired with certainty. */
#define SESSION_PENDING_MAX 32

struct pending {
	uint8_t verb; /* enum ftp_verb */
	/* Bits, for there are many of these and most are never used. */
	bool has_hole : 1; /* PORT...: the session's oldest asked pinhole */
	bool all : 1;      /* EPSV ALL */
	bool refused : 1;  /* the server reads NOOP instead; refusal.c */
};

/* "TLS-C" and its like; longer mechanism names are cut. */
#define SESSION_MECHANISM_MAX 12

/* First text line of a multi-line reply that is kept for its event. */
#define SESSION_REPLY_TEXT_MAX 120

/* Has the client sent a SYN on the live session? The one that began it once
 * more, or another, which may begin a new one. */
enum session_syn { SYN_NONE, SYN_AGAIN, SYN_OTHER };

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
	bool encrypted;      /* is or was, as a whole or in part */
	bool fast;           /* has left the queue */
	bool cut;            /* reset by policy: nothing passes any more */
	uint8_t offers;      /* bits of OFFERS_TLS and so on */
	uint8_t seen;        /* midstream: a bit for each direction */
	bool changed;        /* since its record was written; see change.h */
	uint32_t server_isn; /* of its SYN, if that was seen */
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
	struct list grants;
	uint32_t granted;    /* data connections open under them */
	uint64_t granted_us; /* see grant.c */
	uint64_t host_hash;  /* of HOST's argument; 0: none came */
	struct tls_session tls;

	struct link life_link;
	uint64_t life_since_us; /* when it was queued in its life's list */
	uint64_t opened_us;
	struct nat_view nat;
	uint64_t alerted; /* bit per enum alert: told once a session */
	uint32_t commands, replies, data_connections;
	uint32_t syn_isn; /* of the client's newest SYN */
	uint16_t syn_mss;
	uint8_t syn; /* enum session_syn */
	char mechanism[SESSION_MECHANISM_MAX + 1];
	uint8_t reply_text[SESSION_REPLY_TEXT_MAX];
};

#endif
