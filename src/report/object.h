/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON objects field by field, and the values that the event log and the
 * control socket share.
 *
 * jansson takes a NULL value for an error and passes it on; an object notes
 * that one of its fields failed, so the only check is at its end.
 */
#ifndef REPORT_OBJECT_H
#define REPORT_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

struct object {
	json_t *json;
	bool failed;
};

struct object object_new(void);

/* Takes @value over, which may be NULL: then the object has failed. */
void object_add(struct object *o, const char *key, json_t *value);

/* True, or left out. */
void object_add_if(struct object *o, const char *key, bool value);

/* The object, which the caller owns; NULL if a field failed. */
json_t *object_done(struct object *o);

/* Each of these gives a new value, or NULL if there is no memory. */

json_t *number_json(uint64_t value);

/* Text from the network, escaped as report/escape.h says. */
json_t *text_json(struct span raw);

/* "10.1.4.4" */
json_t *addr_json(const struct addr *a);

/* {"addr": "10.1.4.4", "port": 21}; port 0 stands for any and is left out. */
json_t *endpoint_json(const struct endpoint *e);

#endif
