/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a certificate is for: what it lists, matches, and how it deceives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cert_facts.h"
#include "support.h"

/* --- whom it is for --------------------------------------------------------- */

/* All of a top-level domain: nobody may have that. */
static const struct cert_san whole_domain[] = {
	{ CERT_SAN_DNS, CERT_BYTES("*.example") },
	{ CERT_SAN_END, { NULL, 0 } },
};

static void test_san(void **state)
{
	struct cert_spec spec = cert_plain;
	struct certificate c;

	(void)state;
	spec.san = cert_wildcard;
	c = facts(&spec, "");
	assert_int_equal(c.san_count, 4);
	assert_int_equal(c.san_more, 0);
	assert_name(&c.san[0], "*.ftp.example");
	assert_name(&c.san[1], "ftp.example.org");
	assert_name(&c.san[2], "10.2.5.5");
	assert_name(&c.san[3], "fc00:10:2:5::5");
}

/* No host has such a name. Bytes that are no characters are cut anywhere. */
static void test_san_too_long(void **state)
{
	uint8_t text[CERTIFICATE_NAME_MAX + 1];
	const struct cert_san san[] = {
		{ CERT_SAN_DNS, { text, sizeof(text) } },
		{ CERT_SAN_DNS, { text, sizeof(text) - 1 } },
		{ CERT_SAN_END, { NULL, 0 } },
	};
	struct cert_spec spec = cert_plain;
	struct certificate c;

	(void)state;
	memset(text, 0x80, sizeof(text));
	spec.san = san;
	c = facts(&spec, "");
	assert_int_equal(c.san[0].len, CERTIFICATE_NAME_MAX);
	assert_memory_equal(c.san[0].at, text, CERTIFICATE_NAME_MAX - 3);
	assert_memory_equal(c.san[0].at + CERTIFICATE_NAME_MAX - 3, "...", 3);
	assert_int_equal(c.san[1].len, CERTIFICATE_NAME_MAX);
	assert_memory_equal(c.san[1].at, text, CERTIFICATE_NAME_MAX);
}

/* Bytes that are no address, or one that would pass for another family's. */
static void test_san_odd_addresses(void **state)
{
	static const uint8_t mapped[] = { 0, 0, 0,    0,    0,  0, 0, 0,
					  0, 0, 0xff, 0xff, 10, 2, 5, 5 };
	uint8_t longest[CERTIFICATE_NAME_MAX];
	const struct cert_san odd[] = {
		{ CERT_SAN_IP, CERT_BYTES("\x0a\x02\x05") },
		{ CERT_SAN_IP, { mapped, sizeof(mapped) } },
		{ CERT_SAN_IP, CERT_BYTES("") },
		{ CERT_SAN_IP, { longest, sizeof(longest) } },
		{ CERT_SAN_END, { NULL, 0 } },
	};
	struct cert_spec spec = cert_plain;
	struct certificate c;

	(void)state;
	memset(longest, 0xab, sizeof(longest));
	spec.san = odd;
	c = facts(&spec, "");
	assert_name(&c.san[0], "#0a0205");
	assert_name(&c.san[1], "#00000000000000000000ffff0a020505");
	assert_name(&c.san[2], "#");
	assert_int_equal(c.san[3].len, CERTIFICATE_NAME_MAX);
	assert_memory_equal(c.san[3].at, "#abab", 5);
	assert_memory_equal(c.san[3].at + CERTIFICATE_NAME_MAX - 4, "b...", 4);
}

static void test_san_many(void **state)
{
	static char text[200][24];
	static struct cert_san many[201];
	struct cert_spec spec = cert_plain;
	struct certificate c;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		int len = snprintf(text[i], sizeof(text[i]), "h%zu.example", i);

		many[i] = (struct cert_san){ CERT_SAN_DNS,
					     { text[i], (size_t)len } };
	}
	spec.san = many;
	c = facts(&spec, "h199.example"); /* not listed, but judged */
	assert_int_equal(c.san_count, CERTIFICATE_SAN_MAX);
	assert_int_equal(c.san_more, 200 - CERTIFICATE_SAN_MAX);
	assert_name(&c.san[0], "h0.example");
	assert_name(&c.san[CERTIFICATE_SAN_MAX - 1], "h15.example");
	assert_false(c.name_mismatch);
	assert_true(facts(&spec, "h200.example").name_mismatch);
}

