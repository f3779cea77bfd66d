/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate chain's facts as JSON. */
#include "report/certificate_json.h"

#include "report/certificate_text.h"
#include "report/object.h"

static json_t *name_json(const struct certificate_name *name)
{
	return text_json(certificate_name_span(name));
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
	object_add(o, "san", names);
	if (c->san_more > 0)
		object_add(o, "san_more", json_integer(c->san_more));
}

json_t *certificate_json(const struct certificate *c, bool server)
{
	struct object o = object_new();

	object_add(&o, "subject", name_json(&c->subject));
	object_add(&o, "issuer", name_json(&c->issuer));
	object_add(&o, "not_before", time_json(c->not_before));
	object_add(&o, "not_after", time_json(c->not_after));
	add_san(&o, c);
	/* OpenSSL's and our own words. */
	object_add(&o, "key", json_string(c->key));
	object_add(&o, "side", json_string(server ? "server" : "client"));
	object_add_if(&o, "expired", c->expired);
	object_add_if(&o, "not_yet_valid", c->not_yet_valid);
	object_add_if(&o, "self_signed", c->self_signed);
	object_add_if(&o, "name_mismatch", c->name_mismatch);
	object_add_if(&o, "address_mismatch", c->address_mismatch);
	object_add(&o, "chain", json_integer(c->chain_count));
	return object_done(&o);
}
