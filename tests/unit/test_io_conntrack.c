/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack, against this kernel: real connections through a gateway between
 * two hosts, all in namespaces of the test's own, each case over both families.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <poll.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "io/conntrack.h"
#include "io/ctevents.h"
#include "netns.h"

/* Marks of our data connections (two bits), of control connections that left
 * the queue, and of nobody's. */
#define MARK      0x5000
#define FAST_MARK 0x2000
#define STRANGER  0x1001

static const struct conntrack_marks marks = { MARK, FAST_MARK };

/* The same roles in both families. */
static const struct family {
	const char *iptables, *client, *server, *gateway_in, *gateway_out;
	const char *virtual_server; /* DNATed to the server */
} families[] = {
	{ "iptables", "10.1.4.4", "10.2.5.5", "10.1.4.1", "10.2.5.1",
	  "198.51.100.7" },
	{ "ip6tables", "fc00:10:1:4::4", "fc00:10:2:5::5", "fc00:10:1:4::1",
	  "fc00:10:2:5::1", "2001:db8::7" },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

/* One lab for each test, so that no entry of another is in the way. */
struct fixture {
	struct netns_lab lab;
	struct conntrack *ct;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (!netns_possible())
		return 0;
	netns_lab_make(&f->lab);
	return conntrack_open(&f->ct) == CONNTRACK_FINE ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->ct)
		netns_lab_close(&f->lab);
	conntrack_close(f->ct);
	free(f);
	return 0;
}

static struct fixture *fixture(void **state)
{
	struct fixture *f = *state;

	if (!f->ct)
		skip();
	return f;
}

/* What gateways of the field have: what is not asked for is dropped. */
static void rules_base(const struct family *fam)
{
	netns_sh("%s -P FORWARD DROP; "
		 "%s -A FORWARD -m conntrack --ctstate INVALID -j DROP; "
		 "%s -A FORWARD -p tcp --dport 21 -j ACCEPT; "
		 "%s -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED "
		 "-j ACCEPT",
		 fam->iptables, fam->iptables, fam->iptables, fam->iptables);
}

static void rules_masquerade(const struct family *fam)
{
	netns_sh("%s -t nat -A POSTROUTING -o g1 -j MASQUERADE", fam->iptables);
}

static void rules_dnat(const struct family *fam)
{
	netns_sh("%s -t nat -A PREROUTING -d %s -j DNAT --to-destination %s",
		 fam->iptables, fam->virtual_server, fam->server);
}

/* A connection through the gateway, both ends open. */
struct link {
	int client, server;
	struct ends ends; /* the inside view */
	struct endpoint client_seen, server_called;
};

/* The client calls @server_name, port 21. We are on the gateway afterwards. */
static struct link link_make(struct fixture *f, const struct family *fam,
			     const char *server_name)
{
	struct endpoint at = netns_endpoint(fam->server, 21);
	struct endpoint from = netns_endpoint(fam->client, 0);
	struct endpoint to = netns_endpoint(server_name, 21);
	int listener = netns_listen(f->lab.server, &at);
	struct link l = { .client = netns_connect(f->lab.client, &from, &to) };

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

static void link_close(struct link *l)
{
	close(l->client);
	close(l->server);
}

#define assert_endpoint(a, b) assert_true(endpoint_equal(a, b))

static void lookup_agrees(struct fixture *f, const struct family *fam,
			  const char *server_name)
{
	struct nat_view view;
	struct link l;

	netns_sh("%s -t mangle -A PREROUTING -j CONNMARK --set-mark %d",
		 fam->iptables, MARK);
	l = link_make(f, fam, server_name);
	assert_int_equal(conntrack_lookup(f->ct, &l.ends, &view),
			 CONNTRACK_FINE);
	assert_endpoint(&view.client_public, &l.client_seen);
	assert_endpoint(&view.server_public, &l.server_called);
	assert_int_equal(view.mark, MARK);
	link_close(&l);
}

static void lookup_without_translation(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		lookup_agrees(f, &families[i], families[i].server);
	}
}

static void lookup_of_a_translated_client(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_masquerade(&families[i]);
		lookup_agrees(f, &families[i], families[i].server);
	}
}

static void lookup_of_a_translated_server(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_dnat(&families[i]);
		lookup_agrees(f, &families[i], families[i].virtual_server);
	}
}

