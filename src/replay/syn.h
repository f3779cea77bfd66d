/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYNs seen lately. The gateway's translation changes addresses and ports, but
 * not the number that a connection begins with: that is how the second leg of
 * a SYN is known by, and that it is one hop older. The first packet of a
 * connection that began before the capture does as well.
 */
#ifndef REPLAY_SYN_H
#define REPLAY_SYN_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/packet.h>

#include "replay/frame.h"

/* A gateway sends a packet on at once. Captures of two machines differ by their
 * clocks as well; where that is more than a round trip, they have to be
 * aligned before (editcap -t). */
#define SYN_LEG_US 1000000

/* SYNs that lie between the two legs of one. */
#define SYN_MAX 4096

struct syns;

/* NULL: no memory. */
struct syns *syns_new(void);

/* Remember the SYN @f of @at_us. */
void syns_add(struct syns *t, const struct frame *f, uint64_t at_us);

/*
 * Was @f, a SYN, here before with other ends? Then @src and @dst are those.
 */
bool syns_find(const struct syns *t, const struct frame *f, uint64_t at_us,
	       struct endpoint *src, struct endpoint *dst);

/* Was @f, a SYN, here before with the same ends, one hop younger? */
bool syns_is_second(const struct syns *t, const struct frame *f,
		    uint64_t at_us);

/* NULL is fine. */
void syns_free(struct syns *t);

#endif
