/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One NFQUEUE.
 *
 * Each packet is a netlink message of its own, so a recvmmsg() takes many at
 * once; verdicts are messages laid one behind the other and sent with one
 * send(). Neither direction shares memory with the other, and the kernel takes
 * each send() as a whole: that is why verdicts need no lock.
 *
 * The kernel is told never to report ENOBUFS: a packet that did not fit into
 * the socket got the fail-open verdict already, and an error would only tell
 * that something happened. Room is made instead.
 */
#include "io/queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include "io/memory.h"
#include "io/netlink.h"

/* A whole packet and its attributes; those are below 300 bytes together. */
#define MESSAGE_MAX (65536 + 4096)

/* The kernel cuts longer packets: an attribute counts its bytes, and its own
 * head, in 16 bits. */
#define COPY_RANGE 0xffff

/* 4096 small packets, the default queue length, at the kernel's 2 KiB or so
 * for each, and some full-sized ones; default buffers lost 6 % of a flood. A
 * longer queue has more, up to what the kernel allows. */
#define RECEIVE_BUFFER_MIN  (16u << 20)
#define RECEIVE_BUFFER_EACH 2048u
#define RECEIVE_BUFFER_MAX  (INT_MAX / 2)

/* Two rewritten packets of the largest size, or two thousand plain verdicts. */
#define BATCH_MAX (2 * MESSAGE_MAX)

/* The kernel refuses a send() that is not smaller than this buffer. */
#define SEND_BUFFER (2 * BATCH_MAX)

/* After so many lone packets the next is taken alone too; but every so often it
 * is looked whether there are more by now. */
#define LONE_MIN  4
#define LONE_LOOK 8

struct message_buffer {
	_Alignas(struct nlmsghdr) uint8_t bytes[MESSAGE_MAX];
};

struct queue {
	struct mnl_socket *nl;
	int fd;
	uint16_t number;
	uint64_t refused;
	unsigned int lone; /* receives in a row that gave one message */
	struct mmsghdr message[QUEUE_RECEIVE_MAX];
	struct iovec part[QUEUE_RECEIVE_MAX];
	struct message_buffer buffer[QUEUE_RECEIVE_MAX];
};

struct queue_batch {
	size_t used;
	_Alignas(struct nlmsghdr) uint8_t buffer[BATCH_MAX];
};

static const char *const result_text[] = {
	[QUEUE_FINE] = "fine",
	[QUEUE_DENIED] = "not permitted to use NFQUEUE; run as root or with "
			 "CAP_NET_ADMIN",
	[QUEUE_TAKEN] = "the queue number is in use; stop the other program or "
			"set another queue.first",
	[QUEUE_UNSUPPORTED] = "the kernel has no NFQUEUE; load the module "
			      "nfnetlink_queue",
	[QUEUE_FAILED] = "the kernel refused the queue",
};

const char *queue_text(enum queue_result result)
{
	return result_text[result];
}

static struct nlmsghdr *config_message(struct netlink_request *r,
				       uint16_t number)
{
	return netlink_message(r->bytes, NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG, 0,
			       AF_UNSPEC, number);
}

/*
 * A number that another process has bound answers EPERM, just as a missing
 * capability does. PF_BIND has been without effect since Linux 3.8 and asks
 * for the same capability, so it tells them apart.
 */
static int config_probe(struct mnl_socket *nl)
{
	struct netlink_request r;
	struct nlmsghdr *msg = config_message(&r, 0);

	nfq_nlmsg_cfg_put_cmd(msg, AF_UNSPEC, NFQNL_CFG_CMD_PF_BIND);
	return netlink_ask(nl, msg, NULL, NULL);
}

/* All in one message: a queue that is bound but copies nothing yet drops. */
static int config_bind(struct mnl_socket *nl, const struct queue_options *o)
{
	struct netlink_request r;
	struct nlmsghdr *msg = config_message(&r, o->number);

	nfq_nlmsg_cfg_put_cmd(msg, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(msg, NFQNL_COPY_PACKET, COPY_RANGE);
	nfq_nlmsg_cfg_put_qmaxlen(msg, o->length);
	return netlink_ask(nl, msg, NULL, NULL);
}

/* Alone in its message, and optional: a kernel that knows not one flag ignores
 * the whole message that carries it. */
static void config_fail_open(struct mnl_socket *nl,
			     const struct queue_options *o)
{
	struct netlink_request r;
	struct nlmsghdr *msg = config_message(&r, o->number);

	mnl_attr_put_u32(msg, NFQA_CFG_FLAGS,
			 htonl(o->fail_open ? NFQA_CFG_F_FAIL_OPEN : 0));
	mnl_attr_put_u32(msg, NFQA_CFG_MASK, htonl(NFQA_CFG_F_FAIL_OPEN));
	netlink_ask(nl, msg, NULL, NULL);
}

static enum queue_result queue_bind(struct mnl_socket *nl,
				    const struct queue_options *o)
{
	int error = config_probe(nl);

	if (error == -EPERM)
		return QUEUE_DENIED;
	if (error == -EINVAL || error == -EOPNOTSUPP)
		return QUEUE_UNSUPPORTED;
	if (error == 0)
		error = config_bind(nl, o);
	if (error == -EPERM || error == -EBUSY)
		return QUEUE_TAKEN;
	errno = -error;
	if (error < 0)
		return QUEUE_FAILED;
	config_fail_open(nl, o);
	return QUEUE_FINE;
}

static void socket_tune(struct mnl_socket *nl)
{
	int fd = mnl_socket_get_fd(nl);
	int size = SEND_BUFFER, on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on));
}

