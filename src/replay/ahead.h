/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of captures, read ahead: large files by a thread of their own,
 * and with the memory that each packet will need on its way when it comes. Who
 * reads a pipe gets every packet as soon as it is there.
 */
#ifndef REPLAY_AHEAD_H
#define REPLAY_AHEAD_H

#include <sallyport/packet.h>

#include "io/capture_merge.h"
#include "replay/conn.h"

/* Smaller files are read before a thread would have begun. */
#define AHEAD_SIZE_MIN (1u << 20)

/* Packets that change hands at once; and the room for them, which the last one
 * may exceed. Of the batches half may be used up before the reader is woken:
 * each waking costs as much as a hundred packets. */
#define AHEAD_BATCH       256
#define AHEAD_BATCH_BYTES (256u * 1024)
#define AHEAD_BATCHES     16

/* Steps of conns_ahead(), so many packets apart: eight packets take longer than
 * a look into memory. */
#define AHEAD_STEP 8

struct ahead;

/* Begin to read @m, which is nobody else's until ahead_stop(). NULL: no
 * memory. */
struct ahead *ahead_new(struct capture_merge *m, struct conns *conns);

/* As capture_merge_next(); out->ip lives until the next call. */
enum capture_result ahead_next(struct ahead *a, struct capture_packet *out);

/* The packet that was given last, where it is TCP and was read already; NULL:
 * it was not. It lives as long. */
const struct packet *ahead_packet(const struct ahead *a);

/* As capture_merge_progress(), a little ahead. */
struct capture_progress ahead_progress(const struct ahead *a);

/* Read no more. Calling it again does nothing. */
void ahead_stop(struct ahead *a);

/* Stop, and free. NULL is fine. */
void ahead_free(struct ahead *a);

#endif
