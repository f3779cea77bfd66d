/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What probe tells of a survey: for people, as JSON, as configuration and as
 * rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "io/config.h"
#include "report/probe_advice.h"
#include "report/probe_json.h"
#include "report/probe_stop.h"
#include "report/probe_text.h"
#include "support.h"
#include "surveys.h"

static char text[65536];

/* What @put writes, in text. */
static const char *written(void (*put)(FILE *to, const struct survey *s),
			   const struct survey *s)
{
	FILE *to = fmemopen(text, sizeof(text), "w");

	assert_non_null(to);
	put(to, s);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void rules_with(FILE *to, const struct survey *s)
{
	probe_advice_rules(to, s, true);
}

static void rules_without(FILE *to, const struct survey *s)
{
	probe_advice_rules(to, s, false);
}

/* A server at @addr and @port that was found to be well. */
static struct survey *made(enum client_tls tls, const char *addr, uint16_t port)
{
	static struct survey s;
	struct endpoint at = netns_endpoint(addr, port);

	memset(&s, 0, sizeof(s));
	s.url = (struct url){ .tls = tls, .port = port, .user = "me" };
	snprintf(s.url.host, sizeof(s.url.host), "ftp.example");
	s.address[0] = s.server = at;
	s.addresses = 1;
	s.client = netns_endpoint(addr_is_v4(&at.addr) ? "192.0.2.9" : "::9",
				  50000);
	s.logged_in = true;
	s.way[VIA_EPSV] = (struct survey_way){ .tried = true,
					       .announced = 16,
					       .ports = { 42010, 42990 } };
	s.secured = tls != CLIENT_FTP;
	s.tls = (struct tls_facts){ .version = 0x0304, .cipher = "X" };
	s.certificate_result = CERTIFICATE_NONE;
	return &s;
}

/* The configuration that is advised, which must be good. */
static void load(const struct survey *s, struct config *out)
{
	struct problems problems;

	written(probe_advice_config, s);
	if (config_load_bytes(out, span_str(text), &problems) != CONFIG_OK)
		fail_msg("%s\n%u: %s", text, problems.item[0].line,
			 problems.item[0].text);
	assert_int_equal(out->policy.servers, 1);
}

static void test_config(void **state)
{
	struct survey *s = made(CLIENT_EXPLICIT, "203.0.113.5", 21);
	const struct policy_server *server;
	struct config c;

	(void)state;
	load(s, &c);
	server = &c.policy.server[0];
	assert_string_equal(server->name, "ftp.example");
	assert_int_equal(server->addresses, 1);
	assert_true(addr_equal(&server->address[0].addr, &s->server.addr));
	assert_int_equal(server->address[0].len, 128);
	assert_int_equal(server->public_addresses, 0);
	assert_int_equal(server->passive.lo, 42010);
	assert_int_equal(server->passive.hi, 42990);
	assert_int_equal(server->active, ACTIVE_REFUSE);
	assert_int_equal(server->tls, SERVER_TLS_EXPECTED);
	config_free(&c);
}

static void test_config_of_what_works_otherwise(void **state)
{
	struct survey *s = made(CLIENT_FTP, "2001:db8::5", 21);
	struct config c;

	(void)state;
	s->way[VIA_EPRT].tried = true;
	load(s, &c);
	assert_int_equal(c.policy.server[0].active, ACTIVE_ALLOW);
	assert_int_equal(c.policy.server[0].tls, SERVER_TLS_UNKNOWN);
	assert_true(addr_equal(&c.policy.server[0].address[0].addr,
			       &s->server.addr));
	config_free(&c);
	s->way[VIA_EPRT].stop.reason = STOP_TIMEOUT;
	load(s, &c);
	assert_int_equal(c.policy.server[0].active, ACTIVE_REFUSE);
	config_free(&c);
}

static void test_config_behind_nat(void **state)
{
	struct survey *s = made(CLIENT_EXPLICIT, "203.0.113.5", 21);
	struct endpoint inside = netns_endpoint("10.2.5.5", 0);
	const struct policy_server *server;
	struct config c;

	(void)state;
	s->way[VIA_PASV] = (struct survey_way){ .tried = true,
						.announced = 1,
						.ports = { 43000, 43000 },
						.has_addr = true,
						.addr = inside.addr };
	load(s, &c);
	server = &c.policy.server[0];
	assert_true(addr_equal(&server->address[0].addr, &inside.addr));
	assert_int_equal(server->public_addresses, 1);
	assert_true(addr_equal(&server->public_address[0], &s->server.addr));
	assert_int_equal(server->passive.hi, 43000);
	config_free(&c);
	assert_non_null(strstr(written(rules_with, s), "-d 10.2.5.5 "));
}

/* Whatever the port is, it is a control port of the right kind afterwards. */
static void test_config_with_any_port(void **state)
{
	static const uint16_t ports[] = { 21, 990, 2121, 1, 42500, 65535 };
	static const enum client_tls kinds[] = { CLIENT_FTP, CLIENT_EXPLICIT,
						 CLIENT_IMPLICIT };
	struct config c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			struct survey *s = made(kinds[k], "10.0.0.1", ports[i]);
			bool implicit = kinds[k] == CLIENT_IMPLICIT;

			load(s, &c);
			assert_int_equal(policy_is_implicit_port(&c.policy,
								 ports[i]),
					 implicit);
			assert_int_equal(policy_is_control_port(&c.policy,
								ports[i]),
					 !implicit);
			config_free(&c);
		}
}

