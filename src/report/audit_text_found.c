/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An audit for people: what stands behind the tables. */
#include "report/audit_text.h"

#include <netinet/in.h>
#include <stdio.h>

#include "report/escape.h"
#include "report/text.h"

/* RFC 4861 4.3 and 4.4. */
#define ICMPV6_SOLICITATION 135

/* Below are the ports of services. */
#define PRIVILEGED 1024

/* --- what stopped them --------------------------------------------------------------------- */

static bool is_data_port(const struct audit *a, uint16_t port)
{
	return port == a->spec->control_port - 1 ||
	       port == a->spec->implicit_port - 1;
}

/* A port that says something: not one that the kernel picked. */
static bool is_telling(const struct audit *a, uint16_t port)
{
	return (port != 0 && port < PRIVILEGED) || is_data_port(a, port) ||
	       port == a->spec->control_port || port == a->spec->implicit_port;
}

static void put_end(FILE *to, const struct endpoint *e, bool told)
{
	audit_text_addr(to, "", &e->addr);
	if (told)
		fprintf(to, " port %u", e->port);
}

static void put_packet(FILE *to, const struct audit *a,
		       const struct twin_cause *c)
{
	if (c->protocol == IPPROTO_ICMPV6) {
		fprintf(to, "neighbour %s (ICMPv6 type %u)",
			c->icmp_type == ICMPV6_SOLICITATION ? "solicitation"
							    : "advertisement",
			c->icmp_type);
		return;
	}
	put_end(to, &c->from, is_telling(a, c->from.port));
	fputs(" > ", to);
	/* In active mode the server comes from its data port. */
	put_end(to, &c->to,
		is_telling(a, c->to.port) || (c->packet == TWIN_DATA_SYN &&
					      !is_data_port(a, c->from.port)));
}

static void put_cause(FILE *to, const struct audit *a,
		      const struct twin_cause *c)
{
	switch (c->kind) {
	case TWIN_CAUSE_DROPPED:
		audit_place(to, a, c->family, c->rule, &c->place);
		fputs("\n      stops ", to);
		put_packet(to, a, c);
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
		put_packet(to, a, c);
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

void audit_text_causes(FILE *to, const struct audit *a,
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

void audit_text_opens(FILE *to, const struct audit *a)
{
	const struct twin_result *r = a->result;

	if (r->opens == 0)
		return;
	fputs("\nOpen to everybody outside (ports that were tried)\n", to);
	for (uint32_t i = 0; i < r->opens; i++) {
		const struct twin_open *o = &r->open[i];
		char range[TEXT_RANGE_MAX];

		text_range(&o->ports, range);
		fprintf(to, "  %s, the %s's ports %s",
			audit_family_name[o->family],
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
		audit_text_put(to, t->detail);
		fputc(')', to);
	}
	fputc('\n', to);
	if (t->source == TRAP_IN_RULES && t->rule != RULEFILE_NONE) {
		fputs("      ", to);
		audit_place(to, a, t->family, t->rule, NULL);
		fputc('\n', to);
	} else if (path) {
		fputs("      ", to);
		audit_text_put(to, path);
		if (t->line != 0)
			fprintf(to, ":%u", t->line);
		fputc('\n', to);
	}
	if (t->change[0]) {
		fputs("      ", to);
		audit_text_put(to, t->change);
		fputc('\n', to);
	}
}

void audit_text_traps(FILE *to, const struct audit *a)
{
	static struct traps traps;

	if (!audit_traps(a, &traps) || traps.count == 0)
		return;
	fputs("\nKnown traps\n", to);
	for (size_t i = 0; i < traps.count; i++)
		put_trap(to, a, &traps.at[i]);
}

/* Rules of nft do not say to which chain they belong. */
static void put_chain(FILE *to, const struct audit *a,
		      const struct audit_advice *v)
{
	const struct rulefile *f = a->spec->rules[v->family];
	char shown[100];

	if (!f || !f->nft)
		return;
	if (v->chain == RULEFILE_NONE) {
		fputs(" to a new chain, type nat hook prerouting priority "
		      "dstnat",
		      to);
		return;
	}
	escape_text(f->chain[v->chain].name, shown, sizeof(shown));
	fprintf(to, " to chain %s", shown);
	escape_text(f->chain[v->chain].table, shown, sizeof(shown));
	fprintf(to, " of table %s", shown);
}

void audit_text_advice(FILE *to, const struct audit *a)
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
			audit_text_put(to, a->rules[v->family]);
			fprintf(to, ":%u", r->line);
		} else if (v->what == ADVICE_ADD) {
			put_chain(to, a, v);
			fprintf(to, " (%s)", audit_family_name[v->family]);
		}
		fputs(v->what == ADVICE_DROP || v->what == ADVICE_NARROW
			      ? ": "
			      : "\n      ",
		      to);
		audit_text_put(to, v->text);
		fputc('\n', to);
	}
	if (a->checked)
		audit_checked_text(to, a->checked);
}
