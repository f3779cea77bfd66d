/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A story in steps, as people follow it. */
#include "report/step.h"

#include <stdlib.h>

#include <sallyport/hostport.h>

#include "report/phrase.h"
#include "report/sheet.h"
#include "report/verdict.h"

struct steps {
	struct steps_viewer viewer;
	bool begun;
	struct step step;
	struct sheet said, before, after, decisions;
	/* An endpoint was accepted; worth a word if nothing comes of it. */
	bool accepted;
	struct event endpoint;
	enum alert told; /* its text stands in the step; or ALERTS */
};

/* --- one step -------------------------------------------------------------------- */

/* One decision more. */
static FILE *decide(struct steps *s)
{
	bool first = s->decisions.empty;
	FILE *to = sheet_write(&s->decisions);

	if (!first)
		fputc('\n', to);
	return to;
}

/* Of some events there is none to tell. */
static void decide_event(struct steps *s, const struct event *e)
{
	struct sheet_mark mark = sheet_mark(&s->decisions);
	FILE *to = decide(s);
	long start = ftell(to);

	if (s->step.decrypted && e->type == EVENT_ENDPOINT)
		verdict_hidden(to, e);
	else
		verdict_event(to, e);
	if (ftell(to) == start)
		sheet_back(&s->decisions, mark);
}

static void tell_accepted(struct steps *s)
{
	if (s->accepted)
		decide_event(s, &s->endpoint);
	s->accepted = false;
}

static void flush(struct steps *s)
{
	if (!s->begun)
		return;
	tell_accepted(s);
	s->step.said = sheet_text(&s->said);
	s->step.before = sheet_text(&s->before);
	s->step.after = sheet_text(&s->after);
	s->step.decisions = sheet_text(&s->decisions);
	s->viewer.take(s->viewer.arg, &s->step);
	s->begun = false;
}

static void begin(struct steps *s, const struct step *step)
{
	flush(s);
	s->step = *step;
	sheet_clear(&s->said);
	sheet_clear(&s->before);
	sheet_clear(&s->after);
	sheet_clear(&s->decisions);
	s->told = ALERTS;
	s->begun = true;
}

/* Is it about the same packet as the step that is being collected? What only a
 * key log shows stays apart from what the gateway sees. */
static bool is_same(const struct steps *s, const struct step *step)
{
	return s->begun && s->step.session == step->session &&
	       s->step.place.frame == step->place.frame &&
	       s->step.place.at_us == step->place.at_us &&
	       s->step.decrypted == step->decrypted;
}

/* --- events ------------------------------------------------------------------------ */

static enum step_from side(bool from_client)
{
	return from_client ? STEP_FROM_CLIENT : STEP_FROM_SERVER;
}

static enum step_from tls_from(const struct event *e)
{
	static const enum step_from from[TLS_STEPS] = {
		[TLS_STEP_CLIENT_HELLO] = STEP_FROM_CLIENT,
		[TLS_STEP_SERVER_HELLO] = STEP_FROM_SERVER,
		[TLS_STEP_CERTIFICATE_REQUEST] = STEP_FROM_SERVER,
	};

	if (e->tls.step == TLS_STEP_CERTIFICATE ||
	    e->tls.step == TLS_STEP_FAILED)
		return side(e->tls.from_client);
	return from[e->tls.step];
}

static void classify_tls(struct step *step, const struct event *e)
{
	bool phase = e->tls.step == TLS_STEP_ESTABLISHED ||
		     e->tls.step == TLS_STEP_CLEARED;

	step->kind = phase ? STEP_PHASE : STEP_TLS;
	step->from = tls_from(e);
}

static void classify_data(struct step *step, const struct event *e)
{
	step->kind = e->data.open ? STEP_DATA : STEP_FLOW;
	step->from = side(!e->data.active);
	step->related = e->data.related;
	step->way = e->data.related ? STEP_PASSES : STEP_STOPS;
}

/* False: a decision, about whatever was said in the same packet. */
static bool classify(struct step *step, const struct event *e)
{
	switch (e->type) {
	case EVENT_SESSION_OPEN:
		step->kind = STEP_OPEN;
		step->from = STEP_FROM_CLIENT;
		return true;
	case EVENT_COMMAND:
		step->kind = STEP_LINE;
		step->from = STEP_FROM_CLIENT;
		return true;
	case EVENT_REPLY:
		step->kind = STEP_LINE;
		step->from = STEP_FROM_SERVER;
		return true;
	case EVENT_TLS:
		classify_tls(step, e);
		return true;
	case EVENT_DATA:
		classify_data(step, e);
		return true;
	case EVENT_SESSION_CLOSE:
		step->kind = STEP_CLOSE;
		return true;
	default:
		return false;
	}
}

/* What the gateway noticed before it read the line. */
static bool adopts(const struct steps *s, const struct step *step)
{
	return is_same(s, step) && s->step.kind == STEP_GATEWAY &&
	       step->kind != STEP_CLOSE;
}

static void say(struct steps *s, const struct step *step, const struct event *e)
{
	FILE *to;

	if (adopts(s, step))
		s->step = *step;
	else
		begin(s, step);
	to = sheet_write(&s->said);
	if (step->decrypted)
		fputs("[decrypted] ", to);
	phrase_said(to, e);
	decide_event(s, e);
}

