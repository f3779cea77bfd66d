/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations of servers, and options of modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lab/twin_conf.h"
#include "support.h"

static struct twin_conf conf_of(const char *text)
{
	struct span copy = guarded_str(text);
	struct twin_conf c;

	twin_conf_read(copy, &c);
	guarded_free(copy);
	return c;
}

static void is_range(const struct twin_conf *c, uint16_t lo, uint16_t hi)
{
	assert_int_equal(c->passive.lo, lo);
	assert_int_equal(c->passive.hi, hi);
}

static void announces(const struct twin_conf *c, const char *addr)
{
	char text[ADDR_TEXT_MAX];

	assert_true(c->announces);
	assert_true(c->announced_known);
	addr_format(&c->announced, text);
	assert_string_equal(text, addr);
}

static void test_vsftpd(void **state)
{
	struct twin_conf c = conf_of("# pasv_min_port=1\r\nlisten=YES\r\n"
				     "ssl_enable=YES\nport_enable=NO\n"
				     "force_local_logins_ssl=YES\n"
				     "pasv_min_port=42000\npasv_max_port=42999"
				     "\npasv_address=203.0.113.5\n"
				     "implicit_ssl=YES\nlisten_port=990");

	(void)state;
	assert_string_equal(c.server, "vsftpd");
	is_range(&c, 42000, 42999);
	announces(&c, "203.0.113.5");
	assert_int_equal(c.tls, TWIN_CONF_TLS_REQUIRED);
	assert_true(c.implicit);
	assert_true(c.no_active);
	assert_int_equal(c.port, 990);
	assert_int_equal(c.bad_line, 0);
	c = conf_of("pasv_min_port=50000\nssl_enable=NO\n");
	is_range(&c, 50000, 65535);
	assert_int_equal(c.tls, TWIN_CONF_TLS_OFF);
	assert_false(c.no_active);
}

static void test_proftpd(void **state)
{
	struct twin_conf c = conf_of("ServerName \"x\"\n<IfModule mod_tls.c>\n"
				     "  TLSEngine on\n\tTLSRequired auth+data\n"
				     "  TLSOptions NoCertRequest "
				     "UseImplicitSSL\n</IfModule>\n"
				     "passiveports  49152 65534 # all\n"
				     "MasqueradeAddress ftp.example.org\n");

	(void)state;
	assert_string_equal(c.server, "ProFTPD");
	is_range(&c, 49152, 65534);
	assert_int_equal(c.tls, TWIN_CONF_TLS_REQUIRED);
	assert_true(c.implicit);
	assert_true(c.announces);
	assert_false(c.announced_known);
}

static void test_pureftpd(void **state)
{
	struct twin_conf c = conf_of("ChrootEveryone yes\n"
				     "PassivePortRange 30000 30100\n"
				     "ForcePassiveIP 192.0.2.1\nTLS 2\n");

	(void)state;
	assert_string_equal(c.server, "Pure-FTPd");
	is_range(&c, 30000, 30100);
	announces(&c, "192.0.2.1");
	assert_int_equal(c.tls, TWIN_CONF_TLS_REQUIRED);
	c = conf_of("TLS 1\n");
	assert_int_equal(c.tls, TWIN_CONF_TLS_ON);
	is_range(&c, 0, 0);
}

static void test_what_makes_no_sense(void **state)
{
	static const char *const bad[] = { "PassivePorts 1 x",
					   "PassivePorts 30000",
					   "PassivePorts 70000 70001",
					   "PassivePorts 5 4",
					   "pasv_min_port=",
					   "pasv_min_port=-1",
					   "TLS 9",
					   "TLS" };

	(void)state;
	assert_null(conf_of("").server);
	assert_null(conf_of("*filter\n:FORWARD DROP\n").server);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (conf_of(bad[i]).bad_line != 1)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(conf_of("TLS 1\n\nTLS x\nTLS y\n").bad_line, 3);
}

static void test_long_lines(void **state)
{
	char text[4000];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "pasv_address=", 13);
	memset(text + 2000, ' ', 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(conf_of(text).announces);
	memset(text, ' ', sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(text) - 1; i += 2)
		text[i] = 'y';
	assert_null(conf_of(text).server);
}

static struct twin_modules modules_of(const char *text)
{
	struct span copy = guarded_str(text);
	struct twin_modules m;

	twin_modules_read(copy, &m);
	guarded_free(copy);
	return m;
}

static void test_options_of_modules(void **state)
{
	struct twin_modules m;

	(void)state;
	m = modules_of("options nf_conntrack_ftp ports=21,2121 loose=1\n");
	assert_true(m.ports);
	assert_true(m.loose);
	m = modules_of("# options nf_conntrack_ftp ports=21\n"
		       "options nf_conntrack_sip ports=5060\n"
		       "options nf_conntrack_ftp loose=0");
	assert_false(m.ports);
	assert_false(m.loose);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vsftpd),
		cmocka_unit_test(test_proftpd),
		cmocka_unit_test(test_pureftpd),
		cmocka_unit_test(test_what_makes_no_sense),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_options_of_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
