/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ports can an uninvolved host outside reach? It sends a SYN to each of
 * a few dozen: the edges of the passive range and of every range that the
 * rules name, and some in between. The kernel says what became of them.
 */
#include "lab/twin_private.h"
#include "lab/twin_plan.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab/socket.h"

/* Ports that are tried; each rule with ports gives four of them. */
#define PORTS_MAX 160

/* Below are other services, which are not FTP's business. */
#define PORT_MIN 1024

/* The kernel's words of one packet are there when the next is sent; at the end
 * wait a little for the last. */
#define LAST_NS 50000000

struct ports {
	uint16_t port[PORTS_MAX];
	size_t count;
};

static void add(struct ports *p, uint32_t port)
{
	if (port < PORT_MIN || port > UINT16_MAX || p->count == PORTS_MAX)
		return;
	for (size_t i = 0; i < p->count; i++)
		if (p->port[i] == port)
			return;
	p->port[p->count++] = (uint16_t)port;
}

static void add_range(struct ports *p, uint32_t lo, uint32_t hi)
{
	add(p, lo);
	add(p, hi);
	add(p, lo - 1);
	add(p, hi + 1);
}

/* "1024:65535,2121"; a name of a service is passed over. */
static void add_list(struct ports *p, const char *text)
{
	struct cursor c = cursor_of(span_str(text));

	while (!c.bad && c.rest.len > 0) {
		uint32_t lo = rd_decimal(&c, 5, UINT16_MAX), hi = lo;

		if (!c.bad && rd_peek(&c) == ':') {
			rd_u8(&c);
			hi = c.rest.len ? rd_decimal(&c, 5, UINT16_MAX)
					: UINT16_MAX;
		}
		if (!c.bad)
			add_range(p, lo, hi);
		if (c.rest.len > 0)
			rd_expect(&c, ',');
	}
}

static void add_rules(struct ports *p, const struct rulefile *f)
{
	static const char *const option[] = { "--dport", "--dports" };
	char text[RULE_WORD_MAX];
	bool negated;

	for (uint32_t i = 0; f && i < f->rules && p->count < PORTS_MAX; i++)
		for (size_t o = 0; o < 2; o++)
			if (twin_option(&f->rule[i], option[o], text, &negated))
				add_list(p, text);
}

static void gather(const struct twin_spec *s, enum twin_family family,
		   struct ports *p)
{
	static const uint16_t some[] = { 1024, 5000, 32768, 49152, 65535 };

	p->count = 0;
	add_range(p, s->passive.lo, s->passive.hi);
	add(p, (s->passive.lo + s->passive.hi) / 2u);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		add(p, some[i]);
	add_rules(p, s->rules[family]);
}

/* --- knocking ----------------------------------------------------------------------- */

struct door {
	enum twin_family family;
	bool client;
	uint16_t from_port;
	struct addr to;
};

/* The rule at @place, if the kernel @told of it. */
static uint32_t rule_at(const struct twin *t, enum twin_family family,
			bool told, const struct trace_place *place)
{
	const struct rulefile *f = t->spec->rules[family];

	if (!f || !told)
		return RULEFILE_NONE;
	return trace_rules_find(&t->rules[family], f, place);
}

static bool is_through(const struct twin *t, const struct door *d,
		       const struct trace_packet *p)
{
	bool host = t->spec->layout.port[TWIN_INSIDE].name[0] == '\0';

	return p->known && p->protocol == IPPROTO_TCP && p->syn && !p->ack &&
	       !p->dropped && p->in != 0 && (host || p->out != 0) &&
	       addr_equal(&p->to.addr, &d->to) &&
	       (d->from_port == 0 || p->from.port == d->from_port);
}

static void note(struct twin *t, const struct door *d,
		 const struct trace_packet *p)
{
	struct twin_result *out = t->out;
	uint32_t rule = rule_at(t, d->family, p->accepted, &p->accept);
	uint32_t nat = rule_at(t, d->family, p->translated, &p->nat);
	struct twin_open *o;

	for (uint32_t i = 0; i < out->opens; i++) {
		o = &out->open[i];
		if (o->family != d->family || o->client != d->client ||
		    o->rule != rule || o->nat != nat)
			continue;
		/* What is open from any port needs no second entry. */
		if (o->from_port != d->from_port && o->from_port != 0)
			continue;
		if (p->to.port < o->ports.lo)
			o->ports.lo = p->to.port;
		if (p->to.port > o->ports.hi)
			o->ports.hi = p->to.port;
		return;
	}
	if (out->opens == TWIN_OPEN_MAX)
		return;
	o = &out->open[out->opens++];
	*o = (struct twin_open){ .family = d->family,
				 .client = d->client,
				 .from_port = d->from_port,
				 .ports = { p->to.port, p->to.port },
				 .rule = rule,
				 .place = p->accept,
				 .nat = nat };
}

static void knock(struct twin *t, const struct door *d, const struct ports *p)
{
	const struct timespec last = { .tv_nsec = LAST_NS };
	struct endpoint from = { t->spec->layout.stranger[d->family],
				 d->from_port };
	const struct trace_packet *packet;

	trace_clear(t->trace);
	if (!twin_net_go(&t->net, TWIN_OUTSIDE))
		return;
	for (size_t i = 0; i < p->count; i++) {
		struct endpoint to = { d->to, p->port[i] };
		/* No time at all: the SYN is what matters. */
		int fd = socket_connect(&from, &to, deadline_in(0));

		if (fd >= 0)
			close(fd);
		trace_take(t->trace);
	}
	twin_net_go(&t->net, TWIN_FIREWALL);
	nanosleep(&last, NULL);
	trace_take(t->trace);
	for (uint32_t i = 0; (packet = trace_at(t->trace, i)) != NULL; i++)
		if (is_through(t, d, packet))
			note(t, d, packet);
}

void twin_knock(struct twin *t)
{
	const struct twin_spec *s = t->spec;
	const uint16_t data_port[] = { 0, s->control_port - 1u,
				       s->implicit_port - 1u };
	struct ports ports;

	for (int f = 0; f < TWIN_FAMILIES; f++) {
		struct door d = { .family = (enum twin_family)f,
				  .to = s->reach[f] };

		if (!s->layout.port[TWIN_OUTSIDE].has[f])
			continue;
		gather(s, (enum twin_family)f, &ports);
		knock(t, &d, &ports);
		/* A firewall without an inside is all there is. */
		if (s->layout.port[TWIN_INSIDE].name[0] == '\0')
			continue;
		d.client = true;
		d.to = s->layout.host[TWIN_INSIDE][f].client;
		for (size_t i = 0; i < sizeof(data_port) / sizeof(data_port[0]);
		     i++) {
			d.from_port = data_port[i];
			knock(t, &d, &ports);
		}
	}
}
