/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uthash with a key of its own: what lies in captures may be chosen by somebody
 * who knows its hash function. Only .c files include this. */
#ifndef REPLAY_TABLE_H
#define REPLAY_TABLE_H

#include <stddef.h>

/* One value of 32 bits for @len bytes at @key; the secret is drawn once. */
unsigned int table_hash(const void *key, size_t len);

/* No memory: the entry is then not in the table (HASH_ADD, see uthash). */
#define HASH_NONFATAL_OOM              1
#define HASH_FUNCTION(key, len, value) ((value) = table_hash(key, len))
#include <uthash.h>

/*
 * Entries of one bucket before there are twice as many buckets; there are never
 * fewer again. By chance alone a bucket comes to have 8 once there are about two
 * buckets for an entry, however long new entries take the place of old ones.
 * With 3 it would happen again and again, and the table grow with the capture.
 */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 8

#endif
