/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An audit for people. */
#include "report/audit.h"

#include <netinet/in.h>
#include <string.h>

#include "lab/twin_plan.h"
#include "report/escape.h"
#include "report/text.h"

/* "data transfer [64]" and a space. */
#define CELL_WIDTH 20
#define KIND_WIDTH 15

/* RFC 4861 4.3 and 4.4. */
#define ICMPV6_SOLICITATION 135

/* Below are the ports of services. */
#define PRIVILEGED 1024

static const char *const tls_name[TWIN_TLS] = {
	[CLIENT_FTP] = "FTP",
	[CLIENT_EXPLICIT] = "FTPS explicit",
	[CLIENT_IMPLICIT] = "FTPS implicit",
};

static const char *const family_name[] = { "IPv4", "IPv6" };

static void put_escaped(FILE *to, const char *raw)
{
	char shown[400];

	escape_text(span_str(raw), shown, sizeof(shown));
	fputs(shown, to);
}

/* --- who stands where --------------------------------------------------------------- */

static void put_addr(FILE *to, const char *label, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	fprintf(to, "%s%s", label, text);
}

static void put_side(FILE *to, const struct audit *a, int side)
{
	const struct twin_layout *l = &a->spec->layout;

	fprintf(to, "  %-9s", side == TWIN_INSIDE ? "inside" : "outside");
	if (l->port[side].name[0] == '\0') {
		fputs("the firewall itself\n", to);
		return;
	}
	fputs(l->port[side].name, to);
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		if (!l->port[side].has[f])
			continue;
		put_addr(to, f && l->port[side].has[0] ? "\n           " : " ",
			 &l->port[side].at[f].addr);
		put_addr(to, "; client ", &l->host[side][f].client);
		put_addr(to, ", server ", &l->host[side][f].server);
	}
	fputc('\n', to);
}

static void put_reach(FILE *to, const struct audit *a, int family)
{
	const struct twin_layout *l = &a->spec->layout;
	const struct addr *server = &l->host[TWIN_INSIDE][family].server;

	if (!l->port[TWIN_OUTSIDE].has[family])
		return;
	if (!addr_equal(&a->spec->reach[family], server)) {
		put_addr(to, "  From outside the server is reached as ",
			 &a->spec->reach[family]);
		fputs(".\n", to);
	}
	if (!l->routed[family])
		fprintf(to,
			"  The inside's %s addresses are translated, and "
			"outside nobody knows a way to them.\n",
			family_name[family]);
}

/* What its file says, and what in it is wrong. */
static void put_server(FILE *to, const struct audit *a)
{
	if (!a->server)
		return;
	fprintf(to, "  The server inside is %s, as ",
		serverfile_kind_name(a->server->kind));
	put_escaped(to, a->server_path);
	fputs(" says.\n", to);
	for (size_t i = 0; i < a->server->problems; i++) {
		fputs("    ", to);
		put_escaped(to, a->server_path);
		if (a->server->problem[i].line != 0)
			fprintf(to, ":%u", a->server->problem[i].line);
		fprintf(to, ": %s\n", a->server->problem[i].text);
	}
}

static void put_layout(FILE *to, const struct audit *a)
{
	char range[TEXT_RANGE_MAX];

	for (int side = 0; side < 2; side++)
		put_side(to, a, side);
	for (int f = 0; f < TWIN_FAMILIES; f++)
		put_reach(to, a, f);
	put_server(to, a);
	text_range(&a->spec->passive, range);
	fprintf(to, "  Passive ports of both servers: %s%s.\n", range,
		a->range_assumed ? ", as nobody said and no rule names any; "
				   "see --passive-ports"
				 : "");
}

/* --- what was not loaded --------------------------------------------------------------- */

static const struct rule *rule_at(const struct rulefile *f, uint32_t line)
{
	for (uint32_t i = 0; f && i < f->rules; i++)
		if (f->rule[i].line == line)
			return &f->rule[i];
	return NULL;
}

static const char *meaning(const struct audit *a, const struct twin_unloaded *u)
{
	const struct rule *r =
		u->from == TWIN_FROM_SETS
			? NULL
			: rule_at(a->spec->rules[u->from], u->line);

	if (u->from == TWIN_FROM_SETS)
		return "rules that need this set count as absent too";
	if (r && twin_rule_does(r, "ACCEPT"))
		return "what it alone accepts is judged by the rules behind it";
	if (r && (twin_rule_does(r, "DROP") || twin_rule_does(r, "REJECT")))
		return "what it alone drops is judged by the rules behind it";
	return "the answers are those of a firewall without it";
}

