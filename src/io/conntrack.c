/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's connection tracking, through ctnetlink. */
#include "io/conntrack.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>

#include "io/cthandle.h"
#include "io/cttuple.h"
#include "io/netlink.h"

static const char *const result_text[] = {
	[CONNTRACK_FINE] = "fine",
	[CONNTRACK_MISSING] = "no such entry in the connection tracking table",
	[CONNTRACK_EXISTS] = "the connection is tracked already",
	[CONNTRACK_FULL] = "no room in the connection tracking table; raise "
			   "net.netfilter.nf_conntrack_max",
	[CONNTRACK_OVER] = "the connection is over",
	[CONNTRACK_GAVE_UP] = "the connection tracking table is too large to "
			      "search; a kernel since 5.8 does it itself",
	[CONNTRACK_LOST] = "events of connection tracking were lost",
	[CONNTRACK_DENIED] = "not permitted to use connection tracking; run as "
			     "root or with CAP_NET_ADMIN",
	[CONNTRACK_UNSUPPORTED] =
		"the kernel has no ctnetlink; load the module "
		"nf_conntrack_netlink",
	[CONNTRACK_FAILED] = "connection tracking refused",
};

const char *conntrack_text(enum conntrack_result result)
{
	return result_text[result];
}

const char *conntrack_why(enum conntrack_result result)
{
	return result == CONNTRACK_FAILED ? strerror(errno)
					  : conntrack_text(result);
}

enum conntrack_result conntrack_open(struct conntrack **out)
{
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_CTNETLINK,
				IPCTNL_MSG_CT_GET_STATS, 0, AF_UNSPEC, 0);
	struct conntrack *ct = calloc(1, sizeof(*ct));
	int error;

	if (!ct)
		return ct_result(-ENOMEM);
	error = netlink_open_for(&ct->nl, msg);
	if (error == 0) {
		*out = ct;
		return CONNTRACK_FINE;
	}
	conntrack_close(ct);
	return ct_result(error);
}

void conntrack_close(struct conntrack *ct)
{
	if (!ct)
		return;
	if (ct->nl)
		mnl_socket_close(ct->nl);
	free(ct);
}

int ct_entry_read(const struct nlmsghdr *msg,
		  void (*look)(const struct nf_conntrack *entry, void *arg),
		  void *arg)
{
	struct nf_conntrack *entry = nfct_new();

	if (!entry)
		return MNL_CB_ERROR;
	if (nfct_nlmsg_parse(msg, entry) >= 0)
		look(entry, arg);
	nfct_destroy(entry);
	return MNL_CB_OK;
}

/* Start a request about the entry one of whose tuples runs from @from to @to;
 * NULL without memory. */
static struct nlmsghdr *tuple_message(struct netlink_request *r, uint16_t type,
				      const struct endpoint *from,
				      const struct endpoint *to)
{
	struct nf_conntrack *entry = nfct_new();
	struct nlmsghdr *msg;

	if (!entry)
		return NULL;
	ct_set_tuple(entry, &ct_orig, from, to);
	msg = netlink_message(r->bytes, NFNL_SUBSYS_CTNETLINK, type, 0,
			      ct_family(&from->addr), 0);
	nfct_nlmsg_build(msg, entry);
	nfct_destroy(entry);
	return msg;
}

int ct_ask_tuple(struct conntrack *ct, const struct endpoint *from,
		 const struct endpoint *to,
		 int (*answer)(const struct nlmsghdr *msg, void *arg),
		 void *arg)
{
	struct netlink_request r;
	struct nlmsghdr *msg = tuple_message(&r, IPCTNL_MSG_CT_GET, from, to);

	return msg ? netlink_ask(ct->nl, msg, answer, arg) : -ENOMEM;
}

/* Taking a mark away, and what came of it. */
struct clearing {
	struct conntrack *ct;
	uint32_t mark;
	enum conntrack_result result;
};

static void clear_look(const struct nf_conntrack *entry, void *arg)
{
	struct clearing *c = arg;
	enum conntrack_result result;
	struct endpoint from, to;

	/* A kernel that does not filter tells of all entries. */
	if ((nfct_get_attr_u32(entry, ATTR_MARK) & c->mark) != c->mark ||
	    !ct_get_tuple(entry, &ct_orig, &from, &to))
		return;
	result = conntrack_mark(c->ct, &from, &to, c->mark, 0);
	if (result != CONNTRACK_FINE && result != CONNTRACK_MISSING)
		c->result = result;
}

static int clear_entry(const struct nlmsghdr *msg, void *arg)
{
	return ct_entry_read(msg, clear_look, arg);
}

/* The dump is on a socket of its own: entries change in the middle of it. */
enum conntrack_result conntrack_mark_clear(struct conntrack *ct, uint32_t mark)
{
	struct clearing c = { .ct = ct, .mark = mark };
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_CTNETLINK,
				IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC, 0);
	struct mnl_socket *nl = netlink_open(0);
	int error;

	if (!nl)
		return ct_result(-errno);
	mnl_attr_put_u32(msg, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(msg, CTA_MARK_MASK, htonl(mark));
	error = netlink_ask(nl, msg, clear_entry, &c);
	mnl_socket_close(nl);
	return error == 0 ? c.result : ct_result(error);
}

/* Who asks whether a connection lives, and what is known so far. */
struct life {
	const struct endpoint *from, *to;
	uint32_t mark;
	bool found, over;
};

