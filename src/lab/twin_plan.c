/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces and addresses a twin has. */
#include "lab/twin_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last part of each stand-in's address, as in the reference lab. */
#define CLIENT_AT 4
#define SERVER_AT 5

/* The reference lab's firewall, its range, and somebody on the internet (RFC
 * 5737, RFC 3849). */
static const char *const lab_address[2][TWIN_FAMILIES] = {
	[TWIN_INSIDE] = { "10.1.4.1/24", "fc00:10:1:4::1/64" },
	[TWIN_OUTSIDE] = { "10.2.5.1/24", "fc00:10:2:5::1/64" },
};
static const char *const lab_name[] = { "inside", "outside" };
static const struct port_range lab_range = { 42000, 42999 };
static const char *const strangers[TWIN_FAMILIES][2] = {
	{ "198.51.100.99/32", "192.0.2.99/32" },
	{ "2001:db8:ffff::99/128", "2001:db8:fffe::99/128" },
};

struct plan {
	const struct twin_wish *wish;
	struct twin_spec *out;
};

/* --- walking over rules ------------------------------------------------------------ */

static bool in_table(const struct rulefile *f, const struct rule *r,
		     const char *table)
{
	if (f->nft)
		return r->number != 0 &&
		       f->chain[r->chain].nat == (strcmp(table, "nat") == 0);
	return r->number != 0 && span_equal(rule_table(f, r), span_str(table));
}

/* Does it translate sources (POSTROUTING) or targets? */
static bool translates_source(const struct rulefile *f, const struct rule *r)
{
	return in_table(f, r, "nat") &&
	       (twin_rule_does(r, "MASQUERADE") || twin_rule_does(r, "SNAT") ||
		twin_rule_does(r, "NETMAP"));
}

static bool translates_target(const struct rulefile *f, const struct rule *r)
{
	return in_table(f, r, "nat") && twin_rule_does(r, "DNAT");
}

static bool is_ftp(const struct plan *p, const struct rule *r)
{
	return twin_rule_has_port(r, p->out->control_port) ||
	       twin_rule_has_port(r, p->out->implicit_port);
}

/* --- interfaces --------------------------------------------------------------------- */

/* A name without the "+" that stands for any end; false: none. */
static bool name_of(const struct rule *r, const char *option,
		    char out[IF_NAMESIZE])
{
	char text[RULE_WORD_MAX];
	bool negated;
	size_t len;

	if (!twin_option(r, option, text, &negated) || negated)
		return false;
	len = strlen(text);
	if (len > 1 && text[len - 1] == '+')
		text[len - 1] = '0';
	if (!twin_port_name_fine(text))
		return false;
	snprintf(out, IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1, text);
	return true;
}

/* Outside is where sources are translated to, or targets come from. */
static bool name_outside(const struct rulefile *f, char out[IF_NAMESIZE])
{
	for (uint32_t i = 0; i < f->rules; i++)
		if ((translates_source(f, &f->rule[i]) &&
		     name_of(&f->rule[i], "-o", out)) ||
		    (translates_target(f, &f->rule[i]) &&
		     name_of(&f->rule[i], "-i", out)))
			return true;
	return false;
}

static bool chain_is(const struct rulefile *f, const struct rule *r,
		     const char *chain)
{
	/* Base chains of nft have any name. */
	return f->nft ? span_equal_nocase(f->chain[r->chain].hook,
					  span_str(chain))
		      : span_equal(rule_chain(f, r), span_str(chain));
}

/* A name that differs from @other. Rules that forward name both sides; of two
 * alike the first is the inside's, as clients are mostly there. */
static bool name_other(const struct rulefile *f, const char *other,
		       const char *first, char out[IF_NAMESIZE])
{
	const char *const option[] = { first,
				       strcmp(first, "-i") == 0 ? "-o" : "-i" };

	for (int o = 0; o < 2; o++)
		for (uint32_t i = 0; i < f->rules; i++)
			if (in_table(f, &f->rule[i], "filter") &&
			    !chain_is(f, &f->rule[i], "INPUT") &&
			    name_of(&f->rule[i], option[o], out) &&
			    strcmp(out, other) != 0)
				return true;
	return false;
}