/* What the configuration would refuse stands in a comment. */
static void test_config_with_odd_ranges(void **state)
{
	static const struct port_range odd[] = {
		{ 1, 2000 }, { 1023, 1023 }, { 2000, 3000 }, { 2121, 2121 }
	};
	struct config c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct survey *s = made(CLIENT_FTP, "10.0.0.1", 2121);

		s->way[VIA_EPSV].ports = odd[i];
		load(s, &c);
		assert_int_equal(c.policy.server[0].passive.lo, 0);
		assert_non_null(strstr(text, "# passive-ports: "));
		config_free(&c);
	}
}

static void test_config_with_odd_names(void **state)
{
	struct survey *s = made(CLIENT_FTP, "2001:db8::5", 21);
	struct config c;

	(void)state;
	snprintf(s->url.host, sizeof(s->url.host), "2001:db8::5");
	load(s, &c);
	assert_string_equal(c.policy.server[0].name, "2001-db8--5");
	config_free(&c);
	memset(s->url.host, 'a', sizeof(s->url.host) - 1);
	load(s, &c);
	assert_int_equal(strlen(c.policy.server[0].name), POLICY_NAME_MAX - 1);
	config_free(&c);
	/* YAML would take it for a number. */
	snprintf(s->url.host, sizeof(s->url.host), "0x7f");
	load(s, &c);
	assert_string_equal(c.policy.server[0].name, "0x7f");
	config_free(&c);
}

static void test_rules(void **state)
{
	struct survey *s = made(CLIENT_EXPLICIT, "203.0.113.5", 2121);

	(void)state;
	s->way[VIA_PORT] = (struct survey_way){ .tried = true };
	s->way[VIA_PORT].list.from.port = 2120;
	assert_string_equal(
		written(rules_with, s),
		"iptables -A FORWARD -d 203.0.113.5 -p tcp --dport 2121 "
		"-j ACCEPT\n"
		"iptables -A FORWARD -m conntrack --ctstate "
		"RELATED,ESTABLISHED -j ACCEPT\n");
	assert_string_equal(
		written(rules_without, s),
		"iptables -A FORWARD -d 203.0.113.5 -p tcp --dport 2121 "
		"-j ACCEPT\n"
		"iptables -A FORWARD -m conntrack --ctstate "
		"RELATED,ESTABLISHED -j ACCEPT\n"
		"iptables -A FORWARD -d 203.0.113.5 -p tcp "
		"--dport 42010:42990 -j ACCEPT\n"
		"iptables -A FORWARD -s 203.0.113.5 -p tcp --sport 2120 "
		"--dport 1024:65535 -j ACCEPT\n");
	s->way[VIA_PORT].list.from.port = 40000;
	assert_non_null(strstr(written(rules_without, s),
			       "-s 203.0.113.5 -p tcp --dport 1024:65535 "));
}

static void test_rules_for_ipv6(void **state)
{
	(void)state;
	written(rules_without, made(CLIENT_FTP, "2001:db8::5", 21));
	assert_non_null(strstr(text, "ip6tables -A FORWARD -d 2001:db8::5 "));
	assert_null(strstr(text, "iptables "));
}

/* --- texts ------------------------------------------------------------------------------- */

