/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the secret key is for: table positions and ports. */
#include "random.h"

#include <string.h>

#include "state.h"

uint64_t random_draw(struct engine *e)
{
	const uint64_t word[2] = { ++e->draws, e->now };

	return siphash(&e->key, word, 2);
}

static void put_addr(uint64_t word[2], const struct addr *a)
{
	memcpy(word, a->b, sizeof(a->b));
}

/* Which of two ends comes first does not matter, only that both directions
 * agree on it. */
static bool comes_first(const uint64_t a[2], uint16_t a_port,
			const uint64_t b[2], uint16_t b_port)
{
	if (a[1] != b[1])
		return a[1] < b[1];
	if (a[0] != b[0])
		return a[0] < b[0];
	return a_port < b_port;
}

uint64_t hash_two(const struct engine *e, const struct endpoint *a,
		  const struct endpoint *b)
{
	uint64_t x[2], y[2], word[5];
	bool swap;

	put_addr(x, &a->addr);
	put_addr(y, &b->addr);
	swap = !comes_first(x, a->port, y, b->port);
	memcpy(word + (swap ? 2 : 0), x, sizeof(x));
	memcpy(word + (swap ? 0 : 2), y, sizeof(y));
	word[4] = swap ? (uint64_t)b->port << 16 | a->port
		       : (uint64_t)a->port << 16 | b->port;
	return siphash(&e->key, word, 5);
}
