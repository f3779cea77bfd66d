/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CBC records made by hand: every padding; and records that are too short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <sallyport/tls_hello.h>

#include "seal.h"
#include "support.h"
#include "tls/decrypt_record.h"

#define CBC_SHA 0x002f /* TLS_RSA_WITH_AES_128_CBC_SHA */

static const struct record_key cbc_key = {
	.key = "0123456789abcdef",
	.mac = "and a key for SHA-1",
};

/* Open what @what says; the length of its text, or -1. */
static int open_cbc(const struct seal_cbc *what)
{
	uint8_t record[SEAL_MAX], out[TLS_RECORD_MAX];
	size_t n = seal_cbc(&cbc_key, what, record), len;
	struct opener o = { .suite = NULL };
	struct sealed sealed;
	struct span body;
	bool fine;

	body = guarded(record + TLS_RECORD_HEADER, n - TLS_RECORD_HEADER);
	memcpy(sealed.header, record, TLS_RECORD_HEADER);
	sealed.body = body;
	assert_true(opener_set(&o, suite_of(TLS_1_2, CBC_SHA), TLS_1_2,
			       what->mac_last, &cbc_key));
	fine = opener_open(&o, &sealed, out, &len);
	assert_int_equal(o.sequence, fine);
	if (fine && len <= what->text.len)
		assert_memory_equal(out, what->text.at, len);
	opener_clear(&o);
	guarded_free(body);
	return fine ? (int)len : -1;
}

/* Every length of padding that fits, from 1 to 256 bytes. */
static void test_cbc_padding(void **state)
{
	static const uint8_t text[16] = "text of 16 bytes";
	uint8_t padding[256];

	(void)state;
	for (size_t n = 1; n <= sizeof(padding); n++)
		for (int last = 0; last < 2; last++) {
			/* MAC and text make up the rest of a block. */
			size_t mac = last ? 0 : 20;
			size_t len = (16 - (n + mac) % 16) % 16;
			struct seal_cbc what = {
				.type = TLS_APPLICATION_DATA,
				.mac_last = last,
				.text = span_of(text, len),
				.padding = span_of(padding, n),
			};

			memset(padding, (int)n - 1, n);
			assert_int_equal(open_cbc(&what), len);
			/* Each byte counts. (Of 64 the last one would become 0,
			 * a padding of its own; a MAC before it knows.) */
			for (size_t i = 0; i < n; i++) {
				padding[i] ^= 0x40;
				if (padding[n - 1] != 0 || !last)
					assert_int_equal(open_cbc(&what), -1);
				padding[i] ^= 0x40;
			}
			what.flip = 1;
			assert_int_equal(open_cbc(&what), -1);
		}
}

/* A padding that says it is longer than what there is, or leaves no room for a
 * MAC. */
static void test_cbc_long_padding(void **state)
{
	uint8_t padding[48];

	(void)state;
	for (int last = 0; last < 2; last++)
		for (int says = 0; says < 256; says++) {
			struct seal_cbc what = {
				.type = TLS_APPLICATION_DATA,
				.mac_last = last,
				.text = span_str(last ? "" : "abcdefghijkl"),
				.padding = span_of(padding, sizeof(padding)),
			};

			memset(padding, says, sizeof(padding));
			/* A shorter one is part of the text, and fine where
			 * the MAC does not cover the text. */
			if (last && says < 48)
				continue;
			assert_int_equal(open_cbc(&what), says == 47 ? 12 : -1);
		}
}

/* Nothing but padding, where a MAC must be. */
static void test_cbc_only_padding(void **state)
{
	uint8_t padding[32], record[SEAL_MAX], out[TLS_RECORD_MAX];

	(void)state;
	for (size_t n = 16; n <= sizeof(padding); n += 16) {
		struct seal_cbc what = { .type = TLS_APPLICATION_DATA,
					 .mac_last = true,
					 .text = span_str(""),
					 .padding = span_of(padding, n) };
		struct opener o = { .suite = NULL };
		struct sealed sealed = { .header = { 0x17, 3, 3, 0, 0 } };
		size_t len;

		memset(padding, (int)n - 1, n);
		/* Without the MAC behind it. */
		len = seal_cbc(&cbc_key, &what, record) - 20;
		sealed.body = span_of(record + TLS_RECORD_HEADER,
				      len - TLS_RECORD_HEADER);
		assert_true(opener_set(&o, suite_of(TLS_1_2, CBC_SHA), TLS_1_2,
				       false, &cbc_key));
		assert_false(opener_open(&o, &sealed, out, &len));
		opener_clear(&o);
	}
}

/* No room for an IV, a block, a MAC or a tag; a block that is not whole. */
static void test_short_records(void **state)
{
	static const struct {
		uint16_t version, cipher;
		bool mac_last;
	} cases[] = {
		{ TLS_1_3, 0x1301, false }, { TLS_1_3, 0x1303, false },
		{ TLS_1_2, 0xc02f, false }, { TLS_1_2, 0xcca8, false },
		{ TLS_1_2, 0x002f, false }, { TLS_1_2, 0x002f, true },
		{ TLS_1_2, 0xc028, false }, { TLS_1_2, 0xc028, true },
	};
	static const uint8_t zeros[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct opener o = { .suite = NULL };

		assert_true(opener_set(
			&o, suite_of(cases[i].version, cases[i].cipher),
			cases[i].version, cases[i].mac_last, &cbc_key));
		for (size_t n = 0; n <= sizeof(zeros); n++) {
			struct sealed r = { .header = { 0x17, 3, 3, 0,
							(uint8_t)n },
					    .body = guarded(zeros, n) };
			uint8_t *out = malloc(n + 1);
			size_t len;

			assert_false(opener_open(&o, &r, out, &len));
			free(out);
			guarded_free(r.body);
		}
		opener_clear(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cbc_padding),
		cmocka_unit_test(test_cbc_long_padding),
		cmocka_unit_test(test_cbc_only_padding),
		cmocka_unit_test(test_short_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
