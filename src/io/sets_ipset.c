/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's sets of open pinholes, in ipset's own netlink protocol.
 *
 * libipset is not used: it keeps its list of set types and its cache of sets in
 * variables of the process, without a lock, so that only one thread could ever
 * change a set. It also takes 12 us for an element where this takes 3. What is
 * left to do is small: five messages of up to ten attributes.
 */
#include "io/sets_kind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>

/* 7 renumbered sets; what is used here is the same in 6 (Linux 2.6.39). */
#define PROTOCOL 6

/* Of both types: the kernel has 0, but no ipset program lists that. */
#define REVISION 1

/* hash types answer a full table with the first type-specific error. */
#define ERROR_HASH_FULL IPSET_ERR_TYPE_SPECIFIC

/* Under this name the new set is made that takes the place of an old one. */
#define TEMPORARY_NAME "sallyport-new"

/* Two for each family: the pinholes, then their ports. */
static const struct set_name {
	const char *name;
	uint8_t family;
	const char *type;
} set_names[] = {
	{ SETS_NAME_V4, AF_INET, SETS_TYPE },
	{ SETS_NAME_V4 SETS_PORT_SUFFIX, AF_INET, SETS_PORT_TYPE },
	{ SETS_NAME_V6, AF_INET6, SETS_TYPE },
	{ SETS_NAME_V6 SETS_PORT_SUFFIX, AF_INET6, SETS_PORT_TYPE },
};

#define SETS (sizeof(set_names) / sizeof(set_names[0]))

/* By command where it matters. */
static const struct sets_meaning meanings[] = {
	{ ENOENT, SETS_MISSING },
	{ ERROR_HASH_FULL, SETS_FULL },
	{ IPSET_ERR_BUSY, SETS_IN_USE },
	{ IPSET_ERR_REFERENCED, SETS_IN_USE },
	{ EEXIST, SETS_OTHER },
	{ IPSET_ERR_TYPE_MISMATCH, SETS_OTHER },
	{ EPERM, SETS_DENIED },
	{ EPROTONOSUPPORT, SETS_UNSUPPORTED },
	{ IPSET_ERR_FIND_TYPE, SETS_UNSUPPORTED },
};

static struct nlmsghdr *set_message(void *buf, unsigned int command,
				    const struct set_name *set)
{
	struct nlmsghdr *msg = netlink_message(buf, NFNL_SUBSYS_IPSET, command,
					       0, set->family, 0);

	mnl_attr_put_u8(msg, IPSET_ATTR_PROTOCOL, PROTOCOL);
	mnl_attr_put_strz(msg, IPSET_ATTR_SETNAME, set->name);
	return msg;
}

static int ipset_open(struct mnl_socket **out)
{
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_IPSET, IPSET_CMD_PROTOCOL,
				0, AF_UNSPEC, 0);

	mnl_attr_put_u8(msg, IPSET_ATTR_PROTOCOL, PROTOCOL);
	return netlink_open_for(out, msg);
}

static int ipset_there(struct mnl_socket *nl)
{
	struct netlink_request r;
	int error = -ENOENT;

	for (size_t i = 0; i < SETS && error == -ENOENT; i++)
		error = netlink_ask(nl,
				    set_message(r.bytes, IPSET_CMD_HEADER,
						&set_names[i]),
				    NULL, NULL);
	return error;
}

static int set_make(struct mnl_socket *nl, const struct set_name *set,
		    uint32_t max)
{
	struct netlink_request r;
	struct nlmsghdr *msg = set_message(r.bytes, IPSET_CMD_CREATE, set);
	struct nlattr *data;

	mnl_attr_put_strz(msg, IPSET_ATTR_TYPENAME, set->type);
	mnl_attr_put_u8(msg, IPSET_ATTR_REVISION, REVISION);
	mnl_attr_put_u8(msg, IPSET_ATTR_FAMILY, set->family);
	data = mnl_attr_nest_start(msg, IPSET_ATTR_DATA);
	mnl_attr_put_u32(msg, IPSET_ATTR_TIMEOUT | NLA_F_NET_BYTEORDER,
			 htonl(SETS_DEFAULT_TIMEOUT_S));
	mnl_attr_put_u32(msg, IPSET_ATTR_MAXELEM | NLA_F_NET_BYTEORDER,
			 htonl(max));
	mnl_attr_nest_end(msg, data);
	return netlink_ask(nl, msg, NULL, NULL);
}

