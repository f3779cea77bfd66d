/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts for each host. */
#ifndef CORE_PEER_H
#define CORE_PEER_H

#include <sallyport/addr.h>

struct engine;

/* A host: counts for the caps. Gone when all are 0. */
struct peer {
	uint32_t hash_next;
	struct addr addr;
	uint32_t sessions; /* as client */
	uint32_t holes_client, holes_server;
};

/* Find or make; NULL if the table is full. */
struct peer *peer_get(struct engine *e, const struct addr *a);
/* Give it back if all its counts are 0. */
void peer_put(struct engine *e, struct peer *p);

#endif
