/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters in Prometheus's text format. */
#include "report/prometheus.h"

#include <stdbool.h>
#include <string.h>

#include <sallyport/engine.h>

#include "report/counts.h"

struct metric {
	const char *name, *text;
};

#define X(name, text) { #name, text },
static const struct metric engine_metric[] = { ENGINE_STATS(X) };
static const struct metric daemon_metric[] = { DAEMON_COUNTS(X) };
static const struct metric events_metric[] = { JOURNAL_COUNTS(X) };
static const struct metric queue_metric[] = { QUEUE_COUNTS(X) };
#undef X

#define METRICS(m) m, sizeof(m) / sizeof((m)[0])

/* A member of the answer: an object, or a list of such to sum up. */
static const struct group {
	const char *key, *prefix;
	const struct metric *metric;
	size_t metrics;
} groups[] = {
	{ "engine", "", METRICS(engine_metric) },
	{ "daemon", "daemon_", METRICS(daemon_metric) },
	{ "events", "events_", METRICS(events_metric) },
	{ "queues", "queue_", METRICS(queue_metric) },
};

/* What also falls; all else only grows. */
static const char *const levels[] = {
	"sessions", "pinholes", "data_connections", "tls_sessions",
	"tls_fast", "grants",   "waiting",
};

static bool is_level(const char *name)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(name, levels[i]) == 0)
			return true;
	return false;
}

void prometheus_help(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\\\", to);
		else if (*text == '\n')
			fputs("\\n", to);
		else
			fputc(*text, to);
	}
}

/* Gives false where nobody counts @name. */
static bool find_value(const json_t *from, const char *name, json_int_t *value)
{
	const json_t *v = json_object_get(from, name);
	bool found = json_is_integer(v);

	*value = found ? json_integer_value(v) : 0;
	for (size_t i = 0; i < json_array_size(from); i++) {
		v = json_object_get(json_array_get(from, i), name);
		if (!json_is_integer(v))
			continue;
		*value += json_integer_value(v);
		found = true;
	}
	return found;
}

static void put_metric(FILE *to, const struct group *g, const struct metric *m,
		       json_int_t value)
{
	const char *end = is_level(m->name) ? "" : "_total";

	fprintf(to, "# HELP sallyport_%s%s%s ", g->prefix, m->name, end);
	prometheus_help(to, m->text);
	fprintf(to,
		"\n# TYPE sallyport_%s%s%s %s\n"
		"sallyport_%s%s%s %" JSON_INTEGER_FORMAT "\n",
		g->prefix, m->name, end, *end ? "counter" : "gauge", g->prefix,
		m->name, end, value);
}

void prometheus_stats(FILE *to, const json_t *answer)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct group *g = &groups[i];
		const json_t *from = json_object_get(answer, g->key);
		json_int_t value;

		for (size_t j = 0; j < g->metrics; j++)
			if (find_value(from, g->metric[j].name, &value))
				put_metric(to, g, &g->metric[j], value);
	}
}
