/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pinhole.c and pinhole_again.c share. */
#ifndef CORE_PINHOLE_PRIVATE_H
#define CORE_PINHOLE_PRIVATE_H

#include "pinhole.h"

/* By destination alone, so that a SYN from a third host is noticed too. */
uint64_t hole_hash(const struct engine *e, const struct pinhole_key *key);

/* Ask the kernel for something about @h. */
void hole_act(struct engine *e, const struct hole *h, enum action_type type);

/* @step more of its client's and its server's pinholes. */
void hole_count(struct engine *e, const struct hole *h, int step);

#endif
