/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration written out as the file that would make it. */
#include "io/config_schema.h"

#include <string.h>

/* Spaces of one level. */
#define STEP 2

static void print_rows(FILE *to, const struct schema_row *parent,
		       const char *base, int indent, bool dash);

static void print_list(FILE *to, const struct schema_row *row, const char *base)
{
	size_t count;

	memcpy(&count, base + row->count_offset, sizeof(count));
	fputc('[', to);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", " : "", to);
		schema_print(to, row, base + row->offset + i * row->size);
	}
	fputc(']', to);
}

static void print_sections(FILE *to, const struct schema_row *row,
			   const char *base, int indent)
{
	const char *array;
	size_t count;

	memcpy(&array, base + row->offset, sizeof(array));
	memcpy(&count, base + row->count_offset, sizeof(count));
	for (size_t i = 0; i < count; i++)
		print_rows(to, row, array + i * row->size, indent + STEP, true);
}

static void print_row(FILE *to, const struct schema_row *row, const char *base,
		      int indent)
{
	fprintf(to, "%s:", schema_key(row));
	if (row->type == SCHEMA_SECTION) {
		fputc('\n', to);
		print_rows(to, row, base, indent + STEP, false);
		return;
	}
	if (row->type == SCHEMA_SECTIONS) {
		fprintf(to, " # %s\n", row->help);
		print_sections(to, row, base, indent);
		return;
	}
	fputc(' ', to);
	if (row->capacity > 0)
		print_list(to, row, base);
	else
		schema_print(to, row, base + row->offset);
	fprintf(to, " # %s\n", row->help);
}

/* @dash: the rows are one entry of a list; the first of them says so. */
static void print_rows(FILE *to, const struct schema_row *parent,
		       const char *base, int indent, bool dash)
{
	for (const struct schema_row *row = schema; row < schema + schema_rows;
	     row++) {
		if (!schema_below(row, parent))
			continue;
		if (row->capacity == 0 && row->type != SCHEMA_SECTION &&
		    !schema_is_set(row, base + row->offset))
			continue;
		fprintf(to, "%*s%s", indent, "", dash ? "- " : "");
		if (dash)
			indent += STEP;
		dash = false;
		print_row(to, row, base, indent);
	}
}

void config_print(FILE *to, const struct config *c)
{
	print_rows(to, NULL, (const char *)c, 0, false);
}
