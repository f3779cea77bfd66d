/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sets of open pinholes in the table "inet sallyport" of nf_tables.
 *
 * Elements are written with libnftnl, on which libnftables and nft are built.
 * The rules are loaded through libnftables, but a pinhole is opened while the
 * packet that announces it is held, and every change makes libnftables forget
 * what it knows: before the next it lists all tables, chains, sets and objects
 * of the host anew. That takes 200 us with our table alone, 600 to 1200 us
 * where the user's own rules have 300 chains, and this takes 16 us whatever
 * they have (Linux 6.18, both sets, 10,000 elements in them).
 *
 * Each change is a batch, which the kernel carries out as a whole or not at
 * all.
 */
#include "io/sets_kind.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* An element of a pinhole over IPv6 takes below 200 bytes. */
#define MESSAGE_MAX 256

/* For each of two sets: in, out, and in again. */
#define BATCH_MAX ((2 * 3 + 2) * MESSAGE_MAX)

/* Milliseconds in a second. */
#define MS 1000u

/* In a concatenation each part takes whole words of four bytes. */
#define PORT_LEN     4
#define KEY_LEN(ip)  (2 * (ip) + PORT_LEN)
#define PORT_KEY(ip) ((ip) + PORT_LEN)

/* An address over IPv4 and one over IPv6. */
#define V4_LEN 4
#define V6_LEN 16

static const struct table_set {
	const char *name;
	uint8_t key_len;
	bool by_peer; /* else whoever knocks */
} table_sets[] = {
	{ SETS_NAME_V4, KEY_LEN(V4_LEN), true },
	{ SETS_NAME_V4 SETS_PORT_SUFFIX, PORT_KEY(V4_LEN), false },
	{ SETS_NAME_V6, KEY_LEN(V6_LEN), true },
	{ SETS_NAME_V6 SETS_PORT_SUFFIX, PORT_KEY(V6_LEN), false },
};

#define SETS        (sizeof(table_sets) / sizeof(table_sets[0]))
#define FAMILY_SETS 2

static const struct sets_meaning meanings[] = {
	{ ENOENT, SETS_MISSING }, { ENFILE, SETS_FULL },
	{ EINVAL, SETS_OTHER }, /* keys of another length */
	{ EPERM, SETS_DENIED },   { EPROTONOSUPPORT, SETS_UNSUPPORTED },
};

static int nft_open(struct mnl_socket **out)
{
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN,
				0, NFPROTO_UNSPEC, 0);

	return netlink_open_for(out, msg);
}

/* A set of that name in our table, to ask or tell the kernel about; NULL: no
 * memory. */
static struct nftnl_set *set_named(const char *name)
{
	struct nftnl_set *set = nftnl_set_alloc();

	if (set && (nftnl_set_set_str(set, NFTNL_SET_TABLE, SETS_TABLE) < 0 ||
		    nftnl_set_set_str(set, NFTNL_SET_NAME, name) < 0)) {
		nftnl_set_free(set);
		return NULL;
	}
	return set;
}

static int set_read(const struct nlmsghdr *msg, void *arg)
{
	return nftnl_set_nlmsg_parse(msg, arg) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

/* A set of our table as it is, which the caller frees; NULL: *@error says why
 * not. */
static struct nftnl_set *set_ask(struct mnl_socket *nl, const char *name,
				 int *error)
{
	char buf[NETLINK_REQUEST_MAX];
	struct nftnl_set *set = set_named(name);
	struct nlmsghdr *msg;

	*error = -ENOMEM;
	if (!set)
		return NULL;
	msg = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSET, NFPROTO_INET, 0, 0);
	nftnl_set_nlmsg_build_payload(msg, set);
	*error = netlink_ask(nl, msg, set_read, set);
	if (*error == 0)
		return set;
	nftnl_set_free(set);
	return NULL;
}

static int nft_there(struct mnl_socket *nl)
{
	int error = -ENOENT;

	for (size_t i = 0; i < SETS && error == -ENOENT; i++) {
		struct nftnl_set *set = set_ask(nl, table_sets[i].name, &error);

		if (set)
			nftnl_set_free(set);
	}
	return error;
}

static bool set_differs(const struct table_set *of, struct nftnl_set *is,
			uint32_t max)
{
	return nftnl_set_get_u32(is, NFTNL_SET_DESC_SIZE) !=
		       SETS_NFT_SIZE(max) ||
	       nftnl_set_get_u32(is, NFTNL_SET_KEY_LEN) != of->key_len ||
	       nftnl_set_get_u32(is, NFTNL_SET_FLAGS) != NFT_SET_TIMEOUT;
}

bool sets_nft_differ(struct mnl_socket *nl, uint32_t max)
{
	bool differ = false;

	for (size_t i = 0; i < SETS && !differ; i++) {
		int error;
		struct nftnl_set *set = set_ask(nl, table_sets[i].name, &error);

		if (!set)
			continue;
		differ = set_differs(&table_sets[i], set, max);
		nftnl_set_free(set);
	}
	return differ;
}