/* Any rule that passes packets on? A firewall without is its own host. */
static bool forwards(const struct rulefile *f)
{
	for (uint32_t i = 0; i < f->rules; i++)
		if (f->rule[i].number != 0 &&
		    (chain_is(f, &f->rule[i], "FORWARD") ||
		     in_table(f, &f->rule[i], "nat")))
			return true;
	return false;
}

static bool is_host(const struct plan *p)
{
	if (p->wish->host)
		return true;
	for (int f = 0; f < TWIN_FAMILIES; f++)
		if (p->wish->rules[f] && forwards(p->wish->rules[f]))
			return false;
	return p->wish->rules[TWIN_V4] || p->wish->rules[TWIN_V6];
}

static void plan_name(struct plan *p, int side)
{
	struct twin_port *port = &p->out->layout.port[side];
	const char *other = p->out->layout.port[1 - side].name;
	const char *first = side == TWIN_INSIDE ? "-i" : "-o";

	if (port->name[0])
		return;
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		const struct rulefile *rules = p->wish->rules[f];

		if (!rules)
			continue;
		if (side == TWIN_OUTSIDE && name_outside(rules, port->name) &&
		    strcmp(port->name, other) != 0)
			return;
		if (name_other(rules, other, first, port->name))
			return;
	}
	snprintf(port->name, sizeof(port->name), "%s", lab_name[side]);
}

/* --- networks ----------------------------------------------------------------------- */

static bool wants_family(const struct plan *p, int family)
{
	const struct twin_port *port = p->wish->port;

	return port[0].has[family] || port[1].has[family] ||
	       p->wish->rules[family] ||
	       !(port[0].has[0] || port[0].has[1] || port[1].has[0] ||
		 port[1].has[1]);
}

/* The network whose addresses are translated is the inside's. */
static bool inside_named(const struct rulefile *f, int family,
			 struct prefix *out)
{
	for (uint32_t i = 0; f && i < f->rules; i++)
		if (translates_source(f, &f->rule[i]) &&
		    twin_rule_prefix(&f->rule[i], "-s", out) &&
		    addr_is_v4(&out->addr) == (family == TWIN_V4) &&
		    !twin_is_host(out)) {
			out->addr = twin_address(out, 1);
			return true;
		}
	return false;
}

static void plan_network(struct plan *p, int side, int family)
{
	struct twin_port *port = &p->out->layout.port[side];

	if (port->name[0] == '\0' || port->has[family] ||
	    !wants_family(p, family))
		return;
	port->has[family] = true;
	if (side == TWIN_INSIDE &&
	    inside_named(p->wish->rules[family], family, &port->at[family]))
		return;
	twin_prefix(lab_address[side][family], &port->at[family]);
}

/* --- hosts -------------------------------------------------------------------------- */

static bool is_inside(const struct plan *p, int family, const struct addr *a)
{
	const struct twin_port *port = &p->out->layout.port[TWIN_INSIDE];

	return port->has[family] && prefix_contains(&port->at[family], a);
}

static bool is_firewall(const struct plan *p, const struct addr *a)
{
	for (int side = 0; side < 2; side++)
		for (int f = 0; f < TWIN_FAMILIES; f++)
			if (p->out->layout.port[side].has[f] &&
			    addr_equal(a,
				       &p->out->layout.port[side].at[f].addr))
				return true;
	return false;
}

/* May @a stand on @side? */
static bool fits(const struct plan *p, int side, int family,
		 const struct addr *a)
{
	return addr_is_v4(a) == (family == TWIN_V4) && !is_firewall(p, a) &&
	       is_inside(p, family, a) == (side == TWIN_INSIDE);
}

static bool asked_for(const struct plan *p, int side, int family, bool server,
		      struct addr *out)
{
	const struct addr *a = server ? p->wish->server : p->wish->client;
	size_t count = server ? p->wish->servers : p->wish->clients;

	for (size_t i = 0; i < count; i++)
		if (fits(p, side, family, &a[i])) {
			*out = a[i];
			return true;
		}
	return false;
}

