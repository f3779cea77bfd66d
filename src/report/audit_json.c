/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An audit as one object of JSON. */
#include "report/audit.h"

#include "report/object.h"

static json_t *span_json(struct span s)
{
	return text_json(s);
}

static json_t *name_json(const char *text)
{
	return text ? text_json(span_str(text)) : json_null();
}

/* --- rules -------------------------------------------------------------------------- */

static json_t *rule_json(const struct audit *a, enum twin_family family,
			 uint32_t at, const struct trace_place *place)
{
	const struct rule *r = audit_rule(a, family, at);
	struct object o = object_new();

	if (!r && (!place || place->table[0] == '\0')) {
		object_done(&o);
		json_decref(o.json);
		return json_null();
	}
	if (!r) {
		object_add(&o, "table", name_json(place->table));
		object_add(&o, "chain", name_json(place->chain));
		object_add(&o, "policy", json_boolean(place->handle == 0));
		return object_done(&o);
	}
	object_add(&o, "file", name_json(a->rules[family]));
	object_add(&o, "line", number_json(r->line));
	object_add(&o, "table",
		   span_json(rule_table(a->spec->rules[family], r)));
	object_add(&o, "chain",
		   span_json(rule_chain(a->spec->rules[family], r)));
	object_add(&o, "policy", json_boolean(r->number == 0));
	if (r->number != 0)
		object_add(&o, "number", number_json(r->number));
	object_add(&o, "text", span_json(r->text));
	return object_done(&o);
}

/* --- answers ------------------------------------------------------------------------ */

static json_t *cause_json(const struct audit *a, const struct twin_cause *c)
{
	struct object o = object_new();

	object_add(&o, "kind", json_string(audit_kind(c->kind)));
	object_add(&o, "rule", rule_json(a, c->family, c->rule, &c->place));
	if (c->protocol != 0) {
		object_add(&o, "from", endpoint_json(&c->from));
		object_add(&o, "to", endpoint_json(&c->to));
	}
	return object_done(&o);
}

static const char *tls_word(int tls)
{
	static const char *const word[TWIN_TLS] = {
		[CLIENT_FTP] = "none",
		[CLIENT_EXPLICIT] = "explicit",
		[CLIENT_IMPLICIT] = "implicit",
	};

	return word[tls];
}

static json_t *place_json(int side)
{
	return json_string(side == TWIN_INSIDE ? "inside" : "outside");
}

static json_t *family_json(int family)
{
	return json_string(family == TWIN_V4 ? "ipv4" : "ipv6");
}

struct at {
	int side, family, tls, way;
};

static json_t *cell_json(const struct audit *a, const struct twin_cell *cell,
			 struct at at, bool with)
{
	struct object o = object_new();

	object_add(&o, "client", place_json(at.side));
	object_add(&o, "family", family_json(at.family));
	object_add(&o, "tls", json_string(tls_word(at.tls)));
	object_add(&o, "via", json_string(via_name(twin_via[at.way])));
	if (!via_is_active(twin_via[at.way]))
		object_add(&o, "passive_port",
			   number_json(
				   twin_passive_port(a->spec, at.tls, at.way)));
	object_add(&o, "sallyport", json_boolean(with));
	object_add(&o, "works", json_boolean(cell->stop == TWIN_WORKS));
	if (cell->stop != TWIN_WORKS) {
		object_add(&o, "blocked_at",
			   json_string(twin_stop_name(cell->stop)));
		object_add(&o, "cause", cause_json(a, &cell->cause));
	}
	return object_done(&o);
}

static void add_answers(struct object *list, const struct audit *a,
			const struct twin_answers *answers, bool with)
{
	struct at at;

	for (at.side = 0; at.side < 2; at.side++)
		for (at.family = 0; at.family < TWIN_FAMILIES; at.family++)
			for (at.tls = 0; at.tls < TWIN_TLS; at.tls++)
				for (at.way = 0; at.way < TWIN_WAYS; at.way++) {
					const struct twin_cell *cell =
						&answers->cell[at.side]
							      [at.family]
							      [at.tls][at.way];

					if (cell->tried &&
					    json_array_append_new(
						    list->json,
						    cell_json(a, cell, at,
							      with)) != 0)
						list->failed = true;
				}
}

static json_t *answers_json(const struct audit *a)
{
	struct object list = { json_array(), false };

	add_answers(&list, a, &a->result->without, false);
	add_answers(&list, a, &a->result->with, true);
	return object_done(&list);
}

/* --- the rest ------------------------------------------------------------------------- */

