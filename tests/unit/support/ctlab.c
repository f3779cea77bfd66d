/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gateway with conntrack, and connections through it, in both families. */
#include "ctlab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

const struct ctlab_family ctlab_families[CTLAB_FAMILIES] = {
	{ "iptables", NETNS_CLIENT4, NETNS_SERVER4, NETNS_GATEWAY_IN4,
	  NETNS_GATEWAY_OUT4, NETNS_VIRTUAL4 },
	{ "ip6tables", NETNS_CLIENT6, NETNS_SERVER6, NETNS_GATEWAY_IN6,
	  NETNS_GATEWAY_OUT6, NETNS_VIRTUAL6 },
};

int ctlab_setup(void **state)
{
	struct ctlab *f = calloc(1, sizeof(*f));

	*state = f;
	if (!netns_possible())
		return 0;
	netns_lab_make(&f->lab);
	return conntrack_open(&f->ct) == CONNTRACK_FINE ? 0 : -1;
}

int ctlab_teardown(void **state)
{
	struct ctlab *f = *state;

	if (f->ct)
		netns_lab_close(&f->lab);
	conntrack_close(f->ct);
	free(f);
	return 0;
}

struct ctlab *ctlab_of(void **state)
{
	struct ctlab *f = *state;

	if (!f->ct)
		skip();
	return f;
}

void ctlab_base(const struct ctlab_family *fam)
{
	netns_sh("%s -P FORWARD DROP; "
		 "%s -A FORWARD -m conntrack --ctstate INVALID -j DROP; "
		 "%s -A FORWARD -p tcp --dport 21 -j ACCEPT; "
		 "%s -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED "
		 "-j ACCEPT",
		 fam->iptables, fam->iptables, fam->iptables, fam->iptables);
}

void ctlab_masquerade(const struct ctlab_family *fam)
{
	netns_sh("%s -t nat -A POSTROUTING -o g1 -j MASQUERADE", fam->iptables);
}

void ctlab_dnat(const struct ctlab_family *fam)
{
	netns_sh("%s -t nat -A PREROUTING -d %s -j DNAT --to-destination %s",
		 fam->iptables, fam->virtual_server, fam->server);
}

struct ctlab_link ctlab_link_make(struct ctlab *f,
				  const struct ctlab_family *fam,
				  const char *server_name)
{
	struct endpoint at = netns_endpoint(fam->server, 21);
	struct endpoint from = netns_endpoint(fam->client, 0);
	struct endpoint to = netns_endpoint(server_name, 21);
	int listener = netns_listen(f->lab.server, &at);
	struct ctlab_link l = { .client = netns_connect(f->lab.client, &from,
							&to) };

	l.server = netns_accept(listener);
	assert_true(l.server >= 0);
	close(listener);
	l.ends.client = netns_local(l.client);
	l.ends.server = netns_local(l.server);
	l.client_seen = netns_peer(l.server);
	l.server_called = to;
	netns_go(f->lab.gateway);
	return l;
}

void ctlab_link_close(struct ctlab_link *l)
{
	close(l->client);
	close(l->server);
}

struct data_entry ctlab_entry(const struct ctlab_link *l,
			      const struct endpoint *from,
			      const struct endpoint *to)
{
	struct data_entry d = {
		.from = *from,
		.to = *to,
		.dnat_to = *to,
		.snat_to = from->addr,
		.master_from = l->ends.client,
		.master_to = l->server_called,
		.mark = CTLAB_MARK,
	};

	return d;
}

int ctlab_data_connect(int ns, const struct endpoint *from,
		       const struct endpoint *to, int at_ns,
		       const struct endpoint *at, int *client)
{
	int listener = netns_listen(at_ns, at);
	int server;

	*client = netns_connect(ns, from, to);
	server = netns_accept(listener);
	close(listener);
	return server;
}

void ctlab_talk(int a, int b)
{
	char byte = 'x';

	assert_int_equal(send(a, &byte, 1, 0), 1);
	assert_true(netns_wait(b, POLLIN));
	assert_int_equal(recv(b, &byte, 1, 0), 1);
	assert_int_equal(send(b, &byte, 1, 0), 1);
	assert_true(netns_wait(a, POLLIN));
	assert_int_equal(recv(a, &byte, 1, 0), 1);
}
