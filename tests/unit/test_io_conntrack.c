/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack, against this kernel: looking entries up, and marking them. Real
 * connections through a gateway between two hosts, all in namespaces of the
 * test's own, each case over both families.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ctlab.h"

static void lookup_agrees(struct ctlab *f, const struct ctlab_family *fam,
			  const char *server_name)
{
	struct nat_view view;
	struct ctlab_link l;

	netns_sh("%s -t mangle -A PREROUTING -j CONNMARK --set-mark %d",
		 fam->iptables, CTLAB_MARK);
	l = ctlab_link_make(f, fam, server_name);
	assert_int_equal(conntrack_lookup(f->ct, &l.ends, &view),
			 CONNTRACK_FINE);
	assert_endpoint(&view.client_public, &l.client_seen);
	assert_endpoint(&view.server_public, &l.server_called);
	assert_int_equal(view.mark, CTLAB_MARK);
	ctlab_link_close(&l);
}

static void lookup_without_translation(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		lookup_agrees(f, &ctlab_families[i], ctlab_families[i].server);
	}
}

static void lookup_of_a_translated_client(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_masquerade(&ctlab_families[i]);
		lookup_agrees(f, &ctlab_families[i], ctlab_families[i].server);
	}
}

static void lookup_of_a_translated_server(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_dnat(&ctlab_families[i]);
		lookup_agrees(f, &ctlab_families[i],
			      ctlab_families[i].virtual_server);
	}
}

static void lookup_of_both_translated(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_masquerade(&ctlab_families[i]);
		ctlab_dnat(&ctlab_families[i]);
		lookup_agrees(f, &ctlab_families[i],
			      ctlab_families[i].virtual_server);
	}
}

/* Where both ends are translated only the first client of a server has the
 * whole table searched. */
static void names_of_a_server_are_remembered(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		const struct ctlab_family *fam = &ctlab_families[i];
		uint64_t before = conntrack_searches(f->ct);

		ctlab_base(fam);
		ctlab_masquerade(fam);
		ctlab_dnat(fam);
		lookup_agrees(f, fam, fam->virtual_server);
		assert_int_equal(conntrack_searches(f->ct), before + 1);
		lookup_agrees(f, fam, fam->virtual_server);
		assert_int_equal(conntrack_searches(f->ct), before + 1);
	}
}

/* One that is known by another name as well is not mistaken for it. */
static void servers_may_have_many_names(void **state)
{
	struct ctlab *f = ctlab_of(state);
	const struct ctlab_family *fam = &ctlab_families[0];
	static const char *const names[] = { "10.9.9.1", "10.9.9.2", "10.9.9.1",
					     "10.9.9.2" };

	ctlab_base(fam);
	ctlab_masquerade(fam);
	netns_sh("iptables -t nat -A PREROUTING -d 10.9.9.0/24 -p tcp "
		 "-j DNAT --to-destination %s",
		 fam->server);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		lookup_agrees(f, fam, names[i]);
	assert_int_equal(conntrack_searches(f->ct), 2);
}

/* The reply tuple of another connection is what is asked for as an original
 * one: the kernel finds it, but it is not the answer. */
static void lookup_is_not_fooled_by_the_other_direction(void **state)
{
	struct ctlab *f = ctlab_of(state);
	struct nat_view view;

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		struct ctlab_link l;
		struct ends turned;

		ctlab_base(&ctlab_families[i]);
		l = ctlab_link_make(f, &ctlab_families[i],
				    ctlab_families[i].server);
		turned.client = l.ends.server;
		turned.server = l.ends.client;
		assert_int_equal(conntrack_lookup(f->ct, &turned, &view),
				 CONNTRACK_MISSING);
		turned = l.ends;
		turned.client.port ^= 1;
		assert_int_equal(conntrack_lookup(f->ct, &turned, &view),
				 CONNTRACK_MISSING);
		ctlab_link_close(&l);
	}
}

static void liberal_needs_an_entry(void **state)
{
	struct ctlab *f = ctlab_of(state);
	struct endpoint nobody = netns_endpoint("10.9.9.9", 999);
	struct ctlab_link l;

	ctlab_base(&ctlab_families[0]);
	l = ctlab_link_make(f, &ctlab_families[0], ctlab_families[0].server);
	assert_int_equal(conntrack_liberal(f->ct, &l.ends.client,
					   &l.server_called),
			 CONNTRACK_FINE);
	assert_int_equal(conntrack_liberal(f->ct, &l.ends.client, &nobody),
			 CONNTRACK_MISSING);
	ctlab_link_close(&l);
}