/* "PORT 10,1,4,4,195,80" and "227 (10,1,4,4,195,80)" */
static void put_line(FILE *to, enum via via, const struct endpoint *at)
{
	static const char *const form[][2] = {
		[VIA_PORT] = { "PORT ", "" },  [VIA_EPRT] = { "EPRT ", "" },
		[VIA_LPRT] = { "LPRT ", "" },  [VIA_PASV] = { "227 (", ")" },
		[VIA_EPSV] = { "229 (", ")" }, [VIA_LPSV] = { "228 (", ")" },
	};
	const struct hostport hp = { .via = via,
				     .endpoint = *at,
				     .delimiter = '|' };
	char text[HOSTPORT_TEXT_MAX];
	size_t len = hostport_format(&hp, text);

	fprintf(to, "%s%.*s%s", form[via][0], (int)len, text, form[via][1]);
}

static void rewritten(struct steps *s, const struct event *e)
{
	if (s->step.kind != STEP_LINE || !s->before.empty)
		return;
	put_line(sheet_write(&s->before), e->rewrite.via, &e->rewrite.from);
	put_line(sheet_write(&s->after), e->rewrite.via, &e->rewrite.to);
}

/* A pinhole or a new text shows by itself that the endpoint was accepted. */
static bool shows_acceptance(const struct event *e)
{
	return e->type == EVENT_REWRITE ||
	       (e->type == EVENT_PINHOLE && e->pinhole.op == PINHOLE_OPEN);
}

static void attach(struct steps *s, const struct step *step,
		   const struct event *e)
{
	if (!is_same(s, step))
		begin(s, step);
	if (shows_acceptance(e))
		s->accepted = false;
	if (e->type == EVENT_ENDPOINT && e->endpoint.accepted) {
		tell_accepted(s);
		s->accepted = true;
		s->endpoint = *e;
		return;
	}
	if (e->type == EVENT_ALERT && e->alert.rule == s->told)
		return;
	if (e->type == EVENT_ENDPOINT)
		s->told = verdict_rule(e->endpoint.reason);
	if (e->type == EVENT_REWRITE)
		rewritten(s, e);
	tell_accepted(s);
	decide_event(s, e);
}

static void on_note(void *arg, const struct story_note *note)
{
	const struct event *e = note->event;
	struct step step = {
		.place = note->place,
		.session = e->session,
		.client = e->client,
		.server = e->server,
		.decrypted = note->decrypted,
	};

	/* The end of a data connection: its flow says more. */
	if (e->type == EVENT_DATA && !e->data.open && !e->data.reason)
		return;
	if (classify(&step, e))
		say(arg, &step, e);
	else
		attach(arg, &step, e);
}

/* --- packets and data connections -------------------------------------------------- */

static enum step_way way_of(enum story_fate fate)
{
	return fate == STORY_RELEASED ? STEP_STARTS : STEP_STOPS;
}

static void on_packet(void *arg, const struct story_packet *p)
{
	struct steps *s = arg;
	struct step step = {
		.kind = STEP_PACKET,
		.place = p->place,
		.session = p->session,
		.client = p->client,
		.server = p->server,
		.from = side(p->from_client),
		.way = way_of(p->fate),
	};

	/* Once a line is rewritten, every packet of the session is changed. */
	if (p->fate == STORY_CHANGED)
		return;
	if (!is_same(s, &step) || s->step.kind == STEP_CLOSE) {
		begin(s, &step);
		fputs("packet, ", sheet_write(&s->said));
		phrase_count(s->said.to, p->payload, "byte");
		fputs(verdict_fate(p->fate), decide(s));
		return;
	}
	if (step.way == STEP_STOPS)
		s->step.way = STEP_STOPS;
	tell_accepted(s);
	fprintf(decide(s), "packet %s", verdict_fate(p->fate));
}

static void on_flow(void *arg, const struct story_flow *f)
{
	struct steps *s = arg;
	const struct step step = {
		.kind = STEP_FLOW,
		.place = { .at_us = f->closed_us },
		.session = f->session,
		.client = f->client,
		.server = f->server,
		.from = side(!f->active),
		.way = f->related || f->midstream ? STEP_PASSES : STEP_STOPS,
		.related = f->related,
	};

	begin(s, &step);
	phrase_data(sheet_write(&s->said), f->active, &f->from, &f->to);
	fputs(", total", s->said.to);
	verdict_flow(decide(s), f);
	verdict_carried(decide(s), f);
}

static void on_end(void *arg, const struct story_end *end)
{
	struct steps *s = arg;

	(void)end;
	flush(s);
	if (s->viewer.end)
		s->viewer.end(s->viewer.arg);
}

/* --- life -------------------------------------------------------------------------- */

struct steps *steps_new(const struct steps_viewer *viewer)
{
	struct steps *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->viewer = *viewer;
	if (sheet_open(&s->said) && sheet_open(&s->before) &&
	    sheet_open(&s->after) && sheet_open(&s->decisions))
		return s;
	steps_free(s);
	return NULL;
}

void steps_free(struct steps *s)
{
	if (!s)
		return;
	flush(s);
	sheet_close(&s->said);
	sheet_close(&s->before);
	sheet_close(&s->after);
	sheet_close(&s->decisions);
	free(s);
}

struct listener steps_listener(struct steps *s)
{
	return (struct listener){
		.arg = s,
		.note = on_note,
		.packet = on_packet,
		.flow = on_flow,
		.end = on_end,
	};
}
