/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's sets of open pinholes, in ipset's own netlink protocol.
 *
 * libipset is not used: it keeps its list of set types and its cache of sets in
 * variables of the process, without a lock, so that only one thread could ever
 * change a set. It also takes 12 us for an element where this takes 3. What is
 * left to do is small: five messages of up to ten attributes.
 */
#include "io/sets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>

#include "io/netlink.h"

/* 7 renumbered sets; what is used here is the same in 6 (Linux 2.6.39). */
#define PROTOCOL 6

/* Of both types: the kernel has 0, but no ipset program lists that. */
#define REVISION 1

/* The kernel's IPSET_MAX_TIMEOUT: milliseconds in 31 bits. */
#define TIMEOUT_MAX_S (INT32_MAX / 1000)

/* Microseconds in a second. */
#define US 1000000

/* hash types answer a full table with the first type-specific error. */
#define ERROR_HASH_FULL IPSET_ERR_TYPE_SPECIFIC

/* Under this name the new set is made that takes the place of an old one. */
#define TEMPORARY_NAME "sallyport-new"

struct sets {
	struct mnl_socket *nl;
};

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

static const char *const result_text[] = {
	[SETS_FINE] = "fine",
	[SETS_MISSING] = "the set is not there; load the rules: sallyport "
			 "rules --load",
	[SETS_FULL] = "the set is full; raise limits.pinholes and load the "
		      "rules again",
	[SETS_IN_USE] = "a rule of somebody else still names the set; remove "
			"that rule",
	[SETS_OTHER] = "a set of that name but of another kind is there; "
		       "destroy or rename it",
	[SETS_DENIED] = "not permitted to change sets; run as root or with "
			"CAP_NET_ADMIN",
	[SETS_UNSUPPORTED] = "the kernel has no such sets; load the module "
			     "ip_set_hash_ipportip",
	[SETS_FAILED] = "the kernel refused the set",
};

const char *sets_text(enum sets_result result)
{
	return result_text[result];
}

/* What the kernel's errors mean, by command where it matters. */
static const struct {
	int error;
	enum sets_result result;
} result_of[] = {
	{ 0, SETS_FINE },
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

static enum sets_result sets_result(int error)
{
	errno = error;
	for (size_t i = 0; i < sizeof(result_of) / sizeof(result_of[0]); i++)
		if (result_of[i].error == error)
			return result_of[i].result;
	return SETS_FAILED;
}

static struct nlmsghdr *set_message(struct netlink_request *r,
				    unsigned int command,
				    const struct set_name *set)
{
	struct nlmsghdr *msg = netlink_message(r->bytes, NFNL_SUBSYS_IPSET,
					       command, 0, set->family, 0);

	mnl_attr_put_u8(msg, IPSET_ATTR_PROTOCOL, PROTOCOL);
	mnl_attr_put_strz(msg, IPSET_ATTR_SETNAME, set->name);
	return msg;
}

enum sets_result sets_open(struct sets **out)
{
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_IPSET, IPSET_CMD_PROTOCOL,
				0, AF_UNSPEC, 0);
	struct sets *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return sets_result(ENOMEM);
	mnl_attr_put_u8(msg, IPSET_ATTR_PROTOCOL, PROTOCOL);
	error = netlink_open_for(&s->nl, msg);
	if (error == 0) {
		*out = s;
		return SETS_FINE;
	}
	sets_close(s);
	return sets_result(-error);
}

void sets_close(struct sets *s)
{
	if (!s)
		return;
	if (s->nl)
		mnl_socket_close(s->nl);
	free(s);
}

static int set_make(struct sets *s, const struct set_name *set, uint32_t max)
{
	struct netlink_request r;
	struct nlmsghdr *msg = set_message(&r, IPSET_CMD_CREATE, set);
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
	return netlink_ask(s->nl, msg, NULL, NULL);
}

static int set_unmake(struct sets *s, const struct set_name *set)
{
	struct netlink_request r;
	struct nlmsghdr *msg = set_message(&r, IPSET_CMD_DESTROY, set);
	int error = netlink_ask(s->nl, msg, NULL, NULL);

	return error == -ENOENT ? 0 : error;
}

/* A set of another size has the name: rules go on naming it, so swap. */
static int set_replace(struct sets *s, const struct set_name *set, uint32_t max)
{
	const struct set_name temporary = { TEMPORARY_NAME, set->family,
					    set->type };
	struct netlink_request r;
	struct nlmsghdr *msg;
	int error = set_unmake(s, &temporary);

	if (error == 0)
		error = set_make(s, &temporary, max);
	if (error < 0)
		return error;
	msg = set_message(&r, IPSET_CMD_SWAP, &temporary);
	mnl_attr_put_strz(msg, IPSET_ATTR_SETNAME2, set->name);
	error = netlink_ask(s->nl, msg, NULL, NULL);
	set_unmake(s, &temporary);
	return error;
}

enum sets_result sets_create(struct sets *s, uint32_t max)
{
	for (size_t i = 0; i < SETS; i++) {
		int error = set_make(s, &set_names[i], max);

		if (error == -EEXIST)
			error = set_replace(s, &set_names[i], max);
		if (error < 0)
			return sets_result(-error);
	}
	return SETS_FINE;
}

enum sets_result sets_destroy(struct sets *s)
{
	int first = 0;

	for (size_t i = 0; i < SETS; i++) {
		int error = set_unmake(s, &set_names[i]);

		if (first == 0)
			first = error;
	}
	return sets_result(-first);
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

static struct nlmsghdr *element_message(struct netlink_request *r,
					const struct set_name *set,
					unsigned int command,
					const struct pinhole_key *key,
					uint32_t timeout_s)
{
	struct nlmsghdr *msg = set_message(r, command, set);
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
	return msg;
}

/* Add or delete in both sets of the family; @timeout_s 0: none is given. */
static enum sets_result element_change(struct sets *s, unsigned int command,
				       const struct pinhole_key *key,
				       uint32_t timeout_s)
{
	const struct set_name *set =
		&set_names[addr_is_v4(&key->to.addr) ? 0 : 2];
	struct netlink_request r[2];
	struct nlmsghdr *hole =
		element_message(&r[0], &set[0], command, key, timeout_s);
	struct nlmsghdr *port =
		element_message(&r[1], &set[1], command, key, timeout_s);

	return sets_result(-netlink_do_both(s->nl, hole, port));
}

enum sets_result sets_add(struct sets *s, const struct pinhole_key *key,
			  uint64_t timeout_us)
{
	uint64_t seconds = timeout_us / US + (timeout_us % US > 0);

	/* 0 would be for ever. */
	if (seconds == 0)
		seconds = 1;
	if (seconds > TIMEOUT_MAX_S)
		seconds = TIMEOUT_MAX_S;
	return element_change(s, IPSET_CMD_ADD, key, (uint32_t)seconds);
}

enum sets_result sets_del(struct sets *s, const struct pinhole_key *key)
{
	return element_change(s, IPSET_CMD_DEL, key, 0);
}
