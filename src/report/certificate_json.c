/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate chain's facts as JSON. */
#include "report/certificate_json.h"

#include <stdlib.h>

#include "report/certificate_text.h"
#include "report/escape.h"

/*
 * jansson takes a NULL value for an error and passes it on; what an object
 * lacks then is not looked for one by one, but counted here.
 */
struct object {
	json_t *json;
	bool failed;
};

static void add(struct object *o, const char *key, json_t *value)
{
	if (json_object_set_new(o->json, key, value) != 0)
		o->failed = true;
}

static json_t *name_json(const struct certificate_name *name)
{
	char *shown = escape_dup(certificate_name_span(name));
	json_t *json = shown ? json_string(shown) : NULL;

	free(shown);
	return json;
}

static json_t *time_json(int64_t seconds)
{
	char text[CERTIFICATE_TIME_MAX];

	certificate_time(seconds, text);
	return json_string(text);
}

static void add_san(struct object *o, const struct certificate *c)
{
	json_t *names = json_array();

	for (uint32_t i = 0; i < c->san_count; i++)
		if (json_array_append_new(names, name_json(&c->san[i])) != 0)
			o->failed = true;
	add(o, "san", names);
	if (c->san_more > 0)
		add(o, "san_more", json_integer(c->san_more));
}

static void add_if(struct object *o, const char *key, bool value)
{
	if (value)
		add(o, key, json_true());
}

json_t *certificate_json(const struct certificate *c, bool server)
{
	struct object o = { json_object(), false };

	add(&o, "subject", name_json(&c->subject));
	add(&o, "issuer", name_json(&c->issuer));
	add(&o, "not_before", time_json(c->not_before));
	add(&o, "not_after", time_json(c->not_after));
	add_san(&o, c);
	/* OpenSSL's and our own words. */
	add(&o, "key", json_string(c->key));
	add(&o, "side", json_string(server ? "server" : "client"));
	add_if(&o, "expired", c->expired);
	add_if(&o, "not_yet_valid", c->not_yet_valid);
	add_if(&o, "self_signed", c->self_signed);
	add_if(&o, "name_mismatch", c->name_mismatch);
	add_if(&o, "address_mismatch", c->address_mismatch);
	add(&o, "chain", json_integer(c->chain_count));
	if (!o.failed)
		return o.json;
	json_decref(o.json);
	return NULL;
}
