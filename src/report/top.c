/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of the daemon's answers, and what changed between two of them. */
#include "report/top_private.h"

#include <stdlib.h>
#include <string.h>

struct top *top_new(void)
{
	return calloc(1, sizeof(struct top));
}

static void answers_free(struct top_answers *a)
{
	json_decref(a->status);
	json_decref(a->stats);
	json_decref(a->sessions);
	json_decref(a->pinholes);
	json_decref(a->grants);
	*a = (struct top_answers){ NULL, NULL, NULL, NULL, NULL };
}

void top_free(struct top *t)
{
	if (!t)
		return;
	answers_free(&t->now);
	answers_free(&t->before);
	free(t->session);
	free(t);
}

/* --- counters ------------------------------------------------------------------ */

json_int_t top_value(const struct top *t, const char *group, const char *name)
{
	json_int_t value;

	count_value(json_object_get(t->now.stats, group), name, &value);
	return value;
}

bool top_rate(const struct top *t, const char *group, const char *name,
	      double *rate)
{
	json_int_t now, before;

	*rate = 0;
	if (t->now_us <= t->before_us ||
	    !count_value(json_object_get(t->now.stats, group), name, &now) ||
	    !count_value(json_object_get(t->before.stats, group), name,
			 &before) ||
	    now < before)
		return false;
	*rate = (double)(now - before) * US_PER_S /
		(double)(t->now_us - t->before_us);
	return true;
}

bool top_lists_sessions(const json_t *stats)
{
	json_int_t sessions;

	return !count_value(json_object_get(stats, "engine"), "sessions",
			    &sessions) ||
	       sessions <= TOP_SESSIONS_MAX;
}

/* --- sessions ------------------------------------------------------------------- */

