/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of datagrams. Offsets are multiples of eight bytes, so the notes on
 * what has arrived are one byte for each such unit.
 *
 * What may arrive, and what comes of it:
 *   the same fragment again         nothing
 *   IPv6, over what is there        the datagram is dead (RFC 5722 4)
 *   IPv4, over what is there        what came first stays (as Linux and most
 *                                   others do not agree here, it is told)
 *   a second end, or beyond it      the datagram is dead
 * The rest of a dead datagram is dropped until its time is over, or it would
 * begin a new one.
 */
#include "io/reassemble.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "io/reassemble_fragment.h"

#define UNIT      8
#define UNITS_MAX ((FRAGMENT_LENGTH_MAX + UNIT - 1) / UNIT)

/* The longest packet: IPv6's header is not part of its length. */
#define PACKET_MAX (40 + FRAGMENT_LENGTH_MAX)

enum unit {
	UNIT_MISSING,
	UNIT_BEGINS, /* it is the first of a fragment */
	UNIT_GOES_ON,
};

enum state {
	STATE_FREE,
	STATE_OPEN,
	STATE_DONE, /* whole, and remembered for a while */
	STATE_DEAD,
};

struct datagram {
	struct fragment_key key;
	enum state state;
	uint64_t begun_us;
	uint64_t expires_us;
	uint32_t have;     /* bytes that are there */
	uint32_t end;      /* length of the data; 0: the last is missing */
	uint32_t more_end; /* how far fragments reach that were not the last */
	uint16_t header_len;
	uint16_t next_at; /* as in struct fragment, of the first one */
	uint8_t next;
	bool overlapped, conflict; /* were counted */
};

/* Apart from the above, so that a search reads little memory. */
struct content {
	uint8_t header[FRAGMENT_HEADER_MAX];
	uint8_t unit[UNITS_MAX]; /* enum unit */
	uint8_t data[UNITS_MAX * UNIT];
};

struct reassemble {
	struct reassemble_counts counts;
	size_t places;
	uint64_t sweep_us; /* nothing expires before */
	struct datagram *datagram;
	struct content *content;
	uint8_t packet[PACKET_MAX];
};

static struct content *content_of(struct reassemble *r,
				  const struct datagram *d)
{
	return &r->content[d - r->datagram];
}

/* --- the table ------------------------------------------------------------ */

static bool key_equal(const struct fragment_key *a,
		      const struct fragment_key *b)
{
	return a->id == b->id && a->v6 == b->v6 && a->protocol == b->protocol &&
	       addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst);
}

/* Let @d live until @at_us. */
static void expire_at(struct reassemble *r, struct datagram *d, uint64_t at_us)
{
	d->expires_us = at_us;
	if (at_us < r->sweep_us)
		r->sweep_us = at_us;
}

static void expire(struct reassemble *r, uint64_t now_us)
{
	if (now_us <= r->sweep_us)
		return;
	r->sweep_us = UINT64_MAX;
	for (size_t i = 0; i < r->places; i++) {
		struct datagram *d = &r->datagram[i];

		if (d->state == STATE_FREE)
			continue;
		if (now_us <= d->expires_us) {
			expire_at(r, d, d->expires_us);
			continue;
		}
		r->counts.expired += d->state == STATE_OPEN;
		d->state = STATE_FREE;
	}
}

static struct datagram *find(struct reassemble *r,
			     const struct fragment_key *key)
{
	for (size_t i = 0; i < r->places; i++) {
		struct datagram *d = &r->datagram[i];

		if (d->state != STATE_FREE && key_equal(&d->key, key))
			return d;
	}
	return NULL;
}

/* Is @a the better place for a new datagram? Free before finished before
 * others, then older before newer. */
static bool better(const struct datagram *a, const struct datagram *b)
{
	static const int rank[] = {
		[STATE_FREE] = 0,
		[STATE_DONE] = 1,
		[STATE_OPEN] = 2,
		[STATE_DEAD] = 2,
	};

	if (rank[a->state] != rank[b->state])
		return rank[a->state] < rank[b->state];
	return a->state != STATE_FREE && a->begun_us < b->begun_us;
}

static struct datagram *place_for_new(struct reassemble *r)
{
	struct datagram *best = &r->datagram[0];

