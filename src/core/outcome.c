/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling the outcome of one call: events, actions, verdicts and their text. */
#include "outcome.h"

#include <stddef.h>
#include <string.h>

#include "hold.h"
#include "state.h"

/* The most that one line causes: its own event, endpoint, rewrite, two pinhole
 * events, auth, and alerts; two pinholes taken out, one put in, liberal. */
#define EVENTS_PER_LINE  12
#define ACTIONS_PER_LINE 6

/* Kept for what is not a line: session_open, session_close, packet alerts. */
#define EVENTS_SPARE  16
#define ACTIONS_SPARE 8

void outcome_begin(struct engine *e, struct outcome *out, uint64_t now_us)
{
	out->verdicts = 0;
	out->actions = 0;
	out->events = 0;
	out->text_len = 0;
	out->bytes_len = 0;
	e->out = out;
	e->now = now_us;
}

bool outcome_has_room(const struct engine *e, size_t len)
{
	const struct outcome *o = e->out;

	/* Verb, argument and first reply line: twice the line at most. */
	return o->events + EVENTS_PER_LINE + EVENTS_SPARE <=
		       OUTCOME_EVENTS_MAX &&
	       o->actions + ACTIONS_PER_LINE + ACTIONS_SPARE <=
		       OUTCOME_ACTIONS_MAX &&
	       o->text_len + 2 * len + SESSION_REPLY_TEXT_MAX <=
		       OUTCOME_TEXT_MAX;
}

bool outcome_has_room_for_end(const struct engine *e)
{
	return outcome_has_room(e, 0) &&
	       e->out->verdicts + 2 * HELD_PER_STREAM_MAX <=
		       OUTCOME_VERDICTS_MAX;
}

/* Where the part begins that each type of event has for itself. */
#define EVENT_OWN offsetof(struct event, session_open)

struct event *outcome_event(struct engine *e, const struct session *s,
			    enum event_type type)
{
	struct outcome *o = e->out;
	struct event *ev;

	if (o->events < OUTCOME_EVENTS_MAX)
		o->events++;
	ev = &o->event[o->events - 1];
	/* In two parts: each is short enough for the compiler to write it with a
	 * few wide stores; all of it at once becomes a slow string instruction. */
	memset(ev, 0, EVENT_OWN);
	memset((uint8_t *)ev + EVENT_OWN, 0, sizeof(*ev) - EVENT_OWN);
	ev->type = type;
	ev->at_us = e->now;
	if (s) {
		ev->session = s->id;
		ev->client = s->ends.client;
		ev->server = s->ends.server;
	}
	return ev;
}

const char *action_name(enum action_type type)
{
	static const char *const name[ACTIONS] = {
		[ACTION_LIBERAL] = "liberal",
		[ACTION_PINHOLE_ADD] = "pinhole-add",
		[ACTION_PINHOLE_DEL] = "pinhole-del",
		[ACTION_DATA_CREATE] = "data-create",
		[ACTION_INJECT] = "inject",
		[ACTION_DATA_PASS] = "data-pass",
		[ACTION_FAST_PATH] = "fast-path",
	};

	return name[type];
}

struct action *outcome_action(struct engine *e, enum action_type type,
			      uint64_t session_id)
{
	struct outcome *o = e->out;
	struct action *a;

	if (o->actions < OUTCOME_ACTIONS_MAX)
		o->actions++;
	a = &o->action[o->actions - 1];
	memset(a, 0, sizeof(*a));
	a->type = type;
	a->session = session_id;
	return a;
}

static void give(struct engine *e, uint32_t tag, enum verdict_kind kind,
		 struct span bytes)
{
	struct outcome *o = e->out;

	o->verdict[o->verdicts++] = (struct verdict){ tag, kind, bytes };
}

void outcome_accept(struct engine *e, uint32_t tag)
{
	give(e, tag, VERDICT_ACCEPT, (struct span){ 0 });
}

void outcome_replace(struct engine *e, uint32_t tag, struct span bytes)
{
	e->stats.packets_rewritten++;
	give(e, tag, VERDICT_ACCEPT, bytes);
}

void outcome_drop(struct engine *e, uint32_t tag, enum drop_reason why)
{
	e->stats.packets_dropped_by[why]++;
	give(e, tag, VERDICT_DROP, (struct span){ 0 });
}

struct span outcome_text(struct engine *e, struct span s)
{
	struct outcome *o = e->out;
	uint8_t *at = o->text + o->text_len;

	s = span_sub(s, 0, OUTCOME_TEXT_MAX - o->text_len);
	if (s.len)
		memcpy(at, s.at, s.len);
	o->text_len += s.len;
	return (struct span){ at, s.len };
}

uint8_t *outcome_bytes(struct engine *e, size_t len)
{
	struct outcome *o = e->out;

	if (len > OUTCOME_BYTES_MAX - o->bytes_len)
		return NULL;
	o->bytes_len += len;
	return o->bytes + o->bytes_len - len;
}

_Static_assert(ALERTS <= 64, "one bit each in `alerted`");

void alert_raise(struct engine *e, struct session *s, enum alert rule)
{
	uint64_t *alerted = s ? &s->alerted : &e->alerted;
	uint64_t bit = 1ull << rule;

	if (*alerted & bit)
		return;
	*alerted |= bit;
	if (s)
		session_changed(e, s);
	else
		engine_numbers_changed(e);
	e->stats.alerts_by[rule]++;
	outcome_event(e, s, EVENT_ALERT)->alert.rule = rule;
}