static int set_unmake(struct mnl_socket *nl, const struct set_name *set)
{
	struct netlink_request r;
	struct nlmsghdr *msg = set_message(r.bytes, IPSET_CMD_DESTROY, set);
	int error = netlink_ask(nl, msg, NULL, NULL);

	return error == -ENOENT ? 0 : error;
}

/* A set of another size has the name: rules go on naming it, so swap. */
static int set_replace(struct mnl_socket *nl, const struct set_name *set,
		       uint32_t max)
{
	const struct set_name temporary = { TEMPORARY_NAME, set->family,
					    set->type };
	struct netlink_request r;
	struct nlmsghdr *msg;
	int error = set_unmake(nl, &temporary);

	if (error == 0)
		error = set_make(nl, &temporary, max);
	if (error < 0)
		return error;
	msg = set_message(r.bytes, IPSET_CMD_SWAP, &temporary);
	mnl_attr_put_strz(msg, IPSET_ATTR_SETNAME2, set->name);
	error = netlink_ask(nl, msg, NULL, NULL);
	set_unmake(nl, &temporary);
	return error;
}

int sets_ipset_create(struct mnl_socket *nl, uint32_t max)
{
	int error = 0;

	for (size_t i = 0; i < SETS && error == 0; i++) {
		error = set_make(nl, &set_names[i], max);
		if (error == -EEXIST)
			error = set_replace(nl, &set_names[i], max);
	}
	return error;
}

int sets_ipset_destroy(struct mnl_socket *nl)
{
	int first = 0;

	for (size_t i = 0; i < SETS; i++) {
		int error = set_unmake(nl, &set_names[i]);

		if (first == 0)
			first = error;
	}
	return first;
}

static void put_addr(struct nlmsghdr *msg, uint16_t type, const struct addr *a)
{
	struct nlattr *nest = mnl_attr_nest_start(msg, type);

	if (addr_is_v4(a))
		mnl_attr_put(msg, IPSET_ATTR_IPADDR_IPV4 | NLA_F_NET_BYTEORDER,
			     4, addr_v4_bytes(a));
	else
		mnl_attr_put(msg, IPSET_ATTR_IPADDR_IPV6 | NLA_F_NET_BYTEORDER,
			     16, a->b);
	mnl_attr_nest_end(msg, nest);
}

/* Append a message of one element; gives the end of it. */
static uint8_t *put_element(uint8_t *at, unsigned int command,
			    const struct set_name *set,
			    const struct pinhole_key *key, uint32_t timeout_s)
{
	struct nlmsghdr *msg = set_message(at, command, set);
	struct nlattr *data = mnl_attr_nest_start(msg, IPSET_ATTR_DATA);
	bool by_peer = strcmp(set->type, SETS_TYPE) == 0;

	put_addr(msg, IPSET_ATTR_IP, by_peer ? &key->from : &key->to.addr);
	mnl_attr_put_u16(msg, IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER,
			 htons(key->to.port));
	mnl_attr_put_u8(msg, IPSET_ATTR_PROTO, IPPROTO_TCP);
	if (by_peer)
		put_addr(msg, IPSET_ATTR_IP2, &key->to.addr);
	if (timeout_s > 0)
		mnl_attr_put_u32(msg, IPSET_ATTR_TIMEOUT | NLA_F_NET_BYTEORDER,
				 htonl(timeout_s));
	mnl_attr_nest_end(msg, data);
	return mnl_nlmsg_get_payload_tail(msg);
}

/* Add or delete in both sets of the family; @timeout_s 0: none is given. */
static int element_change(struct mnl_socket *nl, unsigned int command,
			  const struct pinhole_key *key, uint32_t timeout_s)
{
	const struct set_name *set =
		&set_names[addr_is_v4(&key->to.addr) ? 0 : 2];
	struct netlink_request r;
	uint8_t *end = put_element(r.bytes, command, &set[0], key, timeout_s);

	end = put_element(end, command, &set[1], key, timeout_s);
	return netlink_do_all(nl, r.bytes, (size_t)(end - r.bytes));
}

static int ipset_add(struct mnl_socket *nl, const struct pinhole_key *key,
		     uint32_t timeout_s)
{
	return element_change(nl, IPSET_CMD_ADD, key, timeout_s);
}

static int ipset_del(struct mnl_socket *nl, const struct pinhole_key *key)
{
	return element_change(nl, IPSET_CMD_DEL, key, 0);
}

const struct sets_backend sets_ipset = {
	.open = ipset_open,
	.there = ipset_there,
	.add = ipset_add,
	.del = ipset_del,
	.meaning = meanings,
	.meanings = sizeof(meanings) / sizeof(meanings[0]),
};
