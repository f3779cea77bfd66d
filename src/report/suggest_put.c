/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is suggested for one server.
 *
 * Network text stands in comments alone, and escaped, so that none of it ends
 * its line; the name is taken of it only where nothing in it could mean more to
 * YAML (suggest_server.c).
 */
#include "report/suggest_put.h"

#include <string.h>
#include <strings.h>

#include "report/phrase.h"
#include "report/text.h"

/* Ranges of ports shown; the rest is said to be more. */
#define RANGES_SHOWN 8

/*
 * With fewer ports than that the evidence is called thin: N ports drawn at
 * random leave 2 / (N + 1) of their range outside of lowest and highest; with
 * 20 that is a tenth.
 */
#define PORTS_MANY 20

/* Uses of each port of a range without gaps, so that it may be whole: then one
 * more port would have stayed unused by chance one time in 50. */
#define TIMES_MANY 4

/* How the names begin that are made of addresses. */
#define NAME_OF_ADDRESS "server-"

/* --- the name ------------------------------------------------------------------ */

/* What clients call it; NULL: nothing that could be its name. One that looks
 * like another server's made name would be twice there. */
static const char *called(const struct suggest_server *s)
{
	if (s->name[0] == '\0' || s->names_differ ||
	    strncasecmp(s->name, NAME_OF_ADDRESS,
			sizeof(NAME_OF_ADDRESS) - 1) == 0)
		return NULL;
	return s->name;
}

/* Is that the name of an entry before? */
static bool is_taken(const struct suggest_list *list, size_t i)
{
	const char *name = called(list->server[i]);
	const char *other;

	for (size_t j = 0; name && j < i; j++) {
		other = called(list->server[j]);
		if (other && strcasecmp(other, name) == 0)
			return true;
	}
	return false;
}

static void put_name(FILE *to, const struct suggest_list *list, size_t i)
{
	const struct suggest_server *s = list->server[i];
	char text[ADDR_TEXT_MAX];
	const char *name = called(s);

	if (name && !is_taken(list, i)) {
		fprintf(to, "- name: \"%s\"\n", name);
		return;
	}
	/* A name has no colons. */
	addr_format(&s->addr, text);
	for (char *at = text; *at != '\0'; at++)
		if (*at == ':')
			*at = '-';
	fprintf(to, "- name: \"" NAME_OF_ADDRESS "%s\"\n", text);
}

static void put_address(FILE *to, const struct suggest_server *s)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&s->addr, text);
	fprintf(to, "address: [\"%s\"]\n", text);
}

/* --- what stands behind all of it ---------------------------------------------- */

static void put_sessions(FILE *to, const struct suggest_server *s)
{
	phrase_count(to, s->sessions, "session");
	fputs(" on port ", to);
	port_set_put(to, &s->control, SUGGEST_CONTROL_PORTS_MAX);
	fputc('\n', to);
}

static bool is_usual(const struct port_range *r)
{
	return r->lo == r->hi && (r->lo == 21 || r->lo == 990);
}

static void put_control_ports(FILE *to, const struct suggest_server *s)
{
	bool unusual = false, within = false;

	for (uint16_t i = 0; i < s->control.ranges; i++) {
		const struct port_range *r = &s->control.range[i];

		unusual |= !is_usual(r);
		within |= r->hi >= s->lowest && r->lo <= s->highest;
	}
	if (unusual)
		fputs("    # control.ports has to list those that are neither "
		      "21 nor 990\n",
		      to);
	if (within)
		fputs("    # passive-ports must not hold a control port: "
		      "narrow "
		      "it\n",
		      to);
}

static void put_name_note(FILE *to, const struct suggest_list *list, size_t i)
{
	const struct suggest_server *s = list->server[i];

	if (is_taken(list, i))
		fprintf(to,
			"    # clients call it \"%s\" too: if that is one "
			"server "
			"with two addresses, make it one entry\n",
			s->name);
	if (s->names_differ)
		fputs("    # clients call it by more than one name\n", to);
}

/* --- passive and active ---------------------------------------------------------- */

static void put_evidence(FILE *to, const struct suggest_server *s)
{
	fputs("    # evidence: ", to);
	phrase_count(to, s->flows[false], "data connection");
	fputs(" in ", to);
	phrase_count(to, s->with_flows[false], "session");
	fputs(", ", to);
	phrase_count(to, s->announced, "endpoint");
	fputs(" announced\n", to);
}

static void put_inferred(FILE *to, const struct suggest_server *s)
{
	if (!s->inferred)
		return;
	fputs("    # inferred: ", to);
	phrase_count(to, s->inferred, "data connection");
	fputs(" that nothing announced in clear: the same hosts made them "
	      "while "
	      "a session was under TLS\n",
	      to);
}

/* The gap with the most ports; @s has one. */
static struct port_range widest_gap(const struct port_set *s)
{
	struct port_range widest = { 1, 0 };

