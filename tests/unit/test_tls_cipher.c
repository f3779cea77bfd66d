/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of cipher suites, against IANA's registry and against OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/tls_cipher.h>

#include "support.h"

/* Suites in the registry that are not drafts, reserved or signals. */
#define SUITES 352

static void some_by_hand(void **state)
{
	static const struct {
		uint16_t number;
		const char *name;
	} known[] = {
		{ 0x0000, "TLS_NULL_WITH_NULL_NULL" },
		{ 0x0005, "TLS_RSA_WITH_RC4_128_SHA" },
		{ 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
		{ 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA" },
		{ 0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
		{ 0x00c7, "TLS_SM4_CCM_SM3" },
		{ 0x1301, "TLS_AES_128_GCM_SHA256" },
		{ 0x1305, "TLS_AES_128_CCM_8_SHA256" },
		{ 0xc001, "TLS_ECDH_ECDSA_WITH_NULL_SHA" },
		{ 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
		{ 0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
		{ 0xc0ab, "TLS_PSK_DHE_WITH_AES_256_CCM_8" },
		{ 0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
		{ 0xd005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_string_equal(tls_cipher_name(known[i].number),
				    known[i].name);
}

static void unknown_ones(void **state)
{
	static const uint16_t unknown[] = { 0x001c, 0x0047, 0x00c8, 0x00ff,
					    0x0a0a, 0x1300, 0x5600, 0xc000,
					    0xcca7, 0xd004, 0xfafa, 0xffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_null(tls_cipher_name(unknown[i]));
}

/* A row that stands in the wrong place would not be found. */
static void every_row_is_found(void **state)
{
	static const char *name[SUITES];
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i <= UINT16_MAX; i++) {
		const char *found = tls_cipher_name((uint16_t)i);

		if (!found)
			continue;
		assert_memory_equal(found, "TLS_", 4);
		for (size_t k = 0; k < n; k++)
			assert_string_not_equal(found, name[k]);
		assert_true(n < SUITES);
		name[n++] = found;
	}
	assert_int_equal(n, SUITES);
}

static void as_openssl_names_them(void **state)
{
	FILE *f = popen("openssl ciphers -V -stdname "
			"ALL:COMPLEMENTOFALL:@SECLEVEL=0 2>/dev/null",
			"r");
	char line[512], name[128];
	unsigned int high, low;
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " 0x%2X,0x%2X - %127s", &high, &low, name) !=
		    3)
			continue;
		assert_string_equal(tls_cipher_name(
					    (uint16_t)(high << 8 | low)),
				    name);
		n++;
	}
	pclose(f);
	if (n == 0) {
		print_message("skip: no openssl to ask\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(some_by_hand),
		cmocka_unit_test(unknown_ones),
		cmocka_unit_test(every_row_is_found),
		cmocka_unit_test(as_openssl_names_them),
	};

	return cmocka_run_group_tests_name("tls cipher", tests, NULL, NULL);
}
