/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one direction that may still be needed: unacknowledged ones (a
 * retransmission must bring the same) and those of a line that is not whole.
 * Kept in chunks from a pool that all sessions share; empty while a session
 * is idle.
 */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "pool.h"

/* Small: the common content is one FTP line. */
#define STORE_CHUNK 252

/* More unacknowledged control bytes than this is not a conversation. A STAT
 * listing in a 64 KiB window, four times over. */
#define STORE_MAX (256u * 1024)

struct store_chunk {
	uint32_t next;
	uint8_t byte[STORE_CHUNK];
};

struct store {
	uint32_t first, last; /* chunks; NIL when len is 0 */
	uint32_t at;          /* sequence number of the first byte kept */
	uint32_t len;
	uint16_t skip; /* bytes of the first chunk that are gone */
};

/* Empty, and the next byte will be @seq. */
void store_reset(struct store *st, struct pool *chunks, uint32_t seq);

/* Add @bytes at the end; false if there is no room (nothing was added). */
bool store_append(struct store *st, struct pool *chunks, struct span bytes);

/* Forget what lies before @seq. */
void store_trim(struct store *st, struct pool *chunks, uint32_t seq);

/* Copy what is kept of [@seq, @seq + @len) to @out, as far as it goes without
 * a gap; gives how many bytes that are: 0 if the first is not kept. */
size_t store_copy(const struct store *st, const struct pool *chunks,
		  uint32_t seq, size_t len, uint8_t *out);

/* Do @bytes, which start at @seq, agree with the part of them that is kept? */
bool store_same(const struct store *st, const struct pool *chunks, uint32_t seq,
		struct span bytes);

#endif
