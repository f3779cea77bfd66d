/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters in Prometheus's text format. */
#include "report/prometheus.h"

#include "report/counts.h"

/* @text with backslashes and line feeds escaped, and @quote if it is one. */
static void put_escaped(FILE *to, const char *text, char quote)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", to);
		else if (*text == '\\' || *text == quote)
			fprintf(to, "\\%c", *text);
		else
			fputc(*text, to);
	}
}

void prometheus_help(FILE *to, const char *text)
{
	put_escaped(to, text, '\\');
}

void prometheus_label(FILE *to, const char *value)
{
	put_escaped(to, value, '"');
}

/* The name of a metric. */
struct name {
	const struct count_group *group;
	const struct count *count;
};

static void put_name(FILE *to, const struct name *n)
{
	fprintf(to, "sallyport_%s%s%s", n->group->prefix, n->count->name,
		n->count->level ? "" : "_total");
}

static void put_head(FILE *to, const struct name *n)
{
	fputs("# HELP ", to);
	put_name(to, n);
	fputc(' ', to);
	prometheus_help(to, n->count->text);
	fputs("\n# TYPE ", to);
	put_name(to, n);
	fputs(n->count->level ? " gauge\n" : " counter\n", to);
}

/* One sample for each value of the label; their sum is for whoever asks. */
static void put_family(FILE *to, const struct name *n, const json_t *by)
{
	const char *key;
	json_t *v;

	put_head(to, n);
	/* The macro casts const away; nothing is changed. */
	json_object_foreach((json_t *)by, key, v)
	{
		if (!json_is_integer(v))
			continue;
		put_name(to, n);
		fprintf(to, "{%s=\"", n->count->label);
		prometheus_label(to, key);
		fprintf(to, "\"} %" JSON_INTEGER_FORMAT "\n",
			json_integer_value(v));
	}
}

static void put_count(FILE *to, const struct name *n, const json_t *from)
{
	char by[COUNT_BY_MAX];
	json_int_t value;

	if (n->count->label) {
		const json_t *parts;

		count_by(n->count, by);
		parts = json_object_get(from, by);
		if (json_object_size(parts) > 0)
			put_family(to, n, parts);
		return;
	}
	if (!count_value(from, n->count->name, &value))
		return;
	put_head(to, n);
	put_name(to, n);
	fprintf(to, " %" JSON_INTEGER_FORMAT "\n", value);
}

void prometheus_stats(FILE *to, const json_t *answer)
{
	for (size_t i = 0; i < count_group_count; i++) {
		const struct count_group *g = &count_groups[i];
		const json_t *from = json_object_get(answer, g->key);

		for (size_t j = 0; j < g->counts; j++)
			put_count(to, &(struct name){ g, &g->count[j] }, from);
	}
}
