/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session's record. Its grants are in it as what kinds there were: they are
 * opened anew, as the configuration now says. Its pinholes have records of
 * their own, and the places of its data connections are counted by these.
 */
#include "record.h"

#include <string.h>

#include <sallyport/tls_hello.h>

#include "change.h"
#include "grant.h"
#include "outcome.h"
#include "session_handshake.h"
#include "session_table.h"
#include "state.h"

/* Credit of servers[].max-new may be used up a minute ahead; see rate.h. */
#define RATE_AHEAD (60 * US_PER_S)

#define SESSION_FIELDS(X)                                    \
	X(NUMBER, life, LIVES - 1)                           \
	X(NUMBER, read, READ_OPAQUE)                         \
	X(NUMBER, nat_state, NAT_UNKNOWN)                    \
	X(NUMBER, implicit_tls, true)                        \
	X(NUMBER, midstream, true)                           \
	X(NUMBER, greeted, true)                             \
	X(NUMBER, logged_in, true)                           \
	X(NUMBER, epsv_all, true)                            \
	X(NUMBER, endpoint_named, true)                      \
	X(NUMBER, password_next, true)                       \
	X(NUMBER, first_line_seen, true)                     \
	X(NUMBER, liberal_asked, true)                       \
	X(NUMBER, encrypted, true)                           \
	X(NUMBER, fast, true)                                \
	X(NUMBER, cut, true)                                 \
	X(NUMBER, offers, OFFERS_TLS | OFFERS_SSL)           \
	X(NUMBER, seen, 1 << FROM_CLIENT | 1 << FROM_SERVER) \
	X(ENDPOINT, ends.client, 0)                          \
	X(ENDPOINT, ends.server, 0)                          \
	X(ENDPOINT, nat.client_public, 0)                    \
	X(ENDPOINT, nat.server_public, 0)                    \
	X(NUMBER, nat.mark, UINT32_MAX)                      \
	X(NUMBER, id, UINT64_MAX)                            \
	X(TIME, last_us, 0)                                  \
	X(TIME, life_since_us, 0)                            \
	X(TIME, opened_us, 0)                                \
	X(TIME, granted_us, RATE_AHEAD)                      \
	X(NUMBER, host_hash, UINT64_MAX)                     \
	X(NUMBER, alerted, (1ull << ALERTS) - 1)             \
	X(NUMBER, commands, UINT32_MAX)                      \
	X(NUMBER, replies, UINT32_MAX)                       \
	X(NUMBER, data_connections, UINT32_MAX)              \
	X(NUMBER, syn_isn, UINT32_MAX)                       \
	X(NUMBER, syn_mss, UINT16_MAX)                       \
	X(NUMBER, syn, SYN_OTHER)                            \
	X(NUMBER, server_isn, UINT32_MAX)                    \
	X(NUMBER, reply.code, UINT16_MAX)                    \
	X(NUMBER, reply.lines, FTP_REPLY_LINES_MAX)          \
	X(NUMBER, reply_text_len, SESSION_REPLY_TEXT_MAX)    \
	X(NUMBER, unused_endpoints, UINT8_MAX)               \
	X(NUMBER, pending_count, SESSION_PENDING_MAX)        \
	X(NUMBER, tls.phase, TLS_CLEARED)                    \
	X(NUMBER, tls.version, UINT16_MAX)                   \
	X(NUMBER, tls.retried, true)                         \
	X(NUMBER, tls.requested, true)                       \
	X(NUMBER, tls.id_hash, UINT64_MAX)

#define SIDE_FIELDS(X)                            \
	X(NUMBER, record.left, TLS_RECORD_MAX)    \
	X(BYTES, record.header, 0)                \
	X(NUMBER, record.have, TLS_RECORD_HEADER) \
	X(NUMBER, record.begun, true)             \
	X(NUMBER, record.protected, true)         \
	X(NUMBER, ccs, true)                      \
	X(NUMBER, finished, true)                 \
	X(NUMBER, certified, true)                \
	X(NUMBER, closing, true)

/* Bits of struct pending as they are written. */
enum { PENDING_HOLE = 1, PENDING_ALL = 2, PENDING_REFUSED = 4 };
#define PENDING_BITS (PENDING_HOLE | PENDING_ALL | PENDING_REFUSED)