	for (size_t i = 1; i < r->places; i++)
		if (better(&r->datagram[i], best))
			best = &r->datagram[i];
	r->counts.evicted += best->state == STATE_OPEN;
	return best;
}

static void begin(struct reassemble *r, struct datagram *d,
		  const struct fragment_key *key, uint64_t now_us)
{
	struct content *content = content_of(r, d);

	*d = (struct datagram){
		.key = *key,
		.state = STATE_OPEN,
		.begun_us = now_us,
	};
	expire_at(r, d, now_us + REASSEMBLE_TIMEOUT_US);
	memset(content->unit, UNIT_MISSING, sizeof(content->unit));
}

static enum reassemble_result kill(struct datagram *d, uint64_t *count)
{
	d->state = STATE_DEAD;
	++*count;
	return REASSEMBLE_DROPPED;
}

/* --- one fragment and its datagram ---------------------------------------- */

static size_t first_unit(const struct fragment *f)
{
	return f->at / UNIT;
}

static size_t behind_unit(const struct fragment *f)
{
	return (f->at + f->data.len + UNIT - 1) / UNIT;
}

/* The bytes of @f that belong to unit @u, which is one of its own. */
static struct span unit_bytes(const struct fragment *f, size_t u)
{
	return span_sub(f->data, u * UNIT - f->at, UNIT);
}

static bool unit_same(const struct content *c, const struct fragment *f,
		      size_t u)
{
	struct span s = unit_bytes(f, u);

	return memcmp(c->data + u * UNIT, s.at, s.len) == 0;
}

/* Do @d and @f agree on where the datagram ends? */
static bool possible(const struct datagram *d, const struct fragment *f)
{
	size_t end = f->at + f->data.len;

	if (f->more)
		return d->end == 0 || end < d->end;
	return end > d->more_end && (d->end == 0 || end == d->end);
}

static bool overlaps(const struct content *c, const struct fragment *f)
{
	for (size_t u = first_unit(f); u < behind_unit(f); u++)
		if (c->unit[u] != UNIT_MISSING)
			return true;
	return false;
}

/* RFC 8200 4.5: an exact duplicate is no overlap. */
static bool duplicate(const struct content *c, const struct fragment *f)
{
	size_t first = first_unit(f), behind = behind_unit(f);

	for (size_t u = first; u < behind; u++) {
		enum unit want = u == first ? UNIT_BEGINS : UNIT_GOES_ON;

		if (c->unit[u] != want || !unit_same(c, f, u))
			return false;
	}
	return behind == UNITS_MAX || c->unit[behind] != UNIT_GOES_ON;
}

/* Take what is missing. Gives whether all that was there is the same. */
static bool fill(struct datagram *d, struct content *c,
		 const struct fragment *f)
{
	bool same = true, begins = true;

	for (size_t u = first_unit(f); u < behind_unit(f); u++) {
		struct span s = unit_bytes(f, u);

		if (c->unit[u] != UNIT_MISSING) {
			same = same && unit_same(c, f, u);
			begins = true;
			continue;
		}
		memcpy(c->data + u * UNIT, s.at, s.len);
		c->unit[u] = begins ? UNIT_BEGINS : UNIT_GOES_ON;
		begins = false;
		d->have += (uint32_t)s.len;
	}
	return same;
}

/* IPv4's overlaps: each datagram counts once. */
static void note_overlap(struct reassemble *r, struct datagram *d, bool same)
{
	if (!d->overlapped)
		r->counts.overlapped++;
	d->overlapped = true;
	if (!same && !d->conflict) {
		r->counts.conflicts++;
		d->conflict = true;
	}
}

/* Of the first fragment all that comes before the data is kept. */
static void take(struct datagram *d, struct content *c,
		 const struct fragment *f)
{
	uint32_t end = (uint32_t)(f->at + f->data.len);

	if (!f->more)
		d->end = end;
	else if (end > d->more_end)
		d->more_end = end;
	if (f->at != 0 || d->header_len != 0)
		return;
	memcpy(c->header, f->header.at, f->header.len);
	d->header_len = (uint16_t)f->header.len;
	d->next_at = f->next_at;
	d->next = f->next;
}

