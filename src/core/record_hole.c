/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pinhole's record, or that of the data connection that came through it.
 *
 *   ASKED, OPEN   go on with their session, while it is trusted, for the time
 *                 that they have left, where the configuration still allows
 *                 the port; else they are closed.
 *   USED          go on whatever became of the session: conntrack tells their
 *                 end.
 */
#include "record.h"

#include <string.h>

#include "outcome.h"
#include "session_table.h"
#include "state.h"

#define HOLE_FIELDS(X)                       \
	X(NUMBER, state, HOLE_STATES - 1)    \
	X(NUMBER, active, true)              \
	X(NUMBER, in_set, true)              \
	X(NUMBER, granted, true)             \
	X(NUMBER, over, DATA_OVERS - 1)      \
	X(NUMBER, owed, UINT8_MAX)           \
	X(NUMBER, from_port, UINT16_MAX)     \
	X(NUMBER, used_port, UINT16_MAX)     \
	X(NUMBER, isn, UINT32_MAX)           \
	X(NUMBER, id, UINT64_MAX)            \
	X(NUMBER, session_id, UINT64_MAX)    \
	X(TIME, since_us, 0)                 \
	X(ADDR, key.from, 0)                 \
	X(ENDPOINT, key.to, 0)               \
	X(ENDPOINT, target, 0)               \
	X(ADDR, snat_to, 0)                  \
	X(ENDPOINT, ends.client, 0)          \
	X(ENDPOINT, ends.server, 0)          \
	X(ENDPOINT, master_to, 0)            \
	X(NUMBER, mark, UINT32_MAX)          \
	X(NUMBER, watch.on, true)            \
	X(NUMBER, watch.synced, true)        \
	X(NUMBER, watch.tls, DATA_TLS_NO)    \
	X(NUMBER, watch.have, DATA_TLS_HEAD) \
	X(NUMBER, watch.next, UINT32_MAX)    \
	X(BYTES, watch.head, 0)

size_t hole_save(const struct hole *h, uint8_t *out)
{
	uint8_t *to = out;

#define X(KIND, member, most) SAVE_##KIND(to, h->member);
	HOLE_FIELDS(X)
#undef X
	return (size_t)(to - out);
}

static void load(struct reader *r, struct hole *h)
{
	memset(h, 0, sizeof(*h));
#define X(KIND, member, most) LOAD_##KIND(r, h->member, most);
	HOLE_FIELDS(X)
#undef X
}

/* A data connection is between the two peers of its control connection, in
 * their real or their translated form: see hole_between(). */
static bool fits(const struct hole *h)
{
	const struct addr *caller =
		h->active ? &h->ends.server.addr : &h->ends.client.addr;
	const struct addr *called =
		h->active ? &h->ends.client.addr : &h->ends.server.addr;

	return h->id && h->session_id && addr_equal(&h->key.from, caller) &&
	       addr_equal(&h->target.addr, called) && h->target.port &&
	       h->key.to.port && same_family(caller, called) &&
	       same_family(caller, &h->key.to.addr) &&
	       same_family(caller, &h->snat_to) &&
	       same_family(caller, &h->master_to.addr) &&
	       (h->state == HOLE_USED || (!h->granted && !h->watch.on)) &&
	       (h->state != HOLE_USED || !h->in_set);
}

/* Of an announced endpoint all but the ports follows from its session. */
static bool is_of(const struct engine *e, const struct session *s,
		  const struct hole *h)
{
	const struct endpoint to = {
		h->active ? s->nat.client_public.addr
			  : s->nat.server_public.addr,
		h->key.to.port,
	};
	const struct hole want = hole_between(e, s, h->active, &to);

	return s->id == h->session_id && s->life != LIFE_CLOSING &&
	       s->read == READ_TRUSTED && s->nat_state == NAT_KNOWN &&
	       endpoint_equal(&h->key.to, &to) &&
	       addr_equal(&h->snat_to, &want.snat_to) &&
	       endpoint_equal(&h->master_to, &want.master_to);
}

enum restore hole_restore(struct engine *e, struct reader *r)
{
	enum direction d;
	struct session *s;
	struct hole h;

	load(r, &h);
	if (r->bad || r->rest.len || !fits(&h))
		return RESTORE_DAMAGED;
	if (h.state == HOLE_USED)
		return hole_take_over(e, NULL, &h) ? RESTORE_FINE
						   : RESTORE_FULL;
	s = session_find(e, &h.ends.client, &h.ends.server, &d);
	if (!s || d != FROM_CLIENT || s->id != h.session_id)
		return RESTORE_ORPHAN;
	if (!is_of(e, s, &h))
		return RESTORE_DAMAGED;
	if (!policy_port_allowed(e->policy, h.key.to.port))
		return RESTORE_REFUSED;
	return hole_take_over(e, s, &h) ? RESTORE_FINE : RESTORE_FULL;
}

uint64_t hole_layout(uint64_t layout)
{
#define X(KIND, member, most) LAYOUT(layout, struct hole, KIND, member, most);
	HOLE_FIELDS(X)
#undef X
	return layout;
}