static void test_name(void **state)
{
	static const struct {
		const struct cert_san *san;
		const char *sni;
		bool mismatch;
	} names[] = {
		{ NULL, "ftp.example", false },
		{ NULL, "FTP.Example", false },
		{ NULL, "www.example", true },
		{ NULL, "ftp.example.", true },
		{ NULL, ".example", true },
		{ NULL, "", false },
		{ cert_wildcard, "a.ftp.example", false },
		{ cert_wildcard, "A.FTP.example", false },
		{ cert_wildcard, "a.b.ftp.example", true },
		{ cert_wildcard, ".ftp.example", true },
		{ cert_wildcard, "ftp.example.org", false },
		/* with names, an address is none, and the CN does not count */
		{ cert_wildcard, "10.2.5.5", true },
		{ cert_wildcard, "ftp.example", true },
		{ whole_domain, "ftp.example", true },
	};
	struct cert_spec spec = cert_plain;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct certificate c;

		spec.san = names[i].san;
		c = facts(&spec, names[i].sni);
		assert_int_equal(c.name_mismatch, names[i].mismatch);
		assert_name(&c.wanted, names[i].mismatch ? names[i].sni : "");
		assert_false(c.address_mismatch);
	}
}

/* An SNI that holds a NUL is for nobody, whatever stands before it. */
static void test_sni_with_nul(void **state)
{
	static const char sni[][13] = { "ftp.example\0", "ftp\0.example" };
	struct cert made = make_cert(&cert_plain);
	struct span der = der_of(&made);
	struct certificate c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sni); i++) {
		struct certificate_view view = { .sni = span_of(sni[i], 12) };

		assert_int_equal(certificate_read(&der, 1, &view, &c),
				 CERTIFICATE_OK);
		assert_true(c.name_mismatch);
		assert_memory_equal(c.wanted.at, sni[i], 12);
	}
	cert_free(&made);
}

static void test_address(void **state)
{
	static const struct {
		const struct cert_san *san;
		const char *sni, *server;
		bool mismatch;
	} servers[] = {
		{ cert_wildcard, "", "10.2.5.5", false },
		{ cert_wildcard, "", "10.2.5.6", true },
		{ cert_wildcard, "", "fc00:10:2:5::5", false },
		{ cert_wildcard, "", "fc00:10:2:5::6", true },
		/* judged by the name that was asked for */
		{ cert_wildcard, "a.ftp.example", "10.2.5.6", false },
		/* it names hosts alone */
		{ NULL, "", "10.2.5.6", false },
	};
	struct cert_spec spec = cert_plain;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		struct certificate_view view = {
			.sni = span_str(servers[i].sni),
		};
		struct certificate c;
		struct addr server;
		struct cert made;
		struct span der;

		spec.san = servers[i].san;
		made = make_cert(&spec);
		der = der_of(&made);
		assert_int_equal(addr_parse(span_str(servers[i].server),
					    &server),
				 PARSE_OK);
		view.server = &server;
		assert_int_equal(certificate_read(&der, 1, &view, &c),
				 CERTIFICATE_OK);
		assert_int_equal(c.address_mismatch, servers[i].mismatch);
		assert_name(&c.wanted,
			    servers[i].mismatch ? servers[i].server : "");
		cert_free(&made);
	}
}

/* --- names that deceive ----------------------------------------------------- */