	for (uint16_t i = 1; i < s->ranges; i++) {
		const struct port_range gap = {
			(uint16_t)(s->range[i - 1].hi + 1),
			(uint16_t)(s->range[i].lo - 1),
		};

		if (gap.hi - gap.lo > widest.hi - widest.lo)
			widest = gap;
	}
	return widest;
}

static void put_gaps(FILE *to, const struct suggest_server *s, uint32_t unused)
{
	char text[TEXT_RANGE_MAX];
	struct port_range gap;

	if (s->passive.more || s->passive.ranges < 2)
		return;
	gap = widest_gap(&s->passive);
	text_range(&gap, text);
	fputs("    # ", to);
	phrase_count(to, s->passive.ranges - 1u, "gap");
	fputs(" of ", to);
	phrase_count(to, unused, "port");
	fprintf(to, ", the widest %s\n", text);
}

/* How far the ports that were seen can be trusted to be the range. */
static const char *worth(const struct suggest_server *s, uint32_t ports)
{
	uint64_t times =
		s->flows[false] > s->announced ? s->flows[false] : s->announced;

	if (!s->passive.more && s->passive.ranges == 1 &&
	    times >= (uint64_t)ports * TIMES_MANY)
		return "each port was used again and again, so this may be all "
		       "of them";
	if (ports < PORTS_MANY)
		return "thin evidence: so few ports do not show a range; the "
		       "server's own is surely wider, so look it up in its "
		       "configuration";
	return "the server's own range may be wider: look it up in its "
	       "configuration";
}

static void put_low_ports(FILE *to, const struct suggest_server *s)
{
	if (!s->low_ports)
		return;
	fputs("    # ports below 1024, to which no pinhole leads, were named "
	      "or "
	      "used ",
	      to);
	phrase_count(to, s->low_ports, "time");
	fputc('\n', to);
}

static void put_passive(FILE *to, const struct suggest_server *s)
{
	const struct port_range range = { s->lowest, s->highest };
	uint32_t ports = port_set_count(&s->passive);
	char text[TEXT_RANGE_MAX];

	put_low_ports(to, s);
	if (ports == 0) {
		fputs("    # passive-ports: nothing passive was seen\n", to);
		return;
	}
	fputs(s->passive.more ? "    # more than " : "    # ", to);
	phrase_count(to, ports, "passive port");
	fputs(": ", to);
	port_set_put(to, &s->passive, RANGES_SHOWN);
	fputc('\n', to);
	put_gaps(to, s, range.hi - range.lo + 1u - ports);
	put_evidence(to, s);
	fprintf(to, "    # %s\n", worth(s, ports));
	text_range(&range, text);
	fprintf(to, "    passive-ports: %s\n", text);
}

static void put_active(FILE *to, const struct suggest_server *s)
{
	fputs("    # ", to);
	if (s->flows[true]) {
		phrase_count(to, s->flows[true], "active data connection");
		fputs(" in ", to);
		phrase_count(to, s->with_flows[true], "session");
		fputs("\n    active: allow\n", to);
		return;
	}
	fputs("no active data connection was seen", to);
	if (s->asked) {
		fputs(", though it was asked for ", to);
		phrase_count(to, s->asked, "time");
	}
	fputs("\n    active: refuse\n", to);
}

/* --- the entry -------------------------------------------------------------------- */

/* Nothing to go by: an entry to be filled in by hand. */
static void put_dead(FILE *to, const struct suggest_list *list, size_t i,
		     const char *why)
{
	const struct suggest_server *s = list->server[i];

	fprintf(to, "  # left out: %s; ", why);
	put_sessions(to, s);
	fputs("  # ", to);
	put_name(to, list, i);
	fputs("  #   ", to);
	put_address(to, s);
	fputs("  #   passive-ports: LO-HI\n", to);
}

static void put_live(FILE *to, const struct suggest_list *list, size_t i)
{
	const struct suggest_server *s = list->server[i];

	fputs("  ", to);
	put_name(to, list, i);
	fputs("    # ", to);
	put_sessions(to, s);
	put_name_note(to, list, i);
	put_control_ports(to, s);
	suggest_put_tls_facts(to, s);
	fputs("    ", to);
	put_address(to, s);
	suggest_put_public(to, list, i);
	put_inferred(to, s);
	put_passive(to, s);
	put_active(to, s);
	suggest_put_tls(to, s);
}

void suggest_put(FILE *to, const struct suggest_list *list, size_t i)
{
	const struct suggest_server *s = list->server[i];

	if (addr_is_unspecified(&s->addr))
		put_dead(to, list, i, "that is the address of no host");
	else if (!s->lowest && !s->flows[false] && !s->flows[true])
		put_dead(to, list, i,
			 s->low_ports ? "all data ports were below 1024, to "
					"which no pinhole leads"
				      : "no data connection was seen");
	else
		put_live(to, list, i);
}