static void test_stop(void **state)
{
	struct stop s = { .stage = STAGE_AUTH,
			  .reason = STOP_REFUSED,
			  .code = 530,
			  .text = "\033[2JNo",
			  .text_len = 6 };
	char line[200];
	FILE *to = fmemopen(line, sizeof(line), "w");
	json_t *json = stop_json(&s);

	(void)state;
	stop_text(to, &s);
	fclose(to);
	assert_string_equal(line, "AUTH: refused: 530 \\x1b[2JNo");
	assert_string_equal(json_string_value(json_object_get(json, "text")),
			    "\\x1b[2JNo");
	assert_int_equal(json_integer_value(json_object_get(json, "code")),
			 530);
	json_decref(json);
	s.reason = STOP_NOT;
	json = stop_json(&s);
	assert_true(json_is_null(json));
	json_decref(json);
}

/* A whole survey: every line of it is there. */
static void test_text(void **state)
{
	static const char *const wanted[] = {
		"ftpes://127.0.0.1:",
		"\n  server       127.0.0.1:",
		" (private), from 127.0.0.1:",
		"\n  greeting     220 scripted server\n",
		"\n  FEAT         AUTH TLS, PBSZ, PROT, EPRT, EPSV, UTF8\n",
		"\n  TLS          after AUTH TLS, TLS 1.3, TLS_",
		"\n  chain of 1   certificate server CN=ftp.example",
		"\n  login        ftpuser; PBSZ 0 and PROT P taken\n",
		"\n  EPSV         port",
		" under TLS 1.3, session resumed\n",
		"\n  PASV         announces 127.0.0.1 (private), port",
		" in 16 tries\n               LIST gave ",
		"\n  EPRT         connected from 127.0.0.1:",
		"\n  TLS sessions must be resumed on data connections; a new "
		"one: data transfer: refused: 522 Session reuse is required\n",
		"\nNote: the server's certificate is self-signed\n",
		"\nAll is well.\n",
		"\nservers:\n  - name: \"127.0.0.1\"\n",
		"\n    active: allow\n",
		"\niptables -A FORWARD -s 127.0.0.1 -p tcp ",
	};
	struct server_spec spec = lab_server_spec();

	(void)state;
	spec.reuse = true;
	spec.role = lab_server_role(0x0304);
	written(probe_text, survey_of(&spec, CLIENT_EXPLICIT, true, 0));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no '%s' in\n%s", wanted[i], text);
	assert_null(strstr(text, LAB_PASSWORD));
}

static void test_text_of_what_stopped(void **state)
{
	struct server_spec spec = lab_server_spec();

	(void)state;
	spec.role = NULL;
	written(probe_text, survey_of(&spec, CLIENT_EXPLICIT, false, 0));
	assert_non_null(strstr(text, "\n  STOPPED AT   AUTH: refused: 502 "
				     "AUTH is not for here\n"));
	assert_non_null(strstr(text, "\nProblem: the session did not get that "
				     "far\n"));
	assert_null(strstr(text, "All is well"));
}

/* A name with several addresses. */
static void test_text_of_other_addresses(void **state)
{
	struct survey *s = made(CLIENT_FTP, "10.0.0.1", 21);

	(void)state;
	assert_null(strstr(written(probe_text, s), "not probed "));
	s->address[1] = netns_endpoint("2001:db8::1", 21);
	s->address[2] = netns_endpoint("10.0.0.2", 21);
	s->addresses = 3;
	assert_non_null(strstr(written(probe_text, s),
			       "\n  not probed   2001:db8::1, 10.0.0.2\n"));
}

/* Many and long features, and what is not printable. */
static void test_text_of_hostile_features(void **state)
{
	struct survey *s = made(CLIENT_FTP, "10.0.0.1", 21);
	char *at = s->feat.text;

	(void)state;
	s->greeting.code = 220;
	s->feat.code = 211;
	at += sprintf(at, "Features");
	for (int i = 0; i < 40; i++)
		at += sprintf(at, "\n FEATURE%d", i);
	at += sprintf(at, "\n \033[31m\n\n ");
	memset(at, 'z', 1000);
	at += 1000;
	at += sprintf(at, "\nEnd");
	s->feat.len = (size_t)(at - s->feat.text);
	written(probe_text, s);
	assert_non_null(strstr(text, "FEATURE39, \\x1b[31m"));
	assert_non_null(strstr(text, "zzzz...\n"));
	assert_null(strchr(text, '\033'));
	for (char *line = strstr(text, "FEATURE0"); strstr(line, "FEATURE");) {
		char *end = strchr(line, '\n');

		assert_true(end - line < 80);
		line = end + 1;
	}
	assert_true(survey_has(s, "feature7"));
	assert_false(survey_has(s, "End"));
	assert_false(survey_has(s, "FEATURE77"));
}

