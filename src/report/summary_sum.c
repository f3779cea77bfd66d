/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is counted of one session, and of all together. */
#include "report/summary_sum.h"

#include <stdlib.h>

#define FIRST_ROOM 2

static struct summary_thing *find(const struct summary_sum *s,
				  enum summary_kind kind, uint16_t what)
{
	for (uint16_t i = 0; i < s->things; i++)
		if (s->thing[i].kind == kind && s->thing[i].what == what)
			return &s->thing[i];
	return NULL;
}

/* A new one that counts nothing; NULL: no room, or no memory. */
static struct summary_thing *new_thing(struct summary_sum *s, size_t most)
{
	size_t room = s->room ? 2 * (size_t)s->room : FIRST_ROOM;
	struct summary_thing *thing;

	if (s->things >= most)
		return NULL;
	if (s->things == s->room) {
		thing = realloc(s->thing, room * sizeof(*thing));
		if (!thing)
			return NULL;
		s->thing = thing;
		s->room = (uint16_t)room;
	}
	return &s->thing[s->things++];
}

static void add_things(struct summary_sum *s, const struct summary_thing *more,
		       size_t most)
{
	struct summary_thing *t = find(s, more->kind, more->what);

	if (t) {
		t->count += more->count;
		return;
	}
	t = new_thing(s, most);
	if (t)
		*t = *more;
	else
		s->more += more->count;
}

void sum_thing(struct summary_sum *s, enum summary_kind kind, uint16_t what,
	       size_t most)
{
	const struct summary_thing one = { 1, what, (uint8_t)kind };

	add_things(s, &one, most);
}

void sum_note(struct summary_sum *s, const struct event *e, struct words *words,
	      size_t most)
{
	switch (e->type) {
	case EVENT_ENDPOINT:
		s->count[COUNT_VIA + e->endpoint.via]++;
		if (e->endpoint.accepted)
			break;
		s->count[COUNT_ENDPOINT_REFUSED]++;
		sum_thing(s, KIND_ENDPOINT,
			  words_number(words, e->endpoint.reason), most);
		break;
	case EVENT_PINHOLE:
		s->count[COUNT_HOLE + e->pinhole.op]++;
		if (e->pinhole.op == PINHOLE_REFUSE)
			sum_thing(s, KIND_HOLE,
				  words_number(words, e->pinhole.reason), most);
		break;
	case EVENT_GRANT:
		s->count[COUNT_GRANT + e->grant.op]++;
		if (e->grant.op == GRANT_REFUSE)
			sum_thing(s, KIND_GRANT,
				  words_number(words, e->grant.reason), most);
		break;
	case EVENT_TLS:
		if (e->tls.step == TLS_STEP_FAILED)
			sum_thing(s, KIND_TLS,
				  words_number(words, e->tls.reason), most);
		break;
	case EVENT_ALERT:
		sum_thing(s, KIND_ALERT, (uint16_t)e->alert.rule, most);
		break;
	default:
		break;
	}
}

enum summary_class sum_class(const struct story_flow *f)
{
	if (f->midstream)
		return CLASS_MIDSTREAM;
	return f->related ? CLASS_MATCHED : CLASS_UNMATCHED;
}

static enum summary_count protection(const struct story_flow *f)
{
	if (f->tls == DATA_TLS_UNKNOWN)
		return COUNT_DATA_UNKNOWN;
	if (f->tls == DATA_TLS_NO)
		return COUNT_DATA_CLEAR;
	if (f->tls_resumed)
		return COUNT_DATA_RESUMED;
	return f->tls_resumption ? COUNT_DATA_IN_VAIN : COUNT_DATA_FULL;
}

void sum_flow(struct summary_sum *s, const struct story_flow *f,
	      struct words *words, size_t most)
{
	enum summary_class class = sum_class(f);

	s->count[COUNT_FLOW + class]++;
	s->count[COUNT_TO_SERVER + class] +=
		f->active ? f->bytes_to : f->bytes_from;
	s->count[COUNT_TO_CLIENT + class] +=
		f->active ? f->bytes_from : f->bytes_to;
	s->count[protection(f)]++;
	s->count[COUNT_RESET] += f->reset;
	if (class == CLASS_MATCHED) {
		s->count[f->active ? COUNT_ACTIVE : COUNT_PASSIVE]++;
		s->count[COUNT_GRANTED] += f->granted;
		s->count[COUNT_UNANSWERED] += !f->established;
	}
	if (class == CLASS_UNMATCHED)
		sum_thing(s, KIND_UNMATCHED, words_number(words, f->reason),
			  most);
}

void sum_traffic(struct summary_sum *s, const struct story_traffic *t)
{
	s->count[COUNT_PACKETS] += t->packets;
	s->count[COUNT_WIRE] += t->wire_bytes;
	s->count[COUNT_CLEAR_PACKETS] += t->clear.packets;
	s->count[COUNT_CLEAR_BYTES] += t->clear.bytes;
	s->count[COUNT_HANDSHAKE_PACKETS] += t->handshake.packets;
	s->count[COUNT_HANDSHAKE_BYTES] += t->handshake.bytes;
	s->count[COUNT_RECORD_PACKETS] += t->records.packets;
	s->count[COUNT_RECORD_BYTES] += t->records.bytes;
}

bool sum_has_trouble(const struct summary_sum *s)
{
	static const enum summary_count trouble[] = {
		COUNT_ENDPOINT_REFUSED,
		COUNT_FLOW + CLASS_UNMATCHED,
		COUNT_UNANSWERED,
		COUNT_HOLE + PINHOLE_EXPIRE,
		COUNT_HOLE + PINHOLE_REFUSE,
		COUNT_GRANT + GRANT_REFUSE,
	};

	for (size_t i = 0; i < sizeof(trouble) / sizeof(trouble[0]); i++)
		if (s->count[trouble[i]])
			return true;
	for (uint16_t i = 0; i < s->things; i++)
		if (s->thing[i].kind != KIND_ALERT ||
		    alert_severity(s->thing[i].what) > SEVERITY_INFO)
			return true;
	return s->more > 0;
}

void sum_add(struct summary_sum *total, const struct summary_sum *more)
{
	for (size_t i = 0; i < SUMMARY_COUNTS; i++)
		total->count[i] += more->count[i];
	for (uint16_t i = 0; i < more->things; i++)
		add_things(total, &more->thing[i], SUMMARY_THINGS_ALL);
	total->more += more->more;
}

void sum_free(struct summary_sum *s)
{
	free(s->thing);
	*s = (struct summary_sum){ 0 };
}
