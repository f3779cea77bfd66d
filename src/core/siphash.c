/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3 over whole words (Aumasson and Bernstein, 2012). */
#include <sallyport/siphash.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void round_of(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	round_of(s);
	s->v0 ^= word;
}

static inline struct state begin(const struct siphash_key *key)
{
	return (struct state){
		key->k0 ^ 0x736f6d6570736575ull,
		key->k1 ^ 0x646f72616e646f6dull,
		key->k0 ^ 0x6c7967656e657261ull,
		key->k1 ^ 0x7465646279746573ull,
	};
}

static inline uint64_t finish(struct state *s, size_t count)
{
	absorb(s, (uint64_t)(count * 8) << 56);
	s->v2 ^= 0xff;
	round_of(s);
	round_of(s);
	round_of(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash(const struct siphash_key *key, const uint64_t *word,
		 size_t count)
{
	struct state s = begin(key);

	for (size_t i = 0; i < count; i++)
		absorb(&s, word[i]);
	return finish(&s, count);
}

uint64_t siphash_two(const struct siphash_key *key, uint64_t first,
		     uint64_t second)
{
	struct state s = begin(key);

	absorb(&s, first);
	absorb(&s, second);
	return finish(&s, 2);
}