/* A session that is read from a record, before it has a place. What lies in the
 * record stays there. */
struct draft {
	struct session s;
	struct stream_parts side[2];
	struct span sni, message[2];
	uint8_t grants; /* bits of grant_kinds() */
};

/* --- save -------------------------------------------------------------------- */

static uint8_t *pending_save(const struct session *s, uint8_t *to)
{
	for (uint8_t i = 0; i < s->pending_count; i++) {
		const struct pending *p =
			&s->pending[(s->pending_at + i) % SESSION_PENDING_MAX];
		uint8_t pair[2] = {
			p->verb,
			(uint8_t)((p->has_hole ? PENDING_HOLE : 0) |
				  (p->all ? PENDING_ALL : 0) |
				  (p->refused ? PENDING_REFUSED : 0)),
		};

		to = put_bytes(to, pair, sizeof(pair));
	}
	return to;
}

static uint8_t *side_save(const struct engine *e, const struct tls_side *t,
			  uint8_t *to)
{
#define X(KIND, member, most) SAVE_##KIND(to, t->member);
	SIDE_FIELDS(X)
#undef X
	return store_save(e, &t->message, to);
}

static size_t save(const struct engine *e, const struct session *s,
		   uint8_t grants, uint8_t *out)
{
	uint8_t *to = out;

#define X(KIND, member, most) SAVE_##KIND(to, s->member);
	SESSION_FIELDS(X)
#undef X
	to = put_bytes(to, s->mechanism, SESSION_MECHANISM_MAX);
	to = put_bytes(to, s->reply_text, s->reply_text_len);
	to = put_bytes(to, &grants, sizeof(grants));
	to = pending_save(s, to);
	to = stream_save(e, &s->side[FROM_CLIENT], to);
	to = stream_save(e, &s->side[FROM_SERVER], to);
	if (s->tls.phase == TLS_OFF)
		return (size_t)(to - out);
	to = side_save(e, &s->tls.side[FROM_CLIENT], to);
	to = side_save(e, &s->tls.side[FROM_SERVER], to);
	to = store_save(e, &s->tls.sni, to);
	return (size_t)(to - out);
}

static size_t bytes_under_way(const struct session *s)
{
	size_t sum = s->tls.sni.len;

	for (int d = FROM_CLIENT; d <= FROM_SERVER; d++)
		sum += s->side[d].store.len + s->tls.side[d].message.len;
	return sum;
}

/* Too much is under way: only its numbers go on. What the receiver was said to
 * have, but has not, would never come: then both ends shall know. */
static size_t save_numbers(const struct engine *e, const struct session *s,
			   uint8_t *out)
{
	struct session less = *s;

	less.read = READ_OPAQUE;
	less.tls.phase = TLS_OFF;
	less.fast = false;
	for (int d = FROM_CLIENT; d <= FROM_SERVER; d++) {
		struct stream *st = &less.side[d];

		less.cut |= seq_before(st->una, st->forged);
		st->released = st->line_at = st->next;
		st->store.len = 0;
	}
	return save(e, &less, 0, out);
}

size_t session_save(const struct engine *e, const struct session *s,
		    uint8_t *out)
{
	if (bytes_under_way(s) > RECORD_BYTES_MAX)
		return save_numbers(e, s, out);
	return save(e, s, grant_kinds(e, s), out);
}

/* --- load -------------------------------------------------------------------- */

static void pending_load(struct reader *r, struct session *s)
{
	for (uint8_t i = 0; i < s->pending_count; i++) {
		uint8_t verb, bits;

		LOAD_NUMBER(r, verb, FTP_VERBS - 1);
		LOAD_NUMBER(r, bits, PENDING_BITS);
		s->pending[i] = (struct pending){
			.verb = verb,
			.has_hole = bits & PENDING_HOLE,
			.all = bits & PENDING_ALL,
			.refused = bits & PENDING_REFUSED,
		};
	}
}

static void side_load(struct reader *r, struct tls_side *t,
		      struct span *message)
{
#define X(KIND, member, most) LOAD_##KIND(r, t->member, most);
	SIDE_FIELDS(X)
#undef X
	*message = store_load(r, &t->message);
}

