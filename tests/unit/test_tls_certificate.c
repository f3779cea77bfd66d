/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about certificate chains: good, odd and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "make_cert.h"
#include "support.h"
#include "tls/certificate.h"

#define NOW      INT64_C(1763892942) /* 2025-11-23T10:15:42Z */
#define DAY      INT64_C(86400)
#define US_PER_S 1000000u

static const struct cert_spec plain = {
	.key = "P-256",
	.common_name = CERT_BYTES("ftp.example"),
	.not_before = NOW - DAY,
	.not_after = NOW + DAY,
};

static struct span der_of(const struct cert *c)
{
	return span_of(c->der, c->len);
}

static enum certificate_result read_at(const struct cert *c, const char *sni,
				       int64_t now, struct certificate *out)
{
	struct certificate_view view = { span_str(sni), NULL,
					 (uint64_t)now * US_PER_S };
	struct span der = der_of(c);

	return certificate_read(&der, 1, &view, out);
}

/* The facts of a certificate as @spec has it. */
static struct certificate facts(const struct cert_spec *spec, const char *sni)
{
	struct cert c = make_cert(spec);
	struct certificate out;

	memset(&out, 0xa5, sizeof(out)); /* what is not written is seen */
	assert_int_equal(read_at(&c, sni, NOW, &out), CERTIFICATE_OK);
	assert_int_equal(ERR_peek_error(), 0);
	cert_free(&c);
	return out;
}

static void assert_name(const struct certificate_name *name, const char *text)
{
	assert_span(certificate_name_span(name), text);
}

static const struct certificate_view now_view = { .now_us = NOW * US_PER_S };

static void assert_bad(const uint8_t *der, size_t len)
{
	struct span copy = guarded(der, len);
	struct certificate c;

	assert_int_equal(certificate_read(&copy, 1, &now_view, &c),
			 CERTIFICATE_BAD);
	assert_int_equal(ERR_peek_error(), 0);
	guarded_free(copy);
}

static void test_plain(void **state)
{
	struct certificate c = facts(&plain, "ftp.example");

	(void)state;
	assert_name(&c.subject, "CN=ftp.example");
	assert_name(&c.issuer, "CN=ftp.example");
	assert_name(&c.wanted, "");
	assert_string_equal(c.key, "EC P-256");
	assert_true(c.not_before == NOW - DAY && c.not_after == NOW + DAY);
	assert_int_equal(c.san_count, 0);
	assert_int_equal(c.san_more, 0);
	assert_false(c.expired || c.not_yet_valid || c.name_mismatch ||
		     c.address_mismatch);
	assert_true(c.self_signed);
	assert_int_equal(c.chain_count, 1);
	assert_true(c.chain_not_after == c.not_after);
	for (size_t i = 0; i < CERTIFICATE_CHAIN_MAX; i++)
		assert_false(c.issued_by_next[i]);
}

static void test_keys(void **state)
{
	static const struct {
		const char *made, *shown;
	} keys[] = {
		{ "RSA", "RSA 2048" },    { "P-256", "EC P-256" },
		{ "P-521", "EC P-521" },  { "secp256k1", "EC secp256k1" },
		{ "Ed25519", "Ed25519" },
	};
	struct cert_spec spec = plain;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		spec.key = keys[i].made;
		assert_string_equal(facts(&spec, "").key, keys[i].shown);
	}
}

/* A kind of key that nobody knows, and a point that is not on its curve. */
static void test_unknown_keys(void **state)
{
	static const uint8_t ec[] = { 0x06, 0x07, 0x2a, 0x86, 0x48,
				      0xce, 0x3d, 0x02, 0x01 };
	struct cert c = make_cert(&plain);
	unsigned char *at = memmem(c.der, c.len, ec, sizeof(ec));
	struct certificate out;

	(void)state;
	assert_non_null(at);
	at[sizeof(ec) - 1] = 0x63;
	assert_int_equal(read_at(&c, "", NOW, &out), CERTIFICATE_OK);
	assert_string_equal(out.key, "unknown (1.2.840.10045.2.99)");
	at[sizeof(ec) - 1] = 0x01;
	/* The curve's identifier, two bytes of the BIT STRING, and its length
	 * come before the point. */
	at[sizeof(ec) + 10 + 4 + 5] ^= 0x40;
	assert_int_equal(read_at(&c, "", NOW, &out), CERTIFICATE_OK);
	assert_string_equal(out.key, "unknown (id-ecPublicKey)");
	cert_free(&c);
}

