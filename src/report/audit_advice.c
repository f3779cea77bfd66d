/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest changes that mend what an audit found. Each follows from an
 * answer: a packet that a rule dropped asks for a rule before that one; a port
 * that everybody reaches asks for the rule to go.
 */
#include "report/audit_advice.h"

#include <stdio.h>
#include <string.h>

#include "lab/twin_plan.h"

const char *audit_advice_name(int what)
{
	static const char *const name[] = {
		[ADVICE_ADD] = "add",   [ADVICE_NARROW] = "narrow",
		[ADVICE_DROP] = "drop", [ADVICE_LOAD] = "load",
		[ADVICE_USE] = "use",
	};

	return name[what];
}

void advise(struct advising *v, const struct audit_advice *advice)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->out[i].what == advice->what &&
		    v->out[i].family == advice->family &&
		    v->out[i].rule == advice->rule &&
		    v->out[i].chain == advice->chain &&
		    strcmp(v->out[i].text, advice->text) == 0)
			return;
	if (v->count < AUDIT_ADVICE_MAX)
		v->out[v->count++] = *advice;
}

/* In whose language? */
static bool is_nft(const struct advising *v)
{
	const struct rulefile *f = v->a->spec->rules[TWIN_V4];

	return f && f->nft;
}

/* --- where conversations stop ---------------------------------------------------------- */

struct where {
	int side, family, tls, way;
	const struct twin_cell *cell;
	bool mended; /* with sallyport it works */
	bool with;   /* it was with sallyport */
};

/* Before a rule that drops; where a policy does, at the chain's end. */
static uint32_t before(const struct audit *a, const struct twin_cause *c)
{
	const struct rule *r = audit_rule(a, c->family, c->rule);

	return r && r->number != 0 ? c->rule : RULEFILE_NONE;
}

/* Where it decided, in the file; NONE: it is in none. */
static uint32_t chain_of(const struct audit *a, const struct twin_cause *c)
{
	const struct rulefile *f = a->spec->rules[c->family];
	const struct rulefile_chain *chain =
		f ? trace_chain(f, &c->place) : NULL;

	return chain ? (uint32_t)(chain - f->chain) : RULEFILE_NONE;
}

static struct audit_advice add_near(const struct audit *a,
				    const struct twin_cause *c)
{
	return (struct audit_advice){ ADVICE_ADD, c->family, before(a, c),
				      chain_of(a, c), "" };
}

/* Where targets are translated. */
static uint32_t nat_chain(const struct audit *a, enum twin_family family)
{
	const struct rulefile *f = a->spec->rules[family];

	for (uint32_t i = 0; f && i < f->chains; i++) {
		const struct rulefile_chain *c = &f->chain[i];

		if (!f->nft && span_equal(c->table, span_str("nat")) &&
		    span_equal(c->name, span_str("PREROUTING")))
			return i;
		if (c->nat && c->policy != RULEFILE_NONE &&
		    span_equal(c->hook, span_str("prerouting")) &&
		    twin_rule_is_of(f, &f->rule[c->policy], family))
			return i;
	}
	return RULEFILE_NONE;
}

/* The host that a rule of table filter sees. */
static struct addr target(const struct advising *v, const struct where *w)
{
	const struct twin_cause *c = &w->cell->cause;

	return w->side == TWIN_OUTSIDE && c->translated
		       ? v->a->spec->layout.host[TWIN_INSIDE][w->family].server
		       : c->to.addr;
}

/* "-A FORWARD -d 10.1.4.5 -p tcp -m tcp --dport 21 -m conntrack --ctstate NEW
 * -j ACCEPT" */
