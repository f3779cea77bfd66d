/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sallyport is good for, and which rules it makes needless. */
#include "report/audit_advice.h"

#include <stdio.h>

#include "lab/twin_plan.h"

void advise_load(struct advising *v)
{
	const struct twin_result *r = v->a->result;
	const struct twin_cell *without = &r->without.cell[0][0][0][0],
			       *with = &r->with.cell[0][0][0][0];
	size_t cells = sizeof(r->with.cell) / sizeof(*with), blocked = 0,
	       mended = 0;
	struct audit_advice load = { ADVICE_LOAD, TWIN_V4, RULEFILE_NONE,
				     RULEFILE_NONE, "" };

	for (size_t i = 0; i < cells && r->with.there; i++) {
		if (!without[i].tried || without[i].stop == TWIN_WORKS)
			continue;
		blocked++;
		mended += with[i].stop == TWIN_WORKS;
	}
	if (mended == 0)
		return;
	snprintf(load.text, sizeof(load.text),
		 "sallyport, with passive-ports %u-%u in servers: then %zu of "
		 "these %zu work",
		 v->a->spec->passive.lo, v->a->spec->passive.hi, mended,
		 blocked);
	advise(v, &load);
}

/* Would control connections go with it? */
static bool holds_more(const struct twin_spec *s, const struct rule *r)
{
	return twin_rule_has_port(r, s->control_port) ||
	       twin_rule_has_port(r, s->implicit_port) ||
	       !twin_rule_names_ports(r);
}

static void advise_open(struct advising *v, const struct twin_open *o)
{
	/* Where it was led to is what it reaches. */
	bool led = o->nat != RULEFILE_NONE;
	uint32_t at = led ? o->nat : o->rule;
	const struct rule *rule = audit_rule(v->a, o->family, at);
	struct audit_advice gone = { ADVICE_DROP, o->family, at, RULEFILE_NONE,
				     "" };

	if (!rule)
		return;
	if (rule->number == 0) {
		gone.what = ADVICE_NARROW;
		snprintf(gone.text, sizeof(gone.text),
			 "let the policy be DROP, and accept what is wanted");
	} else if (holds_more(v->a->spec, rule)) {
		gone.what = ADVICE_NARROW;
		snprintf(gone.text, sizeof(gone.text),
			 "leave the control ports in it alone: sallyport opens "
			 "the others to those who negotiated them");
	} else {
		snprintf(gone.text, sizeof(gone.text),
			 "sallyport opens such ports to those who negotiated "
			 "them, and only for that long");
	}
	advise(v, &gone);
}

void advise_opens(struct advising *v)
{
	for (uint32_t i = 0; i < v->a->result->opens; i++)
		advise_open(v, &v->a->result->open[i]);
}