static void life_look(const struct nf_conntrack *entry, void *arg)
{
	struct life *l = arg;
	struct endpoint from, to;

	l->found = ct_get_tuple(entry, &ct_orig, &from, &to) &&
		   endpoint_equal(&from, l->from) &&
		   endpoint_equal(&to, l->to) &&
		   (nfct_get_attr_u32(entry, ATTR_MARK) & l->mark) == l->mark;
	l->over = ct_is_over(nfct_get_attr_u8(entry, ATTR_TCP_STATE));
}

static int life_entry(const struct nlmsghdr *msg, void *arg)
{
	return ct_entry_read(msg, life_look, arg);
}

enum conntrack_result conntrack_alive(struct conntrack *ct,
				      const struct endpoint *from,
				      const struct endpoint *to, uint32_t mark)
{
	struct life l = { .from = from, .to = to, .mark = mark };
	int error = ct_ask_tuple(ct, from, to, life_entry, &l);

	if (error == 0 && !l.found)
		error = -ENOENT;
	if (error == 0 && l.over)
		return CONNTRACK_OVER;
	return ct_result(error);
}

/* Send a change of the table; consumes @entry. */
static enum conntrack_result entry_send(struct conntrack *ct, unsigned int type,
					uint16_t flags,
					struct nf_conntrack *entry)
{
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_CTNETLINK, type, flags,
				nfct_get_attr_u8(entry, ATTR_ORIG_L3PROTO), 0);

	nfct_nlmsg_build(msg, entry);
	nfct_destroy(entry);
	return ct_result(netlink_ask(ct->nl, msg, NULL, NULL));
}

enum conntrack_result conntrack_liberal(struct conntrack *ct,
					const struct endpoint *from,
					const struct endpoint *to)
{
	const uint8_t flag = IP_CT_TCP_FLAG_BE_LIBERAL;
	struct nf_conntrack *entry = nfct_new();

	if (!entry)
		return ct_result(-ENOMEM);
	ct_set_tuple(entry, &ct_orig, from, to);
	nfct_set_attr_u8(entry, ATTR_TCP_FLAGS_ORIG, flag);
	nfct_set_attr_u8(entry, ATTR_TCP_MASK_ORIG, flag);
	nfct_set_attr_u8(entry, ATTR_TCP_FLAGS_REPL, flag);
	nfct_set_attr_u8(entry, ATTR_TCP_MASK_REPL, flag);
	return entry_send(ct, IPCTNL_MSG_CT_NEW, 0, entry);
}

/* The library knows no mask for a mark, so these attributes are put by hand. The
 * kernel takes away the bits of the mask and then flips those of the mark. */
enum conntrack_result conntrack_mark(struct conntrack *ct,
				     const struct endpoint *from,
				     const struct endpoint *to, uint32_t mask,
				     uint32_t value)
{
	struct netlink_request r;
	struct nlmsghdr *msg = tuple_message(&r, IPCTNL_MSG_CT_NEW, from, to);

	if (!msg)
		return ct_result(-ENOMEM);
	mnl_attr_put_u32(msg, CTA_MARK, htonl(value));
	mnl_attr_put_u32(msg, CTA_MARK_MASK, htonl(mask));
	return ct_result(netlink_ask(ct->nl, msg, NULL, NULL));
}

/*
 * Where one half is given the kernel settles the other as "not translated".
 * Where neither is, it settles nothing, and every packet of the connection
 * would be shown to the nat table's rules: so say "the source stays".
 */
static void data_translate(struct nf_conntrack *entry,
			   const struct data_entry *d)
{
	bool dnat = !endpoint_equal(&d->dnat_to, &d->to);

	if (dnat) {
		ct_set_addr(entry, ATTR_DNAT_IPV4, ATTR_DNAT_IPV6,
			    &d->dnat_to.addr);
		nfct_set_attr_u16(entry, ATTR_DNAT_PORT,
				  htons(d->dnat_to.port));
	}
	if (!dnat || !addr_equal(&d->snat_to, &d->from.addr))
		ct_set_addr(entry, ATTR_SNAT_IPV4, ATTR_SNAT_IPV6, &d->snat_to);
}

enum conntrack_result conntrack_data_create(struct conntrack *ct,
					    const struct data_entry *data)
{
	struct nf_conntrack *entry = nfct_new();

	if (!entry)
		return ct_result(-ENOMEM);
	ct_set_tuple(entry, &ct_orig, &data->from, &data->to);
	ct_set_tuple(entry, &ct_reply, &data->to, &data->from);
	ct_set_tuple(entry, &ct_master, &data->master_from, &data->master_to);
	data_translate(entry, data);
	nfct_set_attr_u8(entry, ATTR_TCP_STATE, TCP_CONNTRACK_SYN_SENT);
	nfct_set_attr_u32(entry, ATTR_TIMEOUT, CONNTRACK_DATA_TIMEOUT_S);
	nfct_set_attr_u32(entry, ATTR_MARK, data->mark);
	return entry_send(ct, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL,
			  entry);
}

enum conntrack_result conntrack_data_delete(struct conntrack *ct,
					    const struct data_entry *data)
{
	struct nf_conntrack *entry = nfct_new();

	if (!entry)
		return ct_result(-ENOMEM);
	ct_set_tuple(entry, &ct_orig, &data->from, &data->to);
	return entry_send(ct, IPCTNL_MSG_CT_DELETE, 0, entry);
}
