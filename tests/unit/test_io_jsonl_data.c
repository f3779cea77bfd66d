/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of data connections and what allows them, as JSON lines and as lines
 * for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "told.h"

static void test_grant(void **state)
{
	struct event e = told_event(EVENT_GRANT);

	(void)state;
	e.grant.server_name = span_str("lab");
	e.grant.ports = (struct port_range){ 42000, 42999 };
	assert_told(&e,
		    JSON_HEAD("grant") ",\"op\":\"open\",\"mode\":\"passive\","
				       "\"server_name\":\"lab\","
				       "\"ports\":\"42000-42999\"}",
		    TEXT_HEAD
		    "grant open passive server lab ports 42000-42999");
	e.grant.op = GRANT_CLOSE;
	e.grant.active = true;
	e.grant.ports = (struct port_range){ 5000, 5000 };
	e.grant.reason = "session closed";
	assert_told(&e,
		    JSON_HEAD("grant") ",\"op\":\"close\",\"mode\":\"active\","
				       "\"server_name\":\"lab\","
				       "\"ports\":\"5000\","
				       "\"reason\":\"session closed\"}",
		    TEXT_HEAD
		    "grant close active server lab ports 5000: session "
		    "closed");
	e = told_event(EVENT_GRANT);
	e.grant.op = GRANT_REFUSE;
	e.grant.reason = "no such server";
	assert_told(&e,
		    JSON_HEAD(
			    "grant") ",\"op\":\"refuse\",\"mode\":\"passive\","
				     "\"reason\":\"no such server\"}",
		    TEXT_HEAD "grant refuse passive: no such server");
}

static void test_endpoint(void **state)
{
	struct event e = told_event(EVENT_ENDPOINT);

	(void)state;
	e.endpoint.via = VIA_EPSV;
	e.endpoint.endpoint = told_at("10.2.5.5", 42000);
	e.endpoint.accepted = true;
	assert_told(
		&e,
		JSON_HEAD("endpoint") ",\"via\":\"EPSV\",\"mode\":\"passive\","
				      "\"addr\":\"10.2.5.5\",\"port\":42000,"
				      "\"accepted\":true}",
		TEXT_HEAD "endpoint EPSV 10.2.5.5:42000 accepted");
	e.endpoint.via = VIA_PORT;
	e.endpoint.accepted = false;
	e.endpoint.reason = "bounce";
	assert_told(
		&e,
		JSON_HEAD(
			"endpoint") ",\"via\":\"PORT\",\"mode\":\"active\","
				    "\"addr\":\"10.2.5.5\",\"port\":42000,"
				    "\"accepted\":false,\"reason\":\"bounce\"}",
		TEXT_HEAD "endpoint PORT 10.2.5.5:42000 refused: bounce");
}

static void test_rewrite(void **state)
{
	struct event e = told_event(EVENT_REWRITE);

	(void)state;
	e.rewrite.via = VIA_PORT;
	e.rewrite.from = told_at("10.1.4.4", 40001);
	e.rewrite.to = told_at("203.0.113.1", 40001);
	e.rewrite.delta = -2;
	assert_told(&e,
		    JSON_HEAD("rewrite") ",\"via\":\"PORT\","
					 "\"from\":{\"addr\":\"10.1.4.4\","
					 "\"port\":40001},"
					 "\"to\":{\"addr\":\"203.0.113.1\","
					 "\"port\":40001},\"delta\":-2}",
		    TEXT_HEAD "rewrite PORT 10.1.4.4:40001 > 203.0.113.1:40001 "
			      "(-2 bytes)");
}

