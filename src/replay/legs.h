/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The legs of a packet: as it comes to the gateway, and as it leaves. The
 * gateway decides about the first; the second one is what became of it.
 */
#ifndef REPLAY_LEGS_H
#define REPLAY_LEGS_H

#include <stdbool.h>

#include "replay/conn.h"

/* Is @f the second leg of a packet of found->conn? Else it is remembered. */
bool legs_is_second(const struct conn_found *found, const struct frame *f);

/* Learn from @f, a second leg, what the gateway of the capture has added to the
 * stream: it may have rewritten lines as well. */
void legs_added(const struct conn_found *found, const struct frame *f);

#endif
