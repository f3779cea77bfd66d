/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own word on which rule decided about which packet. */
#include "lab/trace.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "io/netlink.h"

/* The kernel puts each of its words into a buffer of a kilobyte: a thousand of
 * them. */
#define RECEIVE_BYTES (4 << 20)

#define EVENT_MAX 16384

#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_ACK 0x10

struct trace {
	struct mnl_socket *nl;
	enum trace_role (*role)(void *arg, const struct trace_place *place);
	void *arg;
	struct trace_packet packet[TRACE_PACKETS_MAX];
	uint32_t packets; /* that came; the last ones are kept */
	bool lost;
};

/* What one event says. */
struct word {
	uint8_t family;
	const struct nlattr *attr[NFTA_TRACE_MAX + 1];
};

/* --- packets -------------------------------------------------------------------- */

static struct trace_packet *slot(struct trace *t, uint32_t i)
{
	return &t->packet[i % TRACE_PACKETS_MAX];
}

static struct trace_packet *packet_new(struct trace *t, uint32_t id)
{
	struct trace_packet *p = slot(t, t->packets++);

	*p = (struct trace_packet){ .id = id };
	return p;
}

/* Most events are of the packet that the last one was of. An id is made of
 * where the packet lies in memory and of its flow, so it comes again: the
 * latest counts. */
static struct trace_packet *packet_of(struct trace *t, uint32_t id)
{
	uint32_t kept =
		t->packets < TRACE_PACKETS_MAX ? t->packets : TRACE_PACKETS_MAX;
	struct trace_packet *p;

	for (uint32_t i = 1; i <= kept; i++) {
		p = slot(t, t->packets - i);
		if (p->id == id)
			return p;
	}
	return packet_new(t, id);
}

static struct span payload(const struct nlattr *attr)
{
	return span_of(mnl_attr_get_payload(attr),
		       mnl_attr_get_payload_len(attr));
}

static void read_network(struct trace_packet *p, struct span header)
{
	struct cursor c = cursor_of(header);
	uint8_t first = rd_u8(&c);

	p->v4 = first >> 4 == 4;
	rd_take(&c, p->v4 ? 8 : 5);
	p->protocol = rd_u8(&c);
	rd_take(&c, p->v4 ? 2 : 1);
	if (p->v4) {
		struct span from = rd_take(&c, 4), to = rd_take(&c, 4);

		p->known = !c.bad;
		if (c.bad)
			return;
		p->from.addr = addr_v4(from.at);
		p->to.addr = addr_v4(to.at);
	} else {
		struct span from = rd_take(&c, 16), to = rd_take(&c, 16);

		p->known = !c.bad;
		if (c.bad)
			return;
		p->from.addr = addr_v6(from.at);
		p->to.addr = addr_v6(to.at);
	}
}

static void read_transport(struct trace_packet *p, struct span header)
{
	struct cursor c = cursor_of(header);
	uint8_t flags;

	if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6) {
		p->icmp_type = rd_u8(&c);
		return;
	}
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		return;
	p->from.port = rd_be16(&c);
	p->to.port = rd_be16(&c);
	if (p->protocol != IPPROTO_TCP)
		return;
	rd_take(&c, 9);
	flags = rd_u8(&c);
	p->syn = flags & TCP_FLAG_SYN;
	p->ack = flags & TCP_FLAG_ACK;
}

static void read_headers(struct trace_packet *p, const struct word *w)
{
	if (w->attr[NFTA_TRACE_IIF])
		p->in = ntohl(mnl_attr_get_u32(w->attr[NFTA_TRACE_IIF]));
	if (w->attr[NFTA_TRACE_OIF])
		p->out = ntohl(mnl_attr_get_u32(w->attr[NFTA_TRACE_OIF]));
	if (p->known || !w->attr[NFTA_TRACE_NETWORK_HEADER])
		return;
	read_network(p, payload(w->attr[NFTA_TRACE_NETWORK_HEADER]));
	if (p->known && w->attr[NFTA_TRACE_TRANSPORT_HEADER])
		read_transport(p,
			       payload(w->attr[NFTA_TRACE_TRANSPORT_HEADER]));
}

/* --- verdicts ------------------------------------------------------------------- */

static void name_copy(char out[TRACE_NAME_MAX], const struct nlattr *attr)
{
	struct span name = attr ? payload(attr) : span_str("");
	size_t len = span_find(name, '\0');

	if (len > TRACE_NAME_MAX - 1)
		len = TRACE_NAME_MAX - 1;
	memcpy(out, name.at, len);
	out[len] = '\0';
}

static struct trace_place place_of(const struct word *w)
{
	const struct nlattr *handle = w->attr[NFTA_TRACE_RULE_HANDLE];
	struct trace_place place = { .family = w->family };

	name_copy(place.table, w->attr[NFTA_TRACE_TABLE]);
	name_copy(place.chain, w->attr[NFTA_TRACE_CHAIN]);
	if (handle)
		place.handle = be64toh(mnl_attr_get_u64(handle));
	return place;
}

