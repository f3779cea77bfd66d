/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the configuration; its tables are short, so they are walked. */
#include <sallyport/policy.h>

static bool has_port(const uint16_t *list, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == port)
			return true;
	return false;
}

bool policy_is_control_port(const struct policy *p, uint16_t port)
{
	return has_port(p->control_port, p->control_ports, port);
}

bool policy_is_implicit_port(const struct policy *p, uint16_t port)
{
	return has_port(p->implicit_port, p->implicit_ports, port);
}

bool policy_is_watched_port(const struct policy *p, uint16_t port)
{
	return policy_is_control_port(p, port) ||
	       policy_is_implicit_port(p, port);
}

bool policy_port_allowed(const struct policy *p, uint16_t port)
{
	/* Port 0 names no service, whatever the minimum is set to. */
	if (port == 0 || port < p->minimum_port)
		return false;
	if (policy_is_watched_port(p, port))
		return false;
	for (size_t i = 0; i < p->denied_count; i++)
		if (port_range_has(&p->denied[i], port))
			return false;
	return true;
}

static bool holds(const struct prefix *list, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_contains(&list[i], a))
			return true;
	return false;
}

const struct policy_server *policy_server_find(const struct policy *p,
					       const struct addr *server)
{
	for (size_t i = 0; i < p->servers; i++)
		if (holds(p->server[i].address, p->server[i].addresses, server))
			return &p->server[i];
	return NULL;
}

const struct policy_client *policy_client_find(const struct policy *p,
					       const struct addr *client)
{
	for (size_t i = 0; i < p->clients; i++)
		if (holds(p->client[i].address, p->client[i].addresses, client))
			return &p->client[i];
	return NULL;
}

bool policy_server_is_public(const struct policy_server *s,
			     const struct addr *a)
{
	if (!s)
		return false;
	for (size_t i = 0; i < s->public_addresses; i++)
		if (addr_equal(&s->public_address[i], a))
			return true;
	return false;
}

const struct policy_server *policy_server_at(const struct policy *p,
					     const struct addr *a)
{
	for (size_t i = 0; i < p->servers; i++)
		if (holds(p->server[i].address, p->server[i].addresses, a) ||
		    policy_server_is_public(&p->server[i], a))
			return &p->server[i];
	return NULL;
}