/* The target of a DNAT: "10.1.4.5", "10.1.4.5:21", "[fc00::5]:21", or the
 * first of "10.1.4.5-10.1.4.9". */
static bool dnat_target(const struct rule *r, struct addr *out)
{
	char text[RULE_WORD_MAX], *at = text;
	bool negated;

	if (!twin_option(r, "--to-destination", text, &negated))
		return false;
	if (at[0] == '[') {
		at++;
		at[strcspn(at, "]")] = '\0';
	} else if (strchr(at, '.')) {
		at[strcspn(at, ":-")] = '\0';
	}
	return addr_parse(span_str(at), out) == PARSE_OK;
}

static bool server_named(const struct plan *p, int side, int family,
			 struct addr *out)
{
	const struct rulefile *f = p->wish->rules[family];
	struct prefix to;

	for (uint32_t i = 0; f && i < f->rules; i++) {
		const struct rule *r = &f->rule[i];

		if (!is_ftp(p, r))
			continue;
		if (translates_target(f, r)) {
			if (dnat_target(r, out) && fits(p, side, family, out))
				return true;
		} else if (!in_table(f, r, "nat") &&
			   twin_rule_prefix(r, "-d", &to) &&
			   twin_is_host(&to) &&
			   fits(p, side, family, &to.addr)) {
			*out = to.addr;
			return true;
		}
	}
	return false;
}

static bool client_named(const struct plan *p, int side, int family,
			 struct addr *out)
{
	const struct rulefile *f = p->wish->rules[family];
	struct prefix from;

	for (uint32_t i = 0; f && i < f->rules; i++) {
		const struct rule *r = &f->rule[i];

		if (!is_ftp(p, r) || in_table(f, r, "nat") ||
		    !twin_rule_prefix(r, "-s", &from) ||
		    twin_rule_does(r, "DROP") || twin_rule_does(r, "REJECT"))
			continue;
		*out = twin_is_host(&from) ? from.addr
					   : twin_address(&from, CLIENT_AT);
		if (fits(p, side, family, out))
			return true;
	}
	return false;
}

/* Number @n of the network, unless the firewall itself has that one. */
static struct addr number(const struct plan *p, int side, int family, uint8_t n)
{
	const struct prefix *at = &p->out->layout.port[side].at[family];
	struct addr a = twin_address(at, n);

	while (is_firewall(p, &a))
		a = twin_address(at, n += 2);
	return a;
}

static void plan_host(struct plan *p, int side, int family)
{
	struct twin_host *h = &p->out->layout.host[side][family];
	const struct twin_port *out = &p->out->layout.port[TWIN_OUTSIDE];

	if (p->out->layout.port[side].name[0] == '\0') {
		h->client = h->server = out->at[family].addr;
		return;
	}
	if (!asked_for(p, side, family, true, &h->server) &&
	    !server_named(p, side, family, &h->server))
		h->server = number(p, side, family, SERVER_AT);
	if (!asked_for(p, side, family, false, &h->client) &&
	    !client_named(p, side, family, &h->client))
		h->client = number(p, side, family, CLIENT_AT);
}

static void plan_stranger(struct plan *p, int family)
{
	struct twin_layout *l = &p->out->layout;
	struct prefix a;

	for (int i = 0; i < 2; i++) {
		twin_prefix(strangers[family][i], &a);
		l->stranger[family] = a.addr;
		if (!is_inside(p, family, &a.addr) &&
		    !prefix_contains(&l->port[TWIN_OUTSIDE].at[family],
				     &a.addr))
			return;
	}
}

/* --- translation -------------------------------------------------------------------- */

static void add_public(struct twin_layout *l, const struct addr *a)
{
	for (size_t i = 0; i < l->publics; i++)
		if (addr_equal(&l->public[i], a))
			return;
	if (l->publics < TWIN_PUBLIC_MAX)
		l->public[l->publics++] = *a;
}

/* An address that the firewall answers for, outside. */
static void find_public(struct plan *p, const struct rule *r,
			const char *option)
{
	struct prefix at;

	if (twin_rule_prefix(r, option, &at) && twin_is_host(&at) &&
	    !is_firewall(p, &at.addr))
		add_public(&p->out->layout, &at.addr);
}

