/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to sets: what a kind of sets can do. */
#ifndef IO_SETS_KIND_H
#define IO_SETS_KIND_H

#include "io/netlink.h"
#include "io/sets.h"

/* What an error of the kernel's means in this kind. */
struct sets_meaning {
	int error;
	enum sets_result result;
};

/* Each function gives 0 or a negative errno. */
struct sets_backend {
	int (*open)(struct mnl_socket **out); /* see netlink_open_for() */
	int (*there)(struct mnl_socket *nl);  /* -ENOENT: no set is */
	int (*add)(struct mnl_socket *nl, const struct pinhole_key *key,
		   uint32_t timeout_s);
	int (*del)(struct mnl_socket *nl, const struct pinhole_key *key);
	const struct sets_meaning *meaning;
	size_t meanings;
};

extern const struct sets_backend sets_ipset, sets_nft;

/* What sets.h says of sets_create(), sets_destroy() and sets_differ(). */
int sets_ipset_create(struct mnl_socket *nl, uint32_t max);
int sets_ipset_destroy(struct mnl_socket *nl);
bool sets_nft_differ(struct mnl_socket *nl, uint32_t max);

#endif
