/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorded mix of FTP conversations: packets in the order of the wire. */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <stddef.h>

#include "rig.h"

struct trace {
	struct span *packet;
	size_t count;
	uint8_t *bytes;
	size_t used;
};

/*
 * @conversations side by side, each a few packets further than the next, as
 * they come when @r translates: the other end acknowledges what reached it.
 * @r is used for that and is not as new afterwards.
 */
void trace_make(struct trace *t, struct rig *r, unsigned int conversations);
void trace_free(struct trace *t);

/* Log in, as the first packets of @talk do, through @r. */
void trace_login(struct rig *r, struct talk *talk);

#endif
