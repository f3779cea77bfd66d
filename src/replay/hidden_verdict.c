/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grants' answer, without an engine. */
#include "replay/hidden_verdict.h"

#include <stdarg.h>
#include <stdio.h>

/* All that a verdict hangs on. */
struct question {
	const struct policy *policy;
	const struct policy_server *entry; /* of the server; or NULL */
	const struct policy_client *known; /* of the client; or NULL */
	struct addr client, server;        /* the inside view */
	struct addr client_public, server_public;
	const struct hostport *hp;
	struct hidden_verdict *out;
};

__attribute__((format(printf, 3, 4))) static void
refuse(const struct question *q, enum alert rule, const char *format, ...)
{
	va_list ap;

	q->out->through = false;
	q->out->rule = rule;
	va_start(ap, format);
	vsnprintf(q->out->why, sizeof(q->out->why), format, ap);
	va_end(ap);
}

/* As the other side of the gateway knows it. */
static struct addr public_of(const struct config *config, const struct addr *a)
{
	for (size_t i = 0; i < config->nats; i++)
		if (prefix_contains(&config->nat[i].inside, a))
			return config->nat[i].public_address;
	return *a;
}

/* 0.0.0.0 and ::, and a 229, mean "the host that you talk to". */
static bool names_peer(const struct hostport *hp)
{
	return !hp->has_addr || addr_is_unspecified(&hp->endpoint.addr);
}

/* --- passive ---------------------------------------------------------- */

static bool is_servers(const struct question *q, const struct addr *a)
{
	return addr_equal(a, &q->server) || addr_equal(a, &q->server_public) ||
	       policy_server_is_public(q->entry, a);
}

/* The configuration takes no range that holds a port which is not allowed. */
static void judge_passive(const struct question *q)
{
	const struct port_range *range = &q->entry->passive;
	const struct endpoint *to = &q->hp->endpoint;
	char text[ADDR_TEXT_MAX];

	addr_format(&to->addr, text);
	if (!range->hi)
		refuse(q, ALERTS, "passive-ports is not set for server %s",
		       q->entry->name);
	else if (!names_peer(q->hp) && !is_servers(q, &to->addr))
		refuse(q, ALERT_THIRD_HOST,
		       "names %s, which is no address of server %s", text,
		       q->entry->name);
	else if (!port_range_has(range, to->port))
		refuse(q, ALERT_OUTSIDE_RANGE,
		       "outside passive-ports %u-%u of server %s", range->lo,
		       range->hi, q->entry->name);
}

/* --- active ----------------------------------------------------------- */

/* Nobody can rewrite a hidden PORT: a client behind NAT must know by itself
 * what to say (RFC 4217 7). */
static void judge_translated(const struct question *q)
{
	const struct policy_client *c = q->known;
	const struct endpoint *to = &q->hp->endpoint;

	if (!c || !c->active.hi ||
	    !addr_equal(&c->public_address, &q->client_public) ||
	    (!names_peer(q->hp) && !addr_equal(&to->addr, &q->client_public)))
		refuse(q, ALERTS,
		       "FTPS active cannot cross this NAT: the client's "
		       "encrypted %s names its inside address, which nobody "
		       "can rewrite",
		       via_name(q->hp->via));
	else if (!port_range_has(&c->active, to->port))
		refuse(q, ALERTS, "outside active-ports %u-%u of client %s",
		       c->active.lo, c->active.hi, c->name);
}

static void judge_port(const struct question *q)
{
	const struct policy *p = q->policy;
	uint16_t port = q->hp->endpoint.port;

	if (port < p->minimum_port)
		refuse(q, ALERT_LOW_PORT, "port %u is below minimum-port %u",
		       port, p->minimum_port);
	else if (!policy_port_allowed(p, port))
		refuse(q, ALERT_DENIED_PORT,
		       "port %u is a control port or one of denied-ports",
		       port);
}

static void judge_active(const struct question *q)
{
	const struct endpoint *to = &q->hp->endpoint;
	bool translated = !addr_equal(&q->client, &q->client_public);
	char text[ADDR_TEXT_MAX];

	addr_format(&to->addr, text);
	if (q->entry->active == ACTIVE_REFUSE)
		refuse(q, ALERT_ACTIVE_REFUSED,
		       "active is refused for server %s", q->entry->name);
	else if (!names_peer(q->hp) && !addr_equal(&to->addr, &q->client) &&
		 !addr_equal(&to->addr, &q->client_public))
		refuse(q, ALERT_BOUNCE, "names %s, which is not the client",
		       text);
	else if (translated)
		judge_translated(q);
	if (q->out->through)
		judge_port(q);
}

struct nat_view hidden_nat(const struct config *config, const struct ends *ends)
{
	struct nat_view nat = nat_identity(ends);

	nat.client_public.addr = public_of(config, &ends->client.addr);
	nat.server_public.addr = public_of(config, &ends->server.addr);
	return nat;
}

void hidden_judge(const struct policy *policy, const struct ends *ends,
		  const struct nat_view *nat, const struct hostport *hp,
		  struct hidden_verdict *out)
{
	const struct question q = {
		.policy = policy,
		.entry = policy_server_find(policy, &ends->server.addr),
		.known = policy_client_find(policy, &ends->client.addr),
		.client = ends->client.addr,
		.server = ends->server.addr,
		.client_public = nat->client_public.addr,
		.server_public = nat->server_public.addr,
		.hp = hp,
		.out = out,
	};
	char text[ADDR_TEXT_MAX];

	*out = (struct hidden_verdict){ .through = true, .rule = ALERTS };
	addr_format(&ends->server.addr, text);
	if (!q.entry)
		refuse(&q, ALERTS, "no servers entry for %s", text);
	else if (via_is_active(hp->via))
		judge_active(&q);
	else
		judge_passive(&q);
}