static void test_nul_in_names(void **state)
{
	static const struct cert_san san[] = {
		{ CERT_SAN_DNS, CERT_BYTES("ftp.example\0.evil.example") },
		{ CERT_SAN_DNS, CERT_BYTES("ftp.example\0") },
		{ CERT_SAN_DNS, CERT_BYTES("*.exam\0ple") },
		{ CERT_SAN_END, { NULL, 0 } },
	};
	struct cert_spec spec = cert_plain;
	struct certificate c;

	(void)state;
	spec.common_name =
		(struct cert_bytes)CERT_BYTES("ftp.example\0.evil.example");
	c = facts(&spec, "ftp.example");
	assert_name(&c.subject, "CN=ftp.example\\00.evil.example");
	assert_true(c.name_mismatch);
	assert_true(facts(&spec, "ftp.example\\00.evil.example").name_mismatch);

	spec.san = san;
	c = facts(&spec, "ftp.example");
	assert_true(c.name_mismatch);
	assert_int_equal(c.san[0].len, 25);
	assert_memory_equal(c.san[0].at, "ftp.example\0.evil.example", 25);
	assert_int_equal(c.san[1].len, 12);
}

static void test_names(void **state)
{
	static const struct {
		int type;
		struct cert_bytes text;
		const char *shown;
	} names[] = {
		{ V_ASN1_UTF8STRING, CERT_BYTES("caf\xc3\xa9"),
		  "CN=caf\xc3\xa9" },
		{ V_ASN1_T61STRING, CERT_BYTES("caf\xe9"), "CN=caf\xc3\xa9" },
		{ V_ASN1_BMPSTRING, CERT_BYTES("\x20\xac\0a"),
		  "CN=\xe2\x82\xac"
		  "a" },
		{ V_ASN1_UTF8STRING, CERT_BYTES("a, O=b+c\"\n"),
		  "CN=a\\, O=b\\+c\\\"\\0A" },
	};
	struct cert_spec spec = cert_plain;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct certificate c;

		spec.name_type = names[i].type;
		spec.common_name = names[i].text;
		c = facts(&spec, "");
		assert_name(&c.subject, names[i].shown);
	}
}

/* Text that does not fit its type: OpenSSL refuses the whole certificate. */
static void test_name_not_utf8(void **state)
{
	struct cert_spec spec = cert_plain;
	struct cert c;
	char *at;

	(void)state;
	spec.common_name = (struct cert_bytes)CERT_BYTES("caf\xc3\xa9!");
	c = make_cert(&spec);
	at = memmem(c.der, c.len, "caf\xc3\xa9!", 6);
	assert_non_null(at);
	at[4] = 'e';
	assert_bad(c.der, c.len);
	cert_free(&c);
}

static void test_no_name(void **state)
{
	struct cert_spec spec = cert_plain;

	(void)state;
	spec.common_name.len = 0;
	assert_int_equal(facts(&spec, "").subject.len, 0);
	assert_true(facts(&spec, "ftp.example").name_mismatch);
}

/* "CN=" and letters up to and over the bound; a character is not cut in two. */
static void test_long_names(void **state)
{
	static char text[30000];
	struct cert_spec spec = cert_plain;
	struct certificate c;

	(void)state;
	memset(text, 'x', sizeof(text));
	spec.common_name =
		(struct cert_bytes){ text, CERTIFICATE_NAME_MAX - 3 };
	c = facts(&spec, "");
	assert_int_equal(c.subject.len, CERTIFICATE_NAME_MAX);
	assert_memory_equal(c.subject.at + CERTIFICATE_NAME_MAX - 3, "xxx", 3);
	for (size_t i = 0; i < 4; i++) {
		size_t kept = CERTIFICATE_NAME_MAX - 6; /* "CN=" and "..." */

		memset(text, 'x', sizeof(text));
		memcpy(text + kept - i, "\xf0\x9f\x9a\xaa", 4);
		spec.common_name.len = sizeof(text);
		c = facts(&spec, "");
		assert_int_equal(c.subject.len, CERTIFICATE_NAME_MAX - i);
		assert_memory_equal(c.subject.at + c.subject.len - 4, "x...",
				    4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_san),
		cmocka_unit_test(test_san_too_long),
		cmocka_unit_test(test_san_odd_addresses),
		cmocka_unit_test(test_san_many),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_sni_with_nul),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_nul_in_names),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_not_utf8),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
