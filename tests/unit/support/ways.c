/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the bytes of one turn travel: see ways.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support.h"
#include "ways.h"

void way_whole(struct wire *w, enum side from, size_t a, size_t b,
	       unsigned int n)
{
	(void)n;
	wire_segment(w, from, a, b);
}

void way_bytes(struct wire *w, enum side from, size_t a, size_t b,
	       unsigned int n)
{
	(void)n;
	for (size_t i = a; i < b; i++)
		wire_segment(w, from, i, i + 1);
}

void way_cut(struct wire *w, enum side from, size_t a, size_t b, unsigned int n)
{
	size_t at = a + n < b ? a + n : b;

	wire_segment(w, from, a, at);
	wire_segment(w, from, at, b);
}

void way_backwards(struct wire *w, enum side from, size_t a, size_t b,
		   unsigned int n)
{
	size_t size = n, pieces;

	/* Stay within what the engine holds: more would be dropped and sent
	 * again, which another test shows. */
	if ((b - a + size - 1) / size > 16)
		size = (b - a + 15) / 16;
	pieces = (b - a + size - 1) / size;
	for (size_t i = pieces; i-- > 0;) {
		size_t end = a + (i + 1) * size;

		wire_segment(w, from, a + i * size, end < b ? end : b);
	}
}

void way_twice(struct wire *w, enum side from, size_t a, size_t b,
	       unsigned int n)
{
	for (size_t i = a; i < b; i += n) {
		size_t end = i + n < b ? i + n : b;

		wire_segment(w, from, i, end);
		wire_segment(w, from, i, end);
	}
}

void way_again(struct wire *w, enum side from, size_t a, size_t b,
	       unsigned int n)
{
	w->hold_acks = true;
	for (size_t i = a; i < b; i += n)
		wire_segment(w, from, i, i + n < b ? i + n : b);
	for (size_t i = a; i < b; i += n + 3)
		wire_segment(w, from, i, i + n + 3 < b ? i + n + 3 : b);
	if (b - a > 2)
		wire_segment(w, from, a + (b - a) / 2, b);
}

void way_lossy(struct wire *w, enum side from, size_t a, size_t b,
	       unsigned int n)
{
	unsigned int piece = 0;

	for (size_t i = a; i < b; i += 7, piece++) {
		w->lose_next = piece == n;
		wire_segment(w, from, i, i + 7 < b ? i + 7 : b);
	}
	w->lose_next = false;
}

/* Fewer segments than the engine holds. */
void way_random(struct wire *w, enum side from, size_t a, size_t b,
		unsigned int n)
{
	uint64_t seed = n * 7919u + a;

	for (unsigned int i = 0; i < 14; i++) {
		size_t x = a + random_next(&seed) % (b - a);
		size_t y = x + random_next(&seed) % (b - x) + 1;

		w->hold_acks = random_next(&seed) % 3 == 0;
		w->lose_next = random_next(&seed) % 5 == 0;
		wire_segment(w, from, x, y);
	}
	w->lose_next = false;
}