static void lookup_of_both_translated(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_masquerade(&families[i]);
		rules_dnat(&families[i]);
		lookup_agrees(f, &families[i], families[i].virtual_server);
	}
}

/* The reply tuple of another connection is what is asked for as an original
 * one: the kernel finds it, but it is not the answer. */
static void lookup_is_not_fooled_by_the_other_direction(void **state)
{
	struct fixture *f = fixture(state);
	struct nat_view view;

	for (size_t i = 0; i < FAMILIES; i++) {
		struct link l;
		struct ends turned;

		rules_base(&families[i]);
		l = link_make(f, &families[i], families[i].server);
		turned.client = l.ends.server;
		turned.server = l.ends.client;
		assert_int_equal(conntrack_lookup(f->ct, &turned, &view),
				 CONNTRACK_MISSING);
		turned = l.ends;
		turned.client.port ^= 1;
		assert_int_equal(conntrack_lookup(f->ct, &turned, &view),
				 CONNTRACK_MISSING);
		link_close(&l);
	}
}

static void liberal_needs_an_entry(void **state)
{
	struct fixture *f = fixture(state);
	struct endpoint nobody = netns_endpoint("10.9.9.9", 999);
	struct link l;

	rules_base(&families[0]);
	l = link_make(f, &families[0], families[0].server);
	assert_int_equal(conntrack_liberal(f->ct, &l.ends.client,
					   &l.server_called),
			 CONNTRACK_FINE);
	assert_int_equal(conntrack_liberal(f->ct, &l.ends.client, &nobody),
			 CONNTRACK_MISSING);
	link_close(&l);
}

/* The entry of a data connection that nothing translates. */
static struct data_entry entry_of(const struct link *l,
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
		.mark = MARK,
	};

	return d;
}

/* Connect from @from to @to in @ns, to a listener at @at in @at_ns: the server
 * side of the connection, or -1 if nothing arrived. */
