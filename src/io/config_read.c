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
 * without end and want of memory stop it: then next() delivers no more events
 * and all loops end.
 *
 * Anchors, aliases and tags are refused: they make small files that unfold to
 * huge ones, and a firewall's configuration should say what it means.
 */
#include "io/config_read.h"

#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

/* The schema needs four levels (servers, entry, address, ...). */
#define DEPTH_MAX 8

/* An unknown key is shown up to here. */
#define KEY_SHOWN_MAX 40

static void read_value(struct reader *r, const struct schema_row *row,
		       void *base);

static unsigned int line_of(const struct reader *r)
{
	return (unsigned int)r->event.start_mark.line + 1;
}

unsigned int place_line(const struct reader *r, const void *at)
{
	for (size_t i = 0; i < r->places; i++)
		if (r->place[i].at == at)
			return r->place[i].line;
	return 0;
}

static void place_add(struct reader *r, const void *at, unsigned int line)
{
	if (r->places == r->place_room) {
		size_t room = r->place_room ? 2 * r->place_room : 64;
		struct place *grown = realloc(r->place, room * sizeof(*grown));

		if (!grown) {
			r->no_memory = r->stopped = true;
			return;
		}
		r->place = grown;
		r->place_room = room;
	}
	r->place[r->places++] = (struct place){ at, line };
}

/* The reader of libyaml counts bytes where its scanner counts lines. */
static unsigned int error_line(const struct reader *r)
{
	unsigned int line = 1;

	if (r->parser.error != YAML_READER_ERROR)
		return (unsigned int)r->parser.problem_mark.line + 1;
	for (size_t i = 0; i < r->parser.problem_offset && i < r->bytes.len;
	     i++)
		line += r->bytes.at[i] == '\n';
	return line;
}

static void stop_at_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;

	r->stopped = true;
	if (p->error == YAML_MEMORY_ERROR) {
		r->no_memory = true;
		return;
	}
	problem_add(r->problems, error_line(r),
		    "not YAML: %s%s%s; mend this first, what follows was not "
		    "read",
		    p->context ? p->context : "", p->context ? ": " : "",
		    p->problem ? p->problem : "unreadable");
}

/* Report what a node may not carry, whatever it is. */
static void refuse_decoration(struct reader *r)
{
	const yaml_event_t *e = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	} else if (e->type == YAML_ALIAS_EVENT) {
		problem_add(r->problems, line_of(r),
			    "aliases (*) are not taken; write the value out");
	}
	if (anchor)
		problem_add(r->problems, line_of(r),
			    "anchors (&) are not taken; leave it out");
	if (tag)
		problem_add(r->problems, line_of(r),
			    "tags (!) are not taken; leave it out");
}

static void count_depth(struct reader *r)
{
	switch (r->event.type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		r->depth++;
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		r->depth--;
		break;
	default:
		break;
	}
	if (r->depth <= DEPTH_MAX)
		return;
	problem_add(r->problems, line_of(r),
		    "nested deeper than %d levels; no key goes so deep, and "
		    "what follows was not read",
		    DEPTH_MAX);
	r->stopped = true;
}

/* Go to the next event; there is none any more once the reader has stopped. */
static void next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (r->stopped)
		return;
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		memset(&r->event, 0, sizeof(r->event));
		stop_at_error(r);
		return;
	}
	refuse_decoration(r);
	count_depth(r);
}

/* Leave the current node without reading it. */
static void skip(struct reader *r)
{
	unsigned int outside = r->depth - 1;

	if (r->event.type != YAML_MAPPING_START_EVENT &&
	    r->event.type != YAML_SEQUENCE_START_EVENT)
		return;
	while (!r->stopped && r->depth > outside)
		next(r);
}

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
		problem_add(r->problems, line_of(r), "%s: %s", row->path, what);
	skip(r);
	return false;
}

static bool read_scalar(struct reader *r, const struct schema_row *row,
			void *at)
{
	char why[SCHEMA_WHY_MAX];
	bool good = schema_parse(row, scalar_text(r), at, why);

	if (good)
		place_add(r, at, line_of(r));
	else
		problem_add(r->problems, line_of(r), "%s: %s", row->path, why);
	return good;
}

/* One more element of a list? Says so, once, where there are too many. */
static bool has_room(struct reader *r, const struct schema_row *row,
		     size_t count, bool *full)
{
	if (count < row->capacity)
		return true;
	if (!*full)
		problem_add(r->problems, line_of(r),
			    "%s: has more than %zu entries; leave some out",
			    row->path, row->capacity);
	*full = true;
	skip(r);
	return false;
}

/* A list of single values; it takes the place of the default one. */
static void read_list(struct reader *r, const struct schema_row *row,
		      void *base)
{
	size_t *count = (size_t *)((char *)base + row->count_offset);
	char *element = (char *)base + row->offset;
	unsigned int line = line_of(r);
	bool full = false, met = false;

	*count = 0;
	place_add(r, count, line);
	for (next(r); !r->stopped && r->event.type != YAML_SEQUENCE_END_EVENT;
	     next(r)) {
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
	problem_add(r->problems, line_of(r),
		    "%s%s%s: no such key; known here: %s",
		    parent ? parent->path : "", parent ? "." : "", shown,
		    known);
}

/* A key and its value; @seen holds the line of each row met so far. */
static void read_pair(struct reader *r, const struct schema_row *parent,
		      void *base, unsigned int *seen)
{
	const struct schema_row *row = NULL;
	unsigned int line = line_of(r);

	if (r->event.type == YAML_SCALAR_EVENT) {
		row = schema_find(parent, scalar_text(r));
		if (!row)
			read_key_unknown(r, parent);
	} else if (r->event.type != YAML_ALIAS_EVENT) {
		problem_add(r->problems, line,
			    "a key must be a word, not a list or keys");
	}
	skip(r);
	next(r);
	if (r->stopped)
		return;
	if (row && seen[row - schema] != 0) {
		problem_add(r->problems, line,
			    "%s: is set twice, first on line %u; keep one",
			    row->path, seen[row - schema]);
		row = NULL;
	}
	if (!row) {
		skip(r);
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
	unsigned int line = line_of(r);

	for (next(r); !r->stopped && r->event.type != YAML_MAPPING_END_EVENT;
	     next(r))
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
	for (next(r); !r->stopped && r->event.type != YAML_SEQUENCE_END_EVENT;
	     next(r)) {
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
		problem_add(r->problems, line_of(r),
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
	next(r); /* the stream starts */
	next(r);
	if (r->event.type != YAML_DOCUMENT_START_EVENT)
		return;
	next(r);
	if (r->event.type == YAML_MAPPING_START_EVENT) {
		read_mapping(r, NULL, r->config);
	} else if (!is_null(r) && !r->stopped) {
		if (r->event.type != YAML_ALIAS_EVENT)
			problem_add(r->problems, line_of(r),
				    "the file must hold keys, such as "
				    "'control:'");
		skip(r);
	}
	next(r); /* the document ends */
	next(r);
	if (r->event.type == YAML_DOCUMENT_START_EVENT)
		problem_add(r->problems, line_of(r),
			    "a second document begins; keep one, what follows "
			    "was not read");
}

void config_read(struct reader *r)
{
	if (!yaml_parser_initialize(&r->parser)) {
		r->no_memory = r->stopped = true;
		return;
	}
	/* Never guess: UTF-16 would make a second way to write each key. */
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, r->bytes.at, r->bytes.len);
	read_document(r);
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
}
