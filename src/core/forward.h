/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leaves the gateway. */
#ifndef CORE_FORWARD_H
#define CORE_FORWARD_H

#include <sallyport/packet.h>

#include "session.h"

struct engine;

/* Give @p its verdict: translated, with edits, without what is withheld.
 * @released is st->released from before @p was read. */
void forward_packet(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p, uint32_t tag, uint32_t released);

/* The sender repeats bytes that are withheld and will send nothing more until
 * they are acknowledged (Nagle): acknowledge them for the receiver. */
void forward_forge_ack(struct engine *e, struct session *s, enum direction d,
		       const struct packet *p);

/* @p is dropped: reset its sender, as a closed port does, and its receiver, as
 * if the sender had done so. */
void forward_reset(struct engine *e, struct session *s, enum direction d,
		   const struct packet *p, uint32_t released);

/* Before the first changed number leaves. */
void forward_ask_liberal(struct engine *e, struct session *s);

#endif
