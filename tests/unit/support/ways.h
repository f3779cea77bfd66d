/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the bytes of one turn travel: every way that TCP allows. Each sends
 * [@a, @b) of the stream of @from, in whatever pieces; @n says which. Not all
 * need to have arrived then: wire_pump() does the rest.
 */
#ifndef SALLYPORT_TEST_WAYS_H
#define SALLYPORT_TEST_WAYS_H

#include "wire.h"

typedef void way_fn(struct wire *w, enum side from, size_t a, size_t b,
		    unsigned int n);

/* In one segment. */
way_fn way_whole;

/* One byte in each. */
way_fn way_bytes;

/* In two, cut after @n bytes. */
way_fn way_cut;

/* In pieces of @n bytes, the last one first. */
way_fn way_backwards;

/* In pieces of @n bytes, each of them twice. */
way_fn way_twice;

/* Nothing is acknowledged; then all comes again with other boundaries. */
way_fn way_again;

/* Piece @n is lost behind the engine, later ones arrive before it. */
way_fn way_lossy;

/* Any mixture; @n is the seed. */
way_fn way_random;

#endif
