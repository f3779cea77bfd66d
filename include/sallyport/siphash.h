/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3: a keyed hash, so that strangers cannot aim at one chain. */
#ifndef SALLYPORT_SIPHASH_H
#define SALLYPORT_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

/* Hash @count words of eight bytes. */
uint64_t siphash(const struct siphash_key *key, const uint64_t *word,
		 size_t count);

/* The same of two words, which is what every packet needs. */
uint64_t siphash_two(const struct siphash_key *key, uint64_t first,
		     uint64_t second);

#endif
