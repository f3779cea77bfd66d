/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include <sallyport/siphash.h>

/* The longest key: two endpoints. */
#define KEY_WORDS_MAX 8

static struct siphash_key secret;
static bool drawn;

unsigned int table_hash(const void *key, size_t len)
{
	uint64_t word[KEY_WORDS_MAX] = { 0 };

	if (!drawn) {
		/* Fails on no kernel that we run on; then all is as good as
		 * without a secret. */
		drawn = getrandom(&secret, sizeof(secret), 0) > 0;
	}
	memcpy(word, key, len < sizeof(word) ? len : sizeof(word));
	return (unsigned int)siphash(&secret, word, (len + 7) / 8);
}
