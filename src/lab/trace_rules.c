/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of a file the kernel calls by which handle. */
#include "lab/trace.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "io/netlink.h"

/* The kernel lists a chain's rules in their order, one chain after another. */
struct walk {
	struct trace_rules *out;
	const struct rulefile *f;
	const struct rulefile_chain *chain;
	uint32_t next; /* rule of the chain that comes next */
};

struct told {
	struct span table, chain;
	uint64_t handle;
};

static struct span name_of(const struct nlattr *attr)
{
	struct span s = span_of(mnl_attr_get_payload(attr),
				mnl_attr_get_payload_len(attr));

	return span_sub(s, 0, span_find(s, '\0'));
}

static int keep_attr(const struct nlattr *attr, void *arg)
{
	struct told *told = arg;

	switch (mnl_attr_get_type(attr)) {
	case NFTA_RULE_TABLE:
		told->table = name_of(attr);
		break;
	case NFTA_RULE_CHAIN:
		told->chain = name_of(attr);
		break;
	case NFTA_RULE_HANDLE:
		told->handle = be64toh(mnl_attr_get_u64(attr));
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

/* Rules with a problem are not in the kernel. */
static uint32_t loaded(const struct rulefile *f, uint32_t rule)
{
	while (rule != RULEFILE_NONE && f->rule[rule].problem)
		rule = f->rule[rule].next;
	return rule;
}

static void pair(struct walk *w, uint64_t handle)
{
	struct trace_rules *out = w->out;
	size_t room = out->room ? 2 * out->room : 256;
	struct trace_rule *grown;

	if (out->count == out->room) {
		grown = realloc(out->at, room * sizeof(*grown));
		if (!grown) {
			out->failed = true;
			return;
		}
		out->at = grown;
		out->room = room;
	}
	out->at[out->count++] = (struct trace_rule){ handle, w->next };
	w->next = loaded(w->f, w->f->rule[w->next].next);
}

/* --- chains ------------------------------------------------------------------------- */

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet ";
	case NFPROTO_IPV4:
		return "ip ";
	case NFPROTO_IPV6:
		return "ip6 ";
	case NFPROTO_BRIDGE:
		return "bridge ";
	default:
		return "";
	}
}

const struct rulefile_chain *trace_chain(const struct rulefile *f,
					 const struct trace_place *place)
{
	char table[TRACE_NAME_MAX + sizeof("bridge ")];

	snprintf(table, sizeof(table), "%s%s",
		 f->nft ? family_name(place->family) : "", place->table);
	return rulefile_chain(f, span_str(table), span_str(place->chain));
}

static void copy(char out[TRACE_NAME_MAX], struct span s)
{
	size_t len = s.len < TRACE_NAME_MAX - 1 ? s.len : TRACE_NAME_MAX - 1;

	memcpy(out, s.at, len);
	out[len] = '\0';
}

static const struct rulefile_chain *
chain_told(const struct rulefile *f, uint8_t family, const struct told *told)
{
	struct trace_place place = { .family = family };

	copy(place.table, told->table);
	copy(place.chain, told->chain);
	return trace_chain(f, &place);
}

static int take_rule(const struct nlmsghdr *msg, void *arg)
{
	const struct nfgenmsg *nf = mnl_nlmsg_get_payload(msg);
	const struct rulefile_chain *chain;
	struct told told = { .handle = 0 };
	struct walk *w = arg;

	mnl_attr_parse(msg, sizeof(struct nfgenmsg), keep_attr, &told);
	if (!told.table.at || !told.chain.at)
		return MNL_CB_OK;
	chain = chain_told(w->f, nf->nfgen_family, &told);
	if (chain != w->chain) {
		w->chain = chain;
		w->next = chain ? loaded(w->f, chain->first) : RULEFILE_NONE;
	}
	if (w->next != RULEFILE_NONE)
		pair(w, told.handle);
	return MNL_CB_OK;
}

int trace_rules_read(struct trace_rules *out, uint8_t family,
		     const struct rulefile *f)
{
	struct walk w = { .out = out, .f = f, .next = RULEFILE_NONE };
	struct netlink_request request;
	struct mnl_socket *nl = netlink_open(0);
	int error;

	*out = (struct trace_rules){ .count = 0 };
	if (!nl)
		return -errno;
	error = netlink_ask(nl,
			    netlink_message(request.bytes, NFNL_SUBSYS_NFTABLES,
					    NFT_MSG_GETRULE, NLM_F_DUMP, family,
					    0),
			    take_rule, &w);
	mnl_socket_close(nl);
	return error == 0 && out->failed ? -ENOMEM : error;
}

void trace_rules_free(struct trace_rules *r)
{
	free(r->at);
	*r = (struct trace_rules){ .count = 0 };
}

uint32_t trace_rules_find(const struct trace_rules *r, const struct rulefile *f,
			  const struct trace_place *place)
{
	const struct rulefile_chain *c = trace_chain(f, place);

	if (!c)
		return RULEFILE_NONE;
	if (place->handle == 0)
		return c->policy;
	/* Handles count anew in each table. */
	for (size_t i = 0; i < r->count; i++)
		if (r->at[i].handle == place->handle &&
		    &f->chain[f->rule[r->at[i].rule].chain] == c)
			return r->at[i].rule;
	return RULEFILE_NONE;
}
