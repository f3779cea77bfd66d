/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of marked connections, as conntrack tells them (conntrack.h). */
#include "io/conntrack.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "io/cttuple.h"
#include "io/netlink.h"

/* An event takes 1 KiB or so of it: thousands that end at once. */
#define RECEIVE_BUFFER (4 << 20)

/* One event with every attribute is below 1 KiB; the kernel never puts two
 * into one message. */
#define EVENT_MAX 8192

/* Then other work gets its turn; what is left keeps the socket readable. */
#define EVENTS_MAX 1024

struct conntrack_events {
	struct mnl_socket *nl;
	uint32_t mark;
};

/*
 * Let the kernel drop the events of other connections: on a busy gateway most
 * are none of ours. Only a saving, since end_read() looks again.
 */
static void filter_attach(int fd, uint32_t mark)
{
	struct nfct_filter_dump_mark wanted = { .val = mark, .mask = mark };
	struct nfct_filter *filter = nfct_filter_create();

	if (!filter)
		return;
	nfct_filter_add_attr(filter, NFCT_FILTER_MARK, &wanted);
	nfct_filter_attach(fd, filter);
	nfct_filter_destroy(filter);
}

static int events_join(struct conntrack_events *ev)
{
	int group = NFNLGRP_CONNTRACK_DESTROY;

	ev->nl = netlink_open(RECEIVE_BUFFER);
	if (!ev->nl)
		return -errno;
	filter_attach(conntrack_events_fd(ev), ev->mark);
	if (mnl_socket_setsockopt(ev->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -errno;
	return 0;
}

enum conntrack_result conntrack_events_open(struct conntrack_events **out,
					    uint32_t mark)
{
	struct conntrack_events *ev = calloc(1, sizeof(*ev));
	int error;

	if (!ev)
		return ct_result(-ENOMEM);
	ev->mark = mark;
	error = events_join(ev);
	if (error == 0)
		*out = ev;
	else
		conntrack_events_close(ev);
	return ct_result(error);
}

void conntrack_events_close(struct conntrack_events *ev)
{
	if (!ev)
		return;
	if (ev->nl)
		mnl_socket_close(ev->nl);
	free(ev);
}

int conntrack_events_fd(const struct conntrack_events *ev)
{
	return mnl_socket_get_fd(ev->nl);
}

/* Is it the end of one of ours? Then @e describes it. */
static bool end_read(const struct nf_conntrack *entry, uint32_t mark,
		     struct conntrack_end *e)
{
	*e = (struct conntrack_end){ .has_bytes = false };
	if ((nfct_get_attr_u32(entry, ATTR_MARK) & mark) != mark ||
	    !ct_get_tuple(entry, &ct_orig, &e->from, &e->to))
		return false;
	e->has_bytes = nfct_attr_is_set(entry, ATTR_ORIG_COUNTER_BYTES) > 0;
	if (e->has_bytes) {
		e->bytes_from =
			nfct_get_attr_u64(entry, ATTR_ORIG_COUNTER_BYTES);
		e->bytes_to = nfct_get_attr_u64(entry, ATTR_REPL_COUNTER_BYTES);
	}
	return true;
}

/* Did @msg tell an end? False also where there is no memory to read it. */
static bool message_read(const struct nlmsghdr *msg, uint32_t mark,
			 struct conntrack_end *e)
{
	const uint16_t type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	struct nf_conntrack *entry;
	bool told;

	if (msg->nlmsg_type != type)
		return false;
	entry = nfct_new();
	if (!entry)
		return false;
	told = nfct_nlmsg_parse(msg, entry) >= 0 && end_read(entry, mark, e);
	nfct_destroy(entry);
	return told;
}

enum conntrack_result
conntrack_events_receive(struct conntrack_events *ev,
			 void (*end)(void *arg, const struct conntrack_end *e),
			 void *arg)
{
	_Alignas(struct nlmsghdr) uint8_t buf[EVENT_MAX];
	const struct nlmsghdr *msg = (const struct nlmsghdr *)buf;
	struct conntrack_end e;
	ssize_t len;

	for (int i = 0; i < EVENTS_MAX; i++) {
		len = recv(conntrack_events_fd(ev), buf, sizeof(buf),
			   MSG_DONTWAIT);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len < 0)
			return errno == ENOBUFS ? CONNTRACK_LOST
						: CONNTRACK_FAILED;
		if (mnl_nlmsg_ok(msg, (int)len) &&
		    message_read(msg, ev->mark, &e))
			end(arg, &e);
	}
	return CONNTRACK_FINE;
}
