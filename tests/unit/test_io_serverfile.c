/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files of FTP servers: what each kind says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lab/serverfile.h"
#include "support.h"

#define SAMPLES "tests/unit/serverfile/"

static struct serverfile f; /* too large for a stack with guests */

static void read_sample(const char *path)
{
	uint32_t line;

	assert_int_equal(serverfile_load(path, &f, &line), SERVERFILE_OK);
}

static void read_text(const char *text, const char *name)
{
	struct span copy = guarded_str(text);
	uint32_t line;

	assert_int_equal(serverfile_parse(copy, name, &f, &line),
			 SERVERFILE_OK);
	guarded_free(copy);
}

static void assert_fact(size_t site, enum serverfile_fact fact, uint16_t value,
			uint32_t line)
{
	const struct serverfile_value *v = &f.site[site].fact[fact];

	if (v->value != value || v->line != line)
		fail_msg("%s is %u on line %u, not %u on line %u",
			 serverfile_fact_name(fact), v->value, v->line, value,
			 line);
}

static bool has_problem(const char *id, uint32_t line)
{
	for (size_t i = 0; i < f.problems; i++)
		if (f.problem[i].line == line &&
		    strcmp(f.problem[i].id, id) == 0)
			return true;
	return false;
}

/* --- vsftpd --------------------------------------------------------------------- */

static void test_vsftpd_says_all(void **state)
{
	struct addr a;

	(void)state;
	read_sample(SAMPLES "vsftpd-ftps.conf");
	assert_int_equal(f.kind, SERVERFILE_VSFTPD);
	assert_int_equal(f.sites, 1);
	assert_fact(0, FACT_CONTROL_PORT, 21, 0);
	assert_fact(0, FACT_TLS, SERVERFILE_TLS_REQUIRED, 6);
	assert_fact(0, FACT_DATA_TLS, SERVERFILE_TLS_REQUIRED, 6);
	assert_fact(0, FACT_IMPLICIT, 0, 0);
	assert_fact(0, FACT_REUSE, 0, 12);
	assert_fact(0, FACT_PASSIVE, 1, 0);
	assert_fact(0, FACT_PASSIVE_MIN, 42000, 9);
	assert_fact(0, FACT_PASSIVE_MAX, 42999, 10);
	assert_fact(0, FACT_ACTIVE, 1, 0);
	assert_fact(0, FACT_DATA_PORT, 20, 8);
	assert_fact(0, FACT_IPV4, 1, 2);
	assert_fact(0, FACT_IPV6, 0, 2);
	assert_int_equal(f.site[0].advertised.line, 11);
	assert_int_equal(addr_parse(span_str("198.51.100.7"), &a), PARSE_OK);
	assert_true(addr_equal(&f.site[0].advertised.addr, &a));
	assert_int_equal(f.problems, 0);
}

static void test_vsftpd_defaults(void **state)
{
	(void)state;
	read_text("", "/etc/vsftpd.conf");
	assert_int_equal(f.kind, SERVERFILE_VSFTPD);
	assert_fact(0, FACT_TLS, SERVERFILE_TLS_OFF, 0);
	assert_fact(0, FACT_REUSE, 1, 0);
	assert_fact(0, FACT_DATA_PORT, 0, 0);
	assert_false(serverfile_has_range(&f.site[0]));
	assert_int_equal(f.site[0].passive.lo, 1024);
	assert_int_equal(f.site[0].passive.hi, 65535);
	assert_int_equal(f.problems, 0);
}

static void test_vsftpd_oddities(void **state)
{
	static const struct {
		uint32_t line;
		const char *id;
	} odd[] = {
		{ 2, "listen-twice" },    { 3, "unknown-value" },
		{ 4, "space" },           { 6, "passive-low" },
		{ 7, "octal" },           { 8, "advertised-unresolved" },
		{ 8, "advertised-name" }, { 9, "implicit-off" },
		{ 9, "implicit-21" },     { 10, "foreign-data" },
		{ 11, "no-value" },
	};

	(void)state;
	read_sample(SAMPLES "vsftpd-odd.conf");
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (!has_problem(odd[i].id, odd[i].line))
			fail_msg("no %s on line %u", odd[i].id, odd[i].line);
	assert_fact(0, FACT_PASSIVE_MAX, 01750, 7);
	/* A bound below 1024 is none, and neither is one below the other. */
	assert_int_equal(f.site[0].passive.lo, 1024);
	assert_int_equal(f.site[0].passive.hi, 65535);
}

