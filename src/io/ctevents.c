/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends of marked connections, as conntrack tells them.
 *
 * Two sockets, since each has one filter: one hears that entries are gone, the
 * other that connections are over, which is told some two minutes before. The
 * kernel tells about each connection six times and more; the filters let pass
 * just what is used here.
 */
#include "io/ctevents.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>

#include "io/cttuple.h"
#include "io/netlink.h"

/* What an event takes of the socket's buffer; the kernel doubles what it is
 * asked for. */
#define RECEIVE_BUFFER_EACH 1024u
#define RECEIVE_BUFFER_MIN  (1u << 20)
#define RECEIVE_BUFFER_MAX  (INT_MAX / 2)

/* One event with every attribute is below 1 KiB; the kernel never puts two
 * into one message. */
#define EVENT_MAX 8192

/* Of each socket; then other work gets its turn. What is left keeps the socket
 * readable. */
#define EVENTS_MAX 1024

enum source { GONE, OVER, SOURCES };

struct conntrack_events {
	struct mnl_socket *nl[SOURCES];
	int epoll; /* readable when one of them is */
	struct conntrack_marks marks;
};

static void filter_mark(struct nfct_filter *filter, uint32_t mark)
{
	const struct nfct_filter_dump_mark wanted = { .val = mark,
						      .mask = mark };

	if (mark != 0)
		nfct_filter_add_attr(filter, NFCT_FILTER_MARK, &wanted);
}

/* Both states of ct_is_over(). */
static void filter_over(struct nfct_filter *filter)
{
	const struct nfct_filter_proto time_wait = { IPPROTO_TCP,
						     TCP_CONNTRACK_TIME_WAIT };
	const struct nfct_filter_proto closed = { IPPROTO_TCP,
						  TCP_CONNTRACK_CLOSE };

	nfct_filter_add_attr(filter, NFCT_FILTER_L4PROTO_STATE, &time_wait);
	nfct_filter_add_attr(filter, NFCT_FILTER_L4PROTO_STATE, &closed);
}

/*
 * Let the kernel drop the events of other connections: on a busy gateway most
 * are none of ours. Only a saving, since end_read() looks again.
 */
static void filter_attach(int fd, enum source source,
			  const struct conntrack_marks *marks)
{
	struct nfct_filter *filter = nfct_filter_create();

	if (!filter)
		return;
	filter_mark(filter, marks->data);
	filter_mark(filter, marks->control);
	if (source == OVER)
		filter_over(filter);
	nfct_filter_attach(fd, filter);
	nfct_filter_destroy(filter);
}

static int receive_buffer(uint32_t room)
{
	if (room < RECEIVE_BUFFER_MIN / RECEIVE_BUFFER_EACH)
		return RECEIVE_BUFFER_MIN;
	if (room > RECEIVE_BUFFER_MAX / RECEIVE_BUFFER_EACH)
		return RECEIVE_BUFFER_MAX;
	return (int)(room * RECEIVE_BUFFER_EACH);
}

static int source_join(struct conntrack_events *ev, enum source source,
		       uint32_t room)
{
	int group = source == GONE ? NFNLGRP_CONNTRACK_DESTROY
				   : NFNLGRP_CONNTRACK_UPDATE;
	struct epoll_event readable = { .events = EPOLLIN };
	int fd;

	ev->nl[source] = netlink_open(receive_buffer(room));
	if (!ev->nl[source])
		return -errno;
	fd = mnl_socket_get_fd(ev->nl[source]);
	filter_attach(fd, source, &ev->marks);
	if (mnl_socket_setsockopt(ev->nl[source], NETLINK_ADD_MEMBERSHIP,
				  &group, sizeof(group)) < 0 ||
	    epoll_ctl(ev->epoll, EPOLL_CTL_ADD, fd, &readable) < 0)
		return -errno;
	return 0;
}

static int events_join(struct conntrack_events *ev, uint32_t room)
{
	int error = 0;

	ev->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (ev->epoll < 0)
		return -errno;
	for (enum source i = 0; i < SOURCES && error == 0; i++)
		error = source_join(ev, i, room);
	return error;
}

