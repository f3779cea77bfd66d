/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is counted of one session, and of all together. */
#ifndef REPORT_SUMMARY_SUM_H
#define REPORT_SUMMARY_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/story.h"
#include "report/words.h"

/* Kinds of data connections, as the engine judges them. */
enum summary_class {
	CLASS_MATCHED,
	CLASS_UNMATCHED,
	CLASS_MIDSTREAM, /* begun before the capture: no verdict */
	CLASSES
};

enum summary_count {
	COUNT_VIA, /* + enum via: endpoints named */
	COUNT_ENDPOINT_REFUSED = COUNT_VIA + VIA_LPSV + 1,
	COUNT_FLOW,                                  /* + enum summary_class */
	COUNT_TO_SERVER = COUNT_FLOW + CLASSES,      /* bytes, likewise */
	COUNT_TO_CLIENT = COUNT_TO_SERVER + CLASSES, /* bytes, likewise */
	COUNT_ACTIVE = COUNT_TO_CLIENT + CLASSES,    /* matched ones */
	COUNT_PASSIVE,
	COUNT_GRANTED,
	COUNT_UNANSWERED, /* matched, and its handshake never finished */
	COUNT_RESET,
	COUNT_DATA_RESUMED, /* TLS, and resumed */
	COUNT_DATA_IN_VAIN, /* TLS, and asked to be */
	COUNT_DATA_FULL,    /* TLS, and did not ask */
	COUNT_DATA_CLEAR,
	COUNT_DATA_UNKNOWN,                            /* no byte that shows */
	COUNT_HOLE,                                    /* + enum pinhole_op */
	COUNT_GRANT = COUNT_HOLE + PINHOLE_REFUSE + 1, /* + enum grant_op */
	COUNT_FATE = COUNT_GRANT + GRANT_REFUSE + 1,   /* + enum story_fate */
	COUNT_PACKETS = COUNT_FATE + STORY_DROPPED + 1,
	COUNT_WIRE, /* bytes */
	COUNT_CLEAR_PACKETS,
	COUNT_CLEAR_BYTES,
	COUNT_HANDSHAKE_PACKETS,
	COUNT_HANDSHAKE_BYTES,
	COUNT_RECORD_PACKETS,
	COUNT_RECORD_BYTES,
	SUMMARY_COUNTS
};

/* Things of which each kind is counted. */
enum summary_kind {
	KIND_ALERT,     /* what: enum alert */
	KIND_UNMATCHED, /* what: the reason's number, as in all that follow */
	KIND_ENDPOINT,
	KIND_HOLE,
	KIND_GRANT,
	KIND_TLS,
};

/* Distinct ones of one session: honest sessions have one or two, and one that
 * tries everything has no more to say than this. */
#define SUMMARY_THINGS_MAX 32

/* Of all sessions together: every alert and every reason of every kind. */
#define SUMMARY_THINGS_ALL 2048

struct summary_thing {
	uint64_t count;
	uint16_t what;
	uint8_t kind; /* enum summary_kind */
};

/* Zeroed it is empty. */
struct summary_sum {
	uint64_t count[SUMMARY_COUNTS];
	struct summary_thing *thing; /* in the order they came */
	uint16_t things, room;
	uint64_t more; /* of kinds for which there was no room */
};

/* One more thing of this kind, where @most may be told apart. */
void sum_thing(struct summary_sum *s, enum summary_kind kind, uint16_t what,
	       size_t most);

/* What an event, a data connection and the rest of a session's story count. */
void sum_note(struct summary_sum *s, const struct event *e, struct words *words,
	      size_t most);
void sum_flow(struct summary_sum *s, const struct story_flow *f,
	      struct words *words, size_t most);
void sum_traffic(struct summary_sum *s, const struct story_traffic *t);

enum summary_class sum_class(const struct story_flow *f);

/* Is there something that somebody should look at? */
bool sum_has_trouble(const struct summary_sum *s);

/* Add @more to @total. */
void sum_add(struct summary_sum *total, const struct summary_sum *more);

void sum_free(struct summary_sum *s);

#endif