static int keep_verdict(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == NFTA_VERDICT_CODE)
		*(int32_t *)arg = (int32_t)ntohl(mnl_attr_get_u32(attr));
	return MNL_CB_OK;
}

/* NFT_CONTINUE where the event has none. */
static int32_t verdict_of(const struct word *w)
{
	int32_t verdict = NFT_CONTINUE;

	if (w->attr[NFTA_TRACE_POLICY])
		return (int32_t)ntohl(
			mnl_attr_get_u32(w->attr[NFTA_TRACE_POLICY]));
	if (w->attr[NFTA_TRACE_VERDICT])
		mnl_attr_parse_nested(w->attr[NFTA_TRACE_VERDICT], keep_verdict,
				      &verdict);
	return verdict;
}

static void judge(struct trace *t, struct trace_packet *p, const struct word *w)
{
	uint32_t type = ntohl(mnl_attr_get_u32(w->attr[NFTA_TRACE_TYPE]));
	struct trace_place place = place_of(w);
	int32_t verdict = verdict_of(w);
	enum trace_role role;

	if (type != NFT_TRACETYPE_RULE && type != NFT_TRACETYPE_POLICY)
		return;
	if (verdict == NF_DROP) {
		p->dropped = true;
		p->drop = place;
		return;
	}
	role = t->role(t->arg, &place);
	if (verdict == NFT_JUMP || verdict == NFT_GOTO) {
		if (role == TRACE_FILTER)
			p->jump[p->jumps++ % TRACE_JUMPS] = place;
	} else if (verdict == NF_ACCEPT && role == TRACE_NAT &&
		   place.handle != 0) {
		p->translated = true;
		p->nat = place;
	} else if (verdict == NF_ACCEPT && role == TRACE_FILTER) {
		p->accepted = true;
		p->accept = place;
	}
}

/* --- events --------------------------------------------------------------------- */

static int keep_attr(const struct nlattr *attr, void *arg)
{
	struct word *w = arg;

	if (mnl_attr_type_valid(attr, NFTA_TRACE_MAX) > 0)
		w->attr[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* The rule that marks a packet is the first that it meets. */
static bool is_first(const struct word *w)
{
	struct trace_place place = place_of(w);

	return strcmp(place.table, TRACE_TABLE) == 0 && place.handle != 0;
}

static int take_event(const struct nlmsghdr *msg, void *arg)
{
	struct trace *t = arg;
	const struct nfgenmsg *nf = mnl_nlmsg_get_payload(msg);
	struct word w = { .family = 0 };
	struct trace_packet *p;
	uint32_t id;

	if (msg->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE))
		return MNL_CB_OK;
	w.family = nf->nfgen_family;
	mnl_attr_parse(msg, sizeof(struct nfgenmsg), keep_attr, &w);
	if (!w.attr[NFTA_TRACE_ID] || !w.attr[NFTA_TRACE_TYPE])
		return MNL_CB_OK;
	id = mnl_attr_get_u32(w.attr[NFTA_TRACE_ID]);
	p = is_first(&w) ? packet_new(t, id) : packet_of(t, id);
	read_headers(p, &w);
	judge(t, p, &w);
	return MNL_CB_OK;
}

void trace_take(struct trace *t)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[EVENT_MAX];
	ssize_t len;

	for (;;) {
		len = recv(trace_fd(t), bytes, sizeof(bytes), MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS) {
			t->lost = true;
			continue;
		}
		if (len <= 0)
			return;
		mnl_cb_run(bytes, (size_t)len, 0, 0, take_event, t);
	}
}

/* --- the whole ------------------------------------------------------------------ */

static int listen_to(struct trace *t)
{
	int group = NFNLGRP_NFTRACE, error;

	t->nl = netlink_open(RECEIVE_BYTES);
	if (!t->nl)
		return -errno;
	error = trace_mark(t->nl);
	if (error < 0)
		return error;
	return mnl_socket_setsockopt(t->nl, NETLINK_ADD_MEMBERSHIP, &group,
				     sizeof(group)) < 0
		       ? -errno
		       : 0;
}

int trace_open(struct trace **out,
	       enum trace_role (*role)(void *arg, const struct trace_place *),
	       void *arg)
{
	struct trace *t = calloc(1, sizeof(*t));
	int error;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->role = role;
	t->arg = arg;
	error = listen_to(t);
	if (error < 0)
		trace_close(t);
	else
		*out = t;
	return error;
}

void trace_close(struct trace *t)
{
	if (t && t->nl)
		mnl_socket_close(t->nl);
	free(t);
}

int trace_fd(const struct trace *t)
{
	return mnl_socket_get_fd(t->nl);
}

void trace_clear(struct trace *t)
{
	trace_take(t);
	t->packets = 0;
	t->lost = false;
}

const struct trace_packet *trace_at(const struct trace *t, uint32_t i)
{
	uint32_t first = t->packets < TRACE_PACKETS_MAX
				 ? 0
				 : t->packets - TRACE_PACKETS_MAX;

	if (i >= t->packets - first)
		return NULL;
	return &t->packet[(first + i) % TRACE_PACKETS_MAX];
}

bool trace_lost(const struct trace *t)
{
	return t->lost;
}
