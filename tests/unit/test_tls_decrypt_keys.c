/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of an RFC, and the suites that records can be read with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sallyport/tls_hello.h>

#include "support.h"
#include "tls/decrypt_key.h"
#include "tls/decrypt_suite.h"

/* RFC 8448 3: the keys of the server's handshake. */
static void test_rfc_8448(void **state)
{
	static const uint8_t secret[32] = {
		0xb6, 0x7b, 0x7d, 0x69, 0x0c, 0xc1, 0x6c, 0x4e,
		0x75, 0xe5, 0x42, 0x13, 0xcb, 0x2d, 0x37, 0xb4,
		0xe9, 0xc9, 0x12, 0xbc, 0xde, 0xd9, 0x10, 0x5d,
		0x42, 0xbe, 0xfd, 0x59, 0xd3, 0x91, 0xad, 0x38,
	};
	static const uint8_t right[16] = {
		0x3f, 0xce, 0x51, 0x60, 0x09, 0xc2, 0x17, 0x27,
		0xd0, 0xf2, 0xe4, 0xe8, 0x6e, 0xe4, 0x03, 0xbc,
	};
	static const uint8_t iv[12] = { 0x5d, 0x31, 0x3e, 0xb2, 0x67, 0x12,
					0x76, 0xee, 0x13, 0x00, 0x0b, 0x30 };
	struct record_key key;

	(void)state;
	assert_true(key_of_traffic(suite_of(TLS_1_3, 0x1301), secret, &key));
	assert_memory_equal(key.key, right, sizeof(right));
	assert_memory_equal(key.iv, iv, sizeof(iv));
}

static void test_suites(void **state)
{
	static const struct {
		uint16_t version, cipher;
		const char *end; /* NULL: not supported */
	} cases[] = {
		{ TLS_1_2, 0xc030, "AES_256_GCM_SHA384" },
		{ TLS_1_2, 0x00a8, "AES_128_GCM_SHA256" }, /* with a PSK */
		{ TLS_1_2, 0xc013, "AES_128_CBC_SHA" },
		{ TLS_1_2, 0xc028, "AES_256_CBC_SHA384" },
		{ TLS_1_3, 0x1303, "CHACHA20_POLY1305_SHA256" },
		{ TLS_1_2, 0x1301, NULL }, /* of the other version */
		{ TLS_1_3, 0xc030, NULL },
		{ TLS_1_1, 0x002f, NULL }, /* older */
		{ TLS_1_0, 0x002f, NULL },
		{ 0, 0x002f, NULL },
		{ TLS_1_2, 0x000a, NULL }, /* 3DES */
		{ TLS_1_2, 0x0005, NULL }, /* RC4 */
		{ TLS_1_2, 0xc09c, NULL }, /* CCM */
		{ TLS_1_3, 0x1304, NULL },
		{ TLS_1_2, 0x0001, NULL }, /* no encryption at all */
		{ TLS_1_2, 0x00ff, NULL }, /* no suite */
		{ TLS_1_3, 0x00c6, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct suite *s =
			suite_of(cases[i].version, cases[i].cipher);

		if (cases[i].end)
			assert_string_equal(s->end, cases[i].end);
		else
			assert_null(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_8448),
		cmocka_unit_test(test_suites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
