/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hellos, certificates and alerts of real handshakes, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/tls_alert.h>
#include <sallyport/tls_handshake.h>
#include <sallyport/tls_hello.h>

#include "handshake.h"
#include "support.h"

#define BYTES(s) (s), sizeof(s) - 1
#define SNI      "ftp.example.net"

static const struct client_case {
	const char *name;
	uint16_t legacy_version, version, ciphers;
	enum tls_resumption resumption;
	bool early_data;
	size_t id;
	const char *sni, *alpn;
} clients[] = {
	{ "tls10", TLS_1_0, TLS_1_0, 22, TLS_RESUME_NONE, false, 0, SNI, "" },
	{ "tls11", TLS_1_1, TLS_1_1, 22, TLS_RESUME_NONE, false, 0, SNI, "" },
	{ "tls12", TLS_1_2, TLS_1_2, 27, TLS_RESUME_NONE, false, 0, SNI,
	  "\003ftp\002h2" },
	{ "tls12-chain", TLS_1_2, TLS_1_2, 27, TLS_RESUME_NONE, false, 0, "",
	  "" },
	{ "tls12-ticket", TLS_1_2, TLS_1_2, 27, TLS_RESUME_TICKET, false, 32,
	  "", "" },
	{ "tls12-session-id", TLS_1_2, TLS_1_2, 27, TLS_RESUME_SESSION_ID,
	  false, 32, "", "" },
	{ "tls12-psk", TLS_1_2, TLS_1_2, 60, TLS_RESUME_NONE, false, 0, "",
	  "" },
	{ "tls12-no-cipher", TLS_1_2, TLS_1_2, 1, TLS_RESUME_NONE, false, 0, "",
	  "" },
	/* 32 random bytes, which are no session. */
	{ "tls12-offers-13", TLS_1_2, TLS_1_3, 30, TLS_RESUME_NONE, false, 32,
	  SNI, "" },
	{ "tls13", TLS_1_2, TLS_1_3, 30, TLS_RESUME_NONE, false, 32, SNI,
	  "\003ftp\002h2" },
	{ "tls13-no-sni", TLS_1_2, TLS_1_3, 30, TLS_RESUME_NONE, false, 32, "",
	  "" },
	{ "tls13-psk", TLS_1_2, TLS_1_3, 30, TLS_RESUME_PSK, false, 32, SNI,
	  "" },
	{ "tls13-early-data", TLS_1_2, TLS_1_3, 30, TLS_RESUME_PSK, true, 32,
	  SNI, "" },
	{ "tls13-external-psk", TLS_1_2, TLS_1_3, 3, TLS_RESUME_PSK, false, 32,
	  "", "" },
	{ "curl", TLS_1_2, TLS_1_3, 30, TLS_RESUME_NONE, false, 32, SNI, "" },
	{ "lftp", TLS_1_2, TLS_1_3, 29, TLS_RESUME_NONE, false, 32, "localhost",
	  "" },
};

static const struct server_case {
	const char *name;
	uint16_t version, cipher;
	bool retry, psk, ticket_ack, downgrade, resumes;
	const char *alpn;
} servers[] = {
	{ "tls10", TLS_1_0, 0xc00a, .ticket_ack = true, .alpn = "" },
	{ "tls11", TLS_1_1, 0xc00a, .ticket_ack = true, .alpn = "" },
	{ "tls11-downgrade", TLS_1_1, 0xc00a, .ticket_ack = true,
	  .downgrade = true, .alpn = "" },
	{ "tls12", TLS_1_2, 0xc02c, .ticket_ack = true, .alpn = "ftp" },
	{ "tls12-downgrade", TLS_1_2, 0xc02c, .ticket_ack = true,
	  .downgrade = true, .alpn = "" },
	{ "tls12-offers-13", TLS_1_2, 0xc02c, .ticket_ack = true, .alpn = "" },
	{ "tls12-psk", TLS_1_2, 0x00ab, .ticket_ack = true, .alpn = "" },
	{ "tls12-ticket", TLS_1_2, 0xc02c, .resumes = true, .alpn = "" },
	{ "tls12-session-id", TLS_1_2, 0xc02c, .resumes = true, .alpn = "" },
	{ "tls13", TLS_1_3, 0x1302, .alpn = "" },
	{ "tls13-retry", TLS_1_3, 0x1302, .retry = true, .alpn = "" },
	{ "tls13-psk", TLS_1_3, 0x1302, .psk = true, .resumes = true,
	  .alpn = "" },
	{ "tls13-psk-refused", TLS_1_3, 0x1302, .alpn = "" },
	{ "tls13-external-psk", TLS_1_3, 0x1303, .psk = true, .resumes = true,
	  .alpn = "" },
	{ "lftp", TLS_1_3, 0x1302, .alpn = "" },
};

