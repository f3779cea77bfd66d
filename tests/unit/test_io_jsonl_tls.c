/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of TLS, as JSON lines and as lines for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <sallyport/tls_handshake.h>

#include "cert_facts.h"
#include "told.h"

static struct event tls_event(enum tls_step step)
{
	struct event e = told_event(EVENT_TLS);

	e.tls.step = step;
	return e;
}

static void test_tls_hellos(void **state)
{
	struct event e = tls_event(TLS_STEP_CLIENT_HELLO);

	(void)state;
	assert_told(&e,
		    JSON_HEAD("tls") ",\"state\":\"client_hello\","
				     "\"resumption\":\"none\"}",
		    TEXT_HEAD "tls client_hello");
	e.tls.version = TLS_1_3;
	e.tls.sni = span_str("ftp.example\n");
	e.tls.alpn = span_str("ftp");
	e.tls.resumption = TLS_RESUME_PSK;
	assert_told(&e,
		    JSON_HEAD("tls") ",\"state\":\"client_hello\","
				     "\"version\":\"TLS 1.3\","
				     "\"sni\":\"ftp.example\\\\n\","
				     "\"alpn\":\"ftp\",\"resumption\":\"psk\"}",
		    TEXT_HEAD
		    "tls client_hello TLS 1.3 for ftp.example\\n alpn ftp "
		    "resumption psk");
	e = tls_event(TLS_STEP_SERVER_HELLO);
	e.tls.version = TLS_1_2;
	e.tls.cipher = 0xc030;
	assert_told(&e,
		    JSON_HEAD(
			    "tls") ",\"state\":\"server_hello\","
				   "\"version\":\"TLS 1.2\",\"cipher\":"
				   "\"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\","
				   "\"resumed\":false}",
		    TEXT_HEAD "tls server_hello TLS 1.2 "
			      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
	e.tls.version = 0x7f1c;
	e.tls.cipher = 0xeeee;
	e.tls.alpn = span_str("ftp");
	e.tls.resumed = e.tls.retry = true;
	assert_told(
		&e,
		JSON_HEAD("tls") ",\"state\":\"server_hello\","
				 "\"version\":\"0x7f1c\",\"cipher\":\"0xeeee\","
				 "\"alpn\":\"ftp\",\"resumed\":true,"
				 "\"retry\":true}",
		TEXT_HEAD "tls server_hello 0x7f1c 0xeeee alpn ftp resumed "
			  "retry");
}

/* RFC 5246 7.4.2: lengths of three bytes, of the list and of each. */
static struct span certificate_body(const struct cert *c, uint8_t *out)
{
	size_t len = c->len;

	for (int i = 0; i < 3; i++) {
		out[i] = (uint8_t)((len + 3) >> (16 - 8 * i));
		out[3 + i] = (uint8_t)(len >> (16 - 8 * i));
	}
	memcpy(out + 6, c->der, len);
	return span_of(out, len + 6);
}

static void test_tls_certificate(void **state)
{
	struct event e = tls_event(TLS_STEP_CERTIFICATE);
	struct cert made = make_cert(&cert_plain);
	uint8_t body[4096];

	(void)state;
	e.tls.chain = certificate_body(&made, body);
	e.tls.sni = span_str("ftp.example.org");
	assert_told(
		&e,
		JSON_HEAD("tls") ",\"state\":\"certificate\","
				 "\"subject\":\"CN=ftp.example\","
				 "\"issuer\":\"CN=ftp.example\","
				 "\"not_before\":\"2025-11-22T10:15:42Z\","
				 "\"not_after\":\"2025-11-24T10:15:42Z\","
				 "\"san\":[],\"key\":\"EC P-256\","
				 "\"side\":\"server\","
				 "\"self_signed\":true,\"name_mismatch\":true,"
				 "\"chain\":1}",
		TEXT_HEAD "tls certificate server CN=ftp.example, issued by "
			  "CN=ftp.example, EC P-256, valid until 2025-11-24 "
			  "(self-signed, not for \"ftp.example.org\")");
	/* Cut short it is told, not guessed at. */
	e.tls.chain.len--;
	e.tls.from_client = true;
	assert_told(&e,
		    JSON_HEAD("tls") ",\"state\":\"certificate\","
				     "\"side\":\"client\",\"reason\":"
				     "\"a certificate cannot be decoded\"}",
		    TEXT_HEAD "tls certificate client: a certificate cannot be "
			      "decoded");
	memset(body, 0, 3);
	e.tls.chain = span_of(body, 3);
	assert_told(&e,
		    JSON_HEAD("tls") ",\"state\":\"certificate\","
				     "\"side\":\"client\",\"reason\":"
				     "\"there is no certificate\"}",
		    TEXT_HEAD "tls certificate client: there is no "
			      "certificate");
	cert_free(&made);
}

static void test_tls_others(void **state)
{
	struct event e = tls_event(TLS_STEP_ESTABLISHED);

	(void)state;
	e.tls.version = TLS_1_3;
	assert_told(&e,
		    JSON_HEAD("tls") ",\"state\":\"established\","
				     "\"version\":\"TLS 1.3\"}",
		    TEXT_HEAD "tls established TLS 1.3");
	e = tls_event(TLS_STEP_FAILED);
	e.tls.from_client = true;
	e.tls.reason = "unknown_ca";
	assert_told(&e,
		    JSON_HEAD(
			    "tls") ",\"state\":\"failed\",\"side\":\"client\","
				   "\"reason\":\"unknown_ca\"}",
		    TEXT_HEAD "tls failed client: unknown_ca");
	e = tls_event(TLS_STEP_CLEARED);
	e.tls.reason = "CCC";
	assert_told(&e,
		    JSON_HEAD(
			    "tls") ",\"state\":\"cleared\",\"reason\":\"CCC\"}",
		    TEXT_HEAD "tls cleared: CCC");
	e = tls_event(TLS_STEP_CERTIFICATE_REQUEST);
	assert_told(&e, JSON_HEAD("tls") ",\"state\":\"certificate_request\"}",
		    TEXT_HEAD "tls certificate_request");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls_hellos),
		cmocka_unit_test(test_tls_certificate),
		cmocka_unit_test(test_tls_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
