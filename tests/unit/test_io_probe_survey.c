/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a survey finds out about a server, whatever that is like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "lab/socket.h"
#include "lab/survey_judge.h"
#include "support.h"
#include "surveys.h"

static void test_ftp(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.role = NULL;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_FTP, false, 0);
	assert_well(&s->stop);
	assert_findings(s, "");
	assert_int_equal(s->greeting.code, 220);
	assert_true(survey_has(s, "epsv"));
	assert_false(survey_has(s, "AUTH TLS"));
	assert_false(s->secured);
	assert_true(s->logged_in);
	assert_int_equal(s->logins, 1);
	assert_int_equal(s->way[VIA_EPSV].announced, SURVEY_TRIES);
	assert_int_equal(s->way[VIA_PASV].announced, SURVEY_TRIES);
	assert_true(survey_way_works(s, VIA_EPSV));
	assert_true(survey_way_works(s, VIA_PASV));
	assert_false(s->way[VIA_EPRT].tried);
	assert_false(s->way[VIA_PORT].tried);
	assert_false(s->way[VIA_EPSV].has_addr);
	assert_true(s->way[VIA_PASV].has_addr);
	assert_false(survey_elsewhere(s));
	assert_true(survey_passive_ports(s).lo >= 42000);
	assert_true(survey_passive_ports(s).hi <= 42999);
	assert_true(s->way[VIA_PASV].list.moved > 0);
	assert_int_equal(s->reuse, REUSE_UNKNOWN);
	assert_string_equal(s->url.password, "");
}

static void explicit_at(uint16_t version)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	spec.role = lab_server_role(version);
	s = survey_of(&spec, CLIENT_EXPLICIT, true, 0);
	assert_well(&s->stop);
	assert_true(survey_has(s, "AUTH TLS"));
	assert_true(s->secured);
	assert_true(s->protected);
	assert_int_equal(s->tls.version, version);
	assert_int_equal(s->certificate_result, CERTIFICATE_OK);
	assert_true(s->certificate.self_signed);
	for (enum via via = VIA_PORT; via <= VIA_EPSV; via++) {
		if (via == VIA_LPRT)
			continue;
		assert_true(survey_way_works(s, via));
		assert_int_equal(s->way[via].list.facts.version, version);
		assert_true(s->way[via].list.facts.resumed);
	}
	assert_int_equal(s->reuse, REUSE_NOT_REQUIRED);
	assert_int_equal(s->logins, 1);
}

static void test_explicit_tls(void **state)
{
	(void)state;
	explicit_at(0x0303);
	explicit_at(0x0304);
}

static void test_implicit_tls_over_ipv6(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	lab_needs_ipv6();
	spec.at = netns_endpoint("::1", 0);
	spec.implicit = true;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_IMPLICIT, true, 0);
	assert_findings(s, "self-signed any-data-port");
	assert_true(s->secured);
	assert_false(s->way[VIA_PASV].tried);
	assert_false(s->way[VIA_PORT].tried);
	assert_true(survey_way_works(s, VIA_EPSV));
	assert_true(survey_way_works(s, VIA_EPRT));
}

static void test_reuse_required(void **state)
{
	static const uint16_t versions[] = { 0x0303, 0x0304 };
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.reuse = true;
	spec.passive = (struct port_range){ 42000, 42999 };
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		spec.role = lab_server_role(versions[i]);
		s = survey_of(&spec, CLIENT_EXPLICIT, true, 0);
		assert_int_equal(s->reuse, REUSE_REQUIRED);
		assert_int_equal(s->reuse_stop.code, 522);
		/* The session that this spoils is not the last. */
		assert_int_equal(s->logins, 2);
		assert_true(survey_way_works(s, VIA_PORT));
		assert_findings(s, "self-signed reuse-required any-data-port");
	}
}

static void test_expired_certificate(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.role = lab_expired_role();
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_EXPLICIT, false, 0);
	assert_true(s->certificate.expired);
	assert_true(survey_way_works(s, VIA_EPSV));
	assert_findings(s, "certificate-expired self-signed");
	assert_true(findings_have_problem(survey_findings(s)));
}

