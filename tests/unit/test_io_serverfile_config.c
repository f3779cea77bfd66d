/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files of FTP servers: what contradicts itself, hostile ones,
 * and what they mean for `servers:`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "io/config.h"
#include "lab/serverfile.h"
#include "support.h"

#define SAMPLES "tests/unit/serverfile/"

static struct serverfile f;

static bool parsed(const char *text, const char *name)
{
	struct span copy = guarded_str(text);
	uint32_t line;
	bool ok = serverfile_parse(copy, name, &f, &line) == SERVERFILE_OK;

	guarded_free(copy);
	return ok;
}

static const struct serverfile_problem *problem(const char *id)
{
	for (size_t i = 0; i < f.problems; i++)
		if (strcmp(f.problem[i].id, id) == 0)
			return &f.problem[i];
	return NULL;
}

/* --- problems ------------------------------------------------------------------- */

/* The least that has the problem, and the nearest that has not. */
static const struct {
	const char *id, *bad;
	uint32_t line;
	const char *good;
} contradictions[] = {
	{ "passive-inverted", "pasv_min_port=42999\npasv_max_port=42998\n", 2,
	  "pasv_min_port=42999\npasv_max_port=42999\n" },
	{ "passive-half", "pasv_min_port=42000\n", 1,
	  "pasv_min_port=42000\npasv_max_port=42999\n" },
	{ "passive-low", "pasv_min_port=1023\npasv_max_port=42999\n", 1,
	  "pasv_min_port=1024\npasv_max_port=42999\n" },
	{ "passive-few", "pasv_min_port=42000\npasv_max_port=42098\n", 2,
	  "pasv_min_port=42000\npasv_max_port=42099\n" },
	{ "passive-control",
	  "pasv_min_port=2000\npasv_max_port=2999\nlisten_port=2999\n", 2,
	  "pasv_min_port=2000\npasv_max_port=2999\nlisten_port=3000\n" },
	{ "passive-unlimited", "ssl_enable=YES\n", 0, "ssl_enable=NO\n" },
	{ "advertised-name",
	  "pasv_address=ftp.example.net\npasv_addr_resolve=YES\n", 1,
	  "pasv_address=198.51.100.7\npasv_addr_resolve=YES\n" },
	{ "advertised-unresolved", "pasv_address=ftp.example.net\n", 1,
	  "pasv_address=ftp.example.net\npasv_addr_resolve=YES\n" },
	{ "advertised-private", "pasv_address=172.31.255.255\n", 1,
	  "pasv_address=172.32.0.0\n" },
	{ "advertised-v6", "pasv_address=2001:db8::1\n", 1,
	  "pasv_address=198.51.100.7\n" },
	{ "implicit-off", "implicit_ssl=YES\nlisten_port=990\n", 1,
	  "implicit_ssl=YES\nssl_enable=YES\nlisten_port=990\n" },
	{ "implicit-21", "implicit_ssl=YES\nssl_enable=YES\n", 1,
	  "implicit_ssl=YES\nssl_enable=YES\nlisten_port=990\n" },
	{ "explicit-990", "listen_port=990\n", 1, "listen_port=991\n" },
	{ "data-clear",
	  "ssl_enable=YES\nanonymous_enable=NO\nforce_local_data_ssl=NO\n"
	  "local_enable=YES\n",
	  3, "ssl_enable=YES\nanonymous_enable=NO\nlocal_enable=YES\n" },
	{ "no-mode", "port_enable=NO\npasv_enable=NO\n", 1,
	  "port_enable=NO\n" },
	{ "foreign-data", "pasv_promiscuous=YES\n", 1,
	  "pasv_promiscuous=NO\n" },
	{ "passive-unused",
	  "pasv_enable=NO\npasv_min_port=42000\npasv_max_port=42999\n", 1,
	  "pasv_enable=NO\n" },
	{ "listen-twice", "listen=YES\nlisten_ipv6=YES\n", 2,
	  "listen=NO\nlisten_ipv6=YES\n" },
	{ "octal", "listen_port=021\n", 1, "listen_port=21\n" },
	{ "space", "listen=YES \n", 1, "  listen=YES\nlisten_port=21 \n" },
	{ "space", "listen=YES\r\n", 1, "listen_port=21\r\n" },
	{ "space", "listen_port =21\n", 1, "listen_port=21\n" },
	{ "no-family", "IPV4Only yes\nIPV6Only yes\n", 2,
	  "IPV4Only yes\nIPV6Only no\n" },
};

