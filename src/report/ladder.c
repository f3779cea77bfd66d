/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A replay as sequence diagrams: kept for each session until it is over. */
#include "report/ladder.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "report/elapsed.h"
#include "report/ladder_draw.h"
#include "report/phrase.h"
#include "report/sheet.h"
#include "report/step.h"

/* The first piece of memory for a ladder: its head and a login. */
#define TEXT_FIRST 2048

/* The ladder of one session. */
struct rungs {
	uint64_t session;
	TAILQ_ENTRY(rungs) next; /* in the order of their beginning */
	char *text;
	size_t len, room;
	uint64_t left_out;  /* steps that found no room */
	uint64_t open_data; /* connections whose end is still to be told */
	bool closed;
};

TAILQ_HEAD(rungs_list, rungs);

struct ladder {
	FILE *out;
	struct steps *steps;
	struct elapsed clock;
	struct sheet sheet; /* the step that is being drawn */
	void *by_session;   /* of struct rungs; see tsearch(3) */
	struct rungs_list all;
	size_t total;  /* bytes of all texts */
	bool printed;  /* a ladder, so that the next one keeps apart */
	uint64_t lost; /* steps for which there was no memory */
};

/* --- memory -------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct rungs *x = a, *y = b;

	return (x->session > y->session) - (x->session < y->session);
}

static struct rungs *find(const struct ladder *l, uint64_t session)
{
	const struct rungs key = { .session = session };
	struct rungs *const *node = tfind(&key, &l->by_session, compare);

	return node ? *node : NULL;
}

static struct rungs *add(struct ladder *l, uint64_t session)
{
	struct rungs *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->session = session;
	if (!tsearch(r, &l->by_session, compare)) {
		free(r);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&l->all, r, next);
	return r;
}

static void drop(struct ladder *l, struct rungs *r)
{
	tdelete(r, &l->by_session, compare);
	TAILQ_REMOVE(&l->all, r, next);
	l->total -= r->room;
	free(r->text);
	free(r);
}

/* Room for @len bytes more; false if that is past a bound. */
static bool grow(struct ladder *l, struct rungs *r, size_t len, bool last)
{
	size_t room = r->room ? r->room : TEXT_FIRST;
	char *text;

	while (room < r->len + len)
		room *= 2;
	if (room == r->room)
		return true;
	if (!last && (room > LADDER_SESSION_MAX ||
		      l->total - r->room + room > LADDER_TOTAL_MAX))
		return false;
	text = realloc(r->text, room);
	if (!text)
		return false;
	l->total += room - r->room;
	r->text = text;
	r->room = room;
	return true;
}

/* --- drawing ------------------------------------------------------------------- */

/* Put what is on the sheet behind @r. */
static bool keep(struct ladder *l, struct rungs *r, bool last)
{
	const char *text = sheet_text(&l->sheet);
	size_t len = strlen(text);

	if (!grow(l, r, len, last))
		return false;
	memcpy(r->text + r->len, text, len);
	r->len += len;
	return true;
}

static void say_left_out(struct ladder *l, struct rungs *r)
{
	char text[160];

	if (r->left_out == 0)
		return;
	snprintf(text, sizeof(text),
		 "%" PRIu64 " step%s not drawn: a ladder ends at %u KiB, all "
		 "that wait at %u MiB; see the table",
		 r->left_out, r->left_out == 1 ? " is" : "s are",
		 LADDER_SESSION_MAX >> 10, LADDER_TOTAL_MAX >> 20);
	ladder_draw_note(sheet_write(&l->sheet), text);
	r->left_out = 0;
}

static void draw(struct ladder *l, struct rungs *r, const struct step *s)
{
	bool close = s->kind == STEP_CLOSE;
	char time[ELAPSED_TEXT_MAX];

	/* Once a step is left out, so are those behind it. */
	if (r->left_out > 0 && !close) {
		r->left_out++;
		return;
	}
	sheet_clear(&l->sheet);
	say_left_out(l, r);
	elapsed_text(&l->clock, s->place.at_us, time);
	ladder_draw_step(sheet_write(&l->sheet), s, time);
	if (!keep(l, r, close))
		r->left_out++;
}

static void draw_head(struct ladder *l, struct rungs *r, const struct step *s)
{
	FILE *to;

	sheet_clear(&l->sheet);
	to = sheet_write(&l->sheet);
	fprintf(to, "session %" PRIu64 "%s\n", s->session,
		s->kind == STEP_OPEN ? "" : ", continued");
	ladder_draw_head(to, &s->client, &s->server);
	keep(l, r, true);
}

static void print(struct ladder *l, struct rungs *r)
{
	if (l->printed)
		fputc('\n', l->out);
	l->printed = true;
	sheet_clear(&l->sheet);
	say_left_out(l, r);
	fwrite(r->text, 1, r->len, l->out);
	fputs(sheet_text(&l->sheet), l->out);
	drop(l, r);
}

/* --- steps ---------------------------------------------------------------------- */

/* The ladder goes out when nothing more of its session is to be told. */
static void count(struct rungs *r, const struct step *s)
{
	if (s->kind == STEP_DATA && s->related)
		r->open_data++;
	if (s->kind == STEP_FLOW && s->related && r->open_data > 0)
		r->open_data--;
	if (s->kind == STEP_CLOSE)
		r->closed = true;
}

/* No session stands behind it. */
static void print_stray(struct ladder *l, const struct step *s)
{
	char time[ELAPSED_TEXT_MAX];

	if (l->printed)
		fputc('\n', l->out);
	l->printed = true;
	elapsed_text(&l->clock, s->place.at_us, time);
	fputs("no session\n", l->out);
	ladder_draw_step(l->out, s, time);
}

static void take(void *arg, const struct step *s)
{
	struct ladder *l = arg;
	struct rungs *r;

	if (s->session == 0) {
		print_stray(l, s);
		return;
	}
	r = find(l, s->session);
	if (!r) {
		r = add(l, s->session);
		if (!r) {
			l->lost++;
			return;
		}
		/* Told behind the session's end. */
		r->closed = s->kind != STEP_OPEN;
		draw_head(l, r, s);
	}
	draw(l, r, s);
	count(r, s);
	if (r->closed && r->open_data == 0)
		print(l, r);
}

/* --- life ------------------------------------------------------------------------ */

/* All that waits for more will get none. */
static void finish(void *arg)
{
	struct ladder *l = arg;

	while (!TAILQ_EMPTY(&l->all))
		print(l, TAILQ_FIRST(&l->all));
	if (l->lost > 0)
		fprintf(l->out,
			"\n%" PRIu64 " steps are not drawn: no memory\n",
			l->lost);
	l->lost = 0;
}

struct ladder *ladder_new(FILE *out)
{
	struct ladder *l = calloc(1, sizeof(*l));
	const struct steps_viewer viewer = { l, take, finish };

	if (!l)
		return NULL;
	TAILQ_INIT(&l->all);
	l->out = out;
	l->steps = steps_new(&viewer);
	if (sheet_open(&l->sheet) && l->steps)
		return l;
	ladder_free(l);
	return NULL;
}

void ladder_free(struct ladder *l)
{
	if (!l)
		return;
	steps_free(l->steps);
	finish(l);
	sheet_close(&l->sheet);
	free(l);
}

struct listener ladder_listener(struct ladder *l)
{
	return steps_listener(l->steps);
}