static void put_accept(const struct advising *v, struct span chain,
		       const struct addr *a, const char *ports,
		       char out[ADVICE_TEXT_MAX])
{
	char to[ADDR_TEXT_MAX];

	addr_format(a, to);
	if (is_nft(v)) {
		snprintf(out, ADVICE_TEXT_MAX,
			 "%s daddr %s tcp dport %s ct state new accept",
			 addr_is_v4(a) ? "ip" : "ip6", to, ports);
		return;
	}
	snprintf(out, ADVICE_TEXT_MAX,
		 "-A %.*s -d %s -p tcp -m tcp --dport %s -m conntrack "
		 "--ctstate NEW "
		 "-j ACCEPT",
		 chain.len < TRACE_NAME_MAX ? (int)chain.len : TRACE_NAME_MAX,
		 (const char *)chain.at, to, ports);
}

/* From outside the server has another address, and no rule leads from that
 * one to the server. */
static bool leads_nowhere(const struct advising *v, const struct where *w)
{
	const struct addr *server =
		&v->a->spec->layout.host[TWIN_INSIDE][w->family].server;

	return w->side == TWIN_OUTSIDE && !w->cell->cause.translated &&
	       !addr_equal(server, &v->a->spec->reach[w->family]) &&
	       addr_equal(&w->cell->cause.to.addr,
			  &v->a->spec->reach[w->family]);
}

static void advise_target(struct advising *v, const struct where *w,
			  const char *ports)
{
	char reach[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX];
	enum twin_family family = (enum twin_family)w->family;
	struct audit_advice add = { ADVICE_ADD, family, RULEFILE_NONE,
				    nat_chain(v->a, family), "" };

	addr_format(&v->a->spec->reach[w->family], reach);
	addr_format(&v->a->spec->layout.host[TWIN_INSIDE][w->family].server,
		    server);
	snprintf(add.text, sizeof(add.text),
		 is_nft(v) ? "%s daddr %s tcp dport %s dnat to %s"
			   : "-t nat -A PREROUTING%.0s -d %s -p tcp -m tcp "
			     "--dport %s -j DNAT --to-destination %s",
		 w->family == TWIN_V4 ? "ip" : "ip6", reach, ports, server);
	advise(v, &add);
}

/* The rule that passes a translated control connection to the server inside, or
 * NONE. */
static uint32_t passes_control(const struct advising *v, int family)
{
	const struct twin_cell *cell =
		&v->a->result->without.cell[TWIN_OUTSIDE][family][0][0];

	for (int i = 0; i < TWIN_TLS * TWIN_WAYS; i++) {
		const struct twin_pass *p = &cell[i].pass[TWIN_CONTROL_SYN];

		if (cell[i].tried && p->nat != RULEFILE_NONE &&
		    p->accept != RULEFILE_NONE)
			return p->accept;
	}
	return RULEFILE_NONE;
}

/* Behind the translation a filter must let it pass, too: where it does so for a
 * control connection, unless that rule is not about ports. */
static void advise_passing(struct advising *v, const struct where *w,
			   const char *ports)
{
	enum twin_family family = (enum twin_family)w->family;
	uint32_t rule = passes_control(v, w->family);
	const struct rule *r = audit_rule(v->a, family, rule);
	struct audit_advice add = { ADVICE_ADD, family, rule, RULEFILE_NONE,
				    "" };

	if (!r || r->number == 0 || !twin_rule_names_ports(r))
		return;
	add.chain = r->chain;
	put_accept(v, rule_chain(v->a->spec->rules[family], r),
		   &v->a->spec->layout.host[TWIN_INSIDE][w->family].server,
		   ports, add.text);
	advise(v, &add);
}

static void advise_related(struct advising *v, const struct where *w)
{
	const struct twin_cause *c = &w->cell->cause;
	struct audit_advice add = add_near(v->a, c);

	if (is_nft(v))
		snprintf(add.text, sizeof(add.text),
			 "ct state established,related accept");
	else
		snprintf(add.text, sizeof(add.text),
			 "-A %.31s -m conntrack --ctstate RELATED,ESTABLISHED "
			 "-j ACCEPT",
			 c->place.chain);
	advise(v, &add);
}

static void advise_ports(struct advising *v, const struct where *w,
			 const char *ports)
{
	const struct twin_cause *c = &w->cell->cause;
	struct audit_advice add = add_near(v->a, c);

	struct addr to;

	if (leads_nowhere(v, w)) {
		advise_target(v, w, ports);
		advise_passing(v, w, ports);
		return;
	}
	to = target(v, w);
	put_accept(v, span_str(c->place.chain), &to, ports, add.text);
	advise(v, &add);
}

