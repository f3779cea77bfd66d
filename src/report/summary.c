/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The summary behind a replay's table.
 *
 * Theory of operation. Sessions live in a book of limited size. One that leaves
 * it has ended without trouble and is added to the total; what is told of it
 * afterwards, and of sessions for which there never was room, counts in the
 * total alone. At the end those that are left are added too, so that the total
 * is that of all sessions, whatever the book could hold.
 */
#include "report/summary.h"

#include <stdlib.h>

#include "report/phrase.h"
#include "report/summary_session.h"
#include "report/summary_stray.h"
#include "report/summary_total.h"

struct summary {
	FILE *out;
	struct book book;
	uint64_t newest; /* number of a session */
	struct words words;
	struct summary_strays strays;
	struct summary_total total;
};

static bool may_leave(const struct book_page *page)
{
	const struct summary_session *s = (const struct summary_session *)page;

	return s->closed && !summary_session_has_trouble(s);
}

static void release(struct book_page *page)
{
	summary_session_free((struct summary_session *)page);
}

/* A new session; NULL: there is no room for it. */
static struct summary_session *add(struct summary *s, uint64_t session,
				   const struct endpoint *client,
				   const struct endpoint *server,
				   uint64_t at_us)
{
	struct summary_session *made =
		summary_session_new(session, client, server, at_us);
	struct book_page *gone;

	if (!made)
		return NULL;
	if (!book_put(&s->book, &made->page, may_leave, &gone)) {
		summary_session_free(made);
		return NULL;
	}
	if (gone) {
		summary_total_add(&s->total, (struct summary_session *)gone);
		release(gone);
	}
	return made;
}

/*
 * NULL: it is not in the book and only counts. Sessions are numbered in the
 * order they open, so a number that is not above all others is that of one that
 * has left.
 */
static struct summary_session *find(struct summary *s, uint64_t session,
				    const struct endpoint *client,
				    const struct endpoint *server,
				    uint64_t at_us)
{
	struct book_page *page = book_find(&s->book, session);

	if (page || session <= s->newest)
		return (struct summary_session *)page;
	s->newest = session;
	return add(s, session, client, server, at_us);
}

static void on_note(void *arg, const struct story_note *note)
{
	struct summary *s = arg;
	const struct event *e = note->event;
	struct summary_session *of;

	if (e->session == 0) {
		sum_note(&s->strays.sum, e, &s->words, SUMMARY_THINGS_ALL);
		return;
	}
	of = find(s, e->session, &e->client, &e->server, e->at_us);
	if (of)
		summary_session_note(of, note, &s->words);
	else
		sum_note(&s->total.sum, e, &s->words, SUMMARY_THINGS_ALL);
}

static void on_packet(void *arg, const struct story_packet *p)
{
	struct summary *s = arg;
	struct summary_sum *sum = &s->strays.sum;
	struct summary_session *of;

	if (p->session != 0) {
		of = find(s, p->session, &p->client, &p->server,
			  p->place.at_us);
		sum = of ? &of->sum : &s->total.sum;
	}
	sum->count[COUNT_FATE + p->fate]++;
}

static void on_flow(void *arg, const struct story_flow *f)
{
	struct summary *s = arg;
	struct summary_session *of;

	if (f->session == 0) {
		summary_stray_flow(&s->strays, f, &s->words);
		return;
	}
	of = find(s, f->session, &f->client, &f->server, f->opened_us);
	if (of)
		summary_session_flow(of, f, &s->words);
	else
		sum_flow(&s->total.sum, f, &s->words, SUMMARY_THINGS_ALL);
}

static void on_traffic(void *arg, const struct story_traffic *t)
{
	struct summary *s = arg;
	struct book_page *page = book_find(&s->book, t->session);

	sum_traffic(page ? &((struct summary_session *)page)->sum
			 : &s->total.sum,
		    t);
}

/* Blocks of sessions, and what they leave out. */
static void put_sessions(struct summary *s, const struct story_end *end)
{
	bool all = end->sessions <= SUMMARY_SHOW_ALL;
	uint64_t shown = 0, troubled = 0;

	for (size_t i = 0; i < s->book.pages; i++) {
		const struct summary_session *one =
			(struct summary_session *)s->book.page[i];

		troubled += summary_session_has_trouble(one);
		if ((!all && !summary_session_has_trouble(one)) ||
		    shown == SUMMARY_SHOW_MAX)
			continue;
		shown++;
		fputc('\n', s->out);
		summary_session_put(s->out, one, &s->words);
	}
	if (all)
		return;
	fputc('\n', s->out);
	phrase_count(s->out, s->total.sessions + s->book.pages - troubled,
		     "session");
	fputs(" without trouble not shown one by one\n", s->out);
	if (troubled > shown) {
		phrase_count(s->out, troubled - shown, "session");
		fputs(" with something to look at not shown either\n", s->out);
	}
}

static void on_end(void *arg, const struct story_end *end)
{
	struct summary *s = arg;

	book_sort(&s->book);
	put_sessions(s, end);
	summary_stray_put(s->out, &s->strays, &s->words);
	for (size_t i = 0; i < s->book.pages; i++)
		summary_total_add(&s->total,
				  (struct summary_session *)s->book.page[i]);
	summary_total_put(s->out, &s->total, end, &s->words);
}

struct summary *summary_new(FILE *out)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->out = out;
	if (book_open(&s->book, SUMMARY_SESSIONS_MAX))
		return s;
	free(s);
	return NULL;
}

struct listener summary_listener(struct summary *s)
{
	return (struct listener){
		.arg = s,
		.note = on_note,
		.packet = on_packet,
		.flow = on_flow,
		.traffic = on_traffic,
		.end = on_end,
	};
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	book_close(&s->book, release);
	words_free(&s->words);
	summary_stray_free(&s->strays);
	sum_free(&s->total.sum);
	free(s);
}
