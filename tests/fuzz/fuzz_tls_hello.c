/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of a handshake. The first byte is a type of message, or one of
 * the two below for what has none; the rest is the body.
 */
#include <stdlib.h>
#include <string.h>

#include <sallyport/tls_alert.h>
#include <sallyport/tls_cipher.h>
#include <sallyport/tls_handshake.h>
#include <sallyport/tls_hello.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_ALERT  0xfe
#define INPUT_HEADER 0xff

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void inside(struct span part, struct span whole)
{
	must(part.len == 0 || (part.at >= whole.at &&
			       part.at + part.len <= whole.at + whole.len));
}

union parsed {
	struct tls_client_hello client;
	struct tls_server_hello server;
	struct tls_alert alert;
	struct tls_message message;
	struct span list;
};

static enum parse parse(uint8_t type, struct span body, union parsed *out)
{
	switch (type) {
	case TLS_CLIENT_HELLO:
		return tls_client_hello_parse(body, &out->client);
	case TLS_SERVER_HELLO:
		return tls_server_hello_parse(body, &out->server);
	case TLS_CERTIFICATE:
		return tls_certificates_parse(body, &out->list);
	case INPUT_ALERT:
		return tls_alert_parse(body, &out->alert);
	default:
		return tls_message_head(body, &out->message);
	}
}

static void check_client(const struct tls_client_hello *h, struct span body)
{
	struct span names = h->alpn, name;
	size_t len = 0;

	inside(h->session_id, body);
	inside(h->sni, body);
	inside(h->alpn, body);
	must(h->session_id.len <= TLS_SESSION_ID_MAX);
	must(h->sni.len <= TLS_SNI_MAX && span_find(h->sni, 0) == h->sni.len);
	must(h->version == 0 || h->version >> 8 == 3);
	must(h->resumption != TLS_RESUME_SESSION_ID || h->session_id.len > 0);
	must(h->ciphers <= body.len / 2);
	while (tls_alpn_next(&names, &name)) {
		inside(name, h->alpn);
		must(name.len > 0);
		len += 1 + name.len;
	}
	must(len == h->alpn.len);
}

static void check_server(const struct tls_server_hello *h, struct span body)
{
	inside(h->session_id, body);
	inside(h->alpn, body);
	must(h->session_id.len <= TLS_SESSION_ID_MAX);
	must(tls_version_name(h->version) != NULL);
	must(!h->retry || h->version == TLS_1_3);
	must(!h->psk || (h->version == TLS_1_3 && !h->retry));
	must(!h->downgrade || h->version < TLS_1_3);
	must(tls_server_hello_resumes(h, h->session_id) ==
	     (h->version == TLS_1_3 ? h->psk : h->session_id.len > 0));
	must(!tls_server_hello_resumes(h, span_str("")) || h->psk);
	(void)tls_cipher_name(h->cipher);
}

static void check_certificates(struct span list, struct span body)
{
	struct span all = list, der;
	size_t len = 0;

	inside(list, body);
	must(list.len + 3 == body.len);
	while (tls_certificate_next(&list, &der)) {
		inside(der, all);
		must(der.len > 0);
		len += 3 + der.len;
	}
	must(len == all.len);
}

static void check(uint8_t type, const union parsed *p, struct span body)
{
	switch (type) {
	case TLS_CLIENT_HELLO:
		check_client(&p->client, body);
		break;
	case TLS_SERVER_HELLO:
		check_server(&p->server, body);
		break;
	case TLS_CERTIFICATE:
		check_certificates(p->list, body);
		break;
	case INPUT_ALERT:
		must(p->alert.level == 1 || p->alert.level == 2);
		must(body.len == 2);
		(void)tls_alert_name(p->alert.description);
		break;
	default:
		must(p->message.length <= TLS_MESSAGE_MAX && body.len >= 4);
	}
}

/* Hellos and certificates: their parsers never ask for more. */
static bool is_message(uint8_t type)
{
	return type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO ||
	       type == TLS_CERTIFICATE;
}

/* Shorter by any number of bytes, or longer by one: no longer right, but for a
 * hello that is cut just before its extensions. */
static void check_length(uint8_t type, struct span body)
{
	uint8_t *longer = malloc(body.len + 1);
	size_t right = 0;
	union parsed p;

	must(longer != NULL);
	for (size_t len = 0; len < body.len; len++)
		right += parse(type, span_sub(body, 0, len), &p) == PARSE_OK;
	must(right <= (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO));
	memcpy(longer, body.at, body.len);
	longer[body.len] = 0;
	must(parse(type, span_of(longer, body.len + 1), &p) == PARSE_BAD);
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(span_of(data, size));
	uint8_t type = rd_u8(&c);
	union parsed p, untouched;
	enum parse result;

	memset(&p, 0x5a, sizeof(p));
	untouched = p;
	result = parse(type, c.rest, &p);
	if (result != PARSE_OK) {
		must(memcmp(&p, &untouched, sizeof(p)) == 0);
		must(result == PARSE_BAD || !is_message(type));
		return 0;
	}
	check(type, &p, c.rest);
	if (is_message(type) || type == INPUT_ALERT)
		check_length(type, c.rest);
	return 0;
}