static struct queue *queue_new(struct mnl_socket *nl, uint16_t number)
{
	struct queue *q = memory_take(sizeof(*q));

	if (!q)
		return NULL;
	q->nl = nl;
	q->fd = mnl_socket_get_fd(nl);
	q->number = number;
	for (int i = 0; i < QUEUE_RECEIVE_MAX; i++) {
		q->part[i].iov_base = q->buffer[i].bytes;
		q->part[i].iov_len = sizeof(q->buffer[i].bytes);
		q->message[i].msg_hdr.msg_iov = &q->part[i];
		q->message[i].msg_hdr.msg_iovlen = 1;
	}
	return q;
}

static int receive_buffer(uint32_t length)
{
	if (length <= RECEIVE_BUFFER_MIN / RECEIVE_BUFFER_EACH)
		return RECEIVE_BUFFER_MIN;
	if (length > RECEIVE_BUFFER_MAX / RECEIVE_BUFFER_EACH)
		return RECEIVE_BUFFER_MAX;
	return (int)(length * RECEIVE_BUFFER_EACH);
}

enum queue_result queue_open(struct queue **out,
			     const struct queue_options *options)
{
	struct mnl_socket *nl = netlink_open(receive_buffer(options->length));
	enum queue_result result;
	int saved;

	if (!nl)
		return errno == EPROTONOSUPPORT ? QUEUE_UNSUPPORTED
						: QUEUE_FAILED;
	socket_tune(nl);
	result = queue_bind(nl, options);
	if (result == QUEUE_FINE) {
		*out = queue_new(nl, options->number);
		if (*out)
			return QUEUE_FINE;
		errno = ENOMEM;
		result = QUEUE_FAILED;
	}
	saved = errno;
	mnl_socket_close(nl);
	errno = saved;
	return result;
}

void queue_close(struct queue *q)
{
	if (!q)
		return;
	/* The kernel unbinds when the socket goes. */
	mnl_socket_close(q->nl);
	memory_give(q, sizeof(*q));
}

int queue_fd(const struct queue *q)
{
	return q->fd;
}

uint64_t queue_refused(const struct queue *q)
{
	return q->refused;
}

/*
 * What every packet needs is done here by hand: libmnl calls five functions for
 * each of a packet's eight attributes, and all of them are out of the cache
 * again when the next packet comes.
 */

#define ATTRIBUTES_AT NLMSG_SPACE(sizeof(struct nfgenmsg))

static uint32_t attr_u32(const uint8_t *payload)
{
	uint32_t value;

	memcpy(&value, payload, sizeof(value));
	return ntohl(value);
}

static void attr_take(const struct nlattr *attr, struct queue_packet *p,
		      uint32_t *length)
{
	const uint8_t *payload = (const uint8_t *)attr + NLA_HDRLEN;
	struct nfqnl_msg_packet_hdr head;

	switch (attr->nla_type & NLA_TYPE_MASK) {
	case NFQA_PACKET_HDR:
		memcpy(&head, payload, sizeof(head));
		p->id = ntohl(head.packet_id);
		p->hook = head.hook;
		break;
	case NFQA_PAYLOAD:
		p->bytes.at = payload;
		p->bytes.len = attr->nla_len - (size_t)NLA_HDRLEN;
		break;
	case NFQA_CAP_LEN: /* only a packet that was cut has it */
		*length = attr_u32(payload);
		break;
	case NFQA_SKB_INFO:
		p->checksum_ready =
			!(attr_u32(payload) & NFQA_SKB_CSUMNOTREADY);
		break;
	}
}

/* Does @msg hold a packet? Then @p describes it. The kernel's own attributes
 * need no check of their sizes. */
static bool packet_read(const struct nlmsghdr *msg, struct queue_packet *p)
{
	const uint8_t *at = (const uint8_t *)msg;
	size_t left = msg->nlmsg_len;
	uint32_t length = 0;

	if (msg->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
		return false;
	*p = (struct queue_packet){ .checksum_ready = true };
	for (size_t step = ATTRIBUTES_AT; left >= step + NLA_HDRLEN;) {
		const struct nlattr *attr;

		at += step;
		left -= step;
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > left)
			break;
		attr_take(attr, p, &length);
		step = NLA_ALIGN((size_t)attr->nla_len);
	}
	p->whole = length <= p->bytes.len;
	return true;
}

