/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to src/io: what the files behind conntrack.h share. */
#ifndef IO_CTHANDLE_H
#define IO_CTHANDLE_H

#include <stdint.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "io/conntrack.h"
#include "io/ctnames.h"

struct conntrack {
	struct mnl_socket *nl;
	uint64_t searches;
	struct ct_names names;
};

/* Read @msg, which is about an entry, and hand it to @look. Gives what a
 * callback of libmnl does. */
int ct_entry_read(const struct nlmsghdr *msg,
		  void (*look)(const struct nf_conntrack *entry, void *arg),
		  void *arg);

/* Ask for the entry one of whose tuples runs from @from to @to, whichever of
 * the two it is: @answer knows which is right. Gives 0 or a negative errno. */
int ct_ask_tuple(struct conntrack *ct, const struct endpoint *from,
		 const struct endpoint *to,
		 int (*answer)(const struct nlmsghdr *msg, void *arg),
		 void *arg);

#endif