static uint8_t *put_addr(uint8_t *at, const struct addr *a)
{
	if (addr_is_v4(a)) {
		memcpy(at, addr_v4_bytes(a), V4_LEN);
		return at + V4_LEN;
	}
	memcpy(at, a->b, V6_LEN);
	return at + V6_LEN;
}

static uint8_t *put_port(uint8_t *at, uint16_t port)
{
	const uint8_t word[PORT_LEN] = { (uint8_t)(port >> 8), (uint8_t)port };

	memcpy(at, word, PORT_LEN);
	return at + PORT_LEN;
}

/* ip saddr . tcp dport . ip daddr, or ip daddr . tcp dport */
static void put_key(uint8_t *at, const struct table_set *of,
		    const struct pinhole_key *key)
{
	at = put_addr(at, of->by_peer ? &key->from : &key->to.addr);
	at = put_port(at, key->to.port);
	if (of->by_peer)
		put_addr(at, &key->to.addr);
}

/* The set with this element alone, as a message has it; NULL: no memory. */
static struct nftnl_set *set_of_one(const struct table_set *of,
				    const struct pinhole_key *key,
				    uint32_t timeout_s)
{
	struct nftnl_set *set = set_named(of->name);
	struct nftnl_set_elem *elem = set ? nftnl_set_elem_alloc() : NULL;
	uint8_t bytes[KEY_LEN(V6_LEN)];

	if (set && !elem)
		nftnl_set_free(set);
	if (!elem)
		return NULL;
	nftnl_set_elem_add(set, elem);
	put_key(bytes, of, key);
	if (nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, bytes, of->key_len) <
	    0) {
		nftnl_set_free(set);
		return NULL;
	}
	if (timeout_s > 0)
		nftnl_set_elem_set_u64(elem, NFTNL_SET_ELEM_TIMEOUT,
				       (uint64_t)timeout_s * MS);
	return set;
}

struct batch {
	_Alignas(struct nlmsghdr) char bytes[BATCH_MAX];
	size_t len;
};

static void batch_put(struct batch *b, const struct nlmsghdr *msg)
{
	b->len += MNL_ALIGN(msg->nlmsg_len);
}

static void batch_begin(struct batch *b)
{
	b->len = 0;
	batch_put(b, nftnl_batch_begin(b->bytes, 0));
}

static int batch_do(struct batch *b, struct mnl_socket *nl)
{
	batch_put(b, nftnl_batch_end(b->bytes + b->len, 0));
	return netlink_do_all(nl, b->bytes, b->len);
}

static void batch_put_element(struct batch *b, uint16_t command,
			      struct nftnl_set *set)
{
	struct nlmsghdr *msg = nftnl_nlmsg_build_hdr(
		b->bytes + b->len, command, NFPROTO_INET,
		command == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, 0);

	nftnl_set_elems_nlmsg_build_payload(msg, set);
	batch_put(b, msg);
}

/* Before Linux 6.12 an element that is there keeps its time when it is added
 * again; and one that is not there cannot be deleted. */
static int put_anew(struct batch *b, const struct table_set *of,
		    const struct pinhole_key *key, uint32_t timeout_s)
{
	struct nftnl_set *set = set_of_one(of, key, timeout_s);

	if (!set)
		return -ENOMEM;
	batch_put_element(b, NFT_MSG_NEWSETELEM, set);
	batch_put_element(b, NFT_MSG_DELSETELEM, set);
	batch_put_element(b, NFT_MSG_NEWSETELEM, set);
	nftnl_set_free(set);
	return 0;
}

/* The first of the family's two sets. */
static const struct table_set *sets_of(const struct pinhole_key *key)
{
	return &table_sets[addr_is_v4(&key->to.addr) ? 0 : FAMILY_SETS];
}

static int nft_add(struct mnl_socket *nl, const struct pinhole_key *key,
		   uint32_t timeout_s)
{
	const struct table_set *of = sets_of(key);
	struct batch b;
	int error = 0;

	batch_begin(&b);
	for (size_t i = 0; i < FAMILY_SETS && error == 0; i++)
		error = put_anew(&b, &of[i], key, timeout_s);
	return error < 0 ? error : batch_do(&b, nl);
}

/* A batch for each set: one element may be gone before the other. */
static int nft_del(struct mnl_socket *nl, const struct pinhole_key *key)
{
	const struct table_set *of = sets_of(key);
	int error = 0;

	for (size_t i = 0; i < FAMILY_SETS && error == 0; i++) {
		struct nftnl_set *set = set_of_one(&of[i], key, 0);
		struct batch b;

		if (!set)
			return -ENOMEM;
		batch_begin(&b);
		batch_put_element(&b, NFT_MSG_DELSETELEM, set);
		nftnl_set_free(set);
		error = batch_do(&b, nl);
		if (error == -ENOENT)
			error = 0;
	}
	return error;
}

const struct sets_backend sets_nft = {
	.open = nft_open,
	.there = nft_there,
	.add = nft_add,
	.del = nft_del,
	.meaning = meanings,
	.meanings = sizeof(meanings) / sizeof(meanings[0]),
};
