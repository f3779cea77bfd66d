/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON objects field by field. */
#include "report/object.h"

#include <stdlib.h>

#include "report/escape.h"

struct object object_new(void)
{
	return (struct object){ json_object(), false };
}

void object_add(struct object *o, const char *key, json_t *value)
{
	if (json_object_set_new(o->json, key, value) != 0)
		o->failed = true;
}

void object_add_if(struct object *o, const char *key, bool value)
{
	if (value)
		object_add(o, key, json_true());
}

json_t *object_done(struct object *o)
{
	if (!o->failed)
		return o->json;
	json_decref(o->json);
	return NULL;
}

json_t *number_json(uint64_t value)
{
	/* JSON's integers are signed here; no counter lives long enough. */
	return json_integer((json_int_t)value);
}

json_t *text_json(struct span raw)
{
	char *shown = escape_dup(raw);
	json_t *json = shown ? json_string(shown) : NULL;

	free(shown);
	return json;
}

json_t *addr_json(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	return json_string(text);
}

json_t *endpoint_json(const struct endpoint *e)
{
	struct object o = object_new();

	object_add(&o, "addr", addr_json(&e->addr));
	if (e->port != 0)
		object_add(&o, "port", number_json(e->port));
	return object_done(&o);
}
