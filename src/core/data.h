/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first SYN of a data connection. */
#ifndef CORE_DATA_H
#define CORE_DATA_H

#include <sallyport/engine.h>
#include <sallyport/packet.h>

struct engine;

/* Gives its verdict, and all that follows where a pinhole or a grant fits. */
void data_syn(struct engine *e, const struct packet *p, uint32_t tag);

/* The kernel refused the entry. */
void data_refused(struct engine *e, const struct action *failed);

#endif
