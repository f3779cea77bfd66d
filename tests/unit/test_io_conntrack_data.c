/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack, against this kernel: entries made for data connections. Real
 * connections through a gateway between two hosts, all in namespaces of the
 * test's own, each case over both families.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctlab.h"

static unsigned long nat_seen(const struct ctlab_family *fam, const char *chain)
{
	return netns_count("%s -t nat -nvxL %s | awk 'NR > 2 { n += $1 } "
			   "END { print n + 0 }'",
			   fam->iptables, chain);
}

static unsigned long related_seen(const struct ctlab_family *fam)
{
	return netns_count("%s -t mangle -nvxL FORWARD | awk "
			   "'/ctstate RELATED/ { print $1 }'",
			   fam->iptables);
}

/* Count what is RELATED, and masquerade and redirect all that the nat table
 * is ever asked about from now on. */
static void rules_trap(const struct ctlab_family *fam)
{
	netns_sh("%s -t mangle -A FORWARD -m conntrack --ctstate RELATED; "
		 "%s -t nat -I POSTROUTING -j MASQUERADE; "
		 "%s -t nat -I PREROUTING -j REDIRECT",
		 fam->iptables, fam->iptables, fam->iptables);
}

static void assert_untouched_by_nat(const struct ctlab_family *fam)
{
	assert_int_equal(nat_seen(fam, "POSTROUTING"), 0);
	assert_int_equal(nat_seen(fam, "PREROUTING"), 0);
	assert_int_equal(related_seen(fam), 1);
	netns_sh("%s -t nat -F; %s -t mangle -F", fam->iptables, fam->iptables);
}

