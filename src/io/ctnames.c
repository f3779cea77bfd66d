/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By which names a server was reached: see ctnames.h. */
#include "io/ctnames.h"

#include <string.h>

/* Servers are the administrator's own, so nobody can choose their sets. */
static size_t set_of(const struct endpoint *server)
{
	uint32_t sum = server->port;

	for (size_t i = 0; i < sizeof(server->addr.b); i++)
		sum = sum * 31 + server->addr.b[i];
	return sum % CT_NAMES_SETS;
}

void ct_names_note(struct ct_names *n, const struct endpoint *server,
		   const struct endpoint *called)
{
	struct ct_name *set = n->set[set_of(server)];

	memmove(set + 1, set, (CT_NAMES_WAYS - 1) * sizeof(*set));
	set[0] = (struct ct_name){ *server, *called };
}

const struct endpoint *ct_names_next(const struct ct_names *n,
				     const struct endpoint *server, size_t *at)
{
	const struct ct_name *set = n->set[set_of(server)];

	while (*at < CT_NAMES_WAYS) {
		const struct ct_name *name = &set[(*at)++];

		if (name->called.port && endpoint_equal(&name->server, server))
			return &name->called;
	}
	return NULL;
}