static void load(struct reader *r, struct draft *f)
{
	struct session *s = &f->s;

#define X(KIND, member, most) LOAD_##KIND(r, s->member, most);
	SESSION_FIELDS(X)
#undef X
	take_bytes(r, s->mechanism, SESSION_MECHANISM_MAX);
	take_bytes(r, s->reply_text, s->reply_text_len);
	LOAD_NUMBER(r, f->grants, GRANT_PASSIVE | GRANT_ACTIVE);
	pending_load(r, s);
	stream_load(r, &s->side[FROM_CLIENT], &f->side[FROM_CLIENT]);
	stream_load(r, &s->side[FROM_SERVER], &f->side[FROM_SERVER]);
	handshake_init(s);
	if (s->tls.phase == TLS_OFF)
		return;
	side_load(r, &s->tls.side[FROM_CLIENT], &f->message[FROM_CLIENT]);
	side_load(r, &s->tls.side[FROM_SERVER], &f->message[FROM_SERVER]);
	f->sni = store_load(r, &s->tls.sni);
}

/* All addresses are of one family, as no gateway here translates between. */
static bool addresses_fit(const struct session *s)
{
	const struct addr *client = &s->ends.client.addr;

	if (!same_family(client, &s->ends.server.addr))
		return false;
	return s->nat_state == NAT_UNASKED ||
	       (same_family(client, &s->nat.client_public.addr) &&
		same_family(client, &s->nat.server_public.addr));
}

/* What enum session_life, session_read and tls_phase say of one another. */
static bool states_fit(const struct draft *f)
{
	const struct session *s = &f->s;

	if (s->life != LIFE_HALF_OPEN && !s->id)
		return false;
	if (s->life == LIFE_CLOSING &&
	    (s->read != READ_OPAQUE || s->tls.phase == TLS_UP || s->fast))
		return false;
	return !f->grants ||
	       (s->id && s->life == LIFE_OPEN && s->read == READ_TRUSTED &&
		s->tls.phase == TLS_UP && s->nat_state == NAT_KNOWN);
}

/* --- take its place ---------------------------------------------------------- */

static bool fill(struct engine *e, struct session *s, const struct draft *f)
{
	return stream_fill(e, &s->side[FROM_CLIENT], &f->side[FROM_CLIENT]) &&
	       stream_fill(e, &s->side[FROM_SERVER], &f->side[FROM_SERVER]) &&
	       store_fill(e, &s->tls.sni, f->sni) &&
	       store_fill(e, &s->tls.side[FROM_CLIENT].message,
			  f->message[FROM_CLIENT]) &&
	       store_fill(e, &s->tls.side[FROM_SERVER].message,
			  f->message[FROM_SERVER]);
}

static void tell(struct engine *e, const struct session *s)
{
	struct event *ev;

	if (!s->id || s->life == LIFE_CLOSING)
		return;
	ev = outcome_event(e, s, EVENT_SESSION_RESTORE);
	ev->session_restore.trusted = s->read == READ_TRUSTED;
	ev->session_restore.tls = s->encrypted;
	ev->session_restore.opened_us = s->opened_us;
}

enum restore session_restore(struct engine *e, struct reader *r)
{
	struct draft f = { .grants = 0 };
	enum direction d;
	struct session *s;

	load(r, &f);
	if (r->bad || r->rest.len || !addresses_fit(&f.s) || !states_fit(&f) ||
	    session_find(e, &f.s.ends.client, &f.s.ends.server, &d))
		return RESTORE_DAMAGED;
	if (!policy_is_watched_port(e->policy, f.s.ends.server.port))
		return RESTORE_REFUSED;
	s = session_take_over(e, &f.s);
	if (!s)
		return RESTORE_FULL;
	if (!fill(e, s, &f)) {
		session_leave(e, s);
		return RESTORE_FULL;
	}
	tell(e, s);
	grant_open_again(e, s, f.grants);
	return RESTORE_FINE;
}

uint64_t session_layout(uint64_t layout)
{
#define X(KIND, member, most) \
	LAYOUT(layout, struct session, KIND, member, most);
	SESSION_FIELDS(X)
#undef X
#define X(KIND, member, most) \
	LAYOUT(layout, struct tls_side, KIND, member, most);
	SIDE_FIELDS(X)
#undef X
	return layout;
}
