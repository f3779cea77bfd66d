/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the records of a cipher suite are protected.
 *
 * How keys are agreed upon and who signs makes no difference to records, so
 * the end of a suite's name is enough: one row stands for ten suites.
 */
#include "tls/decrypt_suite.h"

#include <stddef.h>
#include <string.h>

#include <sallyport/tls_cipher.h>
#include <sallyport/tls_hello.h>

/* RFC 5246 5: the PRF has SHA-256 unless a suite says otherwise, and those
 * with SHA384 do (RFC 5288 3, RFC 5289 3). */
static const struct suite suites[] = {
	{ "AES_128_GCM_SHA256", "AES-128-GCM", NULL, "SHA256", SUITE_GCM, 16, 0,
	  32 },
	{ "AES_256_GCM_SHA384", "AES-256-GCM", NULL, "SHA384", SUITE_GCM, 32, 0,
	  48 },
	{ "CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305", NULL, "SHA256",
	  SUITE_CHACHA, 32, 0, 32 },
	{ "AES_128_CBC_SHA", "AES-128-CBC", "SHA1", "SHA256", SUITE_CBC, 16, 20,
	  32 },
	{ "AES_256_CBC_SHA", "AES-256-CBC", "SHA1", "SHA256", SUITE_CBC, 32, 20,
	  32 },
	{ "AES_128_CBC_SHA256", "AES-128-CBC", "SHA256", "SHA256", SUITE_CBC,
	  16, 32, 32 },
	{ "AES_256_CBC_SHA256", "AES-256-CBC", "SHA256", "SHA256", SUITE_CBC,
	  32, 32, 32 },
	{ "AES_256_CBC_SHA384", "AES-256-CBC", "SHA384", "SHA384", SUITE_CBC,
	  32, 48, 48 },
};

/* What tells how records are protected, in a name such as
 * TLS_RSA_WITH_AES_128_CBC_SHA or, for TLS 1.3, TLS_AES_128_GCM_SHA256. */
static const char *end_of(const char *name, uint16_t version)
{
	static const char with[] = "_WITH_", tls[] = "TLS_";
	const char *at = strstr(name, with);

	if (version == TLS_1_2)
		return at ? at + strlen(with) : NULL;
	return version == TLS_1_3 && !at ? name + strlen(tls) : NULL;
}

const struct suite *suite_of(uint16_t version, uint16_t cipher)
{
	const char *name = tls_cipher_name(cipher);
	const char *end = name ? end_of(name, version) : NULL;

	for (size_t i = 0; end && i < sizeof(suites) / sizeof(suites[0]); i++)
		if (strcmp(suites[i].end, end) == 0)
			return &suites[i];
	return NULL;
}