static json_t *unloaded_json(const struct audit *a)
{
	struct object list = { json_array(), false };

	for (uint32_t i = 0; i < a->result->unloadeds; i++) {
		const struct twin_unloaded *u = &a->result->unloaded[i];
		struct object o = object_new();

		object_add(&o, "file",
			   name_json(u->from == TWIN_FROM_SETS
					     ? a->sets
					     : a->rules[u->from]));
		object_add(&o, "line", number_json(u->line));
		object_add(&o, "text", name_json(u->text));
		if (json_array_append_new(list.json, object_done(&o)) != 0)
			list.failed = true;
	}
	return object_done(&list);
}

static json_t *opens_json(const struct audit *a)
{
	struct object list = { json_array(), false };

	for (uint32_t i = 0; i < a->result->opens; i++) {
		const struct twin_open *open = &a->result->open[i];
		struct object o = object_new();

		object_add(&o, "family", family_json((int)open->family));
		object_add(&o, "of",
			   json_string(open->client ? "client" : "server"));
		object_add(&o, "from_port", number_json(open->from_port));
		object_add(&o, "first", number_json(open->ports.lo));
		object_add(&o, "last", number_json(open->ports.hi));
		object_add(&o, "rule",
			   rule_json(a, open->family, open->rule,
				     &open->place));
		object_add(&o, "by_way_of",
			   rule_json(a, open->family, open->nat, NULL));
		if (json_array_append_new(list.json, object_done(&o)) != 0)
			list.failed = true;
	}
	return object_done(&list);
}

static json_t *trap_json(const struct audit *a, const struct trap *t)
{
	static const char *const severity[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_CRITICAL] = "critical",
	};
	struct object o = object_new();

	object_add(&o, "id", json_string(t->id));
	object_add(&o, "severity", json_string(severity[t->severity]));
	object_add(&o, "text", json_string(t->text));
	object_add(&o, "detail", name_json(t->detail));
	object_add(&o, "change", name_json(t->change));
	object_add(&o, "file", name_json(audit_trap_path(a, t)));
	object_add(&o, "line", number_json(t->line));
	object_add(&o, "rule",
		   t->source == TRAP_IN_RULES
			   ? rule_json(a, t->family, t->rule, NULL)
			   : json_null());
	return object_done(&o);
}

static json_t *traps_json(const struct audit *a)
{
	static struct traps traps;
	struct object list = { json_array(), !audit_traps(a, &traps) };

	for (size_t i = 0; !list.failed && i < traps.count; i++)
		if (json_array_append_new(list.json,
					  trap_json(a, &traps.at[i])) != 0)
			list.failed = true;
	return object_done(&list);
}

/* Where to add, where that is at a chain's end. */
static void add_chain(struct object *o, const struct audit *a,
		      const struct audit_advice *v)
{
	const struct rulefile *f = a->spec->rules[v->family];

	if (!f || v->chain == RULEFILE_NONE)
		return;
	object_add(o, "table", span_json(f->chain[v->chain].table));
	object_add(o, "chain", span_json(f->chain[v->chain].name));
}

static json_t *advice_json(const struct audit *a)
{
	static struct audit_advice advice[AUDIT_ADVICE_MAX];
	size_t count = audit_advice(a, advice);
	struct object list = { json_array(), false };

	for (size_t i = 0; i < count; i++) {
		const struct audit_advice *v = &advice[i];
		struct object o = object_new();

		object_add(&o, "do", json_string(audit_advice_name(v->what)));
		object_add(&o, "family", family_json((int)v->family));
		object_add(&o, "rule", rule_json(a, v->family, v->rule, NULL));
		add_chain(&o, a, v);
		object_add(&o, "text", name_json(v->text));
		if (json_array_append_new(list.json, object_done(&o)) != 0)
			list.failed = true;
	}
	return object_done(&list);
}

json_t *audit_json(const struct audit *a)
{
	struct object o = object_new();

	object_add(&o, "twin", audit_twin_json(a));
	object_add(&o, "passive_ports",
		   json_pack("[ii]", a->spec->passive.lo, a->spec->passive.hi));
	object_add(&o, "not_loaded", unloaded_json(a));
	object_add(&o, "answers", answers_json(a));
	if (a->result->gate_text[0])
		object_add(&o, "no_sallyport", name_json(a->result->gate_text));
	object_add(&o, "open", opens_json(a));
	object_add(&o, "traps", traps_json(a));
	object_add(&o, "changes", advice_json(a));
	if (a->checked)
		object_add(&o, "checked", audit_checked_json(a->checked));
	return object_done(&o);
}