enum conntrack_result conntrack_events_open(struct conntrack_events **out,
					    const struct conntrack_marks *marks,
					    uint32_t room)
{
	struct conntrack_events *ev = calloc(1, sizeof(*ev));
	int error;

	if (!ev)
		return ct_result(-ENOMEM);
	ev->marks = *marks;
	error = events_join(ev, room);
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
	for (enum source i = 0; i < SOURCES; i++)
		if (ev->nl[i])
			mnl_socket_close(ev->nl[i]);
	if (ev->epoll >= 0)
		close(ev->epoll);
	free(ev);
}

int conntrack_events_fd(const struct conntrack_events *ev)
{
	return ev->epoll;
}

/* Is an entry with @mark one of ours? *@control: of which kind. */
static bool mark_read(uint32_t mark, const struct conntrack_marks *marks,
		      bool *control)
{
	bool data = (mark & marks->data) == marks->data;

	*control = !data;
	return data || (marks->control != 0 &&
			(mark & marks->control) == marks->control);
}

/* Is it the end of one of ours? Then @e describes it. */
static bool end_read(const struct nf_conntrack *entry,
		     const struct conntrack_marks *marks,
		     struct conntrack_end *e)
{
	const uint8_t tcp = nfct_get_attr_u8(entry, ATTR_TCP_STATE);
	struct endpoint seen;

	if (!mark_read(nfct_get_attr_u32(entry, ATTR_MARK), marks,
		       &e->control) ||
	    (!e->gone && !ct_is_over(tcp)))
		return false;
	e->reset = tcp == TCP_CONNTRACK_CLOSE;
	if (!ct_get_tuple(entry, &ct_orig, &e->from, &e->to) ||
	    !ct_get_tuple(entry, &ct_reply, &e->ends.server, &seen))
		return false;
	e->ends.client = e->from;
	e->has_bytes = nfct_attr_is_set(entry, ATTR_ORIG_COUNTER_BYTES) > 0;
	if (e->has_bytes) {
		e->bytes_from =
			nfct_get_attr_u64(entry, ATTR_ORIG_COUNTER_BYTES);
		e->bytes_to = nfct_get_attr_u64(entry, ATTR_REPL_COUNTER_BYTES);
	}
	return true;
}

/* Did @msg tell an end? False also where there is no memory to read it. */
static bool message_read(const struct nlmsghdr *msg,
			 const struct conntrack_marks *marks,
			 struct conntrack_end *e)
{
	const uint16_t gone = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	struct nf_conntrack *entry = nfct_new();
	bool told;

	if (!entry)
		return false;
	*e = (struct conntrack_end){ .gone = msg->nlmsg_type == gone };
	told = nfct_nlmsg_parse(msg, entry) >= 0 && end_read(entry, marks, e);
	nfct_destroy(entry);
	return told;
}

static enum conntrack_result
source_receive(const struct conntrack_events *ev, enum source source,
	       void (*end)(void *arg, const struct conntrack_end *e), void *arg)
{
	_Alignas(struct nlmsghdr) uint8_t buf[EVENT_MAX];
	const struct nlmsghdr *msg = (const struct nlmsghdr *)buf;
	struct conntrack_end e;
	ssize_t len;

	for (int i = 0; i < EVENTS_MAX; i++) {
		len = recv(mnl_socket_get_fd(ev->nl[source]), buf, sizeof(buf),
			   MSG_DONTWAIT);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len < 0)
			return errno == ENOBUFS ? CONNTRACK_LOST
						: CONNTRACK_FAILED;
		if (mnl_nlmsg_ok(msg, (int)len) &&
		    message_read(msg, &ev->marks, &e))
			end(arg, &e);
	}
	return CONNTRACK_FINE;
}

enum conntrack_result
conntrack_events_receive(struct conntrack_events *ev,
			 void (*end)(void *arg, const struct conntrack_end *e),
			 void *arg)
{
	enum conntrack_result result = CONNTRACK_FINE;

	/* What is over first: the entry of the same may be gone, too. */
	for (int i = SOURCES - 1; i >= 0; i--) {
		enum conntrack_result one = source_receive(ev, i, end, arg);

		if (one > result)
			result = one;
	}
	return result;
}
