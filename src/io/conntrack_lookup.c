/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a control connection is translated: conntrack_lookup(). */
#include "io/conntrack.h"

#include <errno.h>

#include "io/cthandle.h"
#include "io/cttuple.h"
#include "io/netlink.h"

/*
 * Which members of a tuple the kernel compares in a filtered dump (Linux 5.8);
 * its own names for these bits are not in its exported headers. Addresses are
 * not among them: over IPv6 the kernel leaves out what is equal (seen on 6.18),
 * and the ports alone leave next to nothing to read.
 */
enum {
	FILTER_PROTOCOL = 1 << 3,
	FILTER_SRC_PORT = 1 << 4,
	FILTER = FILTER_PROTOCOL | FILTER_SRC_PORT,
};

/* A search for the entry between two ends. */
struct search {
	const struct ends *ends;
	struct nat_view *view;
	bool found;
	uint32_t seen;
};

/* The ends are the source of the original tuple and that of the reply; what
 * the tuples have as destinations is what the other side sees. */
static bool entry_matches(const struct nf_conntrack *entry,
			  const struct ends *ends, struct nat_view *view)
{
	struct endpoint client, server;
	struct nat_view v;

	if (!ct_get_tuple(entry, &ct_orig, &client, &v.server_public) ||
	    !ct_get_tuple(entry, &ct_reply, &server, &v.client_public) ||
	    !endpoint_equal(&client, &ends->client) ||
	    !endpoint_equal(&server, &ends->server))
		return false;
	v.mark = nfct_get_attr_u32(entry, ATTR_MARK);
	*view = v;
	return true;
}

static void search_look(const struct nf_conntrack *entry, void *arg)
{
	struct search *s = arg;

	if (entry_matches(entry, s->ends, s->view))
		s->found = true;
}

static int search_entry(const struct nlmsghdr *msg, void *arg)
{
	return ct_entry_read(msg, search_look, arg);
}

static enum conntrack_result search_tuple(struct conntrack *ct,
					  struct search *s,
					  const struct endpoint *from,
					  const struct endpoint *to)
{
	int error = ct_ask_tuple(ct, from, to, search_entry, s);

	if (error == 0 && !s->found)
		error = -ENOENT;
	return ct_result(error);
}

static int search_dumped(const struct nlmsghdr *msg, void *arg)
{
	struct search *s = arg;
	int more = search_entry(msg, s);

	if (more != MNL_CB_OK)
		return more;
	s->seen++;
	return s->found || s->seen >= CONNTRACK_SEARCH_MAX ? MNL_CB_STOP
							   : MNL_CB_OK;
}

/* Both source ports must match; what else is in the tuples, addresses of the
 * right family, is not compared. */
static void dump_filter(struct nlmsghdr *msg, const struct ends *ends)
{
	struct nf_conntrack *entry = nfct_new();
	struct nlattr *nest;

	if (!entry)
		return;
	ct_set_tuple(entry, &ct_orig, &ends->client, &ends->client);
	ct_set_tuple(entry, &ct_reply, &ends->server, &ends->server);
	nfct_nlmsg_build(msg, entry);
	nfct_destroy(entry);
	nest = mnl_attr_nest_start(msg, CTA_FILTER);
	mnl_attr_put_u32(msg, CTA_FILTER_ORIG_FLAGS, FILTER);
	mnl_attr_put_u32(msg, CTA_FILTER_REPLY_FLAGS, FILTER);
	mnl_attr_nest_end(msg, nest);
}

/* On a socket of its own: it may be closed in the middle of the dump. */
static enum conntrack_result search_dump(struct search *s)
{
	struct netlink_request r;
	struct nlmsghdr *msg =
		netlink_message(r.bytes, NFNL_SUBSYS_CTNETLINK,
				IPCTNL_MSG_CT_GET, NLM_F_DUMP,
				ct_family(&s->ends->client.addr), 0);
	struct mnl_socket *nl = netlink_open(0);
	int error;

	if (!nl)
		return ct_result(-errno);
	dump_filter(msg, s->ends);
	error = netlink_ask(nl, msg, search_dumped, s);
	mnl_socket_close(nl);
	if (error == 0 && !s->found && s->seen >= CONNTRACK_SEARCH_MAX)
		return CONNTRACK_GAVE_UP;
	if (error == 0 && !s->found)
		error = -ENOENT;
	return ct_result(error);
}

/* Under the names that the server had for others. */
static enum conntrack_result search_names(struct conntrack *ct,
					  struct search *s)
{
	enum conntrack_result result = CONNTRACK_MISSING;
	const struct endpoint *name;
	size_t at = 0;

	while (result == CONNTRACK_MISSING &&
	       (name = ct_names_next(&ct->names, &s->ends->server, &at)))
		result = search_tuple(ct, s, &s->ends->client, name);
	return result;
}

static enum conntrack_result search_all(struct conntrack *ct, struct search *s)
{
	enum conntrack_result result = search_dump(s);

	ct->searches++;
	if (result == CONNTRACK_FINE)
		ct_names_note(&ct->names, &s->ends->server,
			      &s->view->server_public);
	return result;
}

uint64_t conntrack_searches(const struct conntrack *ct)
{
	return ct->searches;
}

enum conntrack_result conntrack_lookup(struct conntrack *ct,
				       const struct ends *ends,
				       struct nat_view *view)
{
	struct search s = { .ends = ends, .view = view };
	enum conntrack_result result =
		search_tuple(ct, &s, &ends->client, &ends->server);

	if (result == CONNTRACK_MISSING)
		result = search_tuple(ct, &s, &ends->server, &ends->client);
	if (result == CONNTRACK_MISSING)
		result = search_names(ct, &s);
	if (result == CONNTRACK_MISSING)
		result = search_all(ct, &s);
	return result;
}