static struct span client_body(const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.client", name);
	return handshake_message(file, TLS_CLIENT_HELLO);
}

static struct span server_body(const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.server", name);
	return handshake_message(file, TLS_SERVER_HELLO);
}

static void client_hellos(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		const struct client_case *k = &clients[i];
		struct span raw = client_body(k->name);
		struct span body = guarded(raw.at, raw.len);
		struct tls_client_hello h;

		memset(&h, 0x5a, sizeof(h));
		assert_int_equal(tls_client_hello_parse(body, &h), PARSE_OK);
		assert_int_equal(h.legacy_version, k->legacy_version);
		assert_int_equal(h.version, k->version);
		assert_int_equal(h.ciphers, k->ciphers);
		assert_int_equal(h.resumption, k->resumption);
		assert_int_equal(h.early_data, k->early_data);
		assert_int_equal(h.session_id.len, k->id);
		assert_span(h.sni, k->sni);
		assert_span(h.alpn, k->alpn);
		guarded_free(body);
	}
}

static void server_hellos(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		const struct server_case *k = &servers[i];
		struct span raw = server_body(k->name);
		struct span body = guarded(raw.at, raw.len);
		struct tls_client_hello offer;
		struct tls_server_hello h;

		memset(&h, 0x5a, sizeof(h));
		assert_int_equal(tls_server_hello_parse(body, &h), PARSE_OK);
		assert_int_equal(h.version, k->version);
		assert_int_equal(h.cipher, k->cipher);
		assert_int_equal(h.retry, k->retry);
		assert_int_equal(h.psk, k->psk);
		assert_int_equal(h.ticket_ack, k->ticket_ack);
		assert_int_equal(h.downgrade, k->downgrade);
		assert_span(h.alpn, k->alpn);
		assert_int_equal(tls_client_hello_parse(client_body(k->name),
							&offer),
				 PARSE_OK);
		assert_int_equal(tls_server_hello_resumes(&h, offer.session_id),
				 k->resumes);
		guarded_free(body);
	}
}

static void alpn_names(void **state)
{
	struct tls_client_hello h;
	struct span name;

	(void)state;
	tls_client_hello_parse(client_body("tls13"), &h);
	assert_true(tls_alpn_next(&h.alpn, &name));
	assert_span(name, "ftp");
	assert_true(tls_alpn_next(&h.alpn, &name));
	assert_span(name, "h2");
	assert_false(tls_alpn_next(&h.alpn, &name));
}

/* Where a hello ends if it has no extensions. */
static size_t extensions_at(uint8_t type, struct span b)
{
	size_t at = 35 + b.at[34];

	if (type == TLS_SERVER_HELLO)
		return at + 3;
	at += 2 + ((size_t)b.at[at] << 8) + b.at[at + 1];
	return at + 1 + b.at[at];
}

static enum parse parse(uint8_t type, struct span body)
{
	struct tls_client_hello client;
	struct tls_server_hello server;
	struct span list;

	switch (type) {
	case TLS_CLIENT_HELLO:
		return tls_client_hello_parse(body, &client);
	case TLS_SERVER_HELLO:
		return tls_server_hello_parse(body, &server);
	default:
		return tls_certificates_parse(body, &list);
	}
}

/* A hello that ends before its extensions is one of TLS 1.2, unless only TLS
 * 1.3 has such a one (@bare is BAD); nothing else that is cut is right. */
