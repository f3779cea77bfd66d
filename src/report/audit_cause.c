/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stopped conversations, each once. */
#include "report/audit.h"

#include <netinet/in.h>
#include <string.h>

#include "report/escape.h"

/* A rule is shown up to here. */
#define RULE_SHOWN 400

static bool place_equal(const struct trace_place *a,
			const struct trace_place *b)
{
	return strcmp(a->table, b->table) == 0 &&
	       strcmp(a->chain, b->chain) == 0 && a->handle == b->handle;
}

/* The same rule may stop control and data connections: that is two things to
 * know. */
static bool same(const struct audit_causes *c, size_t i,
		 const struct twin_cell *cell)
{
	const struct twin_cause *a = c->at[i], *b = &cell->cause;

	return a->kind == b->kind && a->family == b->family &&
	       a->rule == b->rule && place_equal(&a->place, &b->place) &&
	       (c->stop[i] < TWIN_DATA_CONNECT) ==
		       (cell->stop < TWIN_DATA_CONNECT);
}

size_t audit_cause_number(const struct audit_causes *c,
			  const struct twin_cell *cell)
{
	for (size_t i = 0; i < c->count; i++)
		if (same(c, i, cell))
			return i + 1;
	return 0;
}

static void add(struct audit_causes *c, const struct twin_cell *cell)
{
	if (!cell->tried || cell->stop == TWIN_WORKS ||
	    c->count == AUDIT_CAUSES_MAX || audit_cause_number(c, cell) != 0)
		return;
	c->at[c->count] = &cell->cause;
	c->stop[c->count++] = cell->stop;
}

void audit_causes(const struct audit *a, struct audit_causes *out)
{
	const struct twin_answers *both[] = { &a->result->without,
					      &a->result->with };

	out->count = 0;
	for (int i = 0; i < 2; i++) {
		const struct twin_cell *cell = &both[i]->cell[0][0][0][0];
		size_t cells = sizeof(both[i]->cell) / sizeof(*cell);

		for (size_t n = 0; n < cells; n++)
			add(out, &cell[n]);
	}
}

const struct rule *audit_rule(const struct audit *a, enum twin_family family,
			      uint32_t rule)
{
	const struct rulefile *f = a->spec->rules[family];

	return f && rule != RULEFILE_NONE ? &f->rule[rule] : NULL;
}

static void put_escaped(FILE *to, struct span raw)
{
	char shown[RULE_SHOWN];

	escape_text(raw, shown, sizeof(shown));
	fputs(shown, to);
}

static void put_rule(FILE *to, const struct audit *a, enum twin_family family,
		     const struct rule *r)
{
	const struct rulefile *f = a->spec->rules[family];

	put_escaped(to, rule_table(f, r));
	fputc(' ', to);
	put_escaped(to, rule_chain(f, r));
	if (r->number == 0)
		fputs(" policy", to);
	else
		fprintf(to, " rule %u", r->number);
	fputs(" (", to);
	put_escaped(to, span_str(a->rules[family]));
	fprintf(to, ":%u): ", r->line);
	put_escaped(to, r->text);
}

void audit_place(FILE *to, const struct audit *a, enum twin_family family,
		 uint32_t rule, const struct trace_place *place)
{
	const struct rule *r = audit_rule(a, family, rule);

	if (r) {
		put_rule(to, a, family, r);
		return;
	}
	if (place->table[0] == '\0') {
		fputs("no rule", to);
		return;
	}
	put_escaped(to, span_str(place->table));
	fputc(' ', to);
	put_escaped(to, span_str(place->chain));
	fputs(place->handle == 0 ? " policy, in no file"
				 : ", a rule that is in no file",
	      to);
}

const char *audit_kind(enum twin_cause_kind kind)
{
	static const char *const name[] = {
		[TWIN_CAUSE_UNKNOWN] = "unknown",
		[TWIN_CAUSE_DROPPED] = "dropped",
		[TWIN_CAUSE_TRANSLATED] = "translated",
		[TWIN_CAUSE_FIREWALL] = "firewall-itself",
		[TWIN_CAUSE_LOST] = "lost",
	};

	return name[kind];
}