static uint64_t number_of(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static int by_id(const void *a, const void *b)
{
	const struct top_session *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void session_fill(struct top_session *s, const json_t *row)
{
	s->row = row;
	s->id = number_of(row, "session");
	s->lines = number_of(row, "commands") + number_of(row, "replies");
	s->data = number_of(row, "data_connections");
	s->rate = -1;
}

/* A session that was not there before has said all its lines since. */
static void session_rate(struct top_session *s, const struct top_session *old,
			 size_t olds, double seconds)
{
	const struct top_session *was =
		olds ? bsearch(s, old, olds, sizeof(*old), by_id) : NULL;
	uint64_t before = was ? was->lines : 0;

	s->rate =
		s->lines >= before ? (double)(s->lines - before) / seconds : 0;
}

static void take_sessions(struct top *t)
{
	const json_t *list = json_object_get(t->now.sessions, "sessions");
	size_t n = json_array_size(list), olds = t->sessions;
	struct top_session *old = t->session;
	double seconds = (double)(t->now_us - t->before_us) / US_PER_S;

	t->session = n ? calloc(n, sizeof(*t->session)) : NULL;
	t->sessions = t->session ? n : 0;
	for (size_t i = 0; i < t->sessions; i++) {
		session_fill(&t->session[i], json_array_get(list, i));
		if (t->before.sessions && seconds > 0)
			session_rate(&t->session[i], old, olds, seconds);
	}
	if (t->sessions)
		qsort(t->session, t->sessions, sizeof(*t->session), by_id);
	free(old);
}

/* --- what went wrong -------------------------------------------------------------- */

/* Families of which each is worth a word. */
static const struct {
	const char *group, *name, *by;
} watched[] = {
	{ "engine", "alerts", "alerts_by_rule" },
	{ "engine", "packets_dropped", "packets_dropped_by_reason" },
	{ "engine", "sessions_refused", "sessions_refused_by_reason" },
	{ "engine", "sessions_untrusted", "sessions_untrusted_by_reason" },
	{ "engine", "tls_failed", "tls_failed_by_reason" },
	{ "engine", "endpoints_refused", "endpoints_refused_by_reason" },
	{ "engine", "pinholes_refused", "pinholes_refused_by_reason" },
	{ "engine", "grants_refused", "grants_refused_by_reason" },
	{ "engine", "data_unmatched", "data_unmatched_by_reason" },
	{ "daemon", "action_failures", "action_failures_by_type" },
};

static size_t trouble_find(const struct top *t, const char *name,
			   const char *label)
{
	size_t i = 0;

	while (i < t->troubles && (strcmp(t->trouble[i].name, name) != 0 ||
				   strcmp(t->trouble[i].label, label) != 0))
		i++;
	return i;
}

/* It comes to the front; without room the oldest is forgotten. */
static void trouble_note(struct top *t, const char *name, const char *label,
			 uint64_t more)
{
	struct top_trouble new = { .name = name, .last_us = t->now_us };
	size_t at = trouble_find(t, name, label);

	snprintf(new.label, sizeof(new.label), "%s", label);
	if (at < t->troubles)
		new.count = t->trouble[at].count;
	else if (t->troubles < TOP_TROUBLES_MAX)
		t->troubles++;
	else
		at--;
	new.count += more;
	memmove(t->trouble + 1, t->trouble, at * sizeof(t->trouble[0]));
	t->trouble[0] = new;
}

static void take_troubles(struct top *t, const char *group, const char *name,
			  const char *by)
{
	json_t *now = json_object_get(json_object_get(t->now.stats, group), by);
	const json_t *before =
		json_object_get(json_object_get(t->before.stats, group), by);
	const char *label;
	json_t *v;

	json_object_foreach(now, label, v)
	{
		json_int_t was =
			json_integer_value(json_object_get(before, label));

		if (json_integer_value(v) > was)
			trouble_note(t, name, label,
				     (uint64_t)(json_integer_value(v) - was));
	}
}

/* --- samples ------------------------------------------------------------------------ */

/* Another process counts from zero. */
static bool is_same_daemon(const struct top_answers *a,
			   const struct top_answers *b)
{
	const json_t *x = json_object_get(a->status, "pid");
	const json_t *y = json_object_get(b->status, "pid");

	return x && y && json_integer_value(x) == json_integer_value(y);
}

void top_sample(struct top *t, const struct top_answers *a, uint64_t now_us)
{
	answers_free(&t->before);
	t->before = t->now;
	t->before_us = t->now_us;
	t->now = *a;
	t->now_us = now_us;
	if (!is_same_daemon(&t->now, &t->before))
		answers_free(&t->before);
	take_sessions(t);
	if (!t->before.stats)
		return;
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		take_troubles(t, watched[i].group, watched[i].name,
			      watched[i].by);
}

/* --- order ---------------------------------------------------------------------------- */

/* The higher comes first; where they are alike, the newer. */
static int descending(double a, double b)
{
	return (b > a) - (b < a);
}

static int by_newest(const void *a, const void *b)
{
	const struct top_session *const *x = a, *const *y = b;

	return descending((double)(*x)->id, (double)(*y)->id);
}

static int by_busiest(const void *a, const void *b)
{
	const struct top_session *const *x = a, *const *y = b;
	int order = descending((*x)->rate, (*y)->rate);

	if (order == 0)
		order = descending((double)(*x)->lines, (double)(*y)->lines);
	return order ? order : by_newest(a, b);
}

static int by_data(const void *a, const void *b)
{
	const struct top_session *const *x = a, *const *y = b;
	int order = descending((double)(*x)->data, (double)(*y)->data);

	return order ? order : by_newest(a, b);
}

static json_t *session_json(const struct top_session *s)
{
	/* jansson counts references; it changes nothing. */
	json_t *o = json_copy((json_t *)(uintptr_t)s->row);

	if (s->rate >= 0)
		json_object_set_new(o, "lines_per_second", json_real(s->rate));
	return o;
}

json_t *top_sessions(const struct top *t, enum top_order order, size_t most)
{
	static int (*const by[])(const void *a, const void *b) = {
		[TOP_BUSIEST] = by_busiest,
		[TOP_NEWEST] = by_newest,
		[TOP_DATA] = by_data,
	};
	const struct top_session **list =
		calloc(t->sessions + 1, sizeof(struct top_session *));
	json_t *rows = json_array();

	for (size_t i = 0; list && i < t->sessions; i++)
		list[i] = &t->session[i];
	if (list)
		qsort(list, t->sessions, sizeof(struct top_session *),
		      by[order]);
	for (size_t i = 0; list && i < t->sessions && i < most; i++)
		json_array_append_new(rows, session_json(list[i]));
	free(list);
	return rows;
}

json_t *top_first(const json_t *answer, const char *key, size_t most)
{
	const json_t *list = json_object_get(answer, key);
	json_t *rows = json_array();

	for (size_t i = 0; i < json_array_size(list) && i < most; i++)
		json_array_append(rows, json_array_get(list, i));
	return rows;
}
