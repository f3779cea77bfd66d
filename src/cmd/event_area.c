/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/event_area.h"

#include <stdalign.h>
#include <string.h>

struct record {
	size_t size; /* of the record, a multiple of its alignment */
	struct event event;
	uint8_t text[];
};

/* Which parts of an event point into the outcome, by type. */
static const struct {
	size_t count;
	size_t at[3];
} texts[EVENT_TYPES] = {
	[EVENT_COMMAND] = { 2,
			    { offsetof(struct event, command.verb),
			      offsetof(struct event, command.arg) } },
	[EVENT_REPLY] = { 1, { offsetof(struct event, reply.text) } },
	[EVENT_AUTH] = { 1, { offsetof(struct event, auth.mechanism) } },
	[EVENT_TLS] = { 3,
			{ offsetof(struct event, tls.sni),
			  offsetof(struct event, tls.alpn),
			  offsetof(struct event, tls.chain) } },
	[EVENT_GRANT] = { 1, { offsetof(struct event, grant.server_name) } },
};

static struct span *event_text(struct event *e, size_t i)
{
	return (struct span *)((uint8_t *)e + texts[e->type].at[i]);
}

static size_t record_size(const struct event *e)
{
	struct event copy = *e;
	size_t size = sizeof(struct record);

	for (size_t i = 0; i < texts[e->type].count; i++)
		size += event_text(&copy, i)->len;
	size += alignof(struct record) - 1;
	return size - size % alignof(struct record);
}

static void record_fill(struct record *r, const struct event *e, size_t size)
{
	size_t used = 0;

	r->size = size;
	r->event = *e;
	for (size_t i = 0; i < texts[e->type].count; i++) {
		struct span *s = event_text(&r->event, i);

		if (s->len > 0)
			memcpy(r->text + used, s->at, s->len);
		s->at = r->text + used;
		used += s->len;
	}
}

bool event_area_add(struct event_area *a, const struct event *e)
{
	size_t size = record_size(e);

	if (size > a->size - a->used)
		return false;
	record_fill((struct record *)(a->bytes + a->used), e, size);
	a->used += size;
	return true;
}

struct event *event_area_next(const struct event_area *a, size_t *at)
{
	struct record *r = (struct record *)(a->bytes + *at);

	if (*at == a->used)
		return NULL;
	*at += r->size;
	return &r->event;
}
