/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that an NFQUEUE program can do: accept every packet of queue 0.
 * What sallyport costs is counted from here. Packets are copied whole, read
 * many at a time, and their verdicts leave in one system call; big buffers,
 * no GSO: as sallyport does it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "bench.h"

#define PACKETS        64
#define MESSAGE_MAX    (65536 + 4096)
#define QUEUE_LENGTH   4096
#define RECEIVE_BUFFER (16 << 20)

/* A verdict is two headers and one attribute of eight bytes. */
#define VERDICT_MAX 64

static struct nlmsghdr *message_start(void *at, unsigned int type)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(at);
	struct nfgenmsg *nfg;

	msg->nlmsg_type = (uint16_t)(NFNL_SUBSYS_QUEUE << 8 | type);
	msg->nlmsg_flags = NLM_F_REQUEST;
	nfg = mnl_nlmsg_put_extra_header(msg, sizeof(*nfg));
	nfg->version = NFNETLINK_V0;
	return msg;
}

static void ask(struct mnl_socket *nl, struct nlmsghdr *msg)
{
	char answer[4096];
	ssize_t n;

	msg->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl, msg, msg->nlmsg_len) < 0)
		bench_die("accept_all: send");
	n = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (n < 0 || mnl_cb_run(answer, (size_t)n, 0, 0, NULL, NULL) < 0)
		bench_die("accept_all: queue 0");
}

static void queue_bind(struct mnl_socket *nl)
{
	const struct nfqnl_msg_config_cmd cmd = { .command =
							  NFQNL_CFG_CMD_BIND };
	const struct nfqnl_msg_config_params params = {
		.copy_range = htonl(0xffff), .copy_mode = NFQNL_COPY_PACKET
	};
	char buffer[256];
	struct nlmsghdr *msg = message_start(buffer, NFQNL_MSG_CONFIG);

	mnl_attr_put(msg, NFQA_CFG_CMD, sizeof(cmd), &cmd);
	mnl_attr_put(msg, NFQA_CFG_PARAMS, sizeof(params), &params);
	mnl_attr_put_u32(msg, NFQA_CFG_QUEUE_MAXLEN, htonl(QUEUE_LENGTH));
	ask(nl, msg);
}

static struct mnl_socket *queue_open(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	int size = RECEIVE_BUFFER, on = 1, fd;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		bench_die("accept_all: netlink");
	fd = mnl_socket_get_fd(nl);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on));
	queue_bind(nl);
	return nl;
}

static uint32_t packet_id(const struct nlmsghdr *msg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, msg, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFQA_PACKET_HDR) {
			const struct nfqnl_msg_packet_hdr *head =
				mnl_attr_get_payload(attr);

			return head->packet_id;
		}
	}
	return 0;
}

static size_t accept_packet(uint8_t *at, const struct nlmsghdr *packet)
{
	const struct nfqnl_msg_verdict_hdr verdict = {
		.verdict = htonl(NF_ACCEPT), .id = packet_id(packet)
	};
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(packet);
	struct nlmsghdr *msg = message_start(at, NFQNL_MSG_VERDICT);

	((struct nfgenmsg *)mnl_nlmsg_get_payload(msg))->res_id = nfg->res_id;
	mnl_attr_put(msg, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
	return MNL_ALIGN(msg->nlmsg_len);
}

int main(void)
{
	static _Alignas(struct nlmsghdr) uint8_t in[PACKETS][MESSAGE_MAX];
	static _Alignas(struct nlmsghdr) uint8_t out[PACKETS * VERDICT_MAX];
	static struct mmsghdr message[PACKETS];
	static struct iovec part[PACKETS];
	struct mnl_socket *nl = queue_open();
	int fd = mnl_socket_get_fd(nl);

	for (int i = 0; i < PACKETS; i++) {
		part[i] = (struct iovec){ in[i], sizeof(in[i]) };
		message[i].msg_hdr.msg_iov = &part[i];
		message[i].msg_hdr.msg_iovlen = 1;
	}
	bench_background();
	for (;;) {
		int n = recvmmsg(fd, message, PACKETS, MSG_WAITFORONE, NULL);
		size_t used = 0;

		if (n < 0 && errno != EINTR)
			bench_die("accept_all: receive");
		for (int i = 0; i < n; i++) {
			const struct nlmsghdr *msg = (void *)in[i];

			/* An error tells of a packet that is gone. */
			if (msg->nlmsg_type != NLMSG_ERROR)
				used += accept_packet(out + used, msg);
		}
		if (used && send(fd, out, used, 0) < 0)
			bench_die("accept_all: verdict");
	}
}
