/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the secret key is for: table positions and ports. */
#include "random.h"

#include <string.h>

#include "ascii.h"
#include "state.h"

uint64_t random_draw(struct engine *e)
{
	engine_numbers_changed(e);
	return siphash_two(&e->key, ++e->draws, e->now);
}

/* Of an IPv4 address all but the last four bytes are known, so both ends fit
 * two words. */
static uint64_t word_v4(const struct endpoint *a)
{
	uint32_t addr;

	memcpy(&addr, addr_v4_bytes(&a->addr), sizeof(addr));
	return (uint64_t)addr << 16 | a->port;
}

static uint64_t hash_v4(const struct engine *e, uint64_t a, uint64_t b)
{
	/* The lower end first: both directions must agree. */
	return siphash_two(&e->key, a < b ? a : b, a < b ? b : a);
}

static uint64_t hash_v6(const struct engine *e, const struct endpoint *a,
			const struct endpoint *b)
{
	int order = memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b));
	bool swap = order > 0 || (order == 0 && a->port > b->port);
	const struct endpoint *low = swap ? b : a, *high = swap ? a : b;
	uint64_t word[5];

	memcpy(word, low->addr.b, 16);
	memcpy(word + 2, high->addr.b, 16);
	word[4] = (uint64_t)low->port << 16 | high->port;
	return siphash(&e->key, word, 5);
}

uint64_t hash_two(const struct engine *e, const struct endpoint *a,
		  const struct endpoint *b)
{
	if (addr_is_v4(&a->addr) && addr_is_v4(&b->addr))
		return hash_v4(e, word_v4(a), word_v4(b));
	return hash_v6(e, a, b);
}

uint64_t hash_text(const struct engine *e, struct span text)
{
	uint64_t word[HASH_TEXT_MAX / 8 + 1] = { 0 };
	uint8_t folded[HASH_TEXT_MAX];
	uint64_t hash;

	text = span_sub(text, 0, HASH_TEXT_MAX);
	for (size_t i = 0; i < text.len; i++)
		folded[i] = ascii_upper(text.at[i]);
	word[0] = text.len;
	if (text.len)
		memcpy(word + 1, folded, text.len);
	hash = siphash(&e->text_key, word, 1 + (text.len + 7) / 8);
	return hash ? hash : 1;
}