static int data_connect(int ns, const struct endpoint *from,
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

/* Bytes pass both ways, by what the rules have for ESTABLISHED. */
static void assert_talks(int a, int b)
{
	char byte = 'x';

	assert_int_equal(send(a, &byte, 1, 0), 1);
	assert_true(netns_wait(b, POLLIN));
	assert_int_equal(recv(b, &byte, 1, 0), 1);
	assert_int_equal(send(b, &byte, 1, 0), 1);
	assert_true(netns_wait(a, POLLIN));
	assert_int_equal(recv(a, &byte, 1, 0), 1);
}

static unsigned long nat_seen(const struct family *fam, const char *chain)
{
	return netns_count("%s -t nat -nvxL %s | awk 'NR > 2 { n += $1 } "
			   "END { print n + 0 }'",
			   fam->iptables, chain);
}

static unsigned long related_seen(const struct family *fam)
{
	return netns_count("%s -t mangle -nvxL FORWARD | awk "
			   "'/ctstate RELATED/ { print $1 }'",
			   fam->iptables);
}

/* Count what is RELATED, and masquerade and redirect all that the nat table
 * is ever asked about from now on. */
static void rules_trap(const struct family *fam)
{
	netns_sh("%s -t mangle -A FORWARD -m conntrack --ctstate RELATED; "
		 "%s -t nat -I POSTROUTING -j MASQUERADE; "
		 "%s -t nat -I PREROUTING -j REDIRECT",
		 fam->iptables, fam->iptables, fam->iptables);
}

static void assert_untouched_by_nat(const struct family *fam)
{
	assert_int_equal(nat_seen(fam, "POSTROUTING"), 0);
	assert_int_equal(nat_seen(fam, "PREROUTING"), 0);
	assert_int_equal(related_seen(fam), 1);
	netns_sh("%s -t nat -F; %s -t mangle -F", fam->iptables, fam->iptables);
}

static void plain_data(struct fixture *f, const struct family *fam)
{
	struct link l = link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40001);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d = entry_of(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	rules_trap(fam);
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = data_connect(f->lab.client, &from, &to, f->lab.server, &to, &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_endpoint(&seen, &from);
	netns_go(f->lab.gateway);
	assert_talks(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	link_close(&l);
}

static void data_without_translation(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		plain_data(f, &families[i]);
	}
}

/* Active through masquerade: the server connects to the gateway. */
static void dnat_data(struct fixture *f, const struct family *fam)
{
	struct link l = link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->server, 20);
	struct endpoint to = netns_endpoint(fam->gateway_out, 40002);
	struct endpoint at = netns_endpoint(fam->client, 5001);
	struct data_entry d = entry_of(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	netns_sh("%s -t nat -F", fam->iptables);
	rules_trap(fam);
	d.dnat_to = at;
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = data_connect(f->lab.server, &from, &to, f->lab.client, &at, &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_endpoint(&seen, &from);
	netns_go(f->lab.gateway);
	assert_talks(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	link_close(&l);
}

static void data_with_dnat(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_masquerade(&families[i]);
		dnat_data(f, &families[i]);
	}
}

/* Passive through masquerade: the source becomes the public address, the port
 * stays where it is free. */
static void snat_data(struct fixture *f, const struct family *fam)
{
	struct link l = link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40003);
	struct endpoint to = netns_endpoint(fam->server, 42001);
	struct data_entry d = entry_of(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	netns_sh("%s -t nat -F", fam->iptables);
	rules_trap(fam);
	d.snat_to = l.client_seen.addr;
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = data_connect(f->lab.client, &from, &to, f->lab.server, &to, &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_true(addr_equal(&seen.addr, &l.client_seen.addr));
	assert_int_equal(seen.port, from.port);
	netns_go(f->lab.gateway);
	assert_talks(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	link_close(&l);
}

static void data_with_snat(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_masquerade(&families[i]);
		snat_data(f, &families[i]);
	}
}

/* Both ends behind this gateway's translation, passive. */
static void both_data(struct fixture *f, const struct family *fam)
{
	struct link l = link_make(f, fam, fam->virtual_server);
	struct endpoint from = netns_endpoint(fam->client, 40004);
	struct endpoint to = netns_endpoint(fam->virtual_server, 42002);
	struct endpoint at = netns_endpoint(fam->server, 42003);
	struct data_entry d = entry_of(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	netns_sh("%s -t nat -F", fam->iptables);
	rules_trap(fam);
	d.dnat_to = at;
	d.snat_to = l.client_seen.addr;
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = data_connect(f->lab.client, &from, &to, f->lab.server, &at, &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_true(addr_equal(&seen.addr, &l.client_seen.addr));
	netns_go(f->lab.gateway);
	assert_talks(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	link_close(&l);
}

static void data_with_both(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_masquerade(&families[i]);
		rules_dnat(&families[i]);
		both_data(f, &families[i]);
	}
}

static void data_refusals_are_told_apart(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		const struct family *fam = &families[i];
		struct endpoint from = netns_endpoint(fam->client, 40001);
		struct endpoint to = netns_endpoint(fam->server, 42000);
		struct data_entry d;
		struct link l;

		rules_base(fam);
		l = link_make(f, fam, fam->server);
		d = entry_of(&l, &from, &to);
		assert_int_equal(conntrack_data_create(f->ct, &d),
				 CONNTRACK_FINE);
		assert_int_equal(conntrack_data_create(f->ct, &d),
				 CONNTRACK_EXISTS);
		assert_int_equal(conntrack_data_delete(f->ct, &d),
				 CONNTRACK_FINE);
		assert_int_equal(conntrack_data_delete(f->ct, &d),
				 CONNTRACK_MISSING);
		d.master_to.port = 22;
		assert_int_equal(conntrack_data_create(f->ct, &d),
				 CONNTRACK_MISSING);
		link_close(&l);
	}
}

/* The kernel takes the SYN for one sent again, and renews nothing. */
static void data_timeout_is_not_renewed_by_the_syn(void **state)
{
	static const char left[] =
		"conntrack -L -p tcp --dport 42000 2>/dev/null | "
		"awk '{ print $3 }'";
	struct fixture *f = fixture(state);
	const struct family *fam = &families[0];
	struct endpoint from = netns_endpoint(fam->client, 40001);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d;
	struct link l;
	int a, b;

	rules_base(fam);
	netns_sh("iptables -t mangle -A FORWARD -p tcp --dport 42000 -j DROP; "
		 "echo 90 >/proc/sys/net/netfilter/"
		 "nf_conntrack_tcp_timeout_syn_sent");
	l = link_make(f, fam, fam->server);
	d = entry_of(&l, &from, &to);
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	a = netns_connect(f->lab.client, &from, &to);
	netns_go(f->lab.gateway);
	assert_int_equal(netns_count("iptables -t mangle -nvxL FORWARD | "
				     "awk '/DROP/ { print $1 }'"),
			 1);
	assert_in_range(netns_count("%s", left), CONNTRACK_DATA_TIMEOUT_S - 2,
			CONNTRACK_DATA_TIMEOUT_S);
	close(a);
	assert_int_equal(conntrack_data_delete(f->ct, &d), CONNTRACK_FINE);
	/* Once it is answered it lives as long as any connection. */
	netns_sh("iptables -t mangle -F");
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = data_connect(f->lab.client, &from, &to, f->lab.server, &to, &a);
	assert_true(b >= 0);
	netns_go(f->lab.gateway);
	assert_in_range(netns_count("%s", left), 431990, 432000);
	close(a);
	close(b);
	link_close(&l);
}

static uint32_t mark_of(const struct family *fam)
{
	return (uint32_t)netns_count("conntrack -f %s -L -p tcp --dport 21 "
				     "2>/dev/null | "
				     "sed -n 's/.*mark=\\([0-9]*\\).*/\\1/p'",
				     fam == &families[0] ? "ipv4" : "ipv6");
}

static void mark_bits(struct fixture *f, const struct family *fam)
{
	struct endpoint nobody = netns_endpoint(fam->client, 999);
	struct link l = link_make(f, fam, fam->virtual_server);
	const struct endpoint *from = &l.ends.client, *to = &l.server_called;

	assert_int_equal(mark_of(fam), STRANGER);
	assert_int_equal(conntrack_mark(f->ct, from, to, FAST_MARK, FAST_MARK),
			 CONNTRACK_FINE);
	assert_int_equal(mark_of(fam), STRANGER | FAST_MARK);
	assert_int_equal(conntrack_mark(f->ct, from, to, FAST_MARK, FAST_MARK),
			 CONNTRACK_FINE);
	assert_int_equal(mark_of(fam), STRANGER | FAST_MARK);
	assert_int_equal(conntrack_mark(f->ct, from, to, FAST_MARK | 0x1000, 0),
			 CONNTRACK_FINE);
	assert_int_equal(mark_of(fam), STRANGER & ~0x1000);
	assert_int_equal(conntrack_mark(f->ct, &nobody, to, MARK, MARK),
			 CONNTRACK_MISSING);
	link_close(&l);
}

static void marks_change_bit_by_bit(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_dnat(&families[i]);
		netns_sh(
			"%s -t mangle -A PREROUTING -m conntrack --ctstate NEW "
			"-j CONNMARK --set-mark %d",
			families[i].iptables, STRANGER);
		mark_bits(f, &families[i]);
	}
}

static void marks_are_cleared_everywhere(void **state)
{
	struct fixture *f = fixture(state);
	struct link l[FAMILIES];

	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		l[i] = link_make(f, &families[i], families[i].server);
		assert_int_equal(conntrack_mark(f->ct, &l[i].ends.client,
						&l[i].server_called,
						MARK | FAST_MARK | 1,
						i ? MARK | FAST_MARK | 1
						  : STRANGER),
				 CONNTRACK_FINE);
	}
	assert_int_equal(conntrack_mark_clear(f->ct, MARK), CONNTRACK_FINE);
	assert_int_equal(mark_of(&families[0]), STRANGER);
	assert_int_equal(mark_of(&families[1]), FAST_MARK | 1);
	assert_int_equal(conntrack_mark_clear(f->ct, MARK), CONNTRACK_FINE);
	for (size_t i = 0; i < FAMILIES; i++)
		link_close(&l[i]);
}

struct heard {
	struct conntrack_end last;
	int count, gone, control;
};

static void hear(void *arg, const struct conntrack_end *e)
{
	struct heard *h = arg;

	h->last = *e;
	h->count++;
	h->gone += e->gone;
	h->control += e->control;
}

/* What there is to hear now. */
static struct heard hear_all(struct conntrack_events *ev)
{
	struct heard h = { .count = 0 };

	assert_int_equal(conntrack_events_receive(ev, hear, &h),
			 CONNTRACK_FINE);
	return h;
}

/* The kernel itself kept back what is of no use. */
static void assert_silent(const struct conntrack_events *ev)
{
	struct pollfd p = { conntrack_events_fd(ev), POLLIN, 0 };

	assert_int_equal(poll(&p, 1, 0), 0);
}

/* What there is to hear, once there is any. */
static struct heard hear_next(struct conntrack_events *ev)
{
	assert_true(netns_wait(conntrack_events_fd(ev), POLLIN));
	return hear_all(ev);
}

static void end_is_told(struct fixture *f, const struct family *fam,
			struct conntrack_events *ev)
{
	struct link l = link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40001);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d = entry_of(&l, &from, &to);
	struct heard h;
	int a, b;

	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = data_connect(f->lab.client, &from, &to, f->lab.server, &to, &a);
	assert_true(b >= 0);
	assert_talks(a, b);
	netns_go(f->lab.gateway);
	assert_int_equal(conntrack_data_delete(f->ct, &d), CONNTRACK_FINE);
	h = hear_all(ev);
	assert_int_equal(h.count, 1);
	assert_true(h.last.gone);
	assert_false(h.last.control);
	assert_endpoint(&h.last.from, &from);
	assert_endpoint(&h.last.to, &to);
	assert_true(h.last.has_bytes);
	assert_in_range(h.last.bytes_from, 100, 400);
	assert_in_range(h.last.bytes_to, 100, 400);
	close(a);
	close(b);
	link_close(&l);
}

static void ends_of_marked_entries_are_told(void **state)
{
	struct fixture *f = fixture(state);
	struct conntrack_events *ev;

	assert_int_equal(conntrack_events_open(&ev, &marks), CONNTRACK_FINE);
	netns_sh("echo 1 >/proc/sys/net/netfilter/nf_conntrack_acct");
	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		end_is_told(f, &families[i], ev);
	}
	/* The control connections have no mark. */
	netns_sh("conntrack -F 2>/dev/null");
	assert_silent(ev);
	conntrack_events_close(ev);
}

/* Half a close is none; a reset is a whole one. */
static void data_is_over(struct fixture *f, const struct family *fam,
			 struct conntrack_events *ev, bool reset)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct link l = link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40001 + reset);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d = entry_of(&l, &from, &to);
	struct heard h;
	char byte;
	int a, b;

	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = data_connect(f->lab.client, &from, &to, f->lab.server, &to, &a);
	assert_true(b >= 0);
	assert_talks(a, b);
	netns_go(f->lab.gateway);
	assert_int_equal(conntrack_alive(f->ct, &from, &to, MARK),
			 CONNTRACK_FINE);
	assert_int_equal(conntrack_alive(f->ct, &from, &to, MARK | FAST_MARK),
			 CONNTRACK_MISSING);
	assert_int_equal(conntrack_alive(f->ct, &to, &from, MARK),
			 CONNTRACK_MISSING);
	if (reset) {
		setsockopt(a, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	} else {
		shutdown(b, SHUT_WR);
		assert_true(netns_wait(a, POLLIN));
		assert_int_equal(recv(a, &byte, 1, 0), 0);
		assert_silent(ev);
	}
	close(a);
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_false(h.last.gone);
	assert_false(h.last.control);
	assert_endpoint(&h.last.from, &from);
	assert_endpoint(&h.last.to, &to);
	assert_int_equal(conntrack_alive(f->ct, &from, &to, MARK),
			 CONNTRACK_OVER);
	assert_int_equal(conntrack_data_delete(f->ct, &d), CONNTRACK_FINE);
	assert_int_equal(conntrack_alive(f->ct, &from, &to, MARK),
			 CONNTRACK_MISSING);
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_true(h.last.gone);
	close(b);
	link_close(&l);
}

