/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures, changed at random: the same seed makes the same ones. */
#ifndef MUTATE_CHANGE_H
#define MUTATE_CHANGE_H

#include "sample.h"

/* Of splitmix64: any start value will do. */
struct dice {
	uint64_t state;
};

uint64_t dice_roll(struct dice *d);
/* 0 to @below - 1; 0 where that is nothing. */
size_t dice_below(struct dice *d, size_t below);

/*
 * Take one of @samples and change it in one to four ways, with material of the
 * others. @out is the changed file, @log its key log, changed as well now and
 * then: both in memory that the caller frees. Gives the index of the sample.
 */
size_t change_capture(struct dice *d, const struct sample *samples,
		      size_t count, struct bytes *out, struct bytes *log);

#endif
