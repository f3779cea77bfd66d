/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's answers as people read them. */
#include "report/ctl_table.h"

#include <string.h>

#include "report/ctl_rows.h"

#define COLUMNS(c) (sizeof(c) / sizeof((c)[0]))

void ctl_table_sessions(FILE *to, const json_t *answer)
{
	static const struct ctl_column column[] = {
		{ "SESSION", "session", ctl_put_number },
		{ "CLIENT", "client", ctl_put_endpoint },
		{ "SERVER", "server", ctl_put_endpoint },
		{ "SERVER SEES", "client_public", ctl_put_endpoint },
		{ "CLIENT SEES", "server_public", ctl_put_endpoint },
		{ "STATE", "state", ctl_put_word },
		{ "TRUSTED", "trusted", ctl_put_yes },
		{ "AGE", "age_us", ctl_put_time },
		{ "IDLE", "idle_us", ctl_put_time },
		{ "COMMANDS", "commands", ctl_put_number },
		{ "REPLIES", "replies", ctl_put_number },
		{ "DATA", "data_connections", ctl_put_number },
	};

	_Static_assert(COLUMNS(column) <= CTL_COLUMNS_MAX,
		       "room for all widths");
	ctl_rows_print(to, json_object_get(answer, "sessions"), column,
		       COLUMNS(column), "no sessions");
}

void ctl_table_pinholes(FILE *to, const json_t *answer)
{
	static const struct ctl_column column[] = {
		{ "PINHOLE", "id", ctl_put_number },
		{ "SESSION", "session", ctl_put_number },
		{ "STATE", "state", ctl_put_word },
		{ "MODE", "mode", ctl_put_word },
		{ "EXPIRES IN", "expires_in_us", ctl_put_time },
		{ "FROM", "from", ctl_put_endpoint },
		{ "TO", "to", ctl_put_endpoint },
		{ "TARGET", "target", ctl_put_endpoint },
	};

	ctl_rows_print(to, json_object_get(answer, "pinholes"), column,
		       COLUMNS(column), "no pinholes");
}

void ctl_table_grants(FILE *to, const json_t *answer)
{
	static const struct ctl_column column[] = {
		{ "SESSION", "session", ctl_put_number },
		{ "MODE", "mode", ctl_put_word },
		{ "FROM", "from", ctl_put_endpoint },
		{ "TO", "to", ctl_put_endpoint },
		{ "PORTS", "ports", ctl_put_word },
		{ "OPEN", "open", ctl_put_number },
		{ "MOST", "most", ctl_put_number },
	};

	ctl_rows_print(to, json_object_get(answer, "grants"), column,
		       COLUMNS(column), "no grants");
}

/* --- status ------------------------------------------------------------------------ */

static void put_list(FILE *to, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		fputs(i ? ", " : "", to);
		ctl_put_number(to, json_array_get(v, i));
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
		ctl_put_word(to, v);
}

void ctl_table_status(FILE *to, const json_t *answer)
{
	static const struct ctl_column line[] = {
		{ "version", "version", ctl_put_word },
		{ "process", "pid", ctl_put_number },
		{ "running since", "since", ctl_put_word },
		{ "running for", "uptime_us", ctl_put_time },
		{ "configuration", "configuration", ctl_put_word },
		{ "control socket", "control_socket", ctl_put_word },
		{ "event log", "event_log", put_event_log },
		{ "log level", "log_level", ctl_put_word },
		{ "log to", "log_to", ctl_put_word },
		{ "queues", "queues", put_list },
		{ "memory (bytes)", "memory_bytes", ctl_put_number },
		{ "sessions", "sessions", ctl_put_number },
		{ "pinholes", "pinholes", ctl_put_number },
		{ "data connections", "data_connections", ctl_put_number },
		{ "event readers", "event_readers", ctl_put_number },
	};

	for (size_t i = 0; i < COLUMNS(line); i++) {
		fprintf(to, "%-18s", line[i].head);
		line[i].put(to, json_object_get(answer, line[i].key));
		fputc('\n', to);
	}
}