static void plain_data(struct ctlab *f, const struct ctlab_family *fam)
{
	struct ctlab_link l = ctlab_link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40001);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d = ctlab_entry(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	rules_trap(fam);
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = ctlab_data_connect(f->lab.client, &from, &to, f->lab.server, &to,
			       &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_endpoint(&seen, &from);
	netns_go(f->lab.gateway);
	ctlab_talk(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	ctlab_link_close(&l);
}

static void data_without_translation(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		plain_data(f, &ctlab_families[i]);
	}
}

/* Active through masquerade: the server connects to the gateway. */
static void dnat_data(struct ctlab *f, const struct ctlab_family *fam)
{
	struct ctlab_link l = ctlab_link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->server, 20);
	struct endpoint to = netns_endpoint(fam->gateway_out, 40002);
	struct endpoint at = netns_endpoint(fam->client, 5001);
	struct data_entry d = ctlab_entry(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	netns_sh("%s -t nat -F", fam->iptables);
	rules_trap(fam);
	d.dnat_to = at;
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = ctlab_data_connect(f->lab.server, &from, &to, f->lab.client, &at,
			       &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_endpoint(&seen, &from);
	netns_go(f->lab.gateway);
	ctlab_talk(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	ctlab_link_close(&l);
}

static void data_with_dnat(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_masquerade(&ctlab_families[i]);
		dnat_data(f, &ctlab_families[i]);
	}
}

/* Passive through masquerade: the source becomes the public address, the port
 * stays where it is free. */
static void snat_data(struct ctlab *f, const struct ctlab_family *fam)
{
	struct ctlab_link l = ctlab_link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40003);
	struct endpoint to = netns_endpoint(fam->server, 42001);
	struct data_entry d = ctlab_entry(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	netns_sh("%s -t nat -F", fam->iptables);
	rules_trap(fam);
	d.snat_to = l.client_seen.addr;
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = ctlab_data_connect(f->lab.client, &from, &to, f->lab.server, &to,
			       &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_true(addr_equal(&seen.addr, &l.client_seen.addr));
	assert_int_equal(seen.port, from.port);
	netns_go(f->lab.gateway);
	ctlab_talk(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	ctlab_link_close(&l);
}

static void data_with_snat(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_masquerade(&ctlab_families[i]);
		snat_data(f, &ctlab_families[i]);
	}
}

/* Both ends behind this gateway's translation, passive. */
static void both_data(struct ctlab *f, const struct ctlab_family *fam)
{
	struct ctlab_link l = ctlab_link_make(f, fam, fam->virtual_server);
	struct endpoint from = netns_endpoint(fam->client, 40004);
	struct endpoint to = netns_endpoint(fam->virtual_server, 42002);
	struct endpoint at = netns_endpoint(fam->server, 42003);
	struct data_entry d = ctlab_entry(&l, &from, &to);
	struct endpoint seen;
	int a, b;

	netns_sh("%s -t nat -F", fam->iptables);
	rules_trap(fam);
	d.dnat_to = at;
	d.snat_to = l.client_seen.addr;
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = ctlab_data_connect(f->lab.client, &from, &to, f->lab.server, &at,
			       &a);
	assert_true(b >= 0);
	seen = netns_peer(b);
	assert_true(addr_equal(&seen.addr, &l.client_seen.addr));
	netns_go(f->lab.gateway);
	ctlab_talk(a, b);
	assert_untouched_by_nat(fam);
	close(a);
	close(b);
	ctlab_link_close(&l);
}

static void data_with_both(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_masquerade(&ctlab_families[i]);
		ctlab_dnat(&ctlab_families[i]);
		both_data(f, &ctlab_families[i]);
	}
}

static void data_refusals_are_told_apart(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		const struct ctlab_family *fam = &ctlab_families[i];
		struct endpoint from = netns_endpoint(fam->client, 40001);
		struct endpoint to = netns_endpoint(fam->server, 42000);
		struct data_entry d;
		struct ctlab_link l;

		ctlab_base(fam);
		l = ctlab_link_make(f, fam, fam->server);
		d = ctlab_entry(&l, &from, &to);
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
		ctlab_link_close(&l);
	}
}

/* The kernel takes the SYN for one sent again, and renews nothing. */
static void data_timeout_is_not_renewed_by_the_syn(void **state)
{
	static const char left[] =
		"conntrack -L -p tcp --dport 42000 2>/dev/null | "
		"awk '{ print $3 }'";
	struct ctlab *f = ctlab_of(state);
	const struct ctlab_family *fam = &ctlab_families[0];
	struct endpoint from = netns_endpoint(fam->client, 40001);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d;
	struct ctlab_link l;
	int a, b;

	ctlab_base(fam);
	netns_sh("iptables -t mangle -A FORWARD -p tcp --dport 42000 -j DROP; "
		 "echo 90 >/proc/sys/net/netfilter/"
		 "nf_conntrack_tcp_timeout_syn_sent");
	l = ctlab_link_make(f, fam, fam->server);
	d = ctlab_entry(&l, &from, &to);
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	a = netns_connect(f->lab.client, &from, &to);
	netns_go(f->lab.gateway);
	/* On a busy machine it has been sent again meanwhile. */
	assert_in_range(netns_count("iptables -t mangle -nvxL FORWARD | "
				    "awk '/DROP/ { print $1 }'"),
			1, 4);
	assert_in_range(netns_count("%s", left), 91, CONNTRACK_DATA_TIMEOUT_S);
	close(a);
	assert_int_equal(conntrack_data_delete(f->ct, &d), CONNTRACK_FINE);
	/* Once it is answered it lives as long as any connection. */
	netns_sh("iptables -t mangle -F");
	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = ctlab_data_connect(f->lab.client, &from, &to, f->lab.server, &to,
			       &a);
	assert_true(b >= 0);
	netns_go(f->lab.gateway);
	assert_in_range(netns_count("%s", left), 431990, 432000);
	close(a);
	close(b);
	ctlab_link_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ctlab_test(data_without_translation),
		ctlab_test(data_with_dnat),
		ctlab_test(data_with_snat),
		ctlab_test(data_with_both),
		ctlab_test(data_refusals_are_told_apart),
		ctlab_test(data_timeout_is_not_renewed_by_the_syn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
