/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A survey of an FTP server as JSON. */
#include "report/probe_json.h"

#include <stdio.h>
#include <stdlib.h>

#include <sallyport/tls_hello.h>

#include "lab/survey_judge.h"
#include "report/certificate_json.h"
#include "report/object.h"
#include "report/probe_advice.h"
#include "report/probe_stop.h"
#include "report/text.h"

/* Takes @value over. */
static void append(json_t *array, json_t *value, bool *failed)
{
	if (json_array_append_new(array, value) != 0)
		*failed = true;
}

/* The array, or NULL. */
static json_t *done(json_t *array, bool failed)
{
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

/* --- the control connection ------------------------------------------------------------- */

static json_t *addresses_json(const struct survey *s)
{
	json_t *array = json_array();
	bool failed = false;

	for (size_t i = 0; i < s->addresses; i++)
		append(array, addr_json(&s->address[i].addr), &failed);
	return done(array, failed);
}

static json_t *greeting_json(const struct survey *s)
{
	struct object o = object_new();
	struct span text = span_of(s->greeting.text, s->greeting.len);

	object_add(&o, "code", number_json(s->greeting.code));
	object_add(&o, "text", text_json(text));
	return object_done(&o);
}

/* The lines between the first and the last, without their space. */
static json_t *features_json(const struct survey *s)
{
	struct span rest = span_of(s->feat.text, s->feat.len);
	json_t *array = json_array();
	bool failed = false;

	rest = span_sub(rest, span_find(rest, '\n') + 1, rest.len);
	while (span_find(rest, '\n') < rest.len) {
		size_t end = span_find(rest, '\n');

		if (end > 1)
			append(array, text_json(span_sub(rest, 1, end - 1)),
			       &failed);
		rest = span_sub(rest, end + 1, rest.len);
	}
	return done(array, failed);
}

static json_t *version_json(uint16_t version)
{
	const char *name = tls_version_name(version);

	return json_string(name ? name : "unknown");
}

static json_t *tls_json(const struct survey *s)
{
	struct object o = object_new();

	object_add(&o, "version", version_json(s->tls.version));
	object_add(&o, "cipher", json_string(s->tls.cipher));
	return object_done(&o);
}

static json_t *chain_json(const struct survey *s)
{
	struct object o;

	if (s->certificate_result == CERTIFICATE_OK)
		return certificate_json(&s->certificate, true);
	o = object_new();
	object_add(&o, "error",
		   json_string(certificate_result_text(s->certificate_result)));
	return object_done(&o);
}

static json_t *login_json(const struct survey *s)
{
	struct object o = object_new();

	object_add(&o, "user", text_json(span_str(s->url.user)));
	object_add(&o, "protected", json_boolean(s->protected));
	return object_done(&o);
}

/* --- data connections ---------------------------------------------------------------------- */

static void add_announced(struct object *o, const struct survey *s,
			  const struct survey_way *way)
{
	char range[TEXT_RANGE_MAX];

	text_range(&way->ports, range);
	object_add(o, "ports", json_string(range));
	if (!way->has_addr)
		return;
	object_add(o, "addr", addr_json(&way->addr));
	object_add(o, "private", json_boolean(addr_is_private(&way->addr)));
	object_add(o, "elsewhere", json_boolean(survey_elsewhere(s)));
}

static void add_listing(struct object *o, const struct client_transfer *t)
{
	object_add(o, "from", endpoint_json(&t->from));
	object_add(o, "to", endpoint_json(&t->to));
	object_add(o, "bytes", number_json(t->moved));
	object_add_if(o, "more", t->more);
	object_add(o, "tls",
		   t->tls ? version_json(t->facts.version) : json_null());
	if (t->tls)
		object_add(o, "resumed", json_boolean(t->facts.resumed));
	object_add_if(o, "truncated", t->truncated);
}

static json_t *way_json(const struct survey *s, enum via via)
{
	const struct survey_way *way = &s->way[via];
	struct object o = object_new();

	object_add(&o, "works", json_boolean(survey_way_works(s, via)));
	object_add(&o, "announced", number_json(way->announced));
	if (!via_is_active(via) && way->announced > 0)
		add_announced(&o, s, way);
	if (survey_way_works(s, via))
		add_listing(&o, &way->list);
	object_add(&o, "stop", stop_json(&way->stop));
	return object_done(&o);
}

static json_t *ways_json(const struct survey *s)
{
	struct object o = object_new();

	for (enum via via = VIA_PORT; via <= VIA_EPSV; via++)
		if (s->way[via].tried)
			object_add(&o, via_name(via), way_json(s, via));
	return object_done(&o);
}

/* --- what it means -------------------------------------------------------------------------- */

static json_t *findings_json(uint32_t found)
{
	json_t *array = json_array();
	bool failed = false;

	for (unsigned int i = 0; i < FINDINGS; i++) {
		struct object o;

		if (!(found & 1u << i))
			continue;
		o = object_new();
		object_add(&o, "id", json_string(finding_id(i)));
		object_add(&o, "problem", json_boolean(finding_is_problem(i)));
		object_add(&o, "text", json_string(finding_text(i)));
		append(array, object_done(&o), &failed);
	}
	return done(array, failed);
}

static void put_config(FILE *to, const struct survey *s)
{
	probe_advice_config(to, s);
}

static void put_rules(FILE *to, const struct survey *s)
{
	probe_advice_rules(to, s, true);
}

static void put_rules_alone(FILE *to, const struct survey *s)
{
	probe_advice_rules(to, s, false);
}

/* What @put writes, as a string. */
static json_t *written_json(void (*put)(FILE *to, const struct survey *s),
			    const struct survey *s)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	json_t *json = NULL;

	if (!to)
		return NULL;
	put(to, s);
	if (fclose(to) == 0)
		json = json_stringn(text, len);
	free(text);
	return json;
}

static json_t *advice_json(const struct survey *s)
{
	struct object o = object_new();

	object_add(&o, "config", written_json(put_config, s));
	object_add(&o, "rules", written_json(put_rules, s));
	object_add(&o, "rules_without_sallyport",
		   written_json(put_rules_alone, s));
	return object_done(&o);
}

static void add_reached(struct object *o, const struct survey *s)
{
	object_add(o, "server", endpoint_json(&s->server));
	object_add(o, "client", endpoint_json(&s->client));
	if (s->greeting.code != 0)
		object_add(o, "greeting", greeting_json(s));
	if (s->feat.code != 0)
		object_add(o, "features", features_json(s));
	if (s->secured) {
		object_add(o, "tls", tls_json(s));
		object_add(o, "certificate", chain_json(s));
	}
	if (s->logged_in)
		object_add(o, "login", login_json(s));
	object_add(o, "ways", ways_json(s));
	if (s->reuse != REUSE_UNKNOWN)
		object_add(o, "session_reuse",
			   json_string(s->reuse == REUSE_REQUIRED
					       ? "required"
					       : "not-required"));
}

json_t *probe_json(const struct survey *s)
{
	uint32_t found = survey_findings(s);
	struct object o = object_new();
	char url[URL_TEXT_MAX];

	url_format(&s->url, url);
	object_add(&o, "url", json_string(url));
	object_add(&o, "well", json_boolean(!findings_have_problem(found)));
	object_add(&o, "addresses", addresses_json(s));
	if (s->server.port != 0)
		add_reached(&o, s);
	object_add(&o, "stop", stop_json(&s->stop));
	object_add(&o, "findings", findings_json(found));
	if (probe_advice_exists(s))
		object_add(&o, "advice", advice_json(s));
	return object_done(&o);
}
