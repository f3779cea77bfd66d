/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that implement the types of configuration values share. */
#ifndef IO_CONFIG_VALUE_H
#define IO_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdio.h>

#include <sallyport/span.h>

#include "io/config_schema.h"

/* Write "'TEXT' " and the message into @why (SCHEMA_WHY_MAX bytes), with TEXT
 * escaped and shortened. Gives false, as a parser does then. */
bool value_refuse(char *why, struct span text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Everything was read, and all of it was good. */
bool value_at_end(const struct cursor *c);

/* Both of a pair as schema_parse() and schema_print() describe. */
bool value_addr_parse(const struct schema_row *row, struct span text, void *at,
		      char *why);
void value_addr_print(FILE *to, const struct schema_row *row, const void *at);
bool value_prefix_parse(const struct schema_row *row, struct span text,
			void *at, char *why);
void value_prefix_print(FILE *to, const struct schema_row *row, const void *at);
bool value_range_parse(const struct schema_row *row, struct span text, void *at,
		       char *why);
void value_range_print(FILE *to, const struct schema_row *row, const void *at);
bool value_endpoint_parse(const struct schema_row *row, struct span text,
			  void *at, char *why);
void value_endpoint_print(FILE *to, const struct schema_row *row,
			  const void *at);

#endif
