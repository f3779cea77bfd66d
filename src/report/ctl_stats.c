/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters and events of the daemon as people read them (ctl_table.h). */
#include "report/ctl_table.h"

#include <stdbool.h>
#include <string.h>

#include "report/counts.h"
#include "report/ctl_rows.h"

/* --- counters ---------------------------------------------------------------------- */

static void put_count(FILE *to, const json_t *v, const struct count *c)
{
	fprintf(to, "%12" JSON_INTEGER_FORMAT "  %-20s  %s\n",
		json_integer_value(v), c->name, c->text);
}

/* What a family has counted, without what never was. */
static void put_parts(FILE *to, const json_t *by)
{
	const char *key;
	json_t *v;

	/* The macro casts const away; nothing is changed. */
	json_object_foreach((json_t *)by, key, v)
	{
		if (json_integer_value(v) > 0)
			fprintf(to, "%12" JSON_INTEGER_FORMAT "    %s\n",
				json_integer_value(v), key);
	}
}

static void put_counts(FILE *to, const json_t *o, const struct count_group *g)
{
	char by[COUNT_BY_MAX];

	for (size_t i = 0; i < g->counts; i++) {
		const struct count *c = &g->count[i];
		const json_t *v = json_object_get(o, c->name);

		if (!json_is_integer(v))
			continue;
		put_count(to, v, c);
		if (!c->label)
			continue;
		count_by(c, by);
		put_parts(to, json_object_get(o, by));
	}
}

static void put_queue(FILE *to, const json_t *q, const struct count_group *g)
{
	fprintf(to, "%s %" JSON_INTEGER_FORMAT "\n", g->title,
		json_integer_value(json_object_get(q, "queue")));
	put_counts(to, q, g);
}

void ctl_table_stats(FILE *to, const json_t *answer)
{
	for (size_t i = 0; i < count_group_count; i++) {
		const struct count_group *g = &count_groups[i];
		const json_t *from = json_object_get(answer, g->key);

		if (json_is_object(from)) {
			fprintf(to, "%s\n", g->title);
			put_counts(to, from, g);
		}
		for (size_t j = 0; j < json_array_size(from); j++)
			put_queue(to, json_array_get(from, j), g);
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
		ctl_put_endpoint(to, v);
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
		ctl_put_endpoint(to, client);
		fputs(" > ", to);
		ctl_put_endpoint(to, json_object_get(event, "server"));
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
