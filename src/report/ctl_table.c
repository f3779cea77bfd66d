/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's answers as people read them. */
#include "report/ctl_table.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_S 1000000u

/* --- one value ------------------------------------------------------------------- */

static void put_word(FILE *to, const json_t *v)
{
	fputs(json_is_string(v) ? json_string_value(v) : "-", to);
}

static void put_number(FILE *to, const json_t *v)
{
	if (json_is_integer(v))
		fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		fputc('-', to);
}

static void put_yes(FILE *to, const json_t *v)
{
	fputs(json_is_true(v) ? "yes" : "no", to);
}

/* {"addr": "...", "port": N}, the latter where there is one. */
void ctl_table_endpoint(FILE *to, const json_t *v)
{
	const char *addr = json_string_value(json_object_get(v, "addr"));
	const json_t *port = json_object_get(v, "port");
	bool brackets = addr && port && strchr(addr, ':');

	fprintf(to, "%s%s%s", brackets ? "[" : "", addr ? addr : "-",
		brackets ? "]" : "");
	if (addr && port)
		fprintf(to, ":%" JSON_INTEGER_FORMAT, json_integer_value(port));
}

/* Two units: 12s, 5m12s, 3h05m, 2d07h. */
static void put_time(FILE *to, const json_t *v)
{
	uint64_t s = (uint64_t)json_integer_value(v) / US_PER_S;
	uint64_t m = s / 60, h = m / 60;

	if (!json_is_integer(v))
		fputc('-', to);
	else if (m == 0)
		fprintf(to, "%" PRIu64 "s", s);
	else if (h == 0)
		fprintf(to, "%" PRIu64 "m%02" PRIu64 "s", m, s % 60);
	else if (h < 24)
		fprintf(to, "%" PRIu64 "h%02" PRIu64 "m", h, m % 60);
	else
		fprintf(to, "%" PRIu64 "d%02" PRIu64 "h", h / 24, h % 24);
}

/* --- tables ----------------------------------------------------------------------- */

struct column {
	const char *head, *key;
	void (*put)(FILE *to, const json_t *value);
};

/* The text of a cell, in memory that the caller frees; NULL if there is none.
 */
static char *cell_text(const struct column *c, const json_t *row)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	c->put(to, json_object_get(row, c->key));
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

static size_t column_width(const struct column *c, const json_t *rows)
{
	size_t width = strlen(c->head);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		char *text = cell_text(c, json_array_get(rows, i));

		if (text && strlen(text) > width)
			width = strlen(text);
		free(text);
	}
	return width;
}

/* No blanks behind the last column. */
static void print_cell(FILE *to, const char *text, size_t width, bool last)
{
	if (last)
		fprintf(to, "%s\n", text);
	else
		fprintf(to, "%-*s  ", (int)width, text);
}

/* As many as any table here has. */
#define COLUMNS_MAX 12

static void print_table(FILE *to, const json_t *rows, const struct column *c,
			size_t columns, const char *when_empty)
{
	size_t width[COLUMNS_MAX];

	if (json_array_size(rows) == 0) {
		fprintf(to, "%s\n", when_empty);
		return;
	}
	for (size_t j = 0; j < columns; j++) {
		width[j] = column_width(&c[j], rows);
		print_cell(to, c[j].head, width[j], j + 1 == columns);
	}
	for (size_t i = 0; i < json_array_size(rows); i++) {
		for (size_t j = 0; j < columns; j++) {
			char *text = cell_text(&c[j], json_array_get(rows, i));

			print_cell(to, text ? text : "-", width[j],
				   j + 1 == columns);
			free(text);
		}
	}
}

#define COLUMNS(c) (sizeof(c) / sizeof((c)[0]))

void ctl_table_sessions(FILE *to, const json_t *answer)
{
	static const struct column column[] = {
		{ "SESSION", "session", put_number },
		{ "CLIENT", "client", ctl_table_endpoint },
		{ "SERVER", "server", ctl_table_endpoint },
		{ "SERVER SEES", "client_public", ctl_table_endpoint },
		{ "CLIENT SEES", "server_public", ctl_table_endpoint },
		{ "STATE", "state", put_word },
		{ "TRUSTED", "trusted", put_yes },
		{ "AGE", "age_us", put_time },
		{ "IDLE", "idle_us", put_time },
		{ "COMMANDS", "commands", put_number },
		{ "REPLIES", "replies", put_number },
		{ "DATA", "data_connections", put_number },
	};

	_Static_assert(COLUMNS(column) <= COLUMNS_MAX, "room for all widths");
	print_table(to, json_object_get(answer, "sessions"), column,
		    COLUMNS(column), "no sessions");
}

void ctl_table_pinholes(FILE *to, const json_t *answer)
{
	static const struct column column[] = {
		{ "PINHOLE", "id", put_number },
		{ "SESSION", "session", put_number },
		{ "STATE", "state", put_word },
		{ "MODE", "mode", put_word },
		{ "FROM", "from", ctl_table_endpoint },
		{ "TO", "to", ctl_table_endpoint },
		{ "TARGET", "target", ctl_table_endpoint },
		{ "EXPIRES IN", "expires_in_us", put_time },
	};

	print_table(to, json_object_get(answer, "pinholes"), column,
		    COLUMNS(column), "no pinholes");
}

void ctl_table_grants(FILE *to, const json_t *answer)
{
	static const struct column column[] = {
		{ "SESSION", "session", put_number },
		{ "MODE", "mode", put_word },
		{ "FROM", "from", ctl_table_endpoint },
		{ "TO", "to", ctl_table_endpoint },
		{ "PORTS", "ports", put_word },
		{ "OPEN", "open", put_number },
		{ "MOST", "most", put_number },
	};

	print_table(to, json_object_get(answer, "grants"), column,
		    COLUMNS(column), "no grants");
}

/* --- status ------------------------------------------------------------------------ */

static void put_list(FILE *to, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		fputs(i ? ", " : "", to);
		put_number(to, json_array_get(v, i));
	}
}

/* As --json was given. */
static void put_event_log(FILE *to, const json_t *v)
{
	if (!json_is_string(v))
		fputs("none", to);
	else if (strcmp(json_string_value(v), "-") == 0)
		fputs("standard output", to);
	else
		put_word(to, v);
}

void ctl_table_status(FILE *to, const json_t *answer)
{
	static const struct column line[] = {
		{ "version", "version", put_word },
		{ "process", "pid", put_number },
		{ "running since", "since", put_word },
		{ "running for", "uptime_us", put_time },
		{ "configuration", "configuration", put_word },
		{ "control socket", "control_socket", put_word },
		{ "event log", "event_log", put_event_log },
		{ "log level", "log_level", put_word },
		{ "queues", "queues", put_list },
		{ "memory (bytes)", "memory_bytes", put_number },
		{ "sessions", "sessions", put_number },
		{ "pinholes", "pinholes", put_number },
		{ "data connections", "data_connections", put_number },
		{ "event readers", "event_readers", put_number },
	};

	for (size_t i = 0; i < COLUMNS(line); i++) {
		fprintf(to, "%-18s", line[i].head);
		line[i].put(to, json_object_get(answer, line[i].key));
		fputc('\n', to);
	}
}