/* --- JSON -------------------------------------------------------------------------------- */

static const json_t *member(const json_t *json, const char *path)
{
	char part[40];
	size_t len;

	for (; json && *path; path += len + (path[len] == '.')) {
		len = strcspn(path, ".");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		json = json_object_get(json, part);
	}
	return json;
}

static const char *string(const json_t *json, const char *path)
{
	const char *value = json_string_value(member(json, path));

	if (!value)
		fail_msg("no %s", path);
	return value;
}

static void test_json(void **state)
{
	struct server_spec spec = lab_server_spec();
	struct problems problems;
	struct config c;
	json_t *json;
	char *all;

	(void)state;
	spec.reuse = true;
	json = probe_json(survey_of(&spec, CLIENT_EXPLICIT, true, 0));
	assert_non_null(json);
	assert_true(json_is_true(member(json, "well")));
	assert_string_equal(string(json, "server.addr"), "127.0.0.1");
	assert_string_equal(string(json, "greeting.text"), "scripted server");
	assert_string_equal(string(json, "tls.version"), "TLS 1.3");
	assert_string_equal(string(json, "certificate.subject"),
			    "CN=ftp.example");
	assert_string_equal(string(json, "login.user"), LAB_USER);
	assert_true(json_is_true(member(json, "login.protected")));
	assert_int_equal(json_array_size(member(json, "features")), 6);
	assert_true(json_is_true(member(json, "ways.EPSV.works")));
	assert_int_equal(json_integer_value(
				 member(json, "ways.PASV.announced")),
			 SURVEY_TRIES);
	assert_string_equal(string(json, "ways.PASV.addr"), "127.0.0.1");
	assert_true(json_is_false(member(json, "ways.PASV.elsewhere")));
	assert_true(json_is_true(member(json, "ways.PORT.resumed")));
	assert_true(json_is_null(member(json, "ways.PORT.stop")));
	assert_string_equal(string(json, "session_reuse"), "required");
	assert_true(json_is_null(member(json, "stop")));
	assert_int_equal(
		config_load_bytes(&c, span_str(string(json, "advice.config")),
				  &problems),
		CONFIG_OK);
	config_free(&c);
	assert_non_null(strstr(string(json, "advice.rules"), "--dport"));
	all = json_dumps(json, 0);
	assert_null(strstr(all, "\"" LAB_PASSWORD "\""));
	free(all);
	json_decref(json);
}

static void test_json_of_what_stopped(void **state)
{
	struct server_spec spec = lab_server_spec();
	const json_t *finding;
	json_t *json;

	(void)state;
	spec.fault.at = STAGE_LOGIN;
	spec.fault.does = SERVER_REFUSES;
	json = probe_json(survey_of(&spec, CLIENT_EXPLICIT, false, 0));
	assert_true(json_is_false(member(json, "well")));
	assert_string_equal(string(json, "stop.stage"), "login");
	assert_string_equal(string(json, "stop.reason"), "refused");
	assert_int_equal(json_integer_value(member(json, "stop.code")), 530);
	assert_null(member(json, "login"));
	finding = json_array_get(member(json, "findings"), 0);
	assert_string_equal(string(finding, "id"), "stopped");
	assert_true(json_is_true(member(finding, "problem")));
	json_decref(json);
}

#define peers_test(test) cmocka_unit_test_teardown(test, lab_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_config_of_what_works_otherwise),
		cmocka_unit_test(test_config_behind_nat),
		cmocka_unit_test(test_config_with_any_port),
		cmocka_unit_test(test_config_with_odd_ranges),
		cmocka_unit_test(test_config_with_odd_names),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rules_for_ipv6),
		cmocka_unit_test(test_stop),
		peers_test(test_text),
		peers_test(test_text_of_what_stopped),
		cmocka_unit_test(test_text_of_other_addresses),
		cmocka_unit_test(test_text_of_hostile_features),
		peers_test(test_json),
		peers_test(test_json_of_what_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