static void test_pinhole(void **state)
{
	struct event e = told_event(EVENT_PINHOLE);

	(void)state;
	e.pinhole.op = PINHOLE_OPEN;
	e.pinhole.id = 12;
	e.pinhole.from = told_addr("fc00::4");
	e.pinhole.to = told_at("fc00::5", 42001);
	assert_told(&e,
		    JSON_HEAD("pinhole") ",\"op\":\"open\",\"id\":12,"
					 "\"mode\":\"passive\","
					 "\"from\":{\"addr\":\"fc00::4\"},"
					 "\"to\":{\"addr\":\"fc00::5\","
					 "\"port\":42001}}",
		    TEXT_HEAD
		    "pinhole open 12 passive fc00::4 > [fc00::5]:42001");
	e.pinhole.op = PINHOLE_REFUSE;
	e.pinhole.id = 0;
	e.pinhole.active = true;
	e.pinhole.from_port = 20;
	e.pinhole.reason = "table full";
	assert_told(&e,
		    JSON_HEAD(
			    "pinhole") ",\"op\":\"refuse\",\"mode\":\"active\","
				       "\"from\":{\"addr\":\"fc00::4\","
				       "\"port\":20},"
				       "\"to\":{\"addr\":\"fc00::5\","
				       "\"port\":42001},"
				       "\"reason\":\"table full\"}",
		    TEXT_HEAD
		    "pinhole refuse active [fc00::4]:20 > [fc00::5]:42001: "
		    "table full");
}

static void test_data(void **state)
{
	struct event e = told_event(EVENT_DATA);

	(void)state;
	e.data.open = true;
	e.data.from = told_at("10.1.4.4", 40002);
	e.data.to = told_at("10.2.5.5", 42000);
	e.data.related = true;
	assert_told(&e,
		    JSON_HEAD(
			    "data") ",\"op\":\"open\",\"mode\":\"passive\","
				    "\"from\":{\"addr\":\"10.1.4.4\","
				    "\"port\":40002},"
				    "\"to\":{\"addr\":\"10.2.5.5\","
				    "\"port\":42000},\"verdict\":\"related\"}",
		    TEXT_HEAD
		    "data open passive 10.1.4.4:40002 > 10.2.5.5:42000 "
		    "related");
	e.data.open = e.data.related = false;
	e.data.active = e.data.has_bytes = true;
	e.data.bytes_from = 5000000000;
	e.data.reason = "no pinhole";
	assert_told(&e,
		    JSON_HEAD(
			    "data") ",\"op\":\"close\",\"mode\":\"active\","
				    "\"from\":{\"addr\":\"10.1.4.4\","
				    "\"port\":40002},"
				    "\"to\":{\"addr\":\"10.2.5.5\","
				    "\"port\":42000},\"bytes_from\":5000000000,"
				    "\"bytes_to\":0,\"verdict\":\"unrelated\","
				    "\"reason\":\"no pinhole\"}",
		    TEXT_HEAD
		    "data close active 10.1.4.4:40002 > 10.2.5.5:42000 "
		    "unrelated 5000000000/0 bytes: no pinhole");
	e.data.reason = NULL;
	e.data.has_bytes = false;
	e.data.related = e.data.granted = true;
	e.data.tls = DATA_TLS_YES;
	assert_told(&e,
		    JSON_HEAD("data") ",\"op\":\"close\",\"mode\":\"active\","
				      "\"from\":{\"addr\":\"10.1.4.4\","
				      "\"port\":40002},"
				      "\"to\":{\"addr\":\"10.2.5.5\","
				      "\"port\":42000},\"verdict\":\"related\","
				      "\"tls\":true,\"granted\":true}",
		    TEXT_HEAD
		    "data close active 10.1.4.4:40002 > 10.2.5.5:42000 "
		    "related granted TLS");
	e.data.granted = false;
	e.data.tls = DATA_TLS_NO;
	assert_told(&e,
		    JSON_HEAD("data") ",\"op\":\"close\",\"mode\":\"active\","
				      "\"from\":{\"addr\":\"10.1.4.4\","
				      "\"port\":40002},"
				      "\"to\":{\"addr\":\"10.2.5.5\","
				      "\"port\":42000},\"verdict\":\"related\","
				      "\"tls\":false}",
		    TEXT_HEAD
		    "data close active 10.1.4.4:40002 > 10.2.5.5:42000 "
		    "related no-TLS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grant),   cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_rewrite), cmocka_unit_test(test_pinhole),
		cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