static uint32_t mark_of(const struct ctlab_family *fam)
{
	return (uint32_t)netns_count("conntrack -f %s -L -p tcp --dport 21 "
				     "2>/dev/null | "
				     "sed -n 's/.*mark=\\([0-9]*\\).*/\\1/p'",
				     fam == &ctlab_families[0] ? "ipv4"
							       : "ipv6");
}

static void mark_bits(struct ctlab *f, const struct ctlab_family *fam)
{
	struct endpoint nobody = netns_endpoint(fam->client, 999);
	struct ctlab_link l = ctlab_link_make(f, fam, fam->virtual_server);
	const struct endpoint *from = &l.ends.client, *to = &l.server_called;

	assert_int_equal(mark_of(fam), CTLAB_STRANGER);
	assert_int_equal(conntrack_mark(f->ct, from, to, CTLAB_FAST_MARK,
					CTLAB_FAST_MARK),
			 CONNTRACK_FINE);
	assert_int_equal(mark_of(fam), CTLAB_STRANGER | CTLAB_FAST_MARK);
	assert_int_equal(conntrack_mark(f->ct, from, to, CTLAB_FAST_MARK,
					CTLAB_FAST_MARK),
			 CONNTRACK_FINE);
	assert_int_equal(mark_of(fam), CTLAB_STRANGER | CTLAB_FAST_MARK);
	assert_int_equal(conntrack_mark(f->ct, from, to,
					CTLAB_FAST_MARK | 0x1000, 0),
			 CONNTRACK_FINE);
	assert_int_equal(mark_of(fam), CTLAB_STRANGER & ~0x1000);
	assert_int_equal(conntrack_mark(f->ct, &nobody, to, CTLAB_MARK,
					CTLAB_MARK),
			 CONNTRACK_MISSING);
	ctlab_link_close(&l);
}

static void marks_change_bit_by_bit(void **state)
{
	struct ctlab *f = ctlab_of(state);

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_dnat(&ctlab_families[i]);
		netns_sh(
			"%s -t mangle -A PREROUTING -m conntrack --ctstate NEW "
			"-j CONNMARK --set-mark %d",
			ctlab_families[i].iptables, CTLAB_STRANGER);
		mark_bits(f, &ctlab_families[i]);
	}
}

static void marks_are_cleared_everywhere(void **state)
{
	struct ctlab *f = ctlab_of(state);
	struct ctlab_link l[CTLAB_FAMILIES];

	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		l[i] = ctlab_link_make(f, &ctlab_families[i],
				       ctlab_families[i].server);
		assert_int_equal(
			conntrack_mark(f->ct, &l[i].ends.client,
				       &l[i].server_called,
				       CTLAB_MARK | CTLAB_FAST_MARK | 1,
				       i ? CTLAB_MARK | CTLAB_FAST_MARK | 1
					 : CTLAB_STRANGER),
			CONNTRACK_FINE);
	}
	assert_int_equal(conntrack_mark_clear(f->ct, CTLAB_MARK),
			 CONNTRACK_FINE);
	assert_int_equal(mark_of(&ctlab_families[0]), CTLAB_STRANGER);
	assert_int_equal(mark_of(&ctlab_families[1]), CTLAB_FAST_MARK | 1);
	assert_int_equal(conntrack_mark_clear(f->ct, CTLAB_MARK),
			 CONNTRACK_FINE);
	for (size_t i = 0; i < CTLAB_FAMILIES; i++)
		ctlab_link_close(&l[i]);
}

static void texts_name_the_cure(void **state)
{
	(void)state;
	assert_non_null(strstr(conntrack_text(CONNTRACK_DENIED), "root"));
	assert_non_null(strstr(conntrack_text(CONNTRACK_UNSUPPORTED),
			       "nf_conntrack_netlink"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ctlab_test(lookup_without_translation),
		ctlab_test(lookup_of_a_translated_client),
		ctlab_test(lookup_of_a_translated_server),
		ctlab_test(lookup_of_both_translated),
		ctlab_test(names_of_a_server_are_remembered),
		ctlab_test(servers_may_have_many_names),
		ctlab_test(lookup_is_not_fooled_by_the_other_direction),
		ctlab_test(liberal_needs_an_entry),
		ctlab_test(marks_change_bit_by_bit),
		ctlab_test(marks_are_cleared_everywhere),
		cmocka_unit_test(texts_name_the_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
