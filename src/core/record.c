/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of every kind: which there are, and the engine's own. */
#include "record.h"

#include "change.h"
#include "outcome.h"
#include "session_table.h"
#include "state.h"

/* Another number for another meaning of the same fields. */
#define RECORD_VERSION 1

/* Numbers that are never given twice, and what was told already. The keys of
 * the tables are made anew, but texts that are compared by their hash need the
 * old one. */
#define ENGINE_FIELDS(X)                         \
	X(NUMBER, last_session, UINT64_MAX)      \
	X(NUMBER, last_hole, UINT64_MAX)         \
	X(NUMBER, draws, UINT64_MAX)             \
	X(NUMBER, alerted, (1ull << ALERTS) - 1) \
	X(TIME, strangers_us, 2 * US_PER_S)      \
	X(NUMBER, text_key.k0, UINT64_MAX)       \
	X(NUMBER, text_key.k1, UINT64_MAX)

/* What a record holds beside the bytes under way is short. */
_Static_assert(2 * (sizeof(struct session) + sizeof(struct hole)) +
			       2 * SEQMAP_EDITS_MAX * sizeof(struct edit) <
		       RECORD_MAX - RECORD_BYTES_MAX + 1024,
	       "every record has room");

uint32_t engine_records(const struct engine_limits *limits,
			enum record_kind kind)
{
	const uint32_t records[RECORD_KINDS] = {
		[RECORD_ENGINE] = 1,
		[RECORD_SESSION] = limits->sessions,
		[RECORD_HOLE] = limits->pinholes,
	};

	return records[kind];
}

uint64_t record_layout(void)
{
	uint64_t layout = RECORD_VERSION;

#define X(KIND, member, most) LAYOUT(layout, struct engine, KIND, member, most);
	ENGINE_FIELDS(X)
#undef X
	return hole_layout(session_layout(stream_layout(layout)));
}

static size_t engine_numbers_save(const struct engine *e, uint8_t *out)
{
	uint8_t *to = out;

#define X(KIND, member, most) SAVE_##KIND(to, e->member);
	ENGINE_FIELDS(X)
#undef X
	return (size_t)(to - out);
}

static enum restore engine_numbers_restore(struct engine *e, struct reader *r)
{
	struct engine got = *e;

#define X(KIND, member, most) LOAD_##KIND(r, got.member, most);
	ENGINE_FIELDS(X)
#undef X
	if (r->bad || r->rest.len)
		return RESTORE_DAMAGED;
	*e = got;
	return RESTORE_FINE;
}

size_t engine_save(const struct engine *e, struct record_name name,
		   uint8_t out[RECORD_MAX])
{
	const struct session *s;
	const struct hole *h;

	switch (name.kind) {
	case RECORD_ENGINE:
		return engine_numbers_save(e, out);
	case RECORD_SESSION:
		if (name.index >= e->sessions.fresh)
			return 0;
		s = pool_at(&e->sessions, name.index);
		return s->life == LIFE_NONE ? 0 : session_save(e, s, out);
	case RECORD_HOLE:
		if (name.index >= e->holes.fresh)
			return 0;
		h = pool_at(&e->holes, name.index);
		return h->id ? hole_save(h, out) : 0;
	default:
		return 0;
	}
}

const char *restore_text(enum restore result)
{
	static const char *const text[RESTORE_RESULTS] = {
		[RESTORE_FINE] = "taken over",
		[RESTORE_DAMAGED] = "damaged",
		[RESTORE_FULL] = "without room in the tables",
		[RESTORE_ORPHAN] = "without their session",
		[RESTORE_REFUSED] = "not allowed any more",
	};

	return text[result];
}

enum restore engine_restore(struct engine *e, enum record_kind kind,
			    struct span record, int64_t shift_us,
			    uint64_t now_us, struct outcome *out)
{
	static enum restore (*const take[RECORD_KINDS])(struct engine * e,
							struct reader * r) = {
		[RECORD_ENGINE] = engine_numbers_restore,
		[RECORD_SESSION] = session_restore,
		[RECORD_HOLE] = hole_restore,
	};
	struct reader r = { .rest = record, .shift = shift_us, .now = now_us };

	outcome_begin(e, out, now_us);
	return take[kind](e, &r);
}

void engine_restored(struct engine *e)
{
	session_sort(e);
	hole_sort(e);
}

void engine_control_missed(struct engine *e, const struct ends *ends,
			   uint64_t now_us, struct outcome *out)
{
	enum direction d;
	struct session *s;

	outcome_begin(e, out, now_us);
	s = session_find(e, &ends->client, &ends->server, &d);
	if (s && d == FROM_CLIENT)
		session_end(e, s, SESSION_END_MISSED);
}
