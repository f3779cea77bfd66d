/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters and events of the daemon as people read them (ctl_table.h). */
#include "report/ctl_table.h"

#include <stdbool.h>
#include <string.h>

#include <sallyport/engine.h>

#include "report/counts.h"

/* --- counters ---------------------------------------------------------------------- */

struct count {
	const char *name, *text;
};

#define X(name, text) { #name, text },
static const struct count engine_count[] = { ENGINE_STATS(X) };
static const struct count daemon_count[] = { DAEMON_COUNTS(X) };
static const struct count journal_count[] = { JOURNAL_COUNTS(X) };
static const struct count queue_count[] = { QUEUE_COUNTS(X) };
#undef X

#define COUNT(c) c, sizeof(c) / sizeof((c)[0])

static void put_counts(FILE *to, const json_t *o, const struct count *c,
		       size_t counts)
{
	for (size_t i = 0; i < counts; i++) {
		const json_t *v = json_object_get(o, c[i].name);

		if (json_is_integer(v))
			fprintf(to, "%12" JSON_INTEGER_FORMAT "  %-20s  %s\n",
				json_integer_value(v), c[i].name, c[i].text);
	}
}

void ctl_table_stats(FILE *to, const json_t *answer)
{
	const json_t *queues = json_object_get(answer, "queues");

	put_counts(to, json_object_get(answer, "engine"), COUNT(engine_count));
	put_counts(to, json_object_get(answer, "daemon"), COUNT(daemon_count));
	put_counts(to, json_object_get(answer, "events"), COUNT(journal_count));
	for (size_t i = 0; i < json_array_size(queues); i++) {
		const json_t *q = json_array_get(queues, i);

		fprintf(to, "queue %" JSON_INTEGER_FORMAT "\n",
			json_integer_value(json_object_get(q, "queue")));
		put_counts(to, q, COUNT(queue_count));
	}
}

/* --- events ------------------------------------------------------------------------ */

/* "2026-11-23T": the hour suffices on a screen. */
#define DATE_LEN 11

/* What the head of a line shows already. */
static bool in_head(const char *key)
{
	static const char *const head[] = { "ts", "event", "session", "client",
					    "server" };

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		if (strcmp(key, head[i]) == 0)
			return true;
	return false;
}

static void put_value(FILE *to, const json_t *v);

static void put_list(FILE *to, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		fputs(i ? "," : "", to);
		put_value(to, json_array_get(v, i));
	}
}

static void put_value(FILE *to, const json_t *v)
{
	if (json_is_array(v))
		put_list(to, v);
	else if (json_is_string(v))
		fputs(json_string_value(v), to);
	else if (json_is_integer(v))
		fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_object(v))
		ctl_table_endpoint(to, v);
	else
		fputs(json_is_true(v) ? "yes" : "no", to);
}

static void put_head(FILE *to, const json_t *event)
{
	const char *ts = json_string_value(json_object_get(event, "ts"));
	const char *name = json_string_value(json_object_get(event, "event"));
	const json_t *session = json_object_get(event, "session");
	const json_t *client = json_object_get(event, "client");

	fprintf(to, "%s ", ts && strlen(ts) > DATE_LEN ? ts + DATE_LEN : "-");
	if (session)
		fprintf(to, "#%" JSON_INTEGER_FORMAT " ",
			json_integer_value(session));
	if (client) {
		ctl_table_endpoint(to, client);
		fputs(" > ", to);
		ctl_table_endpoint(to, json_object_get(event, "server"));
		fputc(' ', to);
	}
	fputs(name ? name : "-", to);
}

void ctl_table_event(FILE *to, const json_t *event)
{
	const char *key;
	json_t *value;

	put_head(to, event);
	/* The macro casts const away; nothing is changed. */
	json_object_foreach((json_t *)event, key, value)
	{
		if (in_head(key))
			continue;
		fprintf(to, " %s ", key);
		put_value(to, value);
	}
	fputc('\n', to);
}