static void cut_everywhere(uint8_t type, struct span body, enum parse bare)
{
	size_t bare_len = SIZE_MAX;

	if (type != TLS_CERTIFICATE)
		bare_len = extensions_at(type, body);
	for (size_t len = 0; len < body.len; len++) {
		struct span cut = guarded(body.at, len);

		assert_int_equal(parse(type, cut),
				 len == bare_len ? bare : PARSE_BAD);
		guarded_free(cut);
	}
}

static void every_prefix_is_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		cut_everywhere(TLS_CLIENT_HELLO, client_body(clients[i].name),
			       PARSE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
		cut_everywhere(TLS_SERVER_HELLO, server_body(servers[i].name),
			       servers[i].retry ? PARSE_BAD : PARSE_OK);
	cut_everywhere(TLS_CERTIFICATE,
		       handshake_message("tls12-chain.server", TLS_CERTIFICATE),
		       PARSE_BAD);
}

/* Wrong by one in either direction, the length at @at does not fit. */
static void damage_length(uint8_t type, struct span body, size_t at,
			  size_t width)
{
	static uint8_t b[HANDSHAKE_STREAM_MAX];
	size_t low = at + width - 1;

	assert_true(at + width <= body.len);
	memcpy(b, body.at, body.len);
	b[low]++;
	assert_int_equal(parse(type, span_of(b, body.len)), PARSE_BAD);
	b[low] -= 2;
	assert_int_equal(parse(type, span_of(b, body.len)), PARSE_BAD);
	b[low]++;
	assert_int_equal(parse(type, span_of(b, body.len)), PARSE_OK);
}

/* The lengths inside an extension whose body starts at @at. */
static void damage_extension(uint8_t type, struct span b, size_t at,
			     uint16_t extension)
{
	size_t identities;

	if (extension == 16) {
		damage_length(type, b, at, 2);
		damage_length(type, b, at + 2, 1);
	}
	if (type == TLS_SERVER_HELLO)
		return;
	if (extension == 0) {
		damage_length(type, b, at, 2);
		damage_length(type, b, at + 3, 2);
	}
	if (extension == 43)
		damage_length(type, b, at, 1);
	if (extension == 41) {
		identities = ((size_t)b.at[at] << 8) + b.at[at + 1];
		damage_length(type, b, at, 2);
		damage_length(type, b, at + 2, 2);
		damage_length(type, b, at + 2 + identities, 2);
		damage_length(type, b, at + 2 + identities + 2, 1);
	}
}

static void damage_hello(uint8_t type, struct span b)
{
	size_t at = extensions_at(type, b);

	damage_length(type, b, 34, 1);
	if (type == TLS_CLIENT_HELLO) {
		damage_length(type, b, 35 + b.at[34], 2);
		damage_length(type, b, at - 1 - b.at[at - 2], 1);
	}
	damage_length(type, b, at, 2);
	for (at += 2; at < b.len;) {
		size_t len = ((size_t)b.at[at + 2] << 8) + b.at[at + 3];

		damage_length(type, b, at + 2, 2);
		damage_extension(type, b, at + 4,
				 (uint16_t)(b.at[at] << 8 | b.at[at + 1]));
		at += 4 + len;
	}
}

static void every_length_must_fit(void **state)
{
	struct span b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		damage_hello(TLS_CLIENT_HELLO, client_body(clients[i].name));
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
		damage_hello(TLS_SERVER_HELLO, server_body(servers[i].name));
	b = handshake_message("tls12-chain.server", TLS_CERTIFICATE);
	damage_length(TLS_CERTIFICATE, b, 0, 3);
	damage_length(TLS_CERTIFICATE, b, 3, 3);
	damage_length(TLS_CERTIFICATE, b, 6 + ((size_t)b.at[4] << 8) + b.at[5],
		      3);
}

