/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of the changes that an audit advises. */
#include "report/audit.h"

#include "report/object.h"

/* With sallyport, where it was there both times. */
static const struct twin_cell *cells(const struct twin_result *r, bool with)
{
	return with ? &r->with.cell[0][0][0][0] : &r->without.cell[0][0][0][0];
}

void audit_compare(const struct twin_result *before,
		   const struct twin_result *after, struct audit_checked *out)
{
	bool with = before->with.there && after->with.there;
	const struct twin_cell *was = cells(before, with),
			       *is = cells(after, with);
	size_t count = sizeof(before->with.cell) / sizeof(*was);

	*out = (struct audit_checked){
		.with = with,
		.opens_before = before->opens,
		.opens = after->opens,
		.unloaded = after->unloadeds > before->unloadeds
				    ? after->unloadeds - before->unloadeds
				    : 0,
	};
	for (size_t i = 0; i < count; i++) {
		bool worked = was[i].stop == TWIN_WORKS,
		     works = is[i].stop == TWIN_WORKS;

		if (!is[i].tried)
			continue;
		out->tried++;
		out->worked += worked;
		out->works += works;
		out->broke += worked && !works;
		out->dropped +=
			!works && is[i].cause.kind == TWIN_CAUSE_DROPPED;
	}
}

void audit_checked_text(FILE *to, const struct audit_checked *c)
{
	fprintf(to,
		"  checked: with what is to be added and dropped%s, %zu of "
		"%zu work (before: %zu)",
		c->with ? ", and sallyport" : "", c->works, c->tried,
		c->worked);
	if (c->opens_before > 0)
		fprintf(to, "; open to everybody: %u (before: %u)", c->opens,
			c->opens_before);
	fputc('\n', to);
	if (c->broke > 0)
		fprintf(to, "      but %zu that worked do not any more\n",
			c->broke);
	if (c->dropped > 0)
		fprintf(to,
			"      but a rule still stops %zu: audit the "
			"changed rules for the next step\n",
			c->dropped);
	if (c->unloaded > 0)
		fprintf(to,
			"      but %u of the new lines cannot be loaded "
			"here\n",
			c->unloaded);
}

json_t *audit_checked_json(const struct audit_checked *c)
{
	struct object o = object_new();

	object_add(&o, "sallyport", json_boolean(c->with));
	object_add(&o, "tried", number_json(c->tried));
	object_add(&o, "worked", number_json(c->worked));
	object_add(&o, "work", number_json(c->works));
	object_add(&o, "broke", number_json(c->broke));
	object_add(&o, "dropped", number_json(c->dropped));
	object_add(&o, "open_before", number_json(c->opens_before));
	object_add(&o, "open", number_json(c->opens));
	object_add(&o, "not_loaded", number_json(c->unloaded));
	return object_done(&o);
}