static void test_contradictions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(contradictions); i++) {
		const char *id = contradictions[i].id;

		assert_true(parsed(contradictions[i].bad, NULL));
		if (!problem(id))
			fail_msg("%s is not seen", id);
		assert_int_equal(problem(id)->line, contradictions[i].line);
		assert_true(parsed(contradictions[i].good, NULL));
		if (problem(id))
			fail_msg("%s is seen where it is not", id);
	}
}

static void test_many_problems_are_counted(void **state)
{
	enum { LINES = SERVERFILE_PROBLEMS_MAX + 10 };
	static const char line[] = "listen_port=x\n";
	char *text = calloc(LINES, sizeof(line));

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		strcat(text, line);
	assert_true(parsed(text, NULL));
	assert_int_equal(f.problems, SERVERFILE_PROBLEMS_MAX);
	assert_int_equal(f.problems_more, 10);
	free(text);
}

/* --- which kind ----------------------------------------------------------------- */

static void test_content_goes_before_the_name(void **state)
{
	(void)state;
	assert_true(parsed("PassivePortRange 1 2\n", "proftpd.conf"));
	assert_int_equal(f.kind, SERVERFILE_PUREFTPD);
	assert_true(parsed("Port 21\n", "/etc/proftpd/proftpd.conf"));
	assert_int_equal(f.kind, SERVERFILE_PROFTPD);
	assert_true(parsed("TLS 1\n", "Pure-FTPd.conf"));
	assert_int_equal(f.kind, SERVERFILE_PUREFTPD);
	assert_false(parsed("Port 21\n", "/etc/vsftpd/ftp.conf"));
	assert_false(parsed("Port 21\n", NULL));
}

static void refused(struct span bytes, enum serverfile_result result,
		    uint32_t where)
{
	uint32_t line;

	assert_int_equal(serverfile_parse(bytes, NULL, &f, &line), result);
	assert_int_equal(line, where);
	assert_non_null(serverfile_result_text(result));
}

static void test_other_files_are_refused(void **state)
{
	static const char binary[] = "listen=YES\n\0\n";
	char *large = calloc(1, SERVERFILE_SIZE_MAX + 1);
	uint32_t line;

	(void)state;
	refused(span_str(""), SERVERFILE_NOT_ONE, 0);
	refused(span_str("hello\n"), SERVERFILE_NOT_ONE, 0);
	refused(span_of(binary, sizeof(binary) - 1), SERVERFILE_BINARY, 2);
	refused(span_of(large, SERVERFILE_SIZE_MAX + 1), SERVERFILE_TOO_LARGE,
		0);
	free(large);
	assert_int_equal(serverfile_load(SAMPLES, &f, &line),
			 SERVERFILE_DIRECTORY);
	assert_int_equal(serverfile_load(SAMPLES "none", &f, &line),
			 SERVERFILE_SYSTEM);
}

/* --- hostile files -------------------------------------------------------------- */

static const char *const samples[] = {
	SAMPLES "vsftpd-ftps.conf",
	SAMPLES "vsftpd-odd.conf",
	SAMPLES "proftpd-hosts.conf",
	SAMPLES "pure-ftpd.conf",
};

/* Nothing readable behind it. */
static void test_every_prefix_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char *text = file_text(samples[i]);

		for (size_t len = strlen(text) + 1; len-- > 0;) {
			text[len] = '\0';
			assert_true(parsed(text, samples[i]));
		}
		free(text);
	}
}

static void test_damage_is_survived(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		for (int n = 0; n < 500; n++) {
			char *text = file_text(samples[i]);
			size_t len = strlen(text);

			for (int k = 0; k < 8; k++)
				text[random_next(&random) % len] =
					(char)(' ' + random_next(&random) % 95);
			assert_true(parsed(text, samples[i]));
			assert_in_range(f.sites, 1, SERVERFILE_SITES_MAX);
			free(text);
		}
}

static char *repeated(const char *start, const char *what, size_t times)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs(start, to);
	while (times-- > 0)
		fputs(what, to);
	fclose(to);
	return text;
}

static void test_endless_nesting_and_lines(void **state)
{
	char *text = repeated("UseIPv6 on\n", "<Global>\n", 10000);

	(void)state;
	assert_true(parsed(text, NULL));
	assert_non_null(problem("unbalanced"));
	free(text);

	text = repeated("UseIPv6 on\n",
			"<VirtualHost a>\nPort 0\n"
			"</VirtualHost>\n",
			1000);
	assert_true(parsed(text, NULL));
	assert_int_equal(f.sites, SERVERFILE_SITES_MAX);
	assert_non_null(problem("too-many-hosts"));
	free(text);

	text = repeated("UseIPv6 on\nPort ", "1", SERVERFILE_LINE_MAX);
	assert_true(parsed(text, NULL));
	assert_int_equal(problem("line-too-long")->line, 2);
	free(text);

	text = repeated("UseIPv6 on\nTLSOptions ", "a ", 2000);
	assert_true(parsed(text, NULL));
	free(text);
}

