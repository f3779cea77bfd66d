/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grants for active mode: the server's data port to the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data_talk.h"
#include "scene.h"
#include "support.h"
#include "tls_talk.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options plain6 = { .v6 = true };
static const struct wire_options dnat = { .dnat = true };
static const struct wire_options dnat6 = { .v6 = true, .dnat = true };
static const struct wire_options snat = { .snat = true };
static const struct wire_options snat6 = { .v6 = true, .snat = true };
static const struct wire_options implicit = { .server_port = 990 };

/* From @port of the server to @to of the client, as it knows it. */
static bool from(struct wire *w, uint16_t port, uint16_t to)
{
	const struct endpoint src = { w->end[SERVER].at.addr, port };
	const struct endpoint dst = { w->nat.client_public.addr, to };

	return data_try(w, &src, &dst);
}

static void entry_is_created(void **state)
{
	static const struct wire_options *const o[] = { &plain, &plain6, &dnat,
							&dnat6, &implicit };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(o); i++) {
		const struct data_entry *d;

		tls_begin(&w, o[i], TLS_1_3);
		assert_int_equal(wire_logged(&w,
					     "grant open active 1024-65535"),
				 1);
		assert_true(data_active(&w, 5001));
		d = &w.last[ACTION_DATA_CREATE].data;
		assert_true(addr_equal(&d->from.addr, &w.end[SERVER].at.addr));
		assert_int_equal(d->from.port, o[i]->server_port ? 989 : 20);
		assert_true(addr_equal(&d->to.addr, &w.end[CLIENT].at.addr));
		assert_int_equal(d->to.port, 5001);
		assert_true(endpoint_equal(&d->dnat_to, &d->to));
		assert_true(addr_equal(&d->snat_to, &w.nat.server_public.addr));
		assert_true(endpoint_equal(&d->master_from, &w.end[CLIENT].at));
		assert_true(
			endpoint_equal(&d->master_to, &w.nat.server_public));
		assert_int_equal(d->mark, w.policy.connmark);
		assert_int_equal(wire_logged(&w, "data open related"), 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

static void only_from_the_data_port(void **state)
{
	static const uint16_t port[] = { 19, 21, 22, 989, 990, 40000 };
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_2);
	for (size_t i = 0; i < ARRAY_SIZE(port); i++)
		assert_false(from(&w, port[i], 5001));
	assert_true(from(&w, 20, 5001));
	scene_stop(&w);
	tls_begin(&w, &implicit, TLS_1_2);
	assert_false(from(&w, 20, 5001));
	assert_int_equal(wire_logged(&w, "data open unrelated 10.2.5.5:20"), 1);
	assert_true(from(&w, 989, 5001));
	scene_stop(&w);
}

static void ports_of_the_client(void **state)
{
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_2);
	w.policy.denied[0] = (struct port_range){ 5900, 5910 };
	w.policy.denied_count = 1;
	assert_false(data_active(&w, 22));
	assert_false(data_active(&w, 1023));
	assert_false(data_active(&w, 5905));
	assert_true(data_active(&w, 1024));
	assert_true(data_active(&w, 65535));
	scene_stop(&w);
	/* What counts is the minimum now, not that of the handshake. */
	tls_begin(&w, &plain, TLS_1_2);
	w.policy.minimum_port = 2000;
	assert_false(data_active(&w, 1999));
	assert_true(data_active(&w, 2000));
	scene_stop(&w);
}

static void others(void **state)
{
	const struct endpoint data_port = wire_endpoint("10.2.5.5", 20);
	const struct endpoint client = wire_endpoint("10.1.4.4", 5001);
	const struct endpoint other_server = wire_endpoint("10.2.5.6", 20);
	const struct endpoint other_client = wire_endpoint("10.1.4.5", 5001);
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	assert_false(data_try(&w, &other_server, &client));
	assert_false(data_try(&w, &data_port, &other_client));
	assert_int_equal(wire_logged(&w, "data open unrelated 10.2.5.5:20 -> "
					 "10.1.4.5:5001"),
			 1);
	assert_true(data_try(&w, &data_port, &client));
	scene_stop(&w);
}

