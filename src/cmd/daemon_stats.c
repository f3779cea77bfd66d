/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All counters: the answer to `ctl stats`, and what a scrape gets. */
#include "cmd/daemon_answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/log.h"
#include "io/queue_counts.h"
#include "report/object.h"
#include "report/prometheus.h"

static void put(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, number_json(value));
}

/* @by: what a family has counted by each value of its label; taken over. */
static void put_family(json_t *o, const char *name, const char *by_name,
		       json_t *by)
{
	json_int_t all = 0;
	const char *key;
	json_t *v;

	json_object_foreach(by, key, v)
	{
		all += json_integer_value(v);
	}
	json_object_set_new(o, name, json_integer(all));
	json_object_set_new(o, by_name, by);
}

static json_t *engine_counts(struct daemon *d)
{
	struct engine_stats stats;
	json_t *o = json_object(), *by;

	pthread_mutex_lock(&d->lock);
	engine_stats(d->engine, &stats);
	pthread_mutex_unlock(&d->lock);
#define X(name, text) put(o, #name, stats.name);
	ENGINE_LEVELS(X)
	ENGINE_COUNTERS(X)
#undef X
#define X(name, label, values, value_name, text)            \
	by = json_object();                                 \
	for (unsigned int i = 0; i < (values); i++)         \
		put(by, value_name(i), stats.name##_by[i]); \
	put_family(o, #name, #name "_by_" #label, by);
	ENGINE_FAMILIES(X)
#undef X
	return o;
}

static json_t *daemon_counts(struct daemon *d)
{
	json_t *o = json_object(), *by;

#define X(name, text) put(o, #name, atomic_load(&d->count.name));
	DAEMON_COUNTS(X)
#undef X
#define X(name, label, values, value_name, text)                             \
	by = json_object();                                                  \
	for (unsigned int i = 0; i < (values); i++)                          \
		put(by, value_name(i), atomic_load(&d->count.name##_by[i])); \
	put_family(o, #name, #name "_by_" #label, by);
	DAEMON_FAMILIES(X)
#undef X
	return o;
}

static json_t *event_counts(struct daemon *d)
{
	struct journal_counts c;
	json_t *o = json_object();

	journal_counts(d->journal, &c);
#define X(name, text) put(o, #name, c.name);
	JOURNAL_LEVELS(X)
	JOURNAL_COUNTS(X)
#undef X
	return o;
}

static json_t *control_counts(const struct daemon *d)
{
	struct control_server_counts c;
	json_t *o = json_object();

	control_server_counts(d->control, &c);
#define X(name, text) put(o, #name, c.name);
	CONTROL_COUNTS(X)
#undef X
	return o;
}

static json_t *scrape_numbers(const struct daemon *d)
{
	struct scrape_counts c;
	json_t *o = json_object();

	scrape_counts(d->scrape, &c);
#define X(name, text) put(o, #name, c.name);
	SCRAPE_COUNTS(X)
#undef X
	return o;
}

static json_t *log_numbers(void)
{
	struct log_counts c;
	json_t *o = json_object();

	log_counts(&c);
#define X(name, text) put(o, #name, c.name);
	LOG_COUNTS(X)
#undef X
	return o;
}

/* The names of QUEUE_COUNTS; the kernel need not tell its own. */
static json_t *queue_numbers(const struct worker *w)
{
	uint16_t queue = (uint16_t)(w->daemon->config->queue_first + w->index);
	struct queue_counts c;
	json_t *o = json_pack("{s:i}", "queue", (int)queue);

	put(o, "verdicts_refused", atomic_load(&w->refused));
	if (!queue_counts_read(w->daemon->queue_counts, queue, &c))
		return o;
	put(o, "packets", c.packets);
	put(o, "waiting", c.waiting);
	put(o, "full_drops", c.full_drops);
	put(o, "socket_drops", c.socket_drops);
	return o;
}

json_t *daemon_answer_stats(struct daemon *d)
{
	json_t *queues = json_array();

	for (unsigned int i = 0; i < d->workers; i++)
		json_array_append_new(queues, queue_numbers(&d->worker[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "engine",
			 engine_counts(d), "daemon", daemon_counts(d), "events",
			 event_counts(d), "control", control_counts(d),
			 "scrape", scrape_numbers(d), "log", log_numbers(),
			 "queues", queues);
}

char *daemon_answer_metrics(void *arg, size_t *len)
{
	json_t *answer = daemon_answer_stats(arg);
	char *text = NULL;
	FILE *to = answer ? open_memstream(&text, len) : NULL;

	if (to) {
		prometheus_stats(to, answer);
		if (fclose(to) != 0) {
			free(text);
			text = NULL;
		}
	}
	json_decref(answer);
	return text;
}
