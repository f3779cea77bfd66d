/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a control connection is translated by this gateway. */
#ifndef SALLYPORT_NAT_H
#define SALLYPORT_NAT_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>

/* The two ends of a control connection as the gateway's inside sees them:
 * the client before SNAT, the server behind DNAT. */
struct ends {
	struct endpoint client, server;
};

/*
 * The same two ends as the other side sees them; equal to the ends where
 * nothing is translated. From the conntrack entry: client_public is the
 * destination of the reply tuple, server_public that of the original tuple.
 */
struct nat_view {
	struct endpoint client_public; /* what the server sees */
	struct endpoint server_public; /* what the client connected to */
	uint32_t mark;                 /* of the control connection's entry */
};

/* Nothing translated. */
struct nat_view nat_identity(const struct ends *ends);

bool nat_translates_client(const struct ends *e, const struct nat_view *n);
bool nat_translates_server(const struct ends *e, const struct nat_view *n);

#endif
