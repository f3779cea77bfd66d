/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of no session, on their way to the capture that is written. Where both
 * sides of the gateway were captured they are there twice, but leave once.
 */
#ifndef REPLAY_STRAY_H
#define REPLAY_STRAY_H

#include <stdbool.h>

#include <sallyport/packet.h>

#include "replay/frame.h"

/* Packets that may lie between the two legs of one. */
#define STRAY_MAX 1024

struct strays;

/* NULL: no memory. */
struct strays *strays_new(void);

/*
 * @f leaves with the source @src, if it is TCP. Has it left already, and is this
 * the same packet, one hop older? Else it is remembered.
 */
bool strays_left(struct strays *t, const struct frame *f,
		 const struct endpoint *src);

/* NULL is fine. */
void strays_free(struct strays *t);

#endif
