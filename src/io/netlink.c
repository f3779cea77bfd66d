/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to src/io: a netfilter netlink socket, asked one thing at a time. */
#include "io/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/netfilter/nfnetlink.h>

/* The kernel fills a dump's buffer up to 32 KiB where it is offered. */
#define ANSWER_MAX 32768

static void socket_tune(struct mnl_socket *nl, int rcvbuf)
{
	struct timeval patience = { .tv_sec = NETLINK_TIMEOUT_S };
	int fd = mnl_socket_get_fd(nl);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (rcvbuf == 0)
		return;
	/* FORCE needs CAP_NET_ADMIN in the first user namespace: without it
	 * take what the sysctl grants. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf,
		       sizeof(rcvbuf)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
}

struct mnl_socket *netlink_open(int rcvbuf)
{
	struct mnl_socket *nl =
		mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (!nl)
		return NULL;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		int saved = errno;

		mnl_socket_close(nl);
		errno = saved;
		return NULL;
	}
	socket_tune(nl, rcvbuf);
	return nl;
}

struct nlmsghdr *netlink_message(void *buf, unsigned int subsystem,
				 unsigned int type, uint16_t flags,
				 uint8_t family, uint16_t res_id)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nf;

	msg->nlmsg_type = (uint16_t)(subsystem << 8 | type);
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	nf = mnl_nlmsg_put_extra_header(msg, sizeof(*nf));
	nf->nfgen_family = family;
	nf->version = NFNETLINK_V0;
	nf->res_id = htons(res_id);
	return msg;
}

static int answer_read(struct mnl_socket *nl, uint32_t seq,
		       int (*answer)(const struct nlmsghdr *, void *),
		       void *arg)
{
	_Alignas(struct nlmsghdr) uint8_t buf[ANSWER_MAX];
	ssize_t len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	const struct nlmsghdr *msg = (const struct nlmsghdr *)buf;

	if (len < 0 && errno == EINTR)
		return MNL_CB_OK;
	if (len < 0 && errno == EAGAIN)
		errno = ETIMEDOUT;
	if (len < 0)
		return MNL_CB_ERROR;
	/* The late answer to an earlier request that timed out. */
	if (mnl_nlmsg_ok(msg, (int)len) && msg->nlmsg_seq != seq)
		return MNL_CB_OK;
	return mnl_cb_run(buf, (size_t)len, seq, mnl_socket_get_portid(nl),
			  answer, arg);
}

static uint32_t next_seq(void)
{
	static _Atomic uint32_t last;

	return ++last;
}

static int answers_read(struct mnl_socket *nl, uint32_t seq,
			int (*answer)(const struct nlmsghdr *, void *),
			void *arg)
{
	int more;

	do
		more = answer_read(nl, seq, answer, arg);
	while (more > MNL_CB_STOP);
	return more == MNL_CB_STOP ? 0 : -errno;
}

int netlink_ask(struct mnl_socket *nl, struct nlmsghdr *request,
		int (*answer)(const struct nlmsghdr *msg, void *arg), void *arg)
{
	request->nlmsg_seq = next_seq();
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	return answers_read(nl, request->nlmsg_seq, answer, arg);
}

int netlink_open_for(struct mnl_socket **out, struct nlmsghdr *probe)
{
	int error;

	*out = netlink_open(0);
	if (!*out)
		return -errno;
	error = netlink_ask(*out, probe, NULL, NULL);
	/* A message for a subsystem that is not there is an invalid one. */
	return error == -EINVAL ? -EPROTONOSUPPORT : error;
}

/* Does @msg refuse a request of number @seq? Then the error, else 0. */
static int refusal(const struct nlmsghdr *msg, ssize_t len, uint32_t seq)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);

	if (len < (ssize_t)(sizeof(*msg) + sizeof(*e)) ||
	    msg->nlmsg_type != NLMSG_ERROR || msg->nlmsg_seq != seq)
		return 0;
	return e->error;
}

/* The kernel carries requests out inside send(), and tells only of what fails:
 * so whatever it has to say is in the socket now, and nothing is said of a
 * request that went well. */
static int refusal_read(int fd, uint32_t seq)
{
	/* The head of the answer; a copy of the request follows it. */
	union {
		struct nlmsghdr msg;
		uint8_t bytes[NLMSG_LENGTH(sizeof(struct nlmsgerr))];
	} answer;
	ssize_t len;
	int first = 0;

	while ((len = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT)) >= 0)
		if (first == 0)
			first = refusal(&answer.msg, len, seq);
	return errno == EAGAIN ? first : -errno;
}

int netlink_do_all(struct mnl_socket *nl, void *requests, size_t len)
{
	/* One number for all: it is to tell them from earlier requests. */
	const uint32_t seq = next_seq();
	struct nlmsghdr *msg = requests;

	for (int left = (int)len; mnl_nlmsg_ok(msg, left);
	     msg = mnl_nlmsg_next(msg, &left))
		msg->nlmsg_seq = seq;
	if (mnl_socket_sendto(nl, requests, len) < 0)
		return -errno;
	return refusal_read(mnl_socket_get_fd(nl), seq);
}
