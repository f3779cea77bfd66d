/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and tables of the daemon's answers: see ctl_rows.h. */
#include "report/ctl_rows.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_S 1000000u

/* --- one value ------------------------------------------------------------------- */

void ctl_put_word(FILE *to, const json_t *v)
{
	fputs(json_is_string(v) ? json_string_value(v) : "-", to);
}

void ctl_put_number(FILE *to, const json_t *v)
{
	if (json_is_integer(v))
		fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		fputc('-', to);
}

void ctl_put_yes(FILE *to, const json_t *v)
{
	fputs(json_is_true(v) ? "yes" : "no", to);
}

void ctl_put_endpoint(FILE *to, const json_t *v)
{
	const char *addr = json_string_value(json_object_get(v, "addr"));
	const json_t *port = json_object_get(v, "port");
	bool brackets = addr && port && strchr(addr, ':');

	fprintf(to, "%s%s%s", brackets ? "[" : "", addr ? addr : "-",
		brackets ? "]" : "");
	if (addr && port)
		fprintf(to, ":%" JSON_INTEGER_FORMAT, json_integer_value(port));
}

void ctl_put_time(FILE *to, const json_t *v)
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

/* The text of a cell, in memory that the caller frees; NULL if there is none.
 */
static char *cell_text(const struct ctl_column *c, const json_t *row)
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

static size_t column_width(const struct ctl_column *c, const json_t *rows)
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

void ctl_rows_print(FILE *to, const json_t *rows, const struct ctl_column *c,
		    size_t columns, const char *when_empty)
{
	size_t width[CTL_COLUMNS_MAX];

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
