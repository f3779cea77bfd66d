/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An audit for people. */
#include "report/audit_text.h"

#include <string.h>

#include "lab/twin_plan.h"
#include "report/escape.h"
#include "report/text.h"

/* "data transfer [64]" and a space. */
#define CELL_WIDTH 20
#define KIND_WIDTH 15

static const char *const tls_name[TWIN_TLS] = {
	[CLIENT_FTP] = "FTP",
	[CLIENT_EXPLICIT] = "FTPS explicit",
	[CLIENT_IMPLICIT] = "FTPS implicit",
};

const char *const audit_family_name[] = { "IPv4", "IPv6" };

void audit_text_put(FILE *to, const char *raw)
{
	char shown[400];

	escape_text(span_str(raw), shown, sizeof(shown));
	fputs(shown, to);
}

/* --- who stands where --------------------------------------------------------------- */

void audit_text_addr(FILE *to, const char *label, const struct addr *a)
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
		audit_text_addr(to,
				f && l->port[side].has[0] ? "\n           "
							  : " ",
				&l->port[side].at[f].addr);
		audit_text_addr(to, "; client ", &l->host[side][f].client);
		audit_text_addr(to, ", server ", &l->host[side][f].server);
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
		audit_text_addr(to, "  From outside the server is reached as ",
				&a->spec->reach[family]);
		fputs(".\n", to);
	}
	if (!l->routed[family])
		fprintf(to,
			"  The inside's %s addresses are translated, and "
			"outside nobody knows a way to them.\n",
			audit_family_name[family]);
}

/* What its file says, and what in it is wrong. */
static void put_server(FILE *to, const struct audit *a)
{
	if (!a->server)
		return;
	fprintf(to, "  The server inside is %s, as ",
		serverfile_kind_name(a->server->kind));
	audit_text_put(to, a->server_path);
	fputs(" says.\n", to);
	for (size_t i = 0; i < a->server->problems; i++) {
		fputs("    ", to);
		audit_text_put(to, a->server_path);
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
		audit_text_put(to, name);
		if (u->line != 0)
			fprintf(to, ":%u", u->line);
		fputs(": ", to);
		audit_text_put(to, u->text);
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
		audit_family_name[family]);
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
		audit_text_put(to, a->result->gate_text);
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
	audit_text_causes(to, a, &causes);
	audit_text_opens(to, a);
	audit_text_traps(to, a);
	audit_text_advice(to, a);
}
