/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two audits of the same firewall. */
#include "report/audit_against.h"

#include <string.h>

#include "report/escape.h"
#include "report/object.h"

/* --- what changed --------------------------------------------------------------------- */

uint32_t audit_same_line(const struct audit *in, enum twin_family family,
			 const struct rulefile *f, const struct rule *r)
{
	const struct rulefile *other = in->spec->rules[family];

	for (uint32_t i = 0; other && i < other->rules; i++)
		if (span_equal(other->rule[i].text, r->text) &&
		    span_equal(rule_table(other, &other->rule[i]),
			       rule_table(f, r)))
			return other->rule[i].line;
	return 0;
}

static bool is_gone(const struct audit *was, const struct audit *is, int family,
		    uint32_t rule)
{
	const struct rule *r = audit_rule(was, (enum twin_family)family, rule);

	return r && audit_same_line(is, (enum twin_family)family,
				    was->spec->rules[family], r) == 0;
}

/* Neighbours are found once, in whichever conversation needs them first. */
static const struct twin_pass *neighbour_pass(const struct audit *a, int family)
{
	const struct twin_answers *without = &a->result->without;
	const struct twin_pass *pass = NULL;

	for (int side = 0; side < 2; side++) {
		const struct twin_cell *cell =
			&without->cell[side][family][0][0];

		for (int i = 0; i < TWIN_TLS * TWIN_WAYS; i++) {
			pass = &cell[i].pass[TWIN_NEIGHBOUR];
			if (cell[i].tried && pass->accept != RULEFILE_NONE)
				return pass;
		}
	}
	return pass;
}

/* What let the packet through that @stopped was stopped by. Packets behind the
 * first three pass as the answers do. */
static uint32_t passed_by(const struct audit *was, const struct audit *is,
			  int family, const struct twin_cell *through,
			  const struct twin_cell *stopped)
{
	enum twin_packet kind = stopped->cause.packet;
	const struct twin_pass *pass;

	if (stopped->cause.kind != TWIN_CAUSE_DROPPED &&
	    stopped->cause.kind != TWIN_CAUSE_FIREWALL)
		kind = TWIN_DATA_SYN;
	else if (kind == TWIN_OTHER)
		kind = TWIN_CONTROL_ANSWER;
	pass = kind == TWIN_NEIGHBOUR ? neighbour_pass(was, family)
				      : &through->pass[kind];
	if (is_gone(was, is, family, pass->nat))
		return pass->nat;
	/* A session that is translated no more may miss that on its way. */
	if (is_gone(was, is, family, through->pass[TWIN_CONTROL_SYN].nat))
		return through->pass[TWIN_CONTROL_SYN].nat;
	for (int i = 0; i < TRACE_JUMPS; i++)
		if (!is_gone(was, is, family, pass->accept) &&
		    is_gone(was, is, family, pass->jump[i]))
			return pass->jump[i];
	return pass->accept;
}

/* TWIN_WORKS is the farthest, though it comes first. */
static int distance(const struct twin_cell *cell)
{
	return cell->stop == TWIN_WORKS ? TWIN_STOPS : (int)cell->stop;
}

static void compare(const struct audit *was, const struct audit *is,
		    struct audit_change *c)
{
	c->worse = distance(c->is) < distance(c->was);
	c->broke = c->worse && c->was->stop == TWIN_WORKS;
	c->passed = c->worse ? passed_by(was, is, c->family, c->was, c->is)
			     : passed_by(is, was, c->family, c->is, c->was);
}

size_t audit_changes(const struct audit *was, const struct audit *is,
		     struct audit_change out[AUDIT_CHANGES_MAX])
{
	struct audit_change c;
	size_t count = 0;

	for (c.side = 0; c.side < 2; c.side++)
		for (c.family = 0; c.family < TWIN_FAMILIES; c.family++)
			for (c.tls = 0; c.tls < TWIN_TLS; c.tls++)
				for (c.way = 0; c.way < TWIN_WAYS; c.way++) {
					c.was = &was->result->without
							 .cell[c.side][c.family]
							      [c.tls][c.way];
					c.is = &is->result->without
							.cell[c.side][c.family]
							     [c.tls][c.way];
					if (!c.was->tried || !c.is->tried ||
					    c.was->stop == c.is->stop)
						continue;
					compare(was, is, &c);
					out[count++] = c;
				}
	return count;
}

