/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to src/io: endpoints in and out of a libnetfilter_conntrack object.
 */
#include "io/cttuple.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>

const struct ct_tuple_attrs ct_orig = {
	.l3 = ATTR_ORIG_L3PROTO,
	.l4 = ATTR_ORIG_L4PROTO,
	.src4 = ATTR_ORIG_IPV4_SRC,
	.dst4 = ATTR_ORIG_IPV4_DST,
	.src6 = ATTR_ORIG_IPV6_SRC,
	.dst6 = ATTR_ORIG_IPV6_DST,
	.sport = ATTR_ORIG_PORT_SRC,
	.dport = ATTR_ORIG_PORT_DST,
};

const struct ct_tuple_attrs ct_reply = {
	.l3 = ATTR_REPL_L3PROTO,
	.l4 = ATTR_REPL_L4PROTO,
	.src4 = ATTR_REPL_IPV4_SRC,
	.dst4 = ATTR_REPL_IPV4_DST,
	.src6 = ATTR_REPL_IPV6_SRC,
	.dst6 = ATTR_REPL_IPV6_DST,
	.sport = ATTR_REPL_PORT_SRC,
	.dport = ATTR_REPL_PORT_DST,
};

const struct ct_tuple_attrs ct_master = {
	.l3 = ATTR_MASTER_L3PROTO,
	.l4 = ATTR_MASTER_L4PROTO,
	.src4 = ATTR_MASTER_IPV4_SRC,
	.dst4 = ATTR_MASTER_IPV4_DST,
	.src6 = ATTR_MASTER_IPV6_SRC,
	.dst6 = ATTR_MASTER_IPV6_DST,
	.sport = ATTR_MASTER_PORT_SRC,
	.dport = ATTR_MASTER_PORT_DST,
};

uint8_t ct_family(const struct addr *a)
{
	return addr_is_v4(a) ? AF_INET : AF_INET6;
}

void ct_set_addr(struct nf_conntrack *ct, enum nf_conntrack_attr v4,
		 enum nf_conntrack_attr v6, const struct addr *a)
{
	if (addr_is_v4(a)) {
		uint32_t word;

		memcpy(&word, addr_v4_bytes(a), sizeof(word));
		nfct_set_attr_u32(ct, v4, word);
	} else {
		nfct_set_attr(ct, v6, a->b);
	}
}

void ct_set_tuple(struct nf_conntrack *ct, const struct ct_tuple_attrs *attrs,
		  const struct endpoint *from, const struct endpoint *to)
{
	nfct_set_attr_u8(ct, attrs->l3, ct_family(&from->addr));
	nfct_set_attr_u8(ct, attrs->l4, IPPROTO_TCP);
	ct_set_addr(ct, attrs->src4, attrs->src6, &from->addr);
	ct_set_addr(ct, attrs->dst4, attrs->dst6, &to->addr);
	nfct_set_attr_u16(ct, attrs->sport, htons(from->port));
	nfct_set_attr_u16(ct, attrs->dport, htons(to->port));
}

static bool get_endpoint(const struct nf_conntrack *ct,
			 enum nf_conntrack_attr v4, enum nf_conntrack_attr v6,
			 enum nf_conntrack_attr port, struct endpoint *out)
{
	const void *bytes;

	if (nfct_attr_is_set(ct, v4) > 0) {
		bytes = nfct_get_attr(ct, v4);
		out->addr = addr_v4(bytes);
	} else if (nfct_attr_is_set(ct, v6) > 0) {
		bytes = nfct_get_attr(ct, v6);
		out->addr = addr_v6(bytes);
	} else {
		return false;
	}
	out->port = ntohs(nfct_get_attr_u16(ct, port));
	return true;
}

bool ct_get_tuple(const struct nf_conntrack *ct,
		  const struct ct_tuple_attrs *attrs, struct endpoint *from,
		  struct endpoint *to)
{
	if (nfct_get_attr_u8(ct, attrs->l4) != IPPROTO_TCP)
		return false;
	return get_endpoint(ct, attrs->src4, attrs->src6, attrs->sport, from) &&
	       get_endpoint(ct, attrs->dst4, attrs->dst6, attrs->dport, to);
}

bool ct_is_over(uint8_t state)
{
	return state == TCP_CONNTRACK_TIME_WAIT || state == TCP_CONNTRACK_CLOSE;
}

enum conntrack_result ct_result(int error)
{
	errno = -error;
	switch (error) {
	case 0:
		return CONNTRACK_FINE;
	case -ENOENT:
		return CONNTRACK_MISSING;
	case -EEXIST:
		return CONNTRACK_EXISTS;
	case -ENOMEM:
		return CONNTRACK_FULL;
	case -EPERM:
		return CONNTRACK_DENIED;
	case -EPROTONOSUPPORT:
		return CONNTRACK_UNSUPPORTED;
	default:
		return CONNTRACK_FAILED;
	}
}
