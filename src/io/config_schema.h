/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every key of the configuration file, one row each. The same table drives
 * reading, defaults, printing and the test that compares it with the manual.
 */
#ifndef IO_CONFIG_SCHEMA_H
#define IO_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/span.h>

#include "io/config.h"

enum schema_type {
	SCHEMA_SECTION,  /* a mapping: its keys are rows of the same struct */
	SCHEMA_SECTIONS, /* a list of mappings: one struct for each */
	SCHEMA_NUMBER,   /* lo to hi; 2, 4 or 8 bytes wide */
	SCHEMA_MARK,     /* the same, may be written 0x..; 4 bytes */
	SCHEMA_BOOL,     /* true or false */
	SCHEMA_WORD,     /* one of words; 2 or 4 bytes wide */
	SCHEMA_DURATION, /* lo to hi seconds; 8 bytes, microseconds */
	SCHEMA_NAME,     /* letters, digits and . _ -; char array, "": none */
	SCHEMA_PATH,     /* absolute path; char array; with hi also "" */
	SCHEMA_ADDR,     /* struct addr */
	SCHEMA_PREFIX,   /* struct prefix, address alone included */
	SCHEMA_RANGE,    /* struct port_range within lo to hi */
	SCHEMA_ENDPOINT, /* struct endpoint of one host */
};

/* A word of the file and what it means in the struct. */
struct schema_word {
	const char *text; /* NULL ends the list */
	uint32_t value;
};

/*
 * Where a value lies is told from the start of struct config, or of one
 * element where the row stands below a SCHEMA_SECTIONS row.
 */
struct schema_row {
	const char *path; /* "pinhole.timeout", as messages name it */
	enum schema_type type;
	size_t offset, size; /* of the value; of one element in a list */
	size_t count_offset; /* lists: where a size_t counts the elements */
	size_t capacity;     /* lists: most elements; 0: a single value */
	uint64_t lo, hi;
	const struct schema_word *words;
	const char *help;     /* a few words; sections have none */
	const char *fallback; /* as it would be written; "": none; NULL: must
			       * be given */
};

extern const struct schema_row schema[];
extern const size_t schema_rows;

/* A reader keeps one line number for each row; there are 50. */
#define SCHEMA_ROWS_MAX 64

/* The row of @key directly below @parent (NULL: the top), or NULL. */
const struct schema_row *schema_find(const struct schema_row *parent,
				     struct span key);

/* Does @row stand directly below @parent? */
bool schema_below(const struct schema_row *row,
		  const struct schema_row *parent);

/* The last part of the row's path. */
const char *schema_key(const struct schema_row *row);

/* The longest reason, cure included. */
#define SCHEMA_WHY_MAX 160

/*
 * Read @text as the row's type and store it at @at. If it is not that, gives
 * false and a printable reason with a cure in @why; @at stays as it was.
 */
bool schema_parse(const struct schema_row *row, struct span text, void *at,
		  char why[SCHEMA_WHY_MAX]);

/* Write the value at @at as the file would have it. */
void schema_print(FILE *to, const struct schema_row *row, const void *at);

/* Could the file have this value? An optional range of 0-0 is not there, nor is
 * an endpoint of port 0 or an empty name. */
bool schema_is_set(const struct schema_row *row, const void *at);

#endif