/* One number for both modes. */
static void places_are_shared(void **state)
{
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	w.server.max_data = 2;
	assert_true(data_active(&w, 5001));
	assert_true(data_passive(&w, 41000, 42000));
	assert_false(data_active(&w, 5002));
	assert_false(data_passive(&w, 41001, 42001));
	scene_expect_alert(&w, "grant-limit");
	assert_non_null(strstr(w.log, "10.1.4.4:5002 max-data: "));
	scene_stop(&w);
}

/* The encrypted PORT names an address that means nothing out there. */
static void not_through_snat(void **state)
{
	static const struct wire_options *const o[] = { &snat, &snat6 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(o); i++) {
		tls_begin(&w, o[i], TLS_1_3);
		assert_int_equal(wire_logged(&w, "grant refuse active 0-0 FTPS "
						 "active cannot cross"),
				 1);
		assert_int_equal(wire_logged(&w, "grant open active"), 0);
		assert_int_equal(wire_logged(&w, "grant open passive"), 1);
		assert_false(data_active(&w, 5001));
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

static void set_client(struct wire *w, struct policy_client *c,
		       const char *public)
{
	*c = (struct policy_client){ .name = "office",
				     .addresses = 1,
				     .active = { 50000, 50009 } };
	c->address[0].addr = w->end[CLIENT].at.addr;
	c->address[0].len = 128;
	c->public_address = wire_endpoint(public, 0).addr;
	w->policy.client = c;
	w->policy.clients = 1;
}

/* Unless the client tells its public address itself, and ports that lead to
 * it. */
static void advertised_range(void **state)
{
	static const struct {
		const struct wire_options *o;
		const char *public;
	} row[] = {
		{ &snat, "203.0.113.100" },
		{ &snat6, "2001:db8:203:113::100" },
	};
	struct policy_client c;
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		const struct data_entry *d;

		tls_start(&w, row[i].o);
		set_client(&w, &c, row[i].public);
		tls_auth(&w, TLS_1_3);
		assert_int_equal(wire_logged(&w,
					     "grant open active 50000-50009"),
				 1);
		assert_false(data_active(&w, 49999));
		assert_false(data_active(&w, 50010));
		assert_true(data_active(&w, 50000));
		assert_true(data_active(&w, 50009));
		d = &w.last[ACTION_DATA_CREATE].data;
		assert_true(
			addr_equal(&d->dnat_to.addr, &w.end[CLIENT].at.addr));
		assert_int_equal(d->dnat_to.port, 50009);
		assert_true(addr_equal(&d->snat_to, &w.end[SERVER].at.addr));
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* Of no use where it is not the address that this session goes out by. */
static void another_public_address(void **state)
{
	struct policy_client c;
	struct wire w;

	(void)state;
	tls_start(&w, &snat);
	set_client(&w, &c, "203.0.113.101");
	tls_auth(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "grant refuse active"), 1);
	assert_false(data_active(&w, 50000));
	scene_stop(&w);
	/* Nor another client's. */
	tls_start(&w, &snat);
	set_client(&w, &c, "203.0.113.100");
	c.address[0].addr = wire_endpoint("10.1.4.5", 0).addr;
	tls_auth(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "grant refuse active"), 1);
	scene_stop(&w);
	/* Without a range there is nothing to allow. */
	tls_start(&w, &snat);
	set_client(&w, &c, "203.0.113.100");
	c.active = (struct port_range){ 0, 0 };
	tls_auth(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "grant refuse active"), 1);
	assert_false(data_active(&w, 50000));
	scene_stop(&w);
}

static void active_refused(void **state)
{
	struct wire w;

	(void)state;
	tls_start(&w, &plain);
	w.server.active = ACTIVE_REFUSE;
	tls_auth(&w, TLS_1_3);
	assert_int_equal(wire_logged(&w, "grant open active"), 0);
	assert_int_equal(wire_logged(&w, "grant open passive"), 1);
	assert_false(data_active(&w, 5001));
	assert_int_equal(wire_logged(&w, "data open unrelated 10.2.5.5:20"), 1);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_is_created),
		cmocka_unit_test(only_from_the_data_port),
		cmocka_unit_test(ports_of_the_client),
		cmocka_unit_test(others),
		cmocka_unit_test(places_are_shared),
		cmocka_unit_test(not_through_snat),
		cmocka_unit_test(advertised_range),
		cmocka_unit_test(another_public_address),
		cmocka_unit_test(active_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