static void test_times(void **state)
{
	static const struct {
		int64_t now;
		bool expired, not_yet_valid;
	} times[] = {
		{ NOW - DAY - 1, false, true },
		{ NOW - DAY, false, false },
		{ NOW + DAY, false, false },
		{ NOW + DAY + 1, true, false },
		{ 0, false, true },
	};
	struct cert c = make_cert(&plain);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct certificate out;

		assert_int_equal(read_at(&c, "", times[i].now, &out),
				 CERTIFICATE_OK);
		assert_int_equal(out.expired, times[i].expired);
		assert_int_equal(out.not_yet_valid, times[i].not_yet_valid);
	}
	cert_free(&c);
}

/* Both of ASN.1's times: two digits for the year, and four. */
static void test_far_times(void **state)
{
	static const int64_t far[][2] = {
		{ -631152000, 253402300799 }, /* 1950, end of 9999 */
		{ -631152001, 2524608000 },   /* 1949, 2050 */
		{ -62167219200, -1 },         /* 0000, 1969 */
	};
	struct cert_spec spec = plain;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
		struct certificate c;

		spec.not_before = far[i][0];
		spec.not_after = far[i][1];
		c = facts(&spec, "");
		assert_true(c.not_before == far[i][0]);
		assert_true(c.not_after == far[i][1]);
	}
}

/* --- whom it is for --------------------------------------------------------- */

static const struct cert_san wildcard[] = {
	{ CERT_SAN_DNS, CERT_BYTES("*.ftp.example") },
	{ CERT_SAN_MAIL, CERT_BYTES("root@example.org") },
	{ CERT_SAN_DNS, CERT_BYTES("ftp.example.org") },
	{ CERT_SAN_IP, CERT_BYTES("\x0a\x02\x05\x05") },
	{ CERT_SAN_IP,
	  CERT_BYTES("\xfc\0\0\x10\0\x02\0\x05\0\0\0\0\0\0\0\x05") },
	{ CERT_SAN_END, { NULL, 0 } },
};

/* All of a top-level domain: nobody may have that. */
static const struct cert_san whole_domain[] = {
	{ CERT_SAN_DNS, CERT_BYTES("*.example") },
	{ CERT_SAN_END, { NULL, 0 } },
};

static void test_san(void **state)
{
	struct cert_spec spec = plain;
	struct certificate c;

	(void)state;
	spec.san = wildcard;
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
	struct cert_spec spec = plain;
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
	struct cert_spec spec = plain;
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
	struct cert_spec spec = plain;
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
		{ wildcard, "a.ftp.example", false },
		{ wildcard, "A.FTP.example", false },
		{ wildcard, "a.b.ftp.example", true },
		{ wildcard, ".ftp.example", true },
		{ wildcard, "ftp.example.org", false },
		/* with names, an address is none, and the CN does not count */
		{ wildcard, "10.2.5.5", true },
		{ wildcard, "ftp.example", true },
		{ whole_domain, "ftp.example", true },
	};
	struct cert_spec spec = plain;

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
	struct cert made = make_cert(&plain);
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
		{ wildcard, "", "10.2.5.5", false },
		{ wildcard, "", "10.2.5.6", true },
		{ wildcard, "", "fc00:10:2:5::5", false },
		{ wildcard, "", "fc00:10:2:5::6", true },
		/* judged by the name that was asked for */
		{ wildcard, "a.ftp.example", "10.2.5.6", false },
		/* it names hosts alone */
		{ NULL, "", "10.2.5.6", false },
	};
	struct cert_spec spec = plain;

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
	struct cert_spec spec = plain;
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
	struct cert_spec spec = plain;

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
	struct cert_spec spec = plain;
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
	struct cert_spec spec = plain;

	(void)state;
	spec.common_name.len = 0;
	assert_int_equal(facts(&spec, "").subject.len, 0);
	assert_true(facts(&spec, "ftp.example").name_mismatch);
}

