/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon tells about itself. */
#include "cmd/daemon_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "io/queue_counts.h"
#include "report/object.h"
#include "report/prometheus.h"
#include "report/text.h"

/* --- status and stats --------------------------------------------------------- */

static json_t *queue_numbers(const struct daemon *d)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < d->workers; i++)
		json_array_append_new(list,
				      number_json(d->config->queue_first + i));
	return list;
}

json_t *daemon_answer_status(struct daemon *d)
{
	uint64_t now = clock_now_us();
	struct journal_counts journal;
	struct engine_stats stats;
	char since[TEXT_TIME_MAX];

	pthread_mutex_lock(&d->lock);
	engine_stats(d->engine, &stats);
	pthread_mutex_unlock(&d->lock);
	journal_counts(d->journal, &journal);
	text_time(d->started_us, since);
	return json_pack(
		"{s:s, s:i, s:s, s:o, s:s, s:b, s:s, s:s?, s:s, s:o, s:o, "
		"s:o, s:o, s:o, s:o}",
		"version", SALLYPORT_VERSION, "pid", (int)getpid(), "since",
		since, "uptime_us", number_json(now - d->started_us),
		"configuration", daemon_config_path(d), "configuration_there",
		(int)d->config->from_file, "control_socket", d->name.path,
		"event_log", d->event_log, "log_level",
		log_level_name(log_get_level()), "queues", queue_numbers(d),
		"memory_bytes", number_json(d->engine_size), "sessions",
		number_json(stats.sessions), "pinholes",
		number_json(stats.pinholes), "data_connections",
		number_json(stats.data_connections), "event_readers",
		number_json(journal.readers));
}

static json_t *engine_counts(struct daemon *d)
{
	struct engine_stats stats;
	json_t *o = json_object();

	pthread_mutex_lock(&d->lock);
	engine_stats(d->engine, &stats);
	pthread_mutex_unlock(&d->lock);
#define X(name, text) json_object_set_new(o, #name, number_json(stats.name));
	ENGINE_STATS(X)
#undef X
	return o;
}

static json_t *daemon_counts(struct daemon *d)
{
	json_t *o = json_object();

#define X(name, text) \
	json_object_set_new(o, #name, number_json(atomic_load(&d->count.name)));
	DAEMON_COUNTS(X)
#undef X
	return o;
}

static json_t *event_counts(struct daemon *d)
{
	struct journal_counts c;
	json_t *o = json_object();

	journal_counts(d->journal, &c);
#define X(name, text) json_object_set_new(o, #name, number_json(c.name));
	JOURNAL_COUNTS(X)
#undef X
	return o;
}

/* The names of QUEUE_COUNTS; the kernel need not tell its own. */
static json_t *queue_counts(const struct worker *w)
{
	uint16_t queue = (uint16_t)(w->daemon->config->queue_first + w->index);
	struct queue_counts c;
	json_t *o =
		json_pack("{s:i, s:o}", "queue", (int)queue, "verdicts_refused",
			  number_json(atomic_load(&w->refused)));

	if (!queue_counts_read(queue, &c))
		return o;
	json_object_set_new(o, "packets", number_json(c.packets));
	json_object_set_new(o, "waiting", number_json(c.waiting));
	json_object_set_new(o, "full_drops", number_json(c.full_drops));
	json_object_set_new(o, "socket_drops", number_json(c.socket_drops));
	return o;
}

json_t *daemon_answer_stats(struct daemon *d)
{
	json_t *queues = json_array();

	for (unsigned int i = 0; i < d->workers; i++)
		json_array_append_new(queues, queue_counts(&d->worker[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "engine", engine_counts(d),
			 "daemon", daemon_counts(d), "events", event_counts(d),
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

/* --- reload ----------------------------------------------------------------------- */

static json_t *problem_list(const struct problems *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->count; i++)
		json_array_append_new(list,
				      json_pack("{s:o, s:s}", "line",
						number_json(p->item[i].line),
						"text", p->item[i].text));
	return list;
}

static json_t *ignored_list(const struct reload *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->ignores; i++)
		json_array_append_new(list, json_string(r->ignored[i]));
	return list;
}

json_t *daemon_answer_reload(const struct daemon *d, const struct reload *r)
{
	const char *path = daemon_config_path(d);

	if (r->result == CONFIG_BAD)
		return json_pack("{s:b, s:s, s:o, s:o}", "reloaded", 0,
				 "configuration", path, "problems",
				 problem_list(&r->problems), "more",
				 number_json(r->problems.more));
	if (r->result == CONFIG_SYSTEM)
		return json_pack("{s:b, s:s, s:s}", "reloaded", 0,
				 "configuration", path, "error",
				 strerror(r->error));
	return json_pack("{s:b, s:s, s:o, s:b}", "reloaded", 1, "configuration",
			 path, "needs_restart", ignored_list(r), "needs_rules",
			 (int)r->rules);
}
