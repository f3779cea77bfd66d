/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an encrypted session may open: its signalling cannot be read. */
#ifndef CORE_GRANT_H
#define CORE_GRANT_H

#include <sallyport/addr.h>
#include <sallyport/policy.h>
#include <sallyport/reason.h>

#include "pool.h"

struct engine;
struct packet;
struct session;

/*
 * The right of one session to data connections of one kind, between one pair
 * of addresses. It is there or it is not: from the end of the TLS handshake
 * to the end of TLS, of the session, or of trust in it.
 */
struct grant {
	uint32_t hash_next;
	uint32_t session; /* NIL: this place in the table is free */
	struct link by_owner;
	bool active;
	uint16_t from_port;      /* the SYN must come from it; 0: any */
	struct addr from, to;    /* as the SYN names them */
	struct port_range ports; /* that it may be to */
};

/* The handshake of @s is finished: open what policy and translation allow, and
 * tell what they do not. */
void grant_open_all(struct engine *e, struct session *s);
void grant_close_all(struct engine *e, struct session *s, const char *reason);

/* Which kinds @s has, as bits; and open these again, as far as policy and
 * translation still allow it. */
enum { GRANT_PASSIVE = 1, GRANT_ACTIVE = 2 };
uint8_t grant_kinds(const struct engine *e, const struct session *s);
void grant_open_again(struct engine *e, struct session *s, uint8_t kinds);

/*
 * The grant that lets @syn in, and a place among its session's data connections
 * is taken. NULL: none does; then *@refused is the session that had a grant but
 * no place left, and *@why, or NULL.
 */
struct grant *grant_take(struct engine *e, const struct packet *syn,
			 struct session **refused, enum grant_refusal *why);

#endif
