/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sample as an object. */
#include "report/top_private.h"

#include "report/object.h"

/* {"GROUP": {"NAME": 1.5, ...}, ...} of all that only grows. */
static json_t *rates_json(const struct top *t)
{
	json_t *all = json_object();

	for (size_t i = 0; i < count_group_count; i++) {
		const struct count_group *g = &count_groups[i];
		json_t *o = json_object();
		double rate;

		for (size_t j = 0; j < g->counts; j++)
			if (!g->count[j].level &&
			    top_rate(t, g->key, g->count[j].name, &rate))
				json_object_set_new(o, g->count[j].name,
						    json_real(rate));
		json_object_set_new(all, g->key, o);
	}
	return all;
}

static json_t *lately_json(const struct top *t, size_t most)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->troubles && i < most; i++) {
		const struct top_trouble *e = &t->trouble[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:o}", "name", e->name,
					"label", e->label, "count",
					number_json(e->count), "ago_us",
					number_json(t->now_us - e->last_us)));
	}
	return list;
}

static json_t *table_json(const struct top *t, const struct top_look *look,
			  enum top_table table)
{
	if (!(look->tables & 1u << table))
		return NULL;
	switch (table) {
	case TOP_SESSIONS:
		return top_sessions(t, look->order, look->rows);
	case TOP_PINHOLES:
		return top_first(t->now.pinholes, "pinholes", look->rows);
	default:
		return top_first(t->now.grants, "grants", look->rows);
	}
}

json_t *top_json(const struct top *t, const struct top_look *look)
{
	/* "O*": what is NULL is left out; "o*" too, and it is taken over. */
	return json_pack("{s:O*, s:O*, s:o, s:o, s:o*, s:o*, s:o*}", "status",
			 t->now.status, "stats", t->now.stats, "rates",
			 rates_json(t), "lately", lately_json(t, look->lately),
			 "sessions", table_json(t, look, TOP_SESSIONS),
			 "pinholes", table_json(t, look, TOP_PINHOLES),
			 "grants", table_json(t, look, TOP_GRANTS));
}