static void put_unloaded(FILE *to, const struct audit *a)
{
	const struct twin_result *r = a->result;

	if (r->unloadeds == 0)
		return;
	fputs("\nCould not be loaded here\n", to);
	for (uint32_t i = 0; i < r->unloadeds; i++) {
		const struct twin_unloaded *u = &r->unloaded[i];
		const char *name =
			u->from == TWIN_FROM_SETS ? a->sets : a->rules[u->from];

		fputs("  ", to);
		put_escaped(to, name);
		if (u->line != 0)
			fprintf(to, ":%u", u->line);
		fputs(": ", to);
		put_escaped(to, u->text);
		fprintf(to, ";\n    %s\n", meaning(a, u));
	}
	if (r->unloadeds == TWIN_UNLOADED_MAX)
		fputs("  and maybe more\n", to);
}

/* --- the answers ------------------------------------------------------------------------ */

static void put_cell(FILE *to, const struct twin_cell *cell, int way,
		     const struct audit_causes *causes)
{
	/* No blanks at a line's end. */
	int width = way == TWIN_WAYS - 1 ? 0 : CELL_WIDTH;
	char text[64];
	size_t number;

	if (!cell->tried) {
		fprintf(to, "%-*s", width, "-");
		return;
	}
	number =
		cell->stop == TWIN_WORKS ? 0 : audit_cause_number(causes, cell);
	if (number != 0)
		snprintf(text, sizeof(text), "%s [%zu]",
			 twin_stop_name(cell->stop), number);
	else
		snprintf(text, sizeof(text), "%s", twin_stop_name(cell->stop));
	fprintf(to, "%-*s", width, text);
}

static void put_rows(FILE *to, const struct twin_answers *answers, int side,
		     int family, const struct audit_causes *causes)
{
	for (int tls = 0; tls < TWIN_TLS; tls++) {
		fprintf(to, "  %-*s", KIND_WIDTH, tls_name[tls]);
		for (int way = 0; way < TWIN_WAYS; way++)
			put_cell(to, &answers->cell[side][family][tls][way],
				 way, causes);
		fputc('\n', to);
	}
}

static void put_table(FILE *to, const struct audit *a, int side, int family,
		      const struct audit_causes *causes)
{
	const struct twin_result *r = a->result;

	if (!r->without.cell[side][family][0][TWIN_EPSV].tried)
		return;
	fprintf(to, "\nClient %s, server %s, %s\n",
		side == TWIN_INSIDE ? "inside" : "outside",
		side == TWIN_INSIDE ? "outside" : "inside",
		family_name[family]);
	fprintf(to, "  %-*s", KIND_WIDTH, "");
	for (int way = 0; way < TWIN_WAYS; way++)
		fprintf(to, "%-*s", way == TWIN_WAYS - 1 ? 0 : CELL_WIDTH,
			via_name(twin_via[way]));
	fputc('\n', to);
	put_rows(to, &r->without, side, family, causes);
	if (!r->with.there)
		return;
	fputs(" with sallyport\n", to);
	put_rows(to, &r->with, side, family, causes);
}

static void put_tables(FILE *to, const struct audit *a,
		       const struct audit_causes *causes)
{
	for (int side = 0; side < 2; side++)
		for (int f = 0; f < TWIN_FAMILIES; f++)
			put_table(to, a, side, f, causes);
	if (a->result->gate_text[0]) {
		fputs("\nNot tried with sallyport: ", to);
		put_escaped(to, a->result->gate_text);
		fputc('\n', to);
	}
}

/* --- what stopped them --------------------------------------------------------------------- */

/* A port that says something: not one that the kernel picked. */
static void put_end(FILE *to, const struct endpoint *e, bool told)
{
	put_addr(to, "", &e->addr);
	if (told || (e->port != 0 && e->port < PRIVILEGED))
		fprintf(to, " port %u", e->port);
}

static void put_packet(FILE *to, const struct twin_cause *c)
{
	if (c->protocol == IPPROTO_ICMPV6) {
		fprintf(to, "neighbour %s (ICMPv6 type %u)",
			c->icmp_type == ICMPV6_SOLICITATION ? "solicitation"
							    : "advertisement",
			c->icmp_type);
		return;
	}
	put_end(to, &c->from, false);
	fputs(" > ", to);
	/* In active mode the server comes from its data port. */
	put_end(to, &c->to,
		c->packet == TWIN_DATA_SYN && c->from.port >= PRIVILEGED);
}

