/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the engine remembers between calls. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <sallyport/engine.h>
#include <sallyport/siphash.h>
#include <sallyport/tls_handshake.h>

#include "change.h"
#include "pinhole.h"
#include "pool.h"
#include "session.h"

/* Longest line with its end, and the longest IP packet. */
#define LINE_ROOM   (ENGINE_LINE_MAX + 2)
#define PACKET_ROOM 65536

/* Longest message of a TLS handshake with its header. */
#define MESSAGE_ROOM (TLS_MESSAGE_HEADER + TLS_MESSAGE_MAX)

#define US_PER_S 1000000ull

struct engine {
	/* First, so that what each packet counts is in one cache line. Totals
	 * of families stay zero here: see engine_stats(). */
	struct engine_stats stats;
	struct engine_limits limits;
	const struct policy *policy;
	struct siphash_key key;
	struct siphash_key text_key; /* see hash_text() */
	struct outcome *out;         /* of the call that is running */
	uint64_t now;

	struct pool sessions, holes, grants, peers, chunks, held, edits;
	struct table by_ends, by_key, by_flow, by_grant, by_addr;
	struct links life_via, held_via, age_via, state_via, owner_via;
	struct links grant_via;
	struct list life[LIVES];
	struct list hole_state[HOLE_STATES];
	struct list held_age;

	uint64_t last_session, last_hole, draws;
	uint64_t alerted;      /* alerts that belong to no session */
	uint64_t strangers_us; /* rate of what is told of strangers: data.c */

	struct changes changes;
	bool numbers_changed; /* of RECORD_ENGINE */

	bool answer_there, answer_known;
	struct ends answer_ends;
	struct nat_view answer;

	/* Room to work in, for the length of one call. */
	uint8_t *line;    /* a line gathered from parts */
	uint8_t *plain;   /* the same without Telnet */
	uint8_t *packet;  /* a held packet, whole again */
	uint8_t *payload; /* what a changed packet carries */
	uint8_t *message; /* one message of a TLS handshake */
};

#endif
