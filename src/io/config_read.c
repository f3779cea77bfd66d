/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a configuration file: YAML events in, a filled struct out.
 *
 * Theory of operation. libyaml turns the bytes into a flat row of events; the
 * functions below follow the schema through it by recursive descent, so no
 * tree is built and memory depends on the schema's capacities, not on the
 * file. Each read_*() is called on the first event of a node and leaves on its
 * last one. A value that cannot be used is reported and skipped, and reading
 * goes on, so that one run finds every problem. Only a syntax error, nesting
 * without end and want of memory stop it: then reader_next() delivers no more
 * events and all loops end.
 */
#include "io/config_read.h"

#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

/* An unknown key is shown up to here. */
#define KEY_SHOWN_MAX 40

static void read_value(struct reader *r, const struct schema_row *row,
		       void *base);

static struct span scalar_text(const struct reader *r)
{
	return span_of(r->event.data.scalar.value, r->event.data.scalar.length);
}

/* "key:" with nothing behind it. */
static bool is_null(const struct reader *r)
{
	return r->event.type == YAML_SCALAR_EVENT &&
	       r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       r->event.data.scalar.length == 0;
}

/* Is the current node of @type? If not, say so and leave it. */
static bool expect(struct reader *r, const struct schema_row *row,
		   yaml_event_type_t type)
{
	const char *what = "takes one value, not a list or keys";

	if (r->event.type == type)
		return true;
	if (type == YAML_MAPPING_START_EVENT)
		what = "takes keys; write them below it, indented";
	else if (type == YAML_SEQUENCE_START_EVENT)
		what = row->type == SCHEMA_SECTIONS
			       ? "takes a list; begin each entry with '- '"
			       : "takes a list; put the values between [ and ]";
	if (r->event.type != YAML_ALIAS_EVENT)
		problem_add(r->problems, reader_line(r), "%s: %s", row->path,
			    what);
	reader_skip(r);
	return false;
}

static bool read_scalar(struct reader *r, const struct schema_row *row,
			void *at)
{
	char why[SCHEMA_WHY_MAX];
	bool good = schema_parse(row, scalar_text(r), at, why);

	if (good)
		place_add(r, at, reader_line(r));
	else
		problem_add(r->problems, reader_line(r), "%s: %s", row->path,
			    why);
	return good;
}

/* One more element of a list? Says so, once, where there are too many. */
static bool has_room(struct reader *r, const struct schema_row *row,
		     size_t count, bool *full)
{
	if (count < row->capacity)
		return true;
	if (!*full)
		problem_add(r->problems, reader_line(r),
			    "%s: has more than %zu entries; leave some out",
			    row->path, row->capacity);
	*full = true;
	reader_skip(r);
	return false;
}

/* A list of single values; it takes the place of the default one. */
static void read_list(struct reader *r, const struct schema_row *row,
		      void *base)
{
	size_t *count = (size_t *)((char *)base + row->count_offset);
	char *element = (char *)base + row->offset;
	unsigned int line = reader_line(r);
	bool full = false, met = false;

	*count = 0;
	place_add(r, count, line);
	for (reader_next(r);
	     !r->stopped && r->event.type != YAML_SEQUENCE_END_EVENT;
	     reader_next(r)) {
		met = true;
		if (has_room(r, row, *count, &full) &&
		    expect(r, row, YAML_SCALAR_EVENT) &&
		    read_scalar(r, row, element + *count * row->size))
			++*count;
	}
	if (!met && !row->fallback && !r->stopped)
		problem_add(r->problems, line,
			    "%s: is an empty list; write at least one",
			    row->path);
}

static void read_key_unknown(struct reader *r, const struct schema_row *parent)
{
	char known[PROBLEM_TEXT_MAX / 2] = "";
	char shown[KEY_SHOWN_MAX];
	size_t len = 0;

	for (size_t i = 0; i < schema_rows; i++) {
		if (!schema_below(&schema[i], parent))
			continue;
		snprintf(known + len, sizeof(known) - len, "%s%s",
			 len ? ", " : "", schema_key(&schema[i]));
		len = strlen(known);
	}
	escape_text(scalar_text(r), shown, sizeof(shown));
	problem_add(r->problems, reader_line(r),
		    "%s%s%s: no such key; known here: %s",
		    parent ? parent->path : "", parent ? "." : "", shown,
		    known);
}

