/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known traps, with all that an audit was given. */
#include "report/audit.h"

bool audit_traps(const struct audit *a, struct traps *out)
{
	const struct twin_spec *s = a->spec;
	const struct twin_port *port = s->layout.port;
	struct trap_input in = {
		.rules = { s->rules[TWIN_V4], s->rules[TWIN_V6] },
		.server = &a->server,
		.servers = a->server ? 1 : 0,
		.modules = a->modules,
		.control_port = s->control_port,
		.implicit_port = s->implicit_port,
		.inside = port[TWIN_INSIDE].name,
		.reach = port[TWIN_OUTSIDE].has[TWIN_V4] ? &s->reach[TWIN_V4]
							 : NULL,
		.ipv6 = port[TWIN_OUTSIDE].has[TWIN_V6],
	};

	if (!a->range_assumed)
		in.passive = s->passive;
	return traps_find(&in, out);
}

const char *audit_trap_path(const struct audit *a, const struct trap *t)
{
	switch (t->source) {
	case TRAP_IN_SERVER:
		return a->server_path;
	case TRAP_IN_MODULES:
		return a->modules_path;
	default:
		return t->line == 0 ? NULL : a->rules[t->family];
	}
}