static void certificates(void **state)
{
	struct span body =
		handshake_message("tls12-chain.server", TLS_CERTIFICATE);
	struct span list, der;

	(void)state;
	assert_int_equal(tls_certificates_parse(body, &list), PARSE_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(tls_certificate_next(&list, &der));
		/* A DER SEQUENCE with a length of two bytes, and no more. */
		assert_int_equal(der.at[0], 0x30);
		assert_int_equal(der.at[1], 0x82);
		assert_int_equal((der.at[2] << 8 | der.at[3]) + 4, der.len);
	}
	assert_false(tls_certificate_next(&list, &der));

	/* RFC 5246 7.4.6: a client without one sends an empty list. */
	body = handshake_message("tls12-no-client-cert.client",
				 TLS_CERTIFICATE);
	assert_int_equal(tls_certificates_parse(body, &list), PARSE_OK);
	assert_false(tls_certificate_next(&list, &der));
	list = span_of(BYTES("\0\0\3\0\0\0"));
	assert_int_equal(tls_certificates_parse(list, &list), PARSE_BAD);
	list = span_of(BYTES("\0\0\0x"));
	assert_int_equal(tls_certificates_parse(list, &list), PARSE_BAD);
}

static void messages_by_number(void **state)
{
	(void)state;
	handshake_message("tls12-client-cert.server", TLS_CERTIFICATE_REQUEST);
	handshake_message("tls12-client-cert.server", TLS_SERVER_HELLO_DONE);
	handshake_message("tls12-client-cert.client", TLS_CLIENT_KEY_EXCHANGE);
	handshake_message("tls12-client-cert.client", TLS_CERTIFICATE_VERIFY);
	handshake_message("tls12.server", TLS_NEW_SESSION_TICKET);
	handshake_message("tls12.server", TLS_SERVER_KEY_EXCHANGE);
}

static void message_heads(void **state)
{
	struct tls_message m;

	(void)state;
	for (size_t len = 0; len < TLS_MESSAGE_HEADER; len++)
		assert_int_equal(tls_message_head(span_of("\1\0\1\2", len), &m),
				 PARSE_PARTIAL);
	assert_int_equal(tls_message_head(span_of(BYTES("\1\0\1\2more")), &m),
			 PARSE_OK);
	assert_int_equal(m.type, TLS_CLIENT_HELLO);
	assert_int_equal(m.length, 0x102);
	assert_int_equal(tls_message_head(span_of(BYTES("\x0b\1\0\0")), &m),
			 PARSE_OK);
	assert_int_equal(m.length, TLS_MESSAGE_MAX);
	assert_int_equal(tls_message_head(span_of(BYTES("\x0b\1\0\1")), &m),
			 PARSE_BAD);
}

static void alerts(void **state)
{
	struct span s = handshake_stream("tls12-no-cipher.server");
	struct tls_alert a;

	(void)state;
	assert_int_equal(tls_alert_parse(span_sub(s, 5, 2), &a), PARSE_OK);
	assert_int_equal(a.level, TLS_ALERT_FATAL);
	assert_string_equal(tls_alert_name(a.description), "handshake_failure");
	s = handshake_stream("tls13-too-new.server");
	assert_int_equal(tls_alert_parse(span_sub(s, 5, 2), &a), PARSE_OK);
	assert_string_equal(tls_alert_name(a.description), "protocol_version");
	assert_string_equal(tls_alert_name(TLS_ALERT_CLOSE_NOTIFY),
			    "close_notify");
	assert_null(tls_alert_name(1));
	assert_null(tls_alert_name(255));

	assert_int_equal(tls_alert_parse(span_of("", 0), &a), PARSE_PARTIAL);
	assert_int_equal(tls_alert_parse(span_of("\1", 1), &a), PARSE_PARTIAL);
	assert_int_equal(tls_alert_parse(span_of("\3", 1), &a), PARSE_BAD);
	assert_int_equal(tls_alert_parse(span_of("\0\0", 2), &a), PARSE_BAD);
	assert_int_equal(tls_alert_parse(span_of("\1\0\0", 3), &a), PARSE_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_hellos),
		cmocka_unit_test(server_hellos),
		cmocka_unit_test(alpn_names),
		cmocka_unit_test(every_prefix_is_bad),
		cmocka_unit_test(every_length_must_fit),
		cmocka_unit_test(certificates),
		cmocka_unit_test(messages_by_number),
		cmocka_unit_test(message_heads),
		cmocka_unit_test(alerts),
	};

	return cmocka_run_group_tests_name("tls hello", tests, NULL, NULL);
}