static void test_private_address_announced(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct endpoint inside = netns_endpoint("10.2.5.5", 0);
	const struct survey *s;

	(void)state;
	spec.announces = true;
	spec.announced = inside.addr;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_EXPLICIT, false, 0);
	assert_true(addr_equal(&s->way[VIA_PASV].addr, &inside.addr));
	assert_true(survey_elsewhere(s));
	assert_false(s->way[VIA_PASV].varies);
	/* The data connection went to the server all the same. */
	assert_true(survey_way_works(s, VIA_PASV));
	assert_true(
		addr_equal(&s->way[VIA_PASV].list.to.addr, &s->server.addr));
	assert_findings(s, "announced-elsewhere self-signed");
	/* "Where you are talking to" is nowhere else. */
	spec.announced = netns_endpoint("0.0.0.0", 0).addr;
	s = survey_of(&spec, CLIENT_EXPLICIT, false, 0);
	assert_findings(s, "self-signed");
}

static void test_range_exhausted(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct endpoint any = netns_endpoint("127.0.0.1", 0), taken;
	int other = socket_listen(&any);
	const struct survey *s;

	(void)state;
	assert_int_equal(socket_local(other, &taken), 0);
	spec.passive = (struct port_range){ taken.port, taken.port };
	s = survey_of(&spec, CLIENT_EXPLICIT, false, 0);
	assert_well(&s->stop);
	assert_stop(&s->way[VIA_EPSV].stop, STAGE_ENDPOINT, STOP_REFUSED);
	assert_stop(&s->way[VIA_PASV].stop, STAGE_ENDPOINT, STOP_REFUSED);
	assert_int_equal(survey_passive_ports(s).lo, 0);
	assert_int_equal(s->reuse, REUSE_UNKNOWN);
	assert_findings(s, "range-exhausted self-signed");
	close(other);
}

static void test_auth_refused(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.role = NULL;
	s = survey_of(&spec, CLIENT_EXPLICIT, true, 0);
	assert_stop(&s->stop, STAGE_AUTH, STOP_REFUSED);
	assert_int_equal(s->stop.code, 502);
	assert_findings(s, "stopped");
	/* No password went out in the clear. */
	assert_int_equal(s->logins, 0);
	assert_int_equal(s->greeting.code, 220);
	for (enum via via = VIA_PORT; via <= VIA_EPSV; via++)
		assert_false(s->way[via].tried);
}

static void test_tls_offered_to_ftp(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_FTP, false, 0);
	assert_findings(s, "tls-offered");
	assert_false(findings_have_problem(survey_findings(s)));
}

static void test_features_are_optional(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.fault.at = STAGE_FEAT;
	spec.fault.does = SERVER_REFUSES;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_EXPLICIT, false, 0);
	assert_int_equal(s->feat.code, 0);
	assert_findings(s, "self-signed");
}

static void test_no_epsv(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.no_epsv = true;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_EXPLICIT, false, 0);
	assert_stop(&s->way[VIA_EPSV].stop, STAGE_ENDPOINT, STOP_REFUSED);
	assert_true(survey_way_works(s, VIA_PASV));
	assert_int_equal(s->reuse, REUSE_NOT_REQUIRED);
	assert_int_equal(s->logins, 2);
	assert_findings(s, "self-signed");
}

/* Neither way is known; and vsftpd's way of saying that no port is free. */
static void test_no_passive(void **state)
{
	const struct stop refused = { .stage = STAGE_ENDPOINT,
				      .reason = STOP_REFUSED,
				      .code = 500 };
	static const char oops[] = "OOPS: vsf_sysutil_bind";
	struct server_spec spec = lab_server_spec();
	static struct survey s;

	(void)state;
	spec.fault.at = STAGE_ENDPOINT;
	spec.fault.does = SERVER_REFUSES;
	assert_findings(survey_of(&spec, CLIENT_EXPLICIT, true, 0),
			"no-passive active-fails self-signed");
	s.way[VIA_EPSV].tried = true;
	s.way[VIA_EPSV].stop = refused;
	assert_findings(&s, "no-passive");
	s.way[VIA_EPSV].stop.text_len = sizeof(oops) - 1;
	memcpy(s.way[VIA_EPSV].stop.text, oops, sizeof(oops) - 1);
	assert_findings(&s, "range-exhausted");
}

