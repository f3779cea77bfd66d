/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of a control connection. */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include <sallyport/packet.h>

#include "session.h"

struct engine;

void control_packet(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p, uint32_t tag);

#endif
