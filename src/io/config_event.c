/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events of a configuration file, one after the other, and where in the
 * file they stood. Anchors, aliases and tags are refused here: they make small
 * files that unfold to huge ones, and a firewall's configuration should say
 * what it means.
 */
#include "io/config_read.h"

#include <stdlib.h>
#include <string.h>

/* The schema needs four levels (servers, entry, address, ...). */
#define DEPTH_MAX 8

unsigned int reader_line(const struct reader *r)
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

void place_add(struct reader *r, const void *at, unsigned int line)
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
		problem_add(r->problems, reader_line(r),
			    "aliases (*) are not taken; write the value out");
	}
	if (anchor)
		problem_add(r->problems, reader_line(r),
			    "anchors (&) are not taken; leave it out");
	if (tag)
		problem_add(r->problems, reader_line(r),
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
	problem_add(r->problems, reader_line(r),
		    "nested deeper than %d levels; no key goes so deep, and "
		    "what follows was not read",
		    DEPTH_MAX);
	r->stopped = true;
}

void reader_next(struct reader *r)
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

void reader_skip(struct reader *r)
{
	unsigned int outside = r->depth - 1;

	if (r->event.type != YAML_MAPPING_START_EVENT &&
	    r->event.type != YAML_SEQUENCE_START_EVENT)
		return;
	while (!r->stopped && r->depth > outside)
		reader_next(r);
}

bool reader_open(struct reader *r)
{
	if (!yaml_parser_initialize(&r->parser)) {
		r->no_memory = r->stopped = true;
		return false;
	}
	/* Never guess: UTF-16 would make a second way to write each key. */
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, r->bytes.at, r->bytes.len);
	return true;
}

void reader_close(struct reader *r)
{
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
}
