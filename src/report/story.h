/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a replay tells, and who listens: the table, the ladder, the summary, the
 * suggestion and the event log are each a struct listener.
 *
 * All that is handed over lives until the call returns; who needs it longer
 * copies it. Text in it is raw network text: escape before printing.
 */
#ifndef REPORT_STORY_H
#define REPORT_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/event.h>

/* Where in the captures something happened. */
struct story_place {
	uint64_t frame; /* its number, from 1, over all files; 0: no packet of
			 * the capture, but time that passed */
	uint64_t at_us; /* microseconds since the epoch */
};

/* One event: the engine's, or one that only a key log shows. */
struct story_note {
	struct story_place place;
	const struct event *event;
	bool decrypted; /* read with a key log: the wire hides it */
};

/* What became of one packet of a control connection that did not simply pass.
 * Told behind the events of the same packet. */
enum story_fate {
	STORY_CHANGED,  /* rewritten, or its numbers translated */
	STORY_HELD,     /* waits for a packet before it */
	STORY_RELEASED, /* held before; leaves now */
	STORY_DROPPED,
};

struct story_packet {
	struct story_place place;
	uint64_t session; /* 0: none yet */
	struct endpoint client, server;
	bool from_client;
	enum story_fate fate;
	uint32_t payload; /* bytes, as it came */
};

/*
 * One TCP connection between the two hosts of a session that is no control
 * connection. Told once: when it ended, or the capture did.
 */
struct story_flow {
	uint64_t session;               /* 0: no session stands behind it */
	struct endpoint client, server; /* that session's, the inside view */
	struct endpoint from, to; /* who connects, to whom: as in the SYN */
	uint64_t opened_us, closed_us;
	bool active;      /* the server connects */
	bool midstream;   /* its SYN was not captured: no verdict */
	bool related;     /* a pinhole or a grant lets it in */
	bool granted;     /* a grant */
	bool established; /* its handshake was seen to finish */
	bool reset;
	const char *reason; /* not related: why, in plain words; else NULL */
	uint64_t packets;
	uint64_t bytes_from, bytes_to; /* of payload, each byte once; @from's
					* and @to's */
	enum data_tls tls;             /* by its first bytes */
	bool tls_resumption;           /* TLS: its ClientHello asks to resume */
	bool tls_resumed; /* and the ServerHello agrees, as far as it shows */
};

/* What a control connection took on the wire; told before its session_close,
 * or at the end of the capture. */
struct story_share {
	uint64_t packets; /* that carry this; one may count for two shares */
	uint64_t bytes;   /* of TCP payload, each byte once */
};

struct story_traffic {
	uint64_t session;
	struct endpoint client, server;
	uint64_t packets, wire_bytes; /* all of it, with IP and TCP headers */
	struct story_share clear;     /* lines */
	struct story_share handshake; /* TLS until both Finished were seen */
	struct story_share records;   /* TLS behind that, headers included */
};

/* The last word. */
struct story_end {
	uint64_t frames;            /* read, all files together */
	uint64_t first_us, last_us; /* of the capture; 0: it was empty */
	uint64_t sessions;
	uint64_t unfollowed; /* sessions that were doubted or given up */
};

/* A member that is NULL is not called. */
struct listener {
	void *arg;
	void (*note)(void *arg, const struct story_note *note);
	void (*packet)(void *arg, const struct story_packet *packet);
	void (*flow)(void *arg, const struct story_flow *flow);
	void (*traffic)(void *arg, const struct story_traffic *traffic);
	void (*end)(void *arg, const struct story_end *end);
};

#endif