/* Are the inside client's packets translated on their way out? */
static bool hides_inside(const struct plan *p, const struct rulefile *f,
			 const struct rule *r, int family)
{
	char name[IF_NAMESIZE];
	struct prefix from;

	if (!translates_source(f, r))
		return false;
	if (name_of(r, "-o", name) &&
	    strcmp(name, p->out->layout.port[TWIN_OUTSIDE].name) != 0)
		return false;
	return !twin_rule_prefix(r, "-s", &from) ||
	       prefix_contains(
		       &from, &p->out->layout.host[TWIN_INSIDE][family].client);
}

/* Does it lead clients outside to the server inside? */
static bool leads_in(const struct plan *p, const struct rulefile *f,
		     const struct rule *r, int family)
{
	struct addr to;

	return translates_target(f, r) && is_ftp(p, r) && dnat_target(r, &to) &&
	       addr_equal(&to,
			  &p->out->layout.host[TWIN_INSIDE][family].server);
}

static void plan_reach(struct plan *p, int family)
{
	const struct rulefile *f = p->wish->rules[family];
	const struct addr *own =
		&p->out->layout.port[TWIN_OUTSIDE].at[family].addr;
	struct addr *reach = &p->out->reach[family];
	bool hidden = false, led = false;
	struct prefix to;

	*reach = p->out->layout.host[TWIN_INSIDE][family].server;
	for (uint32_t i = 0; f && i < f->rules; i++) {
		const struct rule *r = &f->rule[i];

		if (!twin_rule_is_of(f, r, (enum twin_family)family))
			continue;
		if (translates_target(f, r))
			find_public(p, r, "-d");
		if (translates_source(f, r))
			find_public(p, r, "--to-source");
		hidden |= hides_inside(p, f, r, family);
		if (led || !leads_in(p, f, r, family))
			continue;
		led = true;
		*reach = twin_rule_prefix(r, "-d", &to) && twin_is_host(&to)
				 ? to.addr
				 : *own;
	}
	if (hidden && !led)
		*reach = *own;
	p->out->layout.routed[family] = !hidden;
}

/* --- the passive range --------------------------------------------------------------- */

/* A rule that lets a range of high ports in names the server's, unless it is
 * all of them. */
static bool range_named(const struct rulefile *f, struct port_range *out)
{
	for (uint32_t i = 0; f && i < f->rules; i++)
		if (twin_rule_range(&f->rule[i], out) && out->lo > 1024)
			return true;
	return false;
}

static bool find_range(const struct twin_wish *wish, struct port_range *out)
{
	if (wish->passive.lo != 0) {
		*out = wish->passive;
		return true;
	}
	return range_named(wish->rules[TWIN_V4], out) ||
	       range_named(wish->rules[TWIN_V6], out);
}

bool twin_plan_range_assumed(const struct twin_wish *wish,
			     const struct twin_spec *plan)
{
	struct port_range range;

	(void)plan;
	return !find_range(wish, &range);
}

static uint16_t port_or(uint16_t wanted, uint16_t usual)
{
	return wanted != 0 ? wanted : usual;
}

void twin_plan(const struct twin_wish *wish, struct twin_spec *out)
{
	struct plan p = { wish, out };
	struct twin_layout *l = &out->layout;

	out->control_port = port_or(wish->control_port, TWIN_CONTROL_PORT);
	out->implicit_port = port_or(wish->implicit_port, TWIN_IMPLICIT_PORT);
	*l = (struct twin_layout){ .port = { wish->port[0], wish->port[1] } };
	plan_name(&p, TWIN_OUTSIDE);
	if (l->port[TWIN_INSIDE].name[0] || !is_host(&p))
		plan_name(&p, TWIN_INSIDE);
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		out->rules[f] = wish->rules[f];
		for (int side = 0; side < 2; side++)
			plan_network(&p, side, f);
		if (!l->port[TWIN_OUTSIDE].has[f])
			continue;
		for (int side = 0; side < 2; side++)
			plan_host(&p, side, f);
		plan_stranger(&p, f);
		plan_reach(&p, f);
	}
	if (!find_range(wish, &out->passive))
		out->passive = lab_range;
}