/* "CN=" and letters up to and over the bound; a character is not cut in two. */
static void test_long_names(void **state)
{
	static char text[30000];
	struct cert_spec spec = plain;
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

/* --- chains ----------------------------------------------------------------- */

struct family {
	struct cert root, middle, leaf;
};

static struct family make_family(void)
{
	struct cert_spec spec = plain;
	struct family f;

	spec.ca = true;
	spec.key = "Ed25519";
	spec.common_name = (struct cert_bytes)CERT_BYTES("Root");
	spec.not_after = NOW + 9 * DAY;
	f.root = make_cert(&spec);
	spec.key = "P-256";
	spec.common_name = (struct cert_bytes)CERT_BYTES("Middle");
	spec.not_after = NOW - 1;
	spec.issuer = &f.root;
	f.middle = make_cert(&spec);
	spec = plain;
	spec.issuer = &f.middle;
	f.leaf = make_cert(&spec);
	return f;
}

static void family_free(struct family *f)
{
	cert_free(&f->root);
	cert_free(&f->middle);
	cert_free(&f->leaf);
}

static void test_chain(void **state)
{
	struct family f = make_family();
	struct span chain[] = { der_of(&f.leaf), der_of(&f.middle),
				der_of(&f.root) };
	struct certificate c;

	(void)state;
	assert_int_equal(certificate_read(chain, 3, &now_view, &c),
			 CERTIFICATE_OK);
	assert_name(&c.subject, "CN=ftp.example");
	assert_name(&c.issuer, "CN=Middle");
	assert_false(c.self_signed || c.expired);
	assert_int_equal(c.chain_count, 3);
	assert_true(c.issued_by_next[0] && c.issued_by_next[1]);
	assert_false(c.issued_by_next[2]);
	assert_true(c.chain_not_after == NOW - 1);
	family_free(&f);
}

static void test_chain_order(void **state)
{
	struct family f = make_family(), other = make_family();
	/* wrong order; then a namesake of the issuer with another key */
	struct span chain[] = { der_of(&f.leaf), der_of(&f.root),
				der_of(&f.middle), der_of(&other.root) };
	struct certificate c;

	(void)state;
	assert_int_equal(certificate_read(chain, 4, &now_view, &c),
			 CERTIFICATE_OK);
	for (size_t i = 0; i < CERTIFICATE_CHAIN_MAX; i++)
		assert_false(c.issued_by_next[i]);
	/* the root issued itself */
	chain[0] = chain[1];
	assert_int_equal(certificate_read(chain, 2, &now_view, &c),
			 CERTIFICATE_OK);
	assert_true(c.self_signed && c.issued_by_next[0]);
	family_free(&f);
	family_free(&other);
}

static void test_bounds(void **state)
{
	static uint8_t zeros[CERTIFICATE_DER_MAX + 1];
	struct span chain[CERTIFICATE_CHAIN_MAX + 1];
	struct cert made = make_cert(&plain);
	struct certificate c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chain); i++)
		chain[i] = der_of(&made);
	assert_int_equal(certificate_read(chain, 0, &now_view, &c),
			 CERTIFICATE_NONE);
	assert_int_equal(certificate_read(chain, CERTIFICATE_CHAIN_MAX,
					  &now_view, &c),
			 CERTIFICATE_OK);
	assert_int_equal(c.chain_count, CERTIFICATE_CHAIN_MAX);
	assert_int_equal(certificate_read(chain, CERTIFICATE_CHAIN_MAX + 1,
					  &now_view, &c),
			 CERTIFICATE_TOO_MANY);
	chain[1] = span_of(zeros, CERTIFICATE_DER_MAX);
	assert_int_equal(certificate_read(chain, 2, &now_view, &c),
			 CERTIFICATE_BAD);
	chain[1].len++;
	assert_int_equal(certificate_read(chain, 2, &now_view, &c),
			 CERTIFICATE_TOO_LONG);
	for (int i = 0; i < CERTIFICATE_RESULTS; i++)
		assert_non_null(certificate_result_text(i));
	cert_free(&made);
}