static void test_no_active(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.no_active = true;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_FTP, true, 0);
	assert_int_equal(s->way[VIA_PORT].stop.code, 502);
	assert_findings(s, "active-fails tls-offered");
}

/* The control port has a port before it that is free. */
static void test_active_from_the_data_port(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct endpoint at = netns_endpoint("127.0.0.1", 0);
	const struct survey *s;
	int fd = socket_listen(&at);

	(void)state;
	assert_int_equal(socket_local(fd, &at), 0);
	close(fd);
	spec.at = at;
	spec.data_port = at.port - 1;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_FTP, true, 0);
	assert_int_equal(s->way[VIA_EPRT].list.from.port, at.port - 1);
	assert_int_equal(survey_data_port(s), at.port - 1);
	assert_findings(s, "tls-offered");
}

static void test_data_connections_fail(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.fault.at = STAGE_DATA_CONNECT;
	spec.fault.does = SERVER_CUTS;
	spec.passive = (struct port_range){ 42000, 42999 };
	s = survey_of(&spec, CLIENT_EXPLICIT, true, 0);
	assert_well(&s->stop);
	assert_stop(&s->way[VIA_EPSV].stop, STAGE_DATA_CONNECT, STOP_BROKEN);
	assert_stop(&s->way[VIA_PASV].stop, STAGE_DATA_CONNECT, STOP_BROKEN);
	assert_stop(&s->way[VIA_EPRT].stop, STAGE_DATA_CONNECT, STOP_CLOSED);
	/* The ports are known all the same. */
	assert_true(survey_passive_ports(s).lo >= 42000);
	assert_findings(s, "passive-fails active-fails self-signed");
	assert_true(s->logins <= SURVEY_LOGINS_MAX);
}

static void test_low_and_wide_ports(void **state)
{
	static struct survey s;

	(void)state;
	s.way[VIA_EPSV] = (struct survey_way){ .tried = true,
					       .announced = 2,
					       .ports = { 1023, 1024 } };
	assert_findings(&s, "low-port");
	s.way[VIA_EPSV].ports.lo = 1024;
	assert_findings(&s, "");
	s.way[VIA_PASV] = (struct survey_way){ .tried = true,
					       .announced = 2,
					       .ports = { 32768, 60999 } };
	assert_int_equal(survey_passive_ports(&s).lo, 1024);
	assert_int_equal(survey_passive_ports(&s).hi, 60999);
	assert_findings(&s, "wide-range");
}

static void test_private_addresses(void **state)
{
	static const struct {
		const char *addr;
		bool private;
	} table[] = {
		{ "10.0.0.0", true },
		{ "11.0.0.0", false },
		{ "100.64.0.1", true },
		{ "100.128.0.1", false },
		{ "127.0.0.1", true },
		{ "169.254.1.1", true },
		{ "172.15.255.255", false },
		{ "172.16.0.0", true },
		{ "172.31.255.255", true },
		{ "172.32.0.0", false },
		{ "192.168.255.1", true },
		{ "192.167.0.1", false },
		{ "0.0.0.0", true },
		{ "203.0.113.5", false },
		{ "::1", true },
		{ "fd00::1", true },
		{ "fe80::1", true },
		{ "fec0::1", false },
		{ "2001:db8::1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct endpoint e = netns_endpoint(table[i].addr, 0);

		if (addr_is_private(&e.addr) != table[i].private)
			fail_msg("%s", table[i].addr);
	}
}

#define peers_test(test) cmocka_unit_test_teardown(test, lab_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		peers_test(test_ftp),
		peers_test(test_explicit_tls),
		peers_test(test_implicit_tls_over_ipv6),
		peers_test(test_reuse_required),
		peers_test(test_expired_certificate),
		peers_test(test_private_address_announced),
		peers_test(test_range_exhausted),
		peers_test(test_auth_refused),
		peers_test(test_tls_offered_to_ftp),
		peers_test(test_features_are_optional),
		peers_test(test_no_epsv),
		peers_test(test_no_passive),
		peers_test(test_no_active),
		peers_test(test_active_from_the_data_port),
		peers_test(test_data_connections_fail),
		cmocka_unit_test(test_low_and_wide_ports),
		cmocka_unit_test(test_private_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