/* --- servers: ------------------------------------------------------------------- */

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(span_str(text), &a), PARSE_OK);
	return a;
}

/* The configuration that results, which the caller frees. */
static struct config configured(const struct addr *address)
{
	struct problems problems;
	struct config c;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_true(serverfile_put_config(to, &f, address));
	fclose(to);
	if (config_load_bytes(&c, span_str(text), &problems) != CONFIG_OK)
		fail_msg("line %u: %s\n%s", problems.item[0].line,
			 problems.item[0].text, text);
	free(text);
	return c;
}

static void test_config_of_one_server(void **state)
{
	struct addr own = addr_of("10.2.5.5"), out = addr_of("198.51.100.7");
	const struct policy_server *s;
	struct config c;
	uint32_t line;

	(void)state;
	assert_int_equal(serverfile_load(samples[0], &f, &line), SERVERFILE_OK);
	c = configured(NULL);
	assert_int_equal(c.policy.servers, 1);
	s = policy_server_find(&c.policy, &own);
	assert_non_null(s);
	assert_string_equal(s->name, "vsftpd");
	assert_true(policy_server_is_public(s, &out));
	assert_int_equal(s->passive.lo, 42000);
	assert_int_equal(s->passive.hi, 42999);
	assert_int_equal(s->active, ACTIVE_ALLOW);
	assert_int_equal(s->tls, SERVER_TLS_EXPECTED);
	assert_int_equal(s->data, DATA_REQUIRE_TLS);
	assert_true(policy_is_control_port(&c.policy, 21));
	assert_true(policy_is_implicit_port(&c.policy, 990));
	config_free(&c);
}

static void test_config_of_hosts(void **state)
{
	struct addr second = addr_of("10.2.5.6");
	const struct policy_server *s;
	struct config c;
	uint32_t line;

	(void)state;
	assert_int_equal(serverfile_load(samples[2], &f, &line), SERVERFILE_OK);
	c = configured(NULL);
	assert_int_equal(c.policy.servers, 2);
	assert_true(policy_is_control_port(&c.policy, 2121));
	assert_true(policy_is_implicit_port(&c.policy, 990));
	s = policy_server_find(&c.policy, &second);
	assert_non_null(s);
	assert_string_equal(s->name, "proftpd-18");
	assert_int_equal(s->passive.lo, 0);
	assert_int_equal(s->active, ACTIVE_REFUSE);
	assert_int_equal(s->tls, SERVER_TLS_UNKNOWN);
	config_free(&c);
}

static void test_config_takes_the_address_told(void **state)
{
	struct addr own = addr_of("2001:db8::5");
	char *text = NULL;
	struct config c;
	size_t size;
	FILE *to;

	(void)state;
	assert_true(parsed("ssl_enable=YES\nimplicit_ssl=YES\n"
			   "listen_port=21\npasv_min_port=900\n"
			   "pasv_max_port=1000\npasv_address=ftp.example\n",
			   NULL));
	c = configured(&own);
	assert_true(policy_is_implicit_port(&c.policy, 21));
	assert_false(policy_is_control_port(&c.policy, 21));
	assert_non_null(policy_server_find(&c.policy, &own));
	config_free(&c);

	to = open_memstream(&text, &size);
	assert_false(serverfile_put_config(to, &f, NULL));
	fclose(to);
	assert_string_equal(text, "");
	free(text);
}

/* What comes out is a configuration, whatever went in. */
static void test_config_is_always_one(void **state)
{
	struct addr own = addr_of("10.2.5.5");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(contradictions); i++) {
		struct config c;

		assert_true(parsed(contradictions[i].bad, NULL));
		c = configured(&own);
		assert_int_equal(c.policy.servers, 1);
		config_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_many_problems_are_counted),
		cmocka_unit_test(test_content_goes_before_the_name),
		cmocka_unit_test(test_other_files_are_refused),
		cmocka_unit_test(test_every_prefix_is_read),
		cmocka_unit_test(test_damage_is_survived),
		cmocka_unit_test(test_endless_nesting_and_lines),
		cmocka_unit_test(test_config_of_one_server),
		cmocka_unit_test(test_config_of_hosts),
		cmocka_unit_test(test_config_takes_the_address_told),
		cmocka_unit_test(test_config_is_always_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
