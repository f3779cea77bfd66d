/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All sessions of a summary together. */
#include "report/summary_total.h"

#include "report/amount.h"
#include "report/phrase.h"
#include "report/summary_put.h"
#include "report/text.h"

static void add_cost(struct summary_total *t, const struct summary_session *s,
		     enum summary_cover cover)
{
	struct summary_cost *c = &t->cost[cover == COVER_TLS];

	if (s->midstream || cover == COVER_BROKEN ||
	    !s->sum.count[COUNT_PACKETS])
		return;
	c->sessions++;
	c->packets += s->sum.count[COUNT_PACKETS];
	c->wire += s->sum.count[COUNT_WIRE];
}

void summary_total_add(struct summary_total *t, const struct summary_session *s)
{
	enum summary_cover cover = summary_session_cover(s);

	t->sessions++;
	t->cover[cover]++;
	t->midstream += s->midstream;
	t->trouble += summary_session_has_trouble(s);
	add_cost(t, s, cover);
	sum_add(&t->sum, &s->sum);
}

static void put_period(FILE *to, const struct story_end *end)
{
	char first[TEXT_TIME_MAX], last[TEXT_TIME_MAX];

	fputs("\ntotal: ", to);
	phrase_count(to, end->frames, "frame");
	if (end->first_us) {
		text_time(end->first_us, first);
		text_time(end->last_us, last);
		fprintf(to, ", %s to %s (", first, last);
		amount_seconds(to, end->last_us > end->first_us
					   ? end->last_us - end->first_us
					   : 0);
		fputc(')', to);
	}
	fputc('\n', to);
}

static void put_sessions(FILE *to, const struct summary_total *t,
			 const struct story_end *end)
{
	const struct {
		uint64_t n;
		const char *what;
	} part[] = {
		{ end->sessions - end->unfollowed, "followed" },
		{ end->unfollowed, "not followed" },
		{ t->trouble, "with something to look at" },
		{ t->cover[COVER_CLEAR], "in clear" },
		{ t->cover[COVER_TLS], "under TLS" },
		{ t->cover[COVER_BROKEN], "whose TLS did not finish" },
		{ t->midstream, "begun before the capture" },
		{ end->sessions > t->sessions ? end->sessions - t->sessions : 0,
		  "for whose details there was no room" },
	};
	bool any = false;

	fputs("  ", to);
	phrase_count(to, end->sessions, "session");
	if (end->sessions > 0)
		fputs(": ", to);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (part[i].n == 0)
			continue;
		summary_put_comma(to, &any);
		amount_put(to, part[i].n);
		fprintf(to, " %s", part[i].what);
	}
	fputc('\n', to);
}

static void put_cost(FILE *to, const struct summary_cost *c)
{
	phrase_count(to, c->packets / c->sessions, "packet");
	fputs(" and ", to);
	phrase_count(to, c->wire / c->sessions, "byte");
}

/* Where there are sessions of both kinds: what one of each costs. */
static void put_comparison(FILE *to, const struct summary_total *t)
{
	const struct summary_cost *clear = &t->cost[0], *tls = &t->cost[1];

	if (!clear->sessions || !tls->sessions ||
	    clear->wire / clear->sessions == 0)
		return;
	fputs("  control connections, on average: ", to);
	put_cost(to, clear);
	fputs(" in clear, ", to);
	put_cost(to, tls);
	fputs(" under TLS, which is ", to);
	amount_times(to, tls->wire / tls->sessions,
		     clear->wire / clear->sessions);
	fputs(" as many bytes\n", to);
}

void summary_total_put(FILE *to, const struct summary_total *t,
		       const struct story_end *end, const struct words *words)
{
	put_period(to, end);
	put_sessions(to, t, end);
	/* One alone has told it all. */
	if (end->sessions <= 1)
		return;
	summary_put_things(to, &t->sum, words, KIND_TLS,
			   "TLS handshake failed");
	summary_put_sum(to, &t->sum, words, NULL);
	put_comparison(to, t);
}