/* Who may do without TLS decides. */
static void test_vsftpd_tls(void **state)
{
	static const struct {
		const char *text;
		enum serverfile_tls login, data;
	} cases[] = {
		{ "local_enable=YES\nanonymous_enable=NO\n", SERVERFILE_TLS_OFF,
		  SERVERFILE_TLS_OFF },
		{ "ssl_enable=YES\nlocal_enable=YES\nanonymous_enable=NO\n",
		  SERVERFILE_TLS_REQUIRED, SERVERFILE_TLS_REQUIRED },
		{ "ssl_enable=YES\nlocal_enable=YES\n", SERVERFILE_TLS_ALLOWED,
		  SERVERFILE_TLS_ALLOWED },
		{ "ssl_enable=YES\nlocal_enable=YES\nanonymous_enable=NO\n"
		  "force_local_data_ssl=NO\n",
		  SERVERFILE_TLS_REQUIRED, SERVERFILE_TLS_ALLOWED },
		{ "ssl_enable=YES\nlocal_enable=YES\nanonymous_enable=NO\n"
		  "force_local_logins_ssl=NO\n",
		  SERVERFILE_TLS_ALLOWED, SERVERFILE_TLS_REQUIRED },
		{ "ssl_enable=YES\nallow_anon_ssl=YES\n"
		  "force_anon_logins_ssl=YES\n",
		  SERVERFILE_TLS_REQUIRED, SERVERFILE_TLS_ALLOWED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		read_text(cases[i].text, NULL);
		assert_int_equal(f.site[0].fact[FACT_TLS].value,
				 cases[i].login);
		assert_int_equal(f.site[0].fact[FACT_DATA_TLS].value,
				 cases[i].data);
	}
}

static void test_vsftpd_last_line_counts(void **state)
{
	(void)state;
	read_text("listen_port=2121\r\nlisten_port=2122\r\n"
		  "pasv_address=10.0.0.1\npasv_address=\n",
		  NULL);
	assert_fact(0, FACT_CONTROL_PORT, 2122, 2);
	assert_int_equal(f.site[0].advertised.line, 0);
}

/* --- proftpd -------------------------------------------------------------------- */

static void test_proftpd_servers(void **state)
{
	(void)state;
	read_sample(SAMPLES "proftpd-hosts.conf");
	assert_int_equal(f.kind, SERVERFILE_PROFTPD);
	assert_int_equal(f.sites, 2);
	assert_fact(0, FACT_CONTROL_PORT, 2121, 4);
	assert_fact(0, FACT_DATA_PORT, 2120, 4);
	assert_fact(0, FACT_TLS, SERVERFILE_TLS_REQUIRED, 9);
	assert_fact(0, FACT_DATA_TLS, SERVERFILE_TLS_REQUIRED, 9);
	assert_fact(0, FACT_REUSE, 0, 10);
	assert_fact(0, FACT_PASSIVE_MIN, 42000, 5);
	assert_fact(0, FACT_ACTIVE, 0, 15);
	assert_fact(0, FACT_PASSIVE, 1, 0);
	assert_string_equal(f.site[0].advertised.text, "198.51.100.7");
	assert_string_equal(f.site[0].listen.text, "10.2.5.5");

	assert_int_equal(f.site[1].line, 18);
	assert_fact(1, FACT_CONTROL_PORT, 990, 19);
	assert_fact(1, FACT_IMPLICIT, 1, 22);
	assert_fact(1, FACT_TLS, SERVERFILE_TLS_ALLOWED, 21);
	assert_fact(1, FACT_REUSE, 1, 0);
	assert_fact(1, FACT_ACTIVE, 0, 15);
	assert_false(serverfile_has_range(&f.site[1]));
	assert_string_equal(f.site[1].advertised.text, "198.51.100.8");

	assert_true(has_problem("include", 2));
	assert_true(has_problem("range-not-inherited", 18));
	assert_true(has_problem("passive-unlimited", 18));
	assert_int_equal(f.problems, 3);
}

static void test_proftpd_global_is_weaker(void **state)
{
	(void)state;
	read_text("<Global>\nPassivePorts 50000 50999\nTLSEngine on\n"
		  "</Global>\nPassivePorts 42000 42999\n<VirtualHost a>\n"
		  "</VirtualHost>\n",
		  NULL);
	assert_fact(0, FACT_PASSIVE_MIN, 42000, 5);
	assert_fact(1, FACT_PASSIVE_MIN, 50000, 2);
	assert_fact(1, FACT_TLS, SERVERFILE_TLS_ALLOWED, 3);
	assert_int_equal(f.problems, 0);
}

static void test_proftpd_conditions(void **state)
{
	(void)state;
	read_text("<IfModule !mod_tls.c>\nPort 1\n</IfModule>\n"
		  "<IfDefine LAB>\nPort 2\n</IfDefine>\n"
		  "<IfDefine !LAB>\nPort 3\n</IfDefine>\nUseIPv6 off\n",
		  NULL);
	assert_fact(0, FACT_CONTROL_PORT, 3, 8);
	assert_fact(0, FACT_IPV6, 0, 10);
	assert_true(has_problem("define", 4));
}

static void test_proftpd_values(void **state)
{
	(void)state;
	read_text("PassivePorts 42000\nPassivePorts 1 70000\nPort 021\n"
		  "TLSRequired sometimes\nTLSEngine 2\n"
		  "AllowForeignAddress friends\n",
		  NULL);
	for (uint32_t line = 1; line <= 5; line++)
		if (!has_problem("unknown-value", line))
			fail_msg("line %u is taken", line);
	assert_false(serverfile_has_range(&f.site[0]));
	assert_fact(0, FACT_CONTROL_PORT, 21, 0);
	assert_fact(0, FACT_FOREIGN, 1, 6);
}

static void test_proftpd_sections_must_fit(void **state)
{
	(void)state;
	read_text("UseIPv6 on\n</Global>\n<Global>\n</VirtualHost>\n", NULL);
	assert_true(has_problem("unbalanced", 2));
	assert_true(has_problem("unbalanced", 4));
	assert_int_equal(f.problems, 3);
}

/* --- pure-ftpd ------------------------------------------------------------------ */

static void test_pureftpd_says_all(void **state)
{
	(void)state;
	read_sample(SAMPLES "pure-ftpd.conf");
	assert_int_equal(f.kind, SERVERFILE_PUREFTPD);
	assert_fact(0, FACT_CONTROL_PORT, 2121, 6);
	assert_fact(0, FACT_TLS, SERVERFILE_TLS_REQUIRED, 3);
	assert_fact(0, FACT_DATA_TLS, SERVERFILE_TLS_ALLOWED, 3);
	assert_fact(0, FACT_PASSIVE_MIN, 30000, 4);
	assert_fact(0, FACT_PASSIVE_MAX, 30049, 4);
	assert_fact(0, FACT_IPV6, 0, 7);
	assert_fact(0, FACT_IPV4, 1, 0);
	assert_string_equal(f.site[0].listen.text, "10.2.5.5");
	assert_true(has_problem("passive-few", 4));
	assert_true(has_problem("advertised-private", 5));
	assert_true(has_problem("data-clear", 3));
	assert_int_equal(f.problems, 3);
}

static void test_pureftpd_forms(void **state)
{
	(void)state;
	read_text("passiveportrange 40000:40999\nBind ,2122\nTLS 4\n"
		  "NATMode yes\n",
		  NULL);
	assert_fact(0, FACT_PASSIVE_MAX, 40999, 1);
	assert_fact(0, FACT_CONTROL_PORT, 2122, 2);
	assert_fact(0, FACT_TLS, SERVERFILE_TLS_OFF, 0);
	assert_true(has_problem("unknown-value", 3));
	assert_fact(0, FACT_PASSIVE, 0, 4);
	assert_true(has_problem("passive-unused", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vsftpd_says_all),
		cmocka_unit_test(test_vsftpd_defaults),
		cmocka_unit_test(test_vsftpd_oddities),
		cmocka_unit_test(test_vsftpd_tls),
		cmocka_unit_test(test_vsftpd_last_line_counts),
		cmocka_unit_test(test_proftpd_servers),
		cmocka_unit_test(test_proftpd_global_is_weaker),
		cmocka_unit_test(test_proftpd_conditions),
		cmocka_unit_test(test_proftpd_values),
		cmocka_unit_test(test_proftpd_sections_must_fit),
		cmocka_unit_test(test_pureftpd_says_all),
		cmocka_unit_test(test_pureftpd_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