static enum reassemble_result finish(struct reassemble *r, struct datagram *d,
				     uint64_t now_us, struct span *out)
{
	const struct content *c = content_of(r, d);

	/* Too long for the room is too long for the length field. */
	if (d->header_len + d->end > sizeof(r->packet))
		return kill(d, &r->counts.impossible);
	memcpy(r->packet, c->header, d->header_len);
	memcpy(r->packet + d->header_len, c->data, d->end);
	if (!fragment_finish(r->packet, d->header_len, d->end, d->next_at,
			     d->next))
		return kill(d, &r->counts.impossible);
	d->state = STATE_DONE;
	expire_at(r, d, now_us + REASSEMBLE_MEMORY_US);
	r->counts.whole++;
	*out = span_of(r->packet, (size_t)d->header_len + d->end);
	return REASSEMBLE_WHOLE;
}

static enum reassemble_result add(struct reassemble *r, struct datagram *d,
				  const struct fragment *f, bool *complete)
{
	struct content *c = content_of(r, d);
	bool over = overlaps(c, f), same;

	if (!possible(d, f))
		return kill(d, &r->counts.impossible);
	if (over && duplicate(c, f)) {
		r->counts.duplicates++;
		return REASSEMBLE_DROPPED;
	}
	if (over && d->key.v6)
		return kill(d, &r->counts.overlapped);
	same = fill(d, c, f);
	if (over)
		note_overlap(r, d, same);
	take(d, c, f);
	*complete = d->end != 0 && d->have == d->end;
	return REASSEMBLE_WAITS;
}

/* The datagram of @f, made if there is none; NULL: @f is of no use. */
static struct datagram *datagram_for(struct reassemble *r,
				     const struct fragment *f, uint64_t now_us)
{
	struct datagram *d;

	expire(r, now_us);
	d = find(r, &f->key);
	if (d && d->state == STATE_OPEN)
		return d;
	if (d && d->state == STATE_DEAD)
		return NULL;
	if (d && possible(d, f) && duplicate(content_of(r, d), f)) {
		r->counts.duplicates++;
		return NULL;
	}
	if (!d)
		d = place_for_new(r);
	begin(r, d, &f->key, now_us);
	return d;
}

/* RFC 6946 4: the only fragment of its packet has to do with no other. */
static enum reassemble_result atomic(struct reassemble *r,
				     const struct fragment *f, struct span *out)
{
	size_t header = f->header.len;

	memcpy(r->packet, f->header.at, header);
	memcpy(r->packet + header, f->data.at, f->data.len);
	fragment_finish(r->packet, header, f->data.len, f->next_at, f->next);
	r->counts.whole++;
	*out = span_of(r->packet, header + f->data.len);
	return REASSEMBLE_WHOLE;
}

/* --- for others ------------------------------------------------------------ */

enum reassemble_result reassemble_packet(struct reassemble *r, struct span ip,
					 uint64_t now_us, struct span *out)
{
	enum reassemble_result result;
	struct fragment f;
	struct datagram *d;
	bool complete = false;
	enum fragment_kind kind = fragment_read(ip, &f);

	if (kind == FRAGMENT_NONE) {
		*out = ip;
		return REASSEMBLE_PASS;
	}
	r->counts.fragments++;
	if (kind == FRAGMENT_BAD) {
		r->counts.bad++;
		return REASSEMBLE_DROPPED;
	}
	if (f.at == 0 && !f.more)
		return atomic(r, &f, out);
	d = datagram_for(r, &f, now_us);
	if (!d)
		return REASSEMBLE_DROPPED;
	result = add(r, d, &f, &complete);
	return complete ? finish(r, d, now_us, out) : result;
}

struct reassemble *reassemble_new(size_t datagrams)
{
	struct reassemble *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->places = datagrams;
	r->sweep_us = UINT64_MAX;
	r->datagram = calloc(datagrams, sizeof(*r->datagram));
	r->content = calloc(datagrams, sizeof(*r->content));
	if (r->datagram && r->content)
		return r;
	reassemble_free(r);
	return NULL;
}

const struct reassemble_counts *reassemble_counts(const struct reassemble *r)
{
	return &r->counts;
}

size_t reassemble_waiting(const struct reassemble *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->places; i++)
		n += r->datagram[i].state == STATE_OPEN;
	return n;
}

void reassemble_free(struct reassemble *r)
{
	if (!r)
		return;
	free(r->content);
	free(r->datagram);
	free(r);
}
