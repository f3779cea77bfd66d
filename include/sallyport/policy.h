/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the configuration says, as the engine needs it. Filled by io/config. */
#ifndef SALLYPORT_POLICY_H
#define SALLYPORT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>

/* A gateway watches a handful of control ports; sixteen is plenty. */
#define POLICY_PORTS_MAX 16

/* Services on high ports that must never be reached: 64 ranges. */
#define POLICY_DENIED_MAX 64

/* Per server: addresses or prefixes, and public addresses. */
#define POLICY_ADDRS_MAX 16

/* Characters of a server's name in events, with the NUL. */
#define POLICY_NAME_MAX 64

struct port_range {
	uint16_t lo, hi; /* both belong to it */
};

static inline bool port_range_has(const struct port_range *r, uint16_t port)
{
	return port >= r->lo && port <= r->hi;
}

enum policy_active { ACTIVE_ALLOW, ACTIVE_REFUSE };
enum policy_server_tls { SERVER_TLS_UNKNOWN, SERVER_TLS_EXPECTED };
enum policy_data { DATA_ANY, DATA_REQUIRE_TLS };
enum policy_explicit_tls { TLS_ALLOW, TLS_REQUIRE, TLS_FORBID };
enum policy_active_source { ACTIVE_SOURCE_ANY, ACTIVE_SOURCE_DATA };

/* One entry of "servers:". */
struct policy_server {
	char name[POLICY_NAME_MAX];
	struct prefix address[POLICY_ADDRS_MAX];
	size_t addresses;
	struct addr public_address[POLICY_ADDRS_MAX];
	size_t public_addresses;
	struct port_range passive; /* 0-0: none configured */
	enum policy_active active;
	enum policy_server_tls tls;
	enum policy_data data;
	unsigned int max_data; /* open at once, for one control connection */
	unsigned int
		new_data; /* new ones a minute, for one control connection */
};

/*
 * One entry of "clients:": FTP clients behind NAT that tell servers a public
 * address and ports of their own (RFC 4217 7: nobody can rewrite theirs).
 */
struct policy_client {
	char name[POLICY_NAME_MAX];
	struct prefix address[POLICY_ADDRS_MAX];
	size_t addresses;
	struct addr public_address;
	struct port_range active; /* what it lets servers connect to */
};

struct policy {
	uint16_t control_port[POLICY_PORTS_MAX];
	size_t control_ports;
	uint16_t implicit_port[POLICY_PORTS_MAX];
	size_t implicit_ports;

	enum policy_explicit_tls explicit_tls;
	uint16_t minimum_tls; /* wire value: 0x0303 is TLS 1.2 */
	bool fast_path;
	uint32_t fast_mark; /* set on control entries that left the queue */
	uint32_t data_mark; /* on data entries whose first payload is queued */

	uint64_t pinhole_timeout_us;
	uint16_t minimum_port;
	struct port_range denied[POLICY_DENIED_MAX];
	size_t denied_count;
	bool require_login;
	bool early_connect; /* the server may connect before it answers PORT */
	enum policy_active_source active_source;
	uint32_t connmark; /* set on the entries of data connections */

	const struct policy_server *server;
	size_t servers;
	const struct policy_client *client;
	size_t clients;
};

bool policy_is_control_port(const struct policy *p, uint16_t port);
bool policy_is_implicit_port(const struct policy *p, uint16_t port);

/* Either of the two. */
bool policy_is_watched_port(const struct policy *p, uint16_t port);

/* May a pinhole lead to @port? Control ports are denied without being named:
 * a pinhole to one would let a second, unseen session in. */
bool policy_port_allowed(const struct policy *p, uint16_t port);

/* The first entry whose prefixes hold @server, or NULL. */
const struct policy_server *policy_server_find(const struct policy *p,
					       const struct addr *server);

/* The first entry that has @a as its own or as its public address, or NULL. */
const struct policy_server *policy_server_at(const struct policy *p,
					     const struct addr *a);

/* The first entry whose prefixes hold @client, or NULL. */
const struct policy_client *policy_client_find(const struct policy *p,
					       const struct addr *client);

/* Is @a one of the public addresses configured for @s (which may be NULL)? */
bool policy_server_is_public(const struct policy_server *s,
			     const struct addr *a);

#endif
