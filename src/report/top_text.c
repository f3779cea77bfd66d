/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sample as lines for people. */
#include "report/top_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "report/ctl_rows.h"
#include "report/ctl_table.h"

/* --- the head --------------------------------------------------------------------- */

static void put_head(FILE *to, const struct top *t)
{
	const char *version =
		json_string_value(json_object_get(t->now.status, "version"));

	fprintf(to, "sallyport %s, process ", version ? version : "-");
	ctl_put_number(to, json_object_get(t->now.status, "pid"));
	fputs(", running for ", to);
	ctl_put_time(to, json_object_get(t->now.status, "uptime_us"));
	fputc('\n', to);
}

static void put_levels(FILE *to, const struct top *t)
{
	static const struct {
		const char *text, *group, *name;
	} level[] = {
		{ "sessions", "engine", "sessions" },
		{ "encrypted", "engine", "tls_sessions" },
		{ "pinholes", "engine", "pinholes" },
		{ "grants", "engine", "grants" },
		{ "data", "engine", "data_connections" },
		{ "held", "engine", "packets_waiting" },
		{ "queued", "queues", "waiting" },
	};

	for (size_t i = 0; i < sizeof(level) / sizeof(level[0]); i++)
		fprintf(to, "%s%s %" JSON_INTEGER_FORMAT, i ? "  " : "",
			level[i].text,
			top_value(t, level[i].group, level[i].name));
	fputc('\n', to);
}

/* --- rates ------------------------------------------------------------------------- */

/* Three in a line of 80 columns. */
#define RATES_PER_LINE 3

static void put_rate(FILE *to, const struct top *t, const char *group,
		     const char *name)
{
	double rate;

	if (top_rate(t, group, name, &rate))
		fprintf(to, " %8.1f", rate);
	else
		fprintf(to, " %8s", "-");
}

static void put_rates(FILE *to, const struct top *t)
{
	static const struct {
		const char *group, *name, *shown;
	} row[] = {
		{ "engine", "packets", "packets" },
		{ "engine", "sessions_opened", "sessions_opened" },
		{ "engine", "packets_dropped", "packets_dropped" },
		{ "engine", "commands", "commands" },
		{ "engine", "sessions_closed", "sessions_closed" },
		{ "engine", "packets_held", "packets_held" },
		{ "engine", "replies", "replies" },
		{ "engine", "logins_refused", "logins_refused" },
		{ "engine", "sessions_refused", "sessions_refused" },
		{ "engine", "rewrites", "rewrites" },
		{ "engine", "pinholes_opened", "pinholes_opened" },
		{ "engine", "pinholes_refused", "pinholes_refused" },
		{ "engine", "retransmissions", "retransmissions" },
		{ "engine", "pinholes_used", "pinholes_used" },
		{ "engine", "grants_refused", "grants_refused" },
		{ "daemon", "actions", "actions" },
		{ "engine", "grants_used", "grants_used" },
		{ "engine", "data_unmatched", "data_unmatched" },
		{ "events", "lost", "events_lost" },
		{ "queues", "full_drops", "queue_full" },
		{ "queues", "socket_drops", "socket_full" },
	};
	const size_t rows = sizeof(row) / sizeof(row[0]);

	fputs("Per second\n", to);
	for (size_t i = 0; i < rows; i++) {
		bool last = i % RATES_PER_LINE == RATES_PER_LINE - 1 ||
			    i + 1 == rows;

		fprintf(to, "%-16s", row[i].shown);
		put_rate(to, t, row[i].group, row[i].name);
		fputs(last ? "\n" : "  ", to);
	}
}

/* --- lately -------------------------------------------------------------------------- */

static void put_lately(FILE *to, const struct top *t, size_t most)
{
	if (!most)
		return;
	fputs("Lately\n", to);
	if (!t->troubles)
		fputs("nothing was refused or dropped, no alert was raised\n",
		      to);
	for (size_t i = 0; i < t->troubles && i < most; i++) {
		const struct top_trouble *e = &t->trouble[i];

		fprintf(to, "%8.0f s ago %8llu  %s: %s\n",
			(double)(t->now_us - e->last_us) / US_PER_S,
			(unsigned long long)e->count, e->name, e->label);
	}
}

/* --- tables --------------------------------------------------------------------------- */

static void put_real(FILE *to, const json_t *v)
{
	if (json_is_real(v))
		fprintf(to, "%.1f", json_real_value(v));
	else
		fputc('-', to);
}

static const struct ctl_column session_column[] = {
	{ "SESSION", "session", ctl_put_number },
	{ "CLIENT", "client", ctl_put_endpoint },
	{ "SERVER", "server", ctl_put_endpoint },
	{ "STATE", "state", ctl_put_word },
	{ "AGE", "age_us", ctl_put_time },
	{ "IDLE", "idle_us", ctl_put_time },
	{ "LINES/S", "lines_per_second", put_real },
	{ "DATA", "data_connections", ctl_put_number },
};

static void put_more(FILE *to, size_t all, size_t shown)
{
	if (all > shown)
		fprintf(to, "and %zu more\n", all - shown);
}

static void put_sessions(FILE *to, const struct top *t,
			 const struct top_look *look)
{
	json_t *rows = top_sessions(t, look->order, look->rows);

	ctl_rows_print(to, rows, session_column,
		       sizeof(session_column) / sizeof(session_column[0]),
		       t->now.sessions ? "no sessions"
				       : "too many sessions to list here");
	put_more(to, t->sessions, json_array_size(rows));
	json_decref(rows);
}

/* The table that @print makes of an answer, of its first rows. */
static void put_list(FILE *to, const json_t *answer, const char *key,
		     void (*print)(FILE *to, const json_t *answer),
		     const struct top_look *look)
{
	json_t *rows = top_first(answer, key, look->rows);
	size_t shown = json_array_size(rows);
	json_t *first = json_pack("{s:o}", key, rows);

	print(to, first);
	put_more(to, json_array_size(json_object_get(answer, key)), shown);
	json_decref(first);
}

static void put_all(FILE *to, const struct top *t, const struct top_look *look)
{
	put_head(to, t);
	put_levels(to, t);
	put_rates(to, t);
	put_lately(to, t, look->lately);
	if (look->tables & 1u << TOP_SESSIONS)
		put_sessions(to, t, look);
	if (look->tables & 1u << TOP_PINHOLES)
		put_list(to, t->now.pinholes, "pinholes", ctl_table_pinholes,
			 look);
	if (look->tables & 1u << TOP_GRANTS)
		put_list(to, t->now.grants, "grants", ctl_table_grants, look);
}

void top_print(FILE *to, const struct top *t, const struct top_look *look)
{
	char *text = NULL;
	size_t len = 0;
	FILE *lines = open_memstream(&text, &len);

	if (!lines)
		return;
	put_all(lines, t, look);
	if (fclose(lines) == 0) {
		/* The daemon has escaped what came from the network; but whoever
		 * answers, this is shown on a terminal. */
		for (size_t i = 0; i < len; i++)
			if (text[i] != '\n' && !isprint((unsigned char)text[i]))
				text[i] = '?';
		fwrite(text, 1, len, to);
	}
	free(text);
}