/* --- damage ----------------------------------------------------------------- */

static void test_truncations(void **state)
{
	static const char *const keys[] = { "RSA", "P-256", "Ed25519" };
	struct cert_spec spec = plain;

	(void)state;
	spec.san = wildcard;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct cert c;

		spec.key = keys[i];
		c = make_cert(&spec);
		for (size_t len = 0; len < c.len; len++)
			assert_bad(c.der, len);
		cert_free(&c);
	}
}

static void test_trailing_bytes(void **state)
{
	struct cert c = make_cert(&plain);
	uint8_t *more = malloc(2 * c.len);
	struct span chain[2] = { der_of(&c), span_of(more, c.len + 1) };
	struct certificate out;

	(void)state;
	memcpy(more, c.der, c.len);
	memcpy(more + c.len, c.der, c.len);
	assert_bad(more, c.len + 1);
	assert_bad(more, 2 * c.len);
	assert_int_equal(certificate_read(chain, 2, &now_view, &out),
			 CERTIFICATE_BAD);
	free(more);
	cert_free(&c);
}

/* Each bit turned: any answer, but no crash and no texts over their bounds. */
static void test_every_bit(void **state)
{
	struct cert_spec spec = plain;
	struct certificate out;
	size_t good = 0;
	struct cert c;

	(void)state;
	spec.san = wildcard;
	c = make_cert(&spec);
	for (size_t bit = 0; bit < 8 * c.len; bit++) {
		enum certificate_result result;

		c.der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		result = read_at(&c, "ftp.example", NOW, &out);
		c.der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (result != CERTIFICATE_OK) {
			assert_int_equal(result, CERTIFICATE_BAD);
			continue;
		}
		good++;
		assert_true(out.subject.len <= CERTIFICATE_NAME_MAX);
		assert_true(out.san_count <= CERTIFICATE_SAN_MAX);
		assert_true(strlen(out.key) < CERTIFICATE_KEY_MAX);
	}
	assert_in_range(good, 1, 8 * c.len - 1);
	cert_free(&c);
}

static void test_bad_san(void **state)
{
	static const struct {
		struct cert_bytes raw;
		unsigned int times;
		enum certificate_result result;
	} sans[] = {
		{ CERT_BYTES("\x30\x05\x82\x03"
			     "a.b"),
		  1, CERTIFICATE_OK },
		{ CERT_BYTES("\x30\x05\x82\x03"
			     "a.b"),
		  2, CERTIFICATE_BAD },
		{ CERT_BYTES("\x30\x05\x82\x04"
			     "a.b"),
		  1, CERTIFICATE_BAD },
		{ CERT_BYTES("\x04\x00"), 1, CERTIFICATE_BAD },
	};
	struct cert_spec spec = plain;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sans); i++) {
		struct certificate c;
		struct cert made;

		spec.raw_san = sans[i].raw;
		spec.raw_san_times = sans[i].times;
		made = make_cert(&spec);
		assert_int_equal(read_at(&made, "ftp.example", NOW, &c),
				 sans[i].result);
		cert_free(&made);
	}
}

/* A time that is none: the month 13. */
static void test_bad_time(void **state)
{
	static const char before[] = "251122101542Z";
	struct cert made = make_cert(&plain);
	char *at = memmem(made.der, made.len, before, sizeof(before) - 1);

	(void)state;
	assert_non_null(at);
	at[3] = '3';
	assert_bad(made.der, made.len);
	cert_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_far_times),
		cmocka_unit_test(test_san),
		cmocka_unit_test(test_san_odd_addresses),
		cmocka_unit_test(test_san_too_long),
		cmocka_unit_test(test_san_many),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_sni_with_nul),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_nul_in_names),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_not_utf8),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_chain_order),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_trailing_bytes),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_bad_san),
		cmocka_unit_test(test_bad_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
