/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about certificate chains: keys, times, issuers, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cert_facts.h"
#include "support.h"

static void test_plain(void **state)
{
	struct certificate c = facts(&cert_plain, "ftp.example");

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
	struct cert_spec spec = cert_plain;

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
	struct cert c = make_cert(&cert_plain);
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

/* Parameters in place of a curve's name: those of P-256, then others. */
static void test_explicit_curve(void **state)
{
	static const uint8_t order_end[] = { 0xf3, 0xb9, 0xca, 0xc2,
					     0xfc, 0x63, 0x25, 0x51 };
	struct cert_spec spec = cert_plain;
	struct certificate out;
	unsigned char *at;
	struct cert c;

	(void)state;
	spec.explicit_curve = true;
	c = make_cert(&spec);
	assert_int_equal(read_at(&c, "", NOW, &out), CERTIFICATE_OK);
	assert_string_equal(out.key, "EC P-256");
	at = memmem(c.der, c.len, order_end, sizeof(order_end));
	assert_non_null(at);
	at[sizeof(order_end) - 1] ^= 2;
	assert_int_equal(read_at(&c, "", NOW, &out), CERTIFICATE_OK);
	assert_string_equal(out.key, "EC with its own curve");
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
	struct cert c = make_cert(&cert_plain);

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
	struct cert_spec spec = cert_plain;

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

/* --- chains ----------------------------------------------------------------- */

struct family {
	struct cert root, middle, leaf;
};

static struct family make_family(void)
{
	struct cert_spec spec = cert_plain;
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
	spec = cert_plain;
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
	struct cert made = make_cert(&cert_plain);
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
	struct cert_spec spec = cert_plain;

	(void)state;
	spec.san = cert_wildcard;
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
	struct cert c = make_cert(&cert_plain);
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
	struct cert_spec spec = cert_plain;
	struct certificate out;
	size_t good = 0;
	struct cert c;

	(void)state;
	spec.san = cert_wildcard;
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
	struct cert_spec spec = cert_plain;

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
	struct cert made = make_cert(&cert_plain);
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
		cmocka_unit_test(test_explicit_curve),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_far_times),
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
