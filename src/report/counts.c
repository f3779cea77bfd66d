/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is counted, in one table. */
#include "report/counts.h"

#include <stdio.h>

#define LEVEL(name, text)   { #name, text, NULL, true },
#define COUNTER(name, text) { #name, text, NULL, false },
#define FAMILY(name, label, values, value_name, text) \
	{ #name, text, #label, false },

/* clang-format off */
static const struct count engine[] = {
	ENGINE_LEVELS(LEVEL)
	ENGINE_COUNTERS(COUNTER)
	ENGINE_FAMILIES(FAMILY)
};
static const struct count daemon[] = {
	DAEMON_COUNTS(COUNTER)
	DAEMON_FAMILIES(FAMILY)
};
static const struct count events[] = {
	JOURNAL_LEVELS(LEVEL)
	JOURNAL_COUNTS(COUNTER)
};
static const struct count control[] = { CONTROL_COUNTS(COUNTER) };
static const struct count scrape[] = { SCRAPE_COUNTS(COUNTER) };
static const struct count logged[] = { LOG_COUNTS(COUNTER) };
static const struct count queue[] = {
	QUEUE_LEVELS(LEVEL)
	QUEUE_COUNTS(COUNTER)
};
/* clang-format on */

#define COUNTS(c) c, sizeof(c) / sizeof((c)[0])

const struct count_group count_groups[] = {
	{ "engine", "", "engine", COUNTS(engine) },
	{ "daemon", "daemon_", "daemon", COUNTS(daemon) },
	{ "events", "events_", "events", COUNTS(events) },
	{ "control", "control_", "control socket", COUNTS(control) },
	{ "scrape", "scrape_", "metrics over HTTP", COUNTS(scrape) },
	{ "log", "log_", "log", COUNTS(logged) },
	{ "queues", "queue_", "queue", COUNTS(queue) },
};

const size_t count_group_count = sizeof(count_groups) / sizeof(count_groups[0]);

bool count_value(const json_t *from, const char *name, json_int_t *value)
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

void count_by(const struct count *c, char out[COUNT_BY_MAX])
{
	snprintf(out, COUNT_BY_MAX, "%s_by_%s", c->name, c->label);
}
