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
#include "report/text.h"

/* jansson's integers are signed; none of ours lives long enough to matter. */
static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* --- status and stats --------------------------------------------------------- */

static json_t *queue_numbers(const struct daemon *d)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < d->workers; i++)
		json_array_append_new(list, number(d->config->queue_first + i));
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
		since, "uptime_us", number(now - d->started_us),
		"configuration", daemon_config_path(d), "configuration_there",
		(int)d->config->from_file, "control_socket", d->name.path,
		"event_log", d->event_log, "log_level",
		log_level_name(log_get_level()), "queues", queue_numbers(d),
		"memory_bytes", number(d->engine_size), "sessions",
		number(stats.sessions), "pinholes", number(stats.pinholes),
		"data_connections", number(stats.data_connections),
		"event_readers", number(journal.readers));
}

static json_t *engine_counts(struct daemon *d)
{
	struct engine_stats stats;
	json_t *o = json_object();

	pthread_mutex_lock(&d->lock);
	engine_stats(d->engine, &stats);
	pthread_mutex_unlock(&d->lock);
#define X(name, text) json_object_set_new(o, #name, number(stats.name));
	ENGINE_STATS(X)
#undef X
	return o;
}

static json_t *daemon_counts(struct daemon *d)
{
	json_t *o = json_object();

#define X(name, text) \
	json_object_set_new(o, #name, number(atomic_load(&d->count.name)));
	DAEMON_COUNTS(X)
#undef X
	return o;
}

static json_t *event_counts(struct daemon *d)
{
	struct journal_counts c;
	json_t *o = json_object();

	journal_counts(d->journal, &c);
#define X(name, text) json_object_set_new(o, #name, number(c.name));
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
			  number(atomic_load(&w->refused)));

	if (!queue_counts_read(queue, &c))
		return o;
	json_object_set_new(o, "packets", number(c.packets));
	json_object_set_new(o, "waiting", number(c.waiting));
	json_object_set_new(o, "full_drops", number(c.full_drops));
	json_object_set_new(o, "socket_drops", number(c.socket_drops));
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

/* --- reload ----------------------------------------------------------------------- */

static json_t *problem_list(const struct problems *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->count; i++)
		json_array_append_new(list, json_pack("{s:o, s:s}", "line",
						      number(p->item[i].line),
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
				 number(r->problems.more));
	if (r->result == CONFIG_SYSTEM)
		return json_pack("{s:b, s:s, s:s}", "reloaded", 0,
				 "configuration", path, "error",
				 strerror(r->error));
	return json_pack("{s:b, s:s, s:o, s:b}", "reloaded", 1, "configuration",
			 path, "needs_restart", ignored_list(r), "needs_rules",
			 (int)r->rules);
}
