/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of certificates share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>

#include "cert_facts.h"
#include "support.h"

const struct cert_spec cert_plain = {
	.key = "P-256",
	.common_name = CERT_BYTES("ftp.example"),
	.not_before = NOW - DAY,
	.not_after = NOW + DAY,
};

struct span der_of(const struct cert *c)
{
	return span_of(c->der, c->len);
}

enum certificate_result read_at(const struct cert *c, const char *sni,
				int64_t now, struct certificate *out)
{
	struct certificate_view view = { span_str(sni), NULL,
					 (uint64_t)now * US_PER_S };
	struct span der = der_of(c);

	return certificate_read(&der, 1, &view, out);
}

/* The facts of a certificate as @spec has it. */
struct certificate facts(const struct cert_spec *spec, const char *sni)
{
	struct cert c = make_cert(spec);
	struct certificate out;

	memset(&out, 0xa5, sizeof(out)); /* what is not written is seen */
	assert_int_equal(read_at(&c, sni, NOW, &out), CERTIFICATE_OK);
	assert_int_equal(ERR_peek_error(), 0);
	cert_free(&c);
	return out;
}

void assert_name(const struct certificate_name *name, const char *text)
{
	assert_span(certificate_name_span(name), text);
}

const struct certificate_view now_view = { .now_us = NOW * US_PER_S };

void assert_bad(const uint8_t *der, size_t len)
{
	struct span copy = guarded(der, len);
	struct certificate c;

	assert_int_equal(certificate_read(&copy, 1, &now_view, &c),
			 CERTIFICATE_BAD);
	assert_int_equal(ERR_peek_error(), 0);
	guarded_free(copy);
}

const struct cert_san cert_wildcard[] = {
	{ CERT_SAN_DNS, CERT_BYTES("*.ftp.example") },
	{ CERT_SAN_MAIL, CERT_BYTES("root@example.org") },
	{ CERT_SAN_DNS, CERT_BYTES("ftp.example.org") },
	{ CERT_SAN_IP, CERT_BYTES("\x0a\x02\x05\x05") },
	{ CERT_SAN_IP,
	  CERT_BYTES("\xfc\0\0\x10\0\x02\0\x05\0\0\0\0\0\0\0\x05") },
	{ CERT_SAN_END, { NULL, 0 } },
};
