/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the other side sees of a control connection. */
#include <sallyport/nat.h>

struct nat_view nat_identity(const struct ends *ends)
{
	return (struct nat_view){ .client_public = ends->client,
				  .server_public = ends->server };
}

bool nat_translates_client(const struct ends *e, const struct nat_view *n)
{
	return !endpoint_equal(&e->client, &n->client_public);
}

bool nat_translates_server(const struct ends *e, const struct nat_view *n)
{
	return !endpoint_equal(&e->server, &n->server_public);
}