static int error_of(const struct nlmsghdr *msg)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);

	return mnl_nlmsg_get_payload_len(msg) < sizeof(*e) ? EINVAL : e->error;
}

static int message_take(struct queue *q, const struct mmsghdr *m,
			void (*packet)(void *, const struct queue_packet *),
			void *arg)
{
	const struct nlmsghdr *msg = m->msg_hdr.msg_iov->iov_base;
	struct queue_packet p;

	if (m->msg_len < sizeof(*msg) || msg->nlmsg_len < sizeof(*msg) ||
	    msg->nlmsg_len > m->msg_len)
		return 0;
	if (msg->nlmsg_type == NLMSG_ERROR) {
		q->refused += error_of(msg) != 0; /* 0: see queue_wake() */
		return 0;
	}
	if (!packet_read(msg, &p))
		return 0;
	packet(arg, &p);
	return 1;
}

/* Packets that come one at a time are taken one at a time: to ask for a second
 * would be a look into an empty socket. */
static unsigned int appetite(const struct queue *q)
{
	if (q->lone < LONE_MIN || q->lone % LONE_LOOK == 0)
		return QUEUE_RECEIVE_MAX;
	return 1;
}

int queue_receive(struct queue *q, bool wait,
		  void (*packet)(void *arg, const struct queue_packet *p),
		  void *arg)
{
	unsigned int want = wait ? appetite(q) : QUEUE_RECEIVE_MAX;
	int packets = 0;
	int n = recvmmsg(q->fd, q->message, want,
			 wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	q->lone = n == 1 ? q->lone + 1 : 0;
	for (int i = 0; i < n; i++)
		packets += message_take(q, &q->message[i], packet, arg);
	return packets;
}

/* A request that changes nothing; the kernel's acknowledgement wakes whoever
 * reads the socket. */
int queue_wake(struct queue *q)
{
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG,
				NLM_F_ACK, AF_UNSPEC, q->number);

	return send(queue_fd(q), msg, msg->nlmsg_len, 0) < 0 ? -errno : 0;
}

struct queue_batch *queue_batch_new(void)
{
	return calloc(1, sizeof(struct queue_batch));
}

void queue_batch_free(struct queue_batch *b)
{
	free(b);
}

/* A verdict that leaves the packet as it is. */
struct verdict_message {
	struct nlmsghdr head;
	struct nfgenmsg nf;
	struct nlattr attr;
	struct nfqnl_msg_verdict_hdr verdict;
};

_Static_assert(sizeof(struct verdict_message) == 32, "it has no gaps");

static struct nlmsghdr *verdict_put(uint8_t *at, uint16_t queue, uint32_t id,
				    enum verdict_kind kind)
{
	const struct verdict_message m = {
		.head = { .nlmsg_len = sizeof(m),
			  .nlmsg_type =
				  NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT,
			  .nlmsg_flags = NLM_F_REQUEST },
		.nf = { .nfgen_family = AF_UNSPEC,
			.version = NFNETLINK_V0,
			.res_id = htons(queue) },
		.attr = { .nla_len = NLA_HDRLEN + sizeof(m.verdict),
			  .nla_type = NFQA_VERDICT_HDR },
		.verdict = { .verdict = htonl(kind == VERDICT_ACCEPT ? NF_ACCEPT
								     : NF_DROP),
			     .id = htonl(id) },
	};

	return memcpy(at, &m, sizeof(m));
}

int queue_batch_add(struct queue *q, struct queue_batch *b, uint32_t id,
		    enum verdict_kind kind, struct span bytes)
{
	struct nlmsghdr *msg;

	if (bytes.len > QUEUE_BYTES_MAX)
		return -EMSGSIZE;
	if (sizeof(b->buffer) - b->used < bytes.len + NETLINK_REQUEST_MAX) {
		int error = queue_batch_send(q, b);

		if (error < 0)
			return error;
	}
	msg = verdict_put(b->buffer + b->used, q->number, id, kind);
	if (bytes.len > 0)
		mnl_attr_put(msg, NFQA_PAYLOAD, bytes.len, bytes.at);
	b->used += MNL_ALIGN(msg->nlmsg_len);
	return 0;
}

int queue_batch_send(struct queue *q, struct queue_batch *b)
{
	ssize_t sent;

	if (b->used == 0)
		return 0;
	do
		sent = send(queue_fd(q), b->buffer, b->used, 0);
	while (sent < 0 && errno == EINTR);
	b->used = 0;
	return sent < 0 ? -errno : 0;
}
