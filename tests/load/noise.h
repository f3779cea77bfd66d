/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that look random and follow from others. */
#ifndef LOAD_NOISE_H
#define LOAD_NOISE_H

#include <stdint.h>

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the
 * result depends on every bit of @x. */
static inline uint64_t noise(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

#endif