static void data_is_over_long_before_its_entry_is_gone(void **state)
{
	struct fixture *f = fixture(state);
	struct conntrack_events *ev;

	assert_int_equal(conntrack_events_open(&ev, &marks), CONNTRACK_FINE);
	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		data_is_over(f, &families[i], ev, false);
		data_is_over(f, &families[i], ev, true);
	}
	conntrack_events_close(ev);
}

/* Both ends translated: the inside view is neither tuple. */
static void control_is_over(struct fixture *f, const struct family *fam,
			    struct conntrack_events *ev, uint32_t mark)
{
	struct link l = link_make(f, fam, fam->virtual_server);
	const struct endpoint *from = &l.ends.client, *to = &l.server_called;
	struct endpoint inside = netns_endpoint(fam->server, 21);
	struct endpoint client = l.ends.client, server = l.server_called;
	struct heard h;

	assert_int_equal(conntrack_mark(f->ct, from, to, mark, mark),
			 CONNTRACK_FINE);
	assert_int_equal(conntrack_alive(f->ct, from, to, mark),
			 CONNTRACK_FINE);
	assert_silent(ev);
	link_close(&l);
	if (mark != FAST_MARK) {
		netns_sh("conntrack -D -p tcp --orig-port-src %u >/dev/null "
			 "2>&1",
			 from->port);
		assert_silent(ev);
		return;
	}
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_false(h.last.gone);
	assert_true(h.last.control);
	assert_endpoint(&h.last.ends.client, &client);
	assert_endpoint(&h.last.ends.server, &inside);
	assert_endpoint(&h.last.to, &server);
	netns_sh("conntrack -f %s -D -p tcp --orig-port-src %u >/dev/null 2>&1",
		 fam == &families[0] ? "ipv4" : "ipv6", from->port);
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_true(h.last.gone && h.last.control);
	assert_endpoint(&h.last.ends.server, &inside);
}