/* A key and its value; @seen holds the line of each row met so far. */
static void read_pair(struct reader *r, const struct schema_row *parent,
		      void *base, unsigned int *seen)
{
	const struct schema_row *row = NULL;
	unsigned int line = reader_line(r);

	if (r->event.type == YAML_SCALAR_EVENT) {
		row = schema_find(parent, scalar_text(r));
		if (!row)
			read_key_unknown(r, parent);
	} else if (r->event.type != YAML_ALIAS_EVENT) {
		problem_add(r->problems, line,
			    "a key must be a word, not a list or keys");
	}
	reader_skip(r);
	reader_next(r);
	if (r->stopped)
		return;
	if (row && seen[row - schema] != 0) {
		problem_add(r->problems, line,
			    "%s: is set twice, first on line %u; keep one",
			    row->path, seen[row - schema]);
		row = NULL;
	}
	if (!row) {
		reader_skip(r);
		return;
	}
	seen[row - schema] = line;
	read_value(r, row, base);
}

/* The keys below @parent (NULL: of the whole file). */
static void read_mapping(struct reader *r, const struct schema_row *parent,
			 void *base)
{
	unsigned int seen[SCHEMA_ROWS_MAX] = { 0 };
	unsigned int line = reader_line(r);

	for (reader_next(r);
	     !r->stopped && r->event.type != YAML_MAPPING_END_EVENT;
	     reader_next(r))
		read_pair(r, parent, base, seen);
	for (size_t i = 0; i < schema_rows && !r->stopped; i++)
		if (schema_below(&schema[i], parent) && !schema[i].fallback &&
		    seen[i] == 0)
			problem_add(r->problems, line,
				    "%s: is missing; every entry needs it",
				    schema[i].path);
}

/* A list of mappings; its array is made at the size that the schema allows. */
static void read_sections(struct reader *r, const struct schema_row *row,
			  void *base)
{
	size_t *count = (size_t *)((char *)base + row->count_offset);
	char *array = calloc(row->capacity, row->size);
	bool full = false;

	if (!array) {
		r->no_memory = r->stopped = true;
		return;
	}
	memcpy((char *)base + row->offset, &array, sizeof(array));
	for (reader_next(r);
	     !r->stopped && r->event.type != YAML_SEQUENCE_END_EVENT;
	     reader_next(r)) {
		char *element = array + *count * row->size;

		if (!has_room(r, row, *count, &full) ||
		    !expect(r, row, YAML_MAPPING_START_EVENT))
			continue;
		config_defaults(row, element);
		++*count;
		read_mapping(r, row, element);
	}
}

static void read_value(struct reader *r, const struct schema_row *row,
		       void *base)
{
	bool section =
		row->type == SCHEMA_SECTION || row->type == SCHEMA_SECTIONS;

	/* A section whose lines are all comments is as good as not there. */
	if (is_null(r) && section)
		return;
	if (is_null(r))
		problem_add(r->problems, reader_line(r),
			    "%s: has no value; write one or leave the line out",
			    row->path);
	else if (row->type == SCHEMA_SECTION) {
		if (expect(r, row, YAML_MAPPING_START_EVENT))
			read_mapping(r, row, base);
	} else if (row->type == SCHEMA_SECTIONS) {
		if (expect(r, row, YAML_SEQUENCE_START_EVENT))
			read_sections(r, row, base);
	} else if (row->capacity > 0) {
		if (expect(r, row, YAML_SEQUENCE_START_EVENT))
			read_list(r, row, base);
	} else if (expect(r, row, YAML_SCALAR_EVENT)) {
		read_scalar(r, row, (char *)base + row->offset);
	}
}

/* The first document; there may be none, and no second one. */
static void read_document(struct reader *r)
{
	reader_next(r); /* the stream starts */
	reader_next(r);
	if (r->event.type != YAML_DOCUMENT_START_EVENT)
		return;
	reader_next(r);
	if (r->event.type == YAML_MAPPING_START_EVENT) {
		read_mapping(r, NULL, r->config);
	} else if (!is_null(r) && !r->stopped) {
		if (r->event.type != YAML_ALIAS_EVENT)
			problem_add(r->problems, reader_line(r),
				    "the file must hold keys, such as "
				    "'control:'");
		reader_skip(r);
	}
	reader_next(r); /* the document ends */
	reader_next(r);
	if (r->event.type == YAML_DOCUMENT_START_EVENT)
		problem_add(r->problems, reader_line(r),
			    "a second document begins; keep one, what follows "
			    "was not read");
}

void config_read(struct reader *r)
{
	if (!reader_open(r))
		return;
	read_document(r);
	reader_close(r);
}
