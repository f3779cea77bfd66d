/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `sallyport run` would have done with the packets of a capture: the same
 * engine, with the kernel's part answered from the capture itself.
 *
 * The gateway stands where the capture was made. Of a capture of both its
 * sides each packet is taken as it came, and its second leg, as it left, tells
 * how the gateway translates; where only one side was captured, replay.nat of
 * the configuration tells. Time is the capture's.
 *
 * Checksums: one that a network card was still to finish counts as right, and
 * so do all of a sender whose first packet has a wrong one already (addresses
 * that were made anonymous leave such). A packet that was cut short by the
 * capture is read as far as it goes.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/capture_merge.h"
#include "io/config.h"
#include "report/story.h"
#include "tls/keylog.h"

/* Packets between two calls of ->progress. */
#define REPLAY_PROGRESS_PACKETS 4096

struct replay_options {
	const struct config *config;
	size_t files; /* that the captures are */
	struct listener to;
	const char *write_path;      /* NULL: write no capture */
	const struct keylog *keylog; /* NULL: none */
	/* Both may be NULL. False: stop here, as if the capture ended. */
	bool (*progress)(void *arg, struct capture_progress at);
	/* Why the key log does not open a session, or no more of it. */
	void (*unread)(void *arg, uint64_t session, const char *why);
	void *arg; /* of these two */
};

enum replay_result {
	REPLAY_FINE,
	REPLAY_MEMORY, /* there was not enough */
	REPLAY_WRITE,  /* ->write_path cannot be written: see @why */
};

/* What was met on the way. */
struct replay_counts {
	uint64_t frames;        /* all of the captures */
	uint64_t second_legs;   /* packets that are there twice */
	uint64_t bad_fragments; /* that were of no use */
	uint64_t unread;        /* sessions that the key log does not open */
	uint64_t unfollowed;    /* sessions that had to be doubted */
	uint64_t mute; /* control connections with content that the engine made
			* no session of: it takes both directions, whole */
};

/*
 * Read @m to its end and tell the story. All that @o names must live until
 * then. @why (CAPTURE_WHY_MAX bytes) is written for REPLAY_WRITE.
 */
enum replay_result replay_run(struct capture_merge *m,
			      const struct replay_options *o,
			      struct replay_counts *counts,
			      char why[CAPTURE_WHY_MAX]);

#endif