static void ends_of_control_connections_are_told(void **state)
{
	struct fixture *f = fixture(state);
	struct conntrack_events *ev;

	assert_int_equal(conntrack_events_open(&ev, &marks), CONNTRACK_FINE);
	for (size_t i = 0; i < FAMILIES; i++) {
		rules_base(&families[i]);
		rules_masquerade(&families[i]);
		rules_dnat(&families[i]);
		control_is_over(f, &families[i], ev, FAST_MARK);
	}
	/* One bit of two, and one that is nobody's. */
	control_is_over(f, &families[0], ev, STRANGER);
	conntrack_events_close(ev);
}

/* More ends than the socket holds: the loss is told once, and the socket
 * works on. */
static void lost_events_are_told(void **state)
{
	enum { ENDS = 20000 };
	struct fixture *f = fixture(state);
	const struct family *fam = &families[0];
	struct endpoint from = netns_endpoint(fam->client, 0);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	enum conntrack_result result = CONNTRACK_FINE;
	struct heard h = { .count = 0 };
	struct conntrack_events *ev;
	struct data_entry d;
	struct link l;
	int lost = 0, before = -1;

	rules_base(fam);
	assert_int_equal(conntrack_events_open(&ev, &marks), CONNTRACK_FINE);
	l = link_make(f, fam, fam->server);
	for (int i = 0; i < ENDS; i++) {
		from.port = (uint16_t)(1024 + i);
		d = entry_of(&l, &from, &to);
		assert_int_equal(conntrack_data_create(f->ct, &d),
				 CONNTRACK_FINE);
		assert_int_equal(conntrack_data_delete(f->ct, &d),
				 CONNTRACK_FINE);
	}
	while (h.count != before || result == CONNTRACK_LOST) {
		before = h.count;
		result = conntrack_events_receive(ev, hear, &h);
		assert_int_not_equal(result, CONNTRACK_FAILED);
		lost += result == CONNTRACK_LOST;
	}
	assert_in_range(lost, 1, 2);
	assert_in_range(h.count, 1000, ENDS - 1);
	before = h.count;
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	assert_int_equal(conntrack_data_delete(f->ct, &d), CONNTRACK_FINE);
	assert_int_equal(conntrack_events_receive(ev, hear, &h),
			 CONNTRACK_FINE);
	assert_int_equal(h.count, before + 1);
	conntrack_events_close(ev);
	link_close(&l);
}

static void texts_name_the_cure(void **state)
{
	(void)state;
	assert_non_null(strstr(conntrack_text(CONNTRACK_DENIED), "root"));
	assert_non_null(strstr(conntrack_text(CONNTRACK_UNSUPPORTED),
			       "nf_conntrack_netlink"));
}

#define live(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(lookup_without_translation),
		live(lookup_of_a_translated_client),
		live(lookup_of_a_translated_server),
		live(lookup_of_both_translated),
		live(lookup_is_not_fooled_by_the_other_direction),
		live(liberal_needs_an_entry),
		live(data_without_translation),
		live(data_with_dnat),
		live(data_with_snat),
		live(data_with_both),
		live(data_refusals_are_told_apart),
		live(data_timeout_is_not_renewed_by_the_syn),
		live(marks_change_bit_by_bit),
		live(marks_are_cleared_everywhere),
		live(ends_of_marked_entries_are_told),
		live(data_is_over_long_before_its_entry_is_gone),
		live(ends_of_control_connections_are_told),
		live(lost_events_are_told),
		cmocka_unit_test(texts_name_the_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
