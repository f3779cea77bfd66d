/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One capture through `sallyport replay`, in this process. */
#ifndef MUTATE_PLAY_H
#define MUTATE_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "sample.h"

#define PLAY_CONFIGS_MAX 4

struct player {
	const char *config[PLAY_CONFIGS_MAX];
	unsigned int configs;
	/* Files in memory: what is read, its key log, what -w writes, and
	 * standard output. */
	int file, keylog, written, output;
};

/* From now on standard output is the player's. Exits with status 3 and a
 * message if the system refuses. */
void player_begin(struct player *p);

/*
 * Replay @file with the key log @log (empty: none). @kind chooses the
 * configuration and the options among all there are. Gives the exit status.
 */
int player_play(struct player *p, const struct bytes *file,
		const struct bytes *log, uint64_t kind);

/*
 * What the last call printed and wrote: with --json each line must be an
 * object, and what -w wrote a capture from its first byte to its last. NULL:
 * so it is; else what is wrong.
 */
const char *player_fault(struct player *p);

/* The options of @kind, for people. */
const char *player_kind(uint64_t kind);

#endif