static void advise_control(struct advising *v, const struct where *w)
{
	char ports[40];

	snprintf(ports, sizeof(ports), "%u",
		 twin_control_port(v->a->spec, w->tls));
	advise_ports(v, w, ports);
}

static void advise_data(struct advising *v, const struct where *w)
{
	const struct port_range *range = &v->a->spec->passive;
	char ports[40];

	/* With sallyport it is RELATED, and nothing accepts that. */
	if (w->with)
		advise_related(v, w);
	if (w->with || w->mended || via_is_active(twin_via[w->way]))
		return;
	snprintf(ports, sizeof(ports), "%u%c%u", range->lo,
		 is_nft(v) ? '-' : ':', range->hi);
	advise_ports(v, w, ports);
}

static void advise_dropped(struct advising *v, const struct where *w)
{
	switch (w->cell->cause.packet) {
	case TWIN_CONTROL_SYN:
		advise_control(v, w);
		break;
	case TWIN_DATA_SYN:
		advise_data(v, w);
		break;
	case TWIN_CONTROL_ANSWER:
	case TWIN_DATA_ANSWER:
		advise_related(v, w);
		break;
	default:
		break;
	}
}

/* It ended at the firewall, where nobody listens. */
static void advise_led(struct advising *v, const struct where *w)
{
	if (!leads_nowhere(v, w))
		return;
	if (w->cell->cause.packet == TWIN_CONTROL_SYN)
		advise_control(v, w);
	else if (!w->with)
		advise_data(v, w);
}

static void advise_passive(struct advising *v, const struct where *w)
{
	struct audit_advice use = { ADVICE_USE, (enum twin_family)w->family,
				    RULEFILE_NONE, RULEFILE_NONE, "" };

	if (w->mended || w->tls == CLIENT_FTP)
		return;
	snprintf(use.text, sizeof(use.text),
		 via_is_active(twin_via[w->way])
			 ? "passive mode for FTPS: what the client announces "
			   "is encrypted, and no firewall can translate it"
			 : "EPSV, or the server's own setting for the address "
			   "that it announces (pasv_address, "
			   "MasqueradeAddress, -P): the 227 is encrypted");
	advise(v, &use);
}

static void advise_cell(struct advising *v, const struct where *w)
{
	switch (w->cell->cause.kind) {
	case TWIN_CAUSE_DROPPED:
		advise_dropped(v, w);
		break;
	case TWIN_CAUSE_FIREWALL:
		advise_led(v, w);
		break;
	case TWIN_CAUSE_TRANSLATED:
		advise_passive(v, w);
		break;
	default:
		break;
	}
}

static void advise_answers(struct advising *v, bool with)
{
	const struct twin_result *r = v->a->result;
	const struct twin_answers *a = with ? &r->with : &r->without;
	struct where w = { .with = with };

	for (w.side = 0; w.side < 2; w.side++)
		for (w.family = 0; w.family < TWIN_FAMILIES; w.family++)
			for (w.tls = 0; w.tls < TWIN_TLS; w.tls++)
				for (w.way = 0; w.way < TWIN_WAYS; w.way++) {
					w.cell = &a->cell[w.side][w.family]
							 [w.tls][w.way];
					w.mended =
						r->with.there &&
						r->with.cell[w.side][w.family]
							    [w.tls][w.way]
								    .stop ==
							TWIN_WORKS;
					if (w.cell->tried &&
					    w.cell->stop != TWIN_WORKS)
						advise_cell(v, &w);
				}
}

size_t audit_advice(const struct audit *a,
		    struct audit_advice out[AUDIT_ADVICE_MAX])
{
	struct advising v = { a, out, 0 };

	advise_load(&v);
	advise_answers(&v, false);
	if (a->result->with.there)
		advise_answers(&v, true);
	advise_opens(&v);
	return v.count;
}
