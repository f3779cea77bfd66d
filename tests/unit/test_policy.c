/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration's answers, and the tables of names beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/event.h>
#include <sallyport/nat.h>
#include <sallyport/policy.h>

#include "support.h"

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(span_str(text), &a), PARSE_OK);
	return a;
}

static void ports(void **state)
{
	static const struct {
		uint16_t port;
		bool allowed;
	} cases[] = {
		{ 0, false },     { 20, false },   { 1023, false },
		{ 1024, true },   { 2120, true },  { 2121, false },
		{ 2122, true },   { 9990, false }, { 5999, true },
		{ 6000, false },  { 6063, false }, { 6064, true },
		{ 33060, false }, { 65535, true },
	};
	const struct policy p = {
		.control_port = { 21, 2121 },
		.control_ports = 2,
		.implicit_port = { 9990 },
		.implicit_ports = 1,
		.minimum_port = 1024,
		.denied = { { 6000, 6063 }, { 33060, 33060 } },
		.denied_count = 2,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(policy_port_allowed(&p, cases[i].port),
				 cases[i].allowed);
	assert_true(policy_is_control_port(&p, 21));
	assert_false(policy_is_control_port(&p, 9990));
	assert_true(policy_is_implicit_port(&p, 9990));
	assert_false(policy_is_implicit_port(&p, 21));
}

static void without_a_minimum_port_0_stays_closed(void **state)
{
	const struct policy p = { .minimum_port = 0 };

	(void)state;
	assert_false(policy_port_allowed(&p, 0));
	assert_true(policy_port_allowed(&p, 1));
	/* Slots that are not counted hold zeros: they mean nothing. */
	assert_false(policy_is_control_port(&p, 0));
}

static void the_first_server_wins(void **state)
{
	const struct policy_server servers[] = {
		{ .name = "one",
		  .address = { { addr("10.2.5.5"), 128 },
			       { addr("fc00:10:2:5::"), 64 } },
		  .addresses = 2,
		  .public_address = { addr("203.0.113.1") },
		  .public_addresses = 1 },
		{ .name = "net",
		  .address = { { addr("10.2.0.0"), 112 } },
		  .addresses = 1 },
	};
	const struct policy p = { .server = servers, .servers = 2 };
	const struct addr one = addr("10.2.5.5"), six = addr("fc00:10:2:5::7");
	const struct addr net = addr("10.2.5.6"), other = addr("10.3.0.1");
	const struct addr public = addr("203.0.113.1");

	(void)state;
	assert_ptr_equal(policy_server_find(&p, &one), &servers[0]);
	assert_ptr_equal(policy_server_find(&p, &six), &servers[0]);
	assert_ptr_equal(policy_server_find(&p, &net), &servers[1]);
	assert_null(policy_server_find(&p, &other));
	assert_true(policy_server_is_public(&servers[0], &public));
	assert_false(policy_server_is_public(&servers[0], &one));
	assert_false(policy_server_is_public(&servers[1], &public));
	assert_false(policy_server_is_public(NULL, &public));
}

static void translation_shows(void **state)
{
	const struct ends e = { .client = { addr("10.1.4.4"), 40000 },
				.server = { addr("10.2.5.5"), 21 } };
	struct nat_view n = nat_identity(&e);

	(void)state;
	assert_false(nat_translates_client(&e, &n));
	assert_false(nat_translates_server(&e, &n));
	assert_int_equal(n.mark, 0);
	n.client_public.port = 40001;
	assert_true(nat_translates_client(&e, &n));
	n.server_public.addr = addr("203.0.113.1");
	assert_true(nat_translates_server(&e, &n));
}

/* An alert id is lower-case words joined by dashes. */
static void assert_id(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	assert_non_null(id);
	assert_true(strlen(id) >= 3);
	assert_int_equal(strspn(id, allowed), strlen(id));
	assert_true(id[0] != '-' && id[strlen(id) - 1] != '-');
}

static void every_alert_has_name_and_text(void **state)
{
	(void)state;
	for (int i = 0; i < ALERTS; i++) {
		const char *text = alert_text(i);

		assert_id(alert_name(i));
		assert_non_null(text);
		assert_in_range(text[0], 'A', 'Z');
		/* One sentence: a dot at its end and nowhere else. */
		assert_ptr_equal(strchr(text, '.'), text + strlen(text) - 1);
		assert_null(strstr(text, "  "));
		assert_in_range(alert_severity(i), SEVERITY_INFO,
				SEVERITY_CRITICAL);
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(alert_name(i), alert_name(j));
			assert_string_not_equal(text, alert_text(j));
		}
	}
}

/* Scripts match on these. */
static void names_are_the_contract(void **state)
{
	static const char *const types[] = {
		"session_open",
		"command",
		"reply",
		"auth",
		"tls",
		"endpoint",
		"rewrite",
		"pinhole",
		"grant",
		"data",
		"alert",
		"session_close",
		"session_restore",
	};
	static const char *const ops[] = { "open", "use", "close", "expire",
					   "refuse" };

	(void)state;
	assert_int_equal(ARRAY_SIZE(types), EVENT_TYPES);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_string_equal(event_type_name(i), types[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		assert_string_equal(pinhole_op_name(i), ops[i]);
	assert_string_equal(severity_name(SEVERITY_INFO), "info");
	assert_string_equal(severity_name(SEVERITY_WARNING), "warning");
	assert_string_equal(severity_name(SEVERITY_CRITICAL), "critical");
	assert_string_equal(alert_name(ALERT_BOUNCE), "bounce");
	assert_string_equal(alert_name(ALERT_THIRD_HOST), "third-host");
	assert_string_equal(alert_name(ALERT_LOW_PORT), "low-port");
	assert_string_equal(alert_name(ALERT_INJECTION), "injection");
	assert_int_equal(alert_severity(ALERT_BOUNCE), SEVERITY_CRITICAL);
	assert_int_equal(alert_severity(ALERT_LOW_PORT), SEVERITY_WARNING);
	assert_int_equal(alert_severity(ALERT_BAD_CHECKSUM), SEVERITY_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports),
		cmocka_unit_test(without_a_minimum_port_0_stays_closed),
		cmocka_unit_test(the_first_server_wins),
		cmocka_unit_test(translation_shows),
		cmocka_unit_test(every_alert_has_name_and_text),
		cmocka_unit_test(names_are_the_contract),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
