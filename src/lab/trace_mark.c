/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table that marks packets for tracing:
 *
 *	table inet sallyport-trace {
 *		chain in {
 *			type filter hook prerouting priority -400;
 *			meta nftrace set 1
 *		}
 *		chain out {
 *			type filter hook output priority -400;
 *			meta nftrace set 1
 *		}
 *		chain gone {
 *			type filter hook postrouting priority 400;
 *		}
 *	}
 *
 * The last one only makes the kernel tell of packets that leave, and where.
 */
#include "lab/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "io/netlink.h"

/* Before raw (-300), and after source translation (100). */
#define FIRST (-400)
#define LAST  400

/* The whole transaction is some 600 bytes. */
#define BATCH_MAX 4096

struct batch {
	_Alignas(struct nlmsghdr) uint8_t bytes[BATCH_MAX];
	size_t len;
	uint32_t seq;
};

static struct nlmsghdr *message(struct batch *b, uint16_t type, uint16_t flags,
				uint8_t family)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(b->bytes + b->len);
	struct nfgenmsg *nf;

	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	msg->nlmsg_seq = b->seq++;
	nf = mnl_nlmsg_put_extra_header(msg, sizeof(*nf));
	nf->nfgen_family = family;
	nf->version = NFNETLINK_V0;
	nf->res_id = 0;
	return msg;
}

/* The kernel takes what stands between these as one change. */
static void edge(struct batch *b, uint16_t type)
{
	struct nlmsghdr *msg = message(b, type, 0, AF_UNSPEC);
	struct nfgenmsg *nf = mnl_nlmsg_get_payload(msg);

	nf->res_id = htons(NFNL_SUBSYS_NFTABLES);
	b->len += msg->nlmsg_len;
}

static struct nlmsghdr *change(struct batch *b, uint16_t type)
{
	return message(b, NFNL_SUBSYS_NFTABLES << 8 | type,
		       NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
}

static void put_table(struct batch *b)
{
	struct nlmsghdr *msg = change(b, NFT_MSG_NEWTABLE);

	mnl_attr_put_strz(msg, NFTA_TABLE_NAME, TRACE_TABLE);
	b->len += msg->nlmsg_len;
}

static void put_chain(struct batch *b, const char *name, uint32_t hook,
		      int32_t priority)
{
	struct nlmsghdr *msg = change(b, NFT_MSG_NEWCHAIN);
	struct nlattr *nest;

	mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, TRACE_TABLE);
	mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, name);
	nest = mnl_attr_nest_start(msg, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(msg, NFTA_HOOK_HOOKNUM, htonl(hook));
	mnl_attr_put_u32(msg, NFTA_HOOK_PRIORITY, htonl((uint32_t)priority));
	mnl_attr_nest_end(msg, nest);
	mnl_attr_put_strz(msg, NFTA_CHAIN_TYPE, "filter");
	b->len += msg->nlmsg_len;
}

/* Register 1 = 1 */
static void put_immediate(struct nlmsghdr *msg)
{
	struct nlattr *element = mnl_attr_nest_start(msg, NFTA_LIST_ELEM);
	struct nlattr *data, *value;

	mnl_attr_put_strz(msg, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(msg, NFTA_EXPR_DATA);
	mnl_attr_put_u32(msg, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_1));
	value = mnl_attr_nest_start(msg, NFTA_IMMEDIATE_DATA);
	mnl_attr_put_u8(msg, NFTA_DATA_VALUE, 1);
	mnl_attr_nest_end(msg, value);
	mnl_attr_nest_end(msg, data);
	mnl_attr_nest_end(msg, element);
}

/* meta nftrace = register 1 */
static void put_meta(struct nlmsghdr *msg)
{
	struct nlattr *element = mnl_attr_nest_start(msg, NFTA_LIST_ELEM);
	struct nlattr *data;

	mnl_attr_put_strz(msg, NFTA_EXPR_NAME, "meta");
	data = mnl_attr_nest_start(msg, NFTA_EXPR_DATA);
	mnl_attr_put_u32(msg, NFTA_META_KEY, htonl(NFT_META_NFTRACE));
	mnl_attr_put_u32(msg, NFTA_META_SREG, htonl(NFT_REG_1));
	mnl_attr_nest_end(msg, data);
	mnl_attr_nest_end(msg, element);
}

static void put_rule(struct batch *b, const char *chain)
{
	struct nlmsghdr *msg = change(b, NFT_MSG_NEWRULE);
	struct nlattr *nest;

	mnl_attr_put_strz(msg, NFTA_RULE_TABLE, TRACE_TABLE);
	mnl_attr_put_strz(msg, NFTA_RULE_CHAIN, chain);
	nest = mnl_attr_nest_start(msg, NFTA_RULE_EXPRESSIONS);
	put_immediate(msg);
	put_meta(msg);
	mnl_attr_nest_end(msg, nest);
	/* The last message asks for the only acknowledgement. */
	if (strcmp(chain, "out") == 0)
		msg->nlmsg_flags |= NLM_F_ACK;
	b->len += msg->nlmsg_len;
}

int trace_mark(struct mnl_socket *nl)
{
	struct batch b = { .len = 0, .seq = (uint32_t)time(NULL) };
	_Alignas(struct nlmsghdr) uint8_t answer[BATCH_MAX];
	ssize_t len;

	edge(&b, NFNL_MSG_BATCH_BEGIN);
	put_table(&b);
	put_chain(&b, "in", NF_INET_PRE_ROUTING, FIRST);
	put_chain(&b, "out", NF_INET_LOCAL_OUT, FIRST);
	put_chain(&b, "gone", NF_INET_POST_ROUTING, LAST);
	put_rule(&b, "in");
	put_rule(&b, "out");
	edge(&b, NFNL_MSG_BATCH_END);
	if (mnl_socket_sendto(nl, b.bytes, b.len) < 0)
		return -errno;
	len = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (len < 0)
		return -errno;
	return mnl_cb_run(answer, (size_t)len, 0, 0, NULL, NULL) < 0 ? -errno
								     : 0;
}
