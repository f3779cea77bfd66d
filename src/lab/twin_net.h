/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firewall's stand-in between two hosts:
 *
 *	inside -- eth0 --- IN [firewall] OUT --- eth0 -- outside
 *
 * each a network namespace. One host stands for all hosts of its side, by
 * having all their addresses. Where a firewall has no inside, it is its own
 * inside host.
 */
#ifndef LAB_TWIN_NET_H
#define LAB_TWIN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <net/if.h>
#include <sys/types.h>

#include <sallyport/addr.h>

enum twin_family { TWIN_V4, TWIN_V6, TWIN_FAMILIES };
enum twin_place { TWIN_INSIDE, TWIN_OUTSIDE, TWIN_FIREWALL, TWIN_PLACES };

/* One interface of the firewall. */
struct twin_port {
	char name[IF_NAMESIZE]; /* empty: there is none */
	bool has[TWIN_FAMILIES];
	/* The address itself, with its network's length. */
	struct prefix at[TWIN_FAMILIES];
};

/* Addresses of one family on one side's host. */
struct twin_host {
	struct addr client; /* also where its own packets come from */
	struct addr server;
};

/* Public addresses that rules name. */
#define TWIN_PUBLIC_MAX 32

struct twin_layout {
	struct twin_port port[2]; /* TWIN_INSIDE, TWIN_OUTSIDE */
	struct twin_host host[2][TWIN_FAMILIES];
	struct addr stranger[TWIN_FAMILIES]; /* outside */
	/* Do outside hosts know the way to the inside's addresses? */
	bool routed[TWIN_FAMILIES];
	/* More addresses of the firewall, outside. */
	struct addr public[TWIN_PUBLIC_MAX];
	size_t publics;
};

/* May the kernel take @name for an interface's, and `ip` for one word? */
bool twin_port_name_fine(const char *name);

/* Address @n of a network, from its first. */
struct addr twin_address(const struct prefix *net, uint8_t n);

struct twin_net {
	int ns[TWIN_PLACES];
	pid_t anchor[2];
};

/* What `ip` said, or why it said nothing. */
#define TWIN_NET_TEXT_MAX 256

/* Make it; this process is on the firewall afterwards. False: see @text. Its
 * processes and namespaces end with the box (lab/twin_box.h). */
bool twin_net_make(struct twin_net *net, const struct twin_layout *layout,
		   char text[TWIN_NET_TEXT_MAX]);

/* Go there: sockets are opened there from now on. False: see errno. */
bool twin_net_go(const struct twin_net *net, enum twin_place place);

#endif
