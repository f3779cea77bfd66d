/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon tells about itself. */
#include "cmd/daemon_answer.h"

#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "report/object.h"
#include "report/text.h"

/* --- status --------------------------------------------------------- */

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
	text_time(clock_wall_us(d->started_us), since);
	return json_pack(
		"{s:s, s:i, s:s, s:o, s:s, s:b, s:s, s:s?, s:s, s:s, s:o, "
		"s:o, s:o, s:o, s:o, s:o}",
		"version", SALLYPORT_VERSION, "pid", (int)getpid(), "since",
		since, "uptime_us", number_json(now - d->started_us),
		"configuration", daemon_config_path(d), "configuration_there",
		(int)d->config->from_file, "control_socket", d->name.path,
		"event_log", d->event_log, "log_level",
		log_level_name(log_get_level()), "log_to", log_where(),
		"queues", queue_numbers(d), "memory_bytes",
		number_json(d->engine_size), "sessions",
		number_json(stats.sessions), "pinholes",
		number_json(stats.pinholes), "data_connections",
		number_json(stats.data_connections), "event_readers",
		number_json(journal.readers));
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