static void put_cause(FILE *to, const struct audit *a,
		      const struct twin_cause *c)
{
	switch (c->kind) {
	case TWIN_CAUSE_DROPPED:
		audit_place(to, a, c->family, c->rule, &c->place);
		fputs("\n      stops ", to);
		put_packet(to, c);
		break;
	case TWIN_CAUSE_TRANSLATED:
		fputs("no rule drops it; the address that one end names leads "
		      "nowhere at the other, as\n      ",
		      to);
		audit_place(to, a, c->family, c->rule, &c->place);
		fputs(" translates the session", to);
		break;
	case TWIN_CAUSE_FIREWALL:
		fputs("no rule passes on ", to);
		put_packet(to, c);
		fputs("; to the firewall itself it is let in by\n      ", to);
		audit_place(to, a, c->family, c->rule, &c->place);
		break;
	case TWIN_CAUSE_LOST:
		fputs("the kernel told more than could be kept", to);
		break;
	default:
		fputs("no rule: nothing that the kernel told of", to);
		break;
	}
	fputc('\n', to);
}

static void put_causes(FILE *to, const struct audit *a,
		       const struct audit_causes *causes)
{
	if (causes->count == 0)
		return;
	fputs("\nWhat stops them\n", to);
	for (size_t i = 0; i < causes->count; i++) {
		fprintf(to, "  [%zu] ", i + 1);
		put_cause(to, a, causes->at[i]);
	}
}

static void put_opens(FILE *to, const struct audit *a)
{
	const struct twin_result *r = a->result;

	if (r->opens == 0)
		return;
	fputs("\nOpen to everybody outside (ports that were tried)\n", to);
	for (uint32_t i = 0; i < r->opens; i++) {
		const struct twin_open *o = &r->open[i];
		char range[TEXT_RANGE_MAX];

		text_range(&o->ports, range);
		fprintf(to, "  %s, the %s's ports %s", family_name[o->family],
			o->client ? "inside client" : "inside server", range);
		if (o->from_port != 0)
			fprintf(to, " from port %u", o->from_port);
		fputs(":\n      ", to);
		audit_place(to, a, o->family, o->rule, &o->place);
		fputc('\n', to);
		if (o->nat == RULEFILE_NONE)
			continue;
		fputs("      by way of ", to);
		audit_place(to, a, o->family, o->nat, NULL);
		fputc('\n', to);
	}
}

static void put_trap(FILE *to, const struct audit *a, const struct trap *t)
{
	const char *path = audit_trap_path(a, t);

	fprintf(to, "  %s: %s", t->id, t->text);
	if (t->detail[0]) {
		fputs(" (", to);
		put_escaped(to, t->detail);
		fputc(')', to);
	}
	fputc('\n', to);
	if (t->source == TRAP_IN_RULES && t->rule != RULEFILE_NONE) {
		fputs("      ", to);
		audit_place(to, a, t->family, t->rule, NULL);
		fputc('\n', to);
	} else if (path) {
		fputs("      ", to);
		put_escaped(to, path);
		if (t->line != 0)
			fprintf(to, ":%u", t->line);
		fputc('\n', to);
	}
	if (t->change[0]) {
		fputs("      ", to);
		put_escaped(to, t->change);
		fputc('\n', to);
	}
}

static void put_traps(FILE *to, const struct audit *a)
{
	static struct traps traps;

	if (!audit_traps(a, &traps) || traps.count == 0)
		return;
	fputs("\nKnown traps\n", to);
	for (size_t i = 0; i < traps.count; i++)
		put_trap(to, a, &traps.at[i]);
}

static void put_advice(FILE *to, const struct audit *a)
{
	static struct audit_advice advice[AUDIT_ADVICE_MAX];
	size_t count = audit_advice(a, advice);

	if (count == 0)
		return;
	fputs("\nSmallest changes\n", to);
	for (size_t i = 0; i < count; i++) {
		const struct audit_advice *v = &advice[i];
		const struct rule *r = audit_rule(a, v->family, v->rule);

		fprintf(to, "  %s", audit_advice_name(v->what));
		if (r) {
			fputs(v->what == ADVICE_ADD ? " before " : " ", to);
			put_escaped(to, a->rules[v->family]);
			fprintf(to, ":%u", r->line);
		} else if (v->what == ADVICE_ADD) {
			fprintf(to, " (%s)", family_name[v->family]);
		}
		fputs(v->what == ADVICE_DROP || v->what == ADVICE_NARROW
			      ? ": "
			      : "\n      ",
		      to);
		put_escaped(to, v->text);
		fputc('\n', to);
	}
}

void audit_text(FILE *to, const struct audit *a)
{
	struct audit_causes causes;

	audit_causes(a, &causes);
	put_layout(to, a);
	put_unloaded(to, a);
	put_tables(to, a, &causes);
	put_causes(to, a, &causes);
	put_opens(to, a);
	put_traps(to, a);
	put_advice(to, a);
}
