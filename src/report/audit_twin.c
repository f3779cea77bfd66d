/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The twin of an audit, as JSON: enough to build the same network. */
#include "report/audit.h"

#include "report/object.h"

/* Prefixes count an IPv4 address as mapped into IPv6's. */
#define V4_OFFSET 96

static json_t *own_json(const struct prefix *at)
{
	char text[ADDR_TEXT_MAX];
	bool v4 = addr_is_v4(&at->addr);

	addr_format(&at->addr, text);
	return json_sprintf("%s/%d", text, at->len - (v4 ? V4_OFFSET : 0));
}

static json_t *family_json(const struct twin_layout *l, int side, int family)
{
	const struct twin_port *port = &l->port[side];
	const struct twin_host *host = &l->host[side][family];
	struct object o;

	/* A firewall without an inside is that itself. */
	if (port->name[0] == '\0')
		port = &l->port[TWIN_OUTSIDE];
	if (!port->has[family])
		return json_null();
	o = object_new();
	object_add(&o, "firewall", own_json(&port->at[family]));
	object_add(&o, "client", addr_json(&host->client));
	object_add(&o, "server", addr_json(&host->server));
	return object_done(&o);
}

static json_t *side_json(const struct twin_layout *l, int side)
{
	const char *name = l->port[side].name;
	struct object o = object_new();

	object_add(&o, "interface",
		   name[0] ? text_json(span_str(name)) : json_null());
	object_add(&o, "ipv4", family_json(l, side, TWIN_V4));
	object_add(&o, "ipv6", family_json(l, side, TWIN_V6));
	return object_done(&o);
}

static json_t *publics_json(const struct twin_layout *l)
{
	struct object list = { json_array(), false };

	for (size_t i = 0; i < l->publics; i++)
		if (json_array_append_new(list.json,
					  addr_json(&l->public[i])) != 0)
			list.failed = true;
	return object_done(&list);
}

/* Of the families that the twin has. */
static json_t *of_families(const struct twin_spec *s,
			   json_t *(*value)(const struct twin_spec *s, int f))
{
	static const char *const name[] = { "ipv4", "ipv6" };
	struct object o = object_new();

	for (int f = 0; f < TWIN_FAMILIES; f++)
		object_add(&o, name[f],
			   s->layout.port[TWIN_OUTSIDE].has[f] ? value(s, f)
							       : json_null());
	return object_done(&o);
}

static json_t *reach_json(const struct twin_spec *s, int family)
{
	return addr_json(&s->reach[family]);
}

static json_t *routed_json(const struct twin_spec *s, int family)
{
	return json_boolean(s->layout.routed[family]);
}

json_t *audit_twin_json(const struct audit *a)
{
	const struct twin_spec *s = a->spec;
	struct object o = object_new();

	object_add(&o, "inside", side_json(&s->layout, TWIN_INSIDE));
	object_add(&o, "outside", side_json(&s->layout, TWIN_OUTSIDE));
	object_add(&o, "public", publics_json(&s->layout));
	object_add(&o, "reached_as", of_families(s, reach_json));
	object_add(&o, "routed", of_families(s, routed_json));
	object_add(&o, "control_port", number_json(s->control_port));
	object_add(&o, "implicit_port", number_json(s->implicit_port));
	return object_done(&o);
}
