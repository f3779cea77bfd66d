/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much each host has open, so that none takes all of a table. */
#include "peer.h"

#include "random.h"
#include "state.h"

static uint64_t hash_of(const struct engine *e, const struct addr *a)
{
	const struct endpoint end = { *a, 0 };

	return hash_two(e, &end, &end);
}

struct peer *peer_get(struct engine *e, const struct addr *a)
{
	uint64_t hash = hash_of(e, a);
	uint32_t i;
	struct peer *p;

	for (i = table_first(&e->by_addr, hash); i != NIL;
	     i = table_next(&e->by_addr, i)) {
		p = pool_at(&e->peers, i);
		if (addr_equal(&p->addr, a))
			return p;
	}
	i = pool_take(&e->peers);
	if (i == NIL)
		return NULL;
	p = pool_at(&e->peers, i);
	p->addr = *a;
	table_insert(&e->by_addr, hash, i);
	return p;
}

void peer_put(struct engine *e, struct peer *p)
{
	uint32_t i;

	if (p->sessions || p->holes_client || p->holes_server)
		return;
	i = (uint32_t)(((uint8_t *)p - e->peers.base) / e->peers.size);
	table_remove(&e->by_addr, hash_of(e, &p->addr), i);
	pool_give(&e->peers, i);
}
