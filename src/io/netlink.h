/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to src/io: a netfilter netlink socket, asked one thing at a time. */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* A request of ours: the longest, a data entry over IPv6, is below 500. */
#define NETLINK_REQUEST_MAX 1024

struct netlink_request {
	_Alignas(struct nlmsghdr) uint8_t bytes[NETLINK_REQUEST_MAX];
};

/*
 * Open and bind a NETLINK_NETFILTER socket. Its receive buffer gets
 * @rcvbuf bytes (0: the default), past the sysctl limit where the process
 * may. NULL: see errno.
 */
struct mnl_socket *netlink_open(int rcvbuf);

/* Start a message of @subsystem (NFNL_SUBSYS_*) in @buf, which must hold
 * NETLINK_REQUEST_MAX bytes. @family is an AF_*, @res_id in host order. */
struct nlmsghdr *netlink_message(void *buf, unsigned int subsystem,
				 unsigned int type, uint16_t flags,
				 uint8_t family, uint16_t res_id);

/*
 * Send @request and read the answer up to its acknowledgement or, for a dump,
 * its end; every message of the answer goes to @answer (may be NULL).
 * Blocks, but at most NETLINK_TIMEOUT_S for each read. Gives 0 or a negative
 * errno: the kernel's own, or -ETIMEDOUT.
 */
int netlink_ask(struct mnl_socket *nl, struct nlmsghdr *request,
		int (*answer)(const struct nlmsghdr *msg, void *arg),
		void *arg);

/*
 * Open a socket and ask it @probe, which a kernel answers that has the
 * subsystem. Gives 0 or a negative errno, -EPROTONOSUPPORT without the
 * subsystem; either way the caller closes @out, unless it is NULL.
 */
int netlink_open_for(struct mnl_socket **out, struct nlmsghdr *probe);

/*
 * Carry out @len bytes of requests that have no answer, in order, for the price
 * of one and without their acknowledgements. What follows one that fails is
 * tried all the same, but for a batch of nf_tables', which is carried out as a
 * whole or not at all. Gives 0, or the error of the first that fails.
 */
int netlink_do_all(struct mnl_socket *nl, void *requests, size_t len);

/* The kernel answers inside sendto; waiting at all means it is lost. */
#define NETLINK_TIMEOUT_S 2

#endif
