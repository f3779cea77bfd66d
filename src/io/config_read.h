/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read a configuration share: one run of the reader. */
#ifndef IO_CONFIG_READ_H
#define IO_CONFIG_READ_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "io/config.h"
#include "io/config_schema.h"

/* Where in the file a value came from. */
struct place {
	const void *at; /* in the config; a list's count stands for the list */
	unsigned int line;
};

struct reader {
	struct config *config;
	struct problems *problems;
	struct span bytes;
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; YAML_NO_EVENT: none */
	unsigned int depth; /* of mappings and lists that are open */
	bool stopped;       /* nothing behind this point can be read */
	bool no_memory;
	struct place *place;
	size_t places, place_room;
};

/* Begin with r->bytes; false, and no_memory, if there is none. */
bool reader_open(struct reader *r);
void reader_close(struct reader *r);

/* Go to the next event; there is none any more once the reader has stopped. */
void reader_next(struct reader *r);

/* From the first event of a node to its last one, without reading it. */
void reader_skip(struct reader *r);

/* The line of the current event, from 1. */
unsigned int reader_line(const struct reader *r);

/* Read r->bytes into r->config, which holds the defaults. */
void config_read(struct reader *r);

/* What no single value can show: values that contradict each other. */
void config_cross_check(struct reader *r);

/* Put the defaults of the rows below @parent into @base. */
void config_defaults(const struct schema_row *parent, void *base);

/* The value at @at was set on @line. */
void place_add(struct reader *r, const void *at, unsigned int line);

/* The line that set the value at @at, or 0 if it is a default. */
unsigned int place_line(const struct reader *r, const void *at);

void problem_add(struct problems *p, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