/* --- for people ------------------------------------------------------------------------- */

static void put_name(FILE *to, const struct audit_change *c)
{
	static const char *const tls[TWIN_TLS] = { "FTP", "FTPS explicit",
						   "FTPS implicit" };

	fprintf(to, "  %s %s, client %s, %s: %s -> %s\n", tls[c->tls],
		via_name(twin_via[c->way]),
		c->side == TWIN_INSIDE ? "inside" : "outside",
		c->family == TWIN_V4 ? "IPv4" : "IPv6",
		twin_stop_name(c->was->stop), twin_stop_name(c->is->stop));
}

/* A rule, and where the other file has it. */
static void put_rule(FILE *to, const char *label, const struct audit *a,
		     const struct audit *other, int family, uint32_t rule,
		     const struct trace_place *place)
{
	const struct rule *r = audit_rule(a, (enum twin_family)family, rule);
	char shown[200];
	uint32_t line;

	fprintf(to, "      %s ", label);
	audit_place(to, a, (enum twin_family)family, rule, place);
	if (r) {
		line = audit_same_line(other, (enum twin_family)family,
				       a->spec->rules[family], r);
		escape_text(span_str(other->rules[family] ? other->rules[family]
							  : "the other"),
			    shown, sizeof(shown));
		if (line == 0)
			fprintf(to, " (not in %s)", shown);
		else
			fprintf(to, " (%s:%u)", shown, line);
	}
	fputc('\n', to);
}

static void put_change(FILE *to, const struct audit *was,
		       const struct audit *is, const struct audit_change *c)
{
	static const struct trace_place nowhere;

	put_name(to, c);
	if (c->worse) {
		put_rule(to, "passed by", was, is, c->family, c->passed,
			 &nowhere);
		put_rule(to, "stopped by", is, was, c->family,
			 c->is->cause.rule, &c->is->cause.place);
	} else {
		put_rule(to, "passes by", is, was, c->family, c->passed,
			 &nowhere);
		put_rule(to, "was stopped by", was, is, c->family,
			 c->was->cause.rule, &c->was->cause.place);
	}
}

bool audit_against_text(FILE *to, const struct audit *was,
			const struct audit *is)
{
	static struct audit_change change[AUDIT_CHANGES_MAX];
	size_t count = audit_changes(was, is, change);
	bool broke = false;

	fputs("\nWhat changed\n", to);
	for (size_t i = 0; i < count; i++) {
		put_change(to, was, is, &change[i]);
		broke |= change[i].broke;
	}
	if (count == 0)
		fputs("  no answer\n", to);
	return broke;
}

/* --- JSON -------------------------------------------------------------------------------- */

static json_t *line_json(const struct audit *a, int family, uint32_t rule)
{
	const struct rule *r = audit_rule(a, (enum twin_family)family, rule);

	return r ? number_json(r->line) : json_null();
}

static json_t *change_json(const struct audit *was, const struct audit *is,
			   const struct audit_change *c)
{
	static const char *const tls[TWIN_TLS] = { "none", "explicit",
						   "implicit" };
	const struct audit *through = c->worse ? was : is;
	struct object o = object_new();

	object_add(&o, "client",
		   json_string(c->side == TWIN_INSIDE ? "inside" : "outside"));
	object_add(&o, "family",
		   json_string(c->family == TWIN_V4 ? "ipv4" : "ipv6"));
	object_add(&o, "tls", json_string(tls[c->tls]));
	object_add(&o, "via", json_string(via_name(twin_via[c->way])));
	object_add(&o, "was", json_string(twin_stop_name(c->was->stop)));
	object_add(&o, "is", json_string(twin_stop_name(c->is->stop)));
	object_add(&o, "broke", json_boolean(c->broke));
	object_add(&o, "passed_by_line",
		   line_json(through, c->family, c->passed));
	object_add(&o, "stopped_by_line",
		   c->worse ? line_json(is, c->family, c->is->cause.rule)
			    : line_json(was, c->family, c->was->cause.rule));
	return object_done(&o);
}

json_t *audit_against_json(const struct audit *was, const struct audit *is)
{
	static struct audit_change change[AUDIT_CHANGES_MAX];
	size_t count = audit_changes(was, is, change);
	struct object list = { json_array(), false };

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list.json,
					  change_json(was, is, &change[i])) !=
		    0)
			list.failed = true;
	return object_done(&list);
}
