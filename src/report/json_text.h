/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON objects, written straight as text: for what is written a million times.
 * jansson, which makes a tree of it first, takes ten times as long.
 *
 * Fields come in the order of the calls. Memory that there is not is noted, and
 * the only check is at the end.
 */
#ifndef REPORT_JSON_TEXT_H
#define REPORT_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

struct json_text {
	char *at;
	size_t len, room;
	bool failed;
};

/* Begin an object; json_text_done() ends it. */
void json_text_begin(struct json_text *t);

/* A word or sentence of our own, in UTF-8; NULL is left out. */
void json_text_word(struct json_text *t, const char *key, const char *word);

/* Text from the network, escaped as report/escape.h says. */
void json_text_span(struct json_text *t, const char *key, struct span raw);

void json_text_uint(struct json_text *t, const char *key, uint64_t value);
void json_text_int(struct json_text *t, const char *key, int64_t value);
void json_text_bool(struct json_text *t, const char *key, bool value);

/* "10.1.4.4" */
void json_text_addr(struct json_text *t, const char *key, const struct addr *a);

/* {"addr": "10.1.4.4", "port": 21}; port 0 stands for any and is left out. */
void json_text_endpoint(struct json_text *t, const char *key,
			const struct endpoint *e);

/* All fields of @object, which is an object as compact text; NULL: it could
 * not be made. */
void json_text_fields(struct json_text *t, const char *object);

/* The object, NUL-terminated, in memory that the caller frees; NULL if there
 * was none. */
char *json_text_done(struct json_text *t);

#endif
