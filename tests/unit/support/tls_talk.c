/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS as it looks from outside: see tls_talk.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/tls_handshake.h>

#include "scene.h"
#include "tls_talk.h"

/* Bytes that are being written; lengths are filled in when they are known. */
struct pen {
	uint8_t *at;
	size_t len;
};

static void put(struct pen *p, uint32_t value, int bytes)
{
	while (bytes-- > 0)
		p->at[p->len++] = (uint8_t)(value >> (8 * bytes));
}

static void put_text(struct pen *p, const char *text)
{
	size_t len = strlen(text);

	memcpy(p->at + p->len, text, len);
	p->len += len;
}

/* Leave room for a length of @bytes; gives its place for close_length(). */
static size_t open_length(struct pen *p, int bytes)
{
	put(p, 0, bytes);
	return p->len;
}

static void close_length(struct pen *p, size_t start, int bytes)
{
	struct pen back = { p->at, start - (size_t)bytes };

	put(&back, (uint32_t)(p->len - start), bytes);
}

void tls_send(struct wire *w, enum side from, const void *bytes, size_t len)
{
	size_t at = w->end[from].stream_len;

	wire_write(w, from, bytes, len);
	wire_segment(w, from, at, at + len);
}

void tls_say(struct wire *w, enum side from, uint8_t type, size_t len)
{
	uint8_t bytes[TLS_TALK_MAX];
	struct pen p = { bytes, 0 };

	assert_true(len + TLS_RECORD_HEADER <= sizeof(bytes));
	put(&p, type, 1);
	put(&p, TLS_1_2, 2);
	put(&p, (uint32_t)len, 2);
	memset(bytes + p.len, type == TLS_CHANGE_CIPHER_SPEC ? 1 : 0xc5, len);
	tls_send(w, from, bytes, p.len + len);
}

static void put_sni(struct pen *p, const char *sni)
{
	size_t ext, list, name;

	put(p, 0, 2); /* server_name */
	ext = open_length(p, 2);
	list = open_length(p, 2);
	put(p, 0, 1); /* host_name */
	name = open_length(p, 2);
	put_text(p, sni);
	close_length(p, name, 2);
	close_length(p, list, 2);
	close_length(p, ext, 2);
}

static void put_versions(struct pen *p, uint16_t version, bool one)
{
	size_t ext, list;

	put(p, 43, 2); /* supported_versions */
	ext = open_length(p, 2);
	if (one) {
		put(p, version, 2);
	} else {
		list = open_length(p, 1);
		put(p, version, 2);
		put(p, TLS_1_2, 2);
		close_length(p, list, 1);
	}
	close_length(p, ext, 2);
}

/* Header of the record and of the message; gives the place of both lengths. */
static void begin(struct pen *p, uint8_t type, uint16_t version,
		  size_t place[2])
{
	put(p, TLS_HANDSHAKE, 1);
	put(p, TLS_1_0, 2);
	place[0] = open_length(p, 2);
	put(p, type, 1);
	place[1] = open_length(p, 3);
	put(p, version < TLS_1_2 ? version : TLS_1_2, 2);
}

static size_t end(struct pen *p, const size_t place[2])
{
	close_length(p, place[1], 3);
	close_length(p, place[0], 2);
	return p->len;
}

size_t tls_client_hello(uint8_t *out, uint16_t version, const char *sni)
{
	struct pen p = { out, 0 };
	size_t place[2], extensions;

	begin(&p, TLS_CLIENT_HELLO, version, place);
	memset(out + p.len, 0x11, 32); /* random */
	p.len += 32;
	put(&p, 0, 1); /* no session id */
	put(&p, 4, 2);
	put(&p, 0x1301, 2);
	put(&p, 0xc02f, 2);
	put(&p, 1, 1); /* no compression */
	put(&p, 0, 1);
	extensions = open_length(&p, 2);
	if (sni)
		put_sni(&p, sni);
	if (version >= TLS_1_3)
		put_versions(&p, version, false);
	close_length(&p, extensions, 2);
	return end(&p, place);
}

/* SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3). */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

size_t tls_server_hello(uint8_t *out, uint16_t version, bool retry)
{
	struct pen p = { out, 0 };
	size_t place[2], extensions;

	begin(&p, TLS_SERVER_HELLO, version, place);
	if (retry)
		memcpy(out + p.len, retry_random, 32);
	else
		memset(out + p.len, 0x22, 32);
	p.len += 32;
	put(&p, 0, 1); /* no session id */
	put(&p, version >= TLS_1_3 ? 0x1301 : 0xc02f, 2);
	put(&p, 0, 1); /* no compression */
	extensions = open_length(&p, 2);
	if (version >= TLS_1_3)
		put_versions(&p, version, true);
	close_length(&p, extensions, 2);
	return end(&p, place);
}

void tls_hellos(struct wire *w, uint16_t version)
{
	uint8_t bytes[TLS_TALK_MAX];

	tls_send(w, CLIENT, bytes,
		 tls_client_hello(bytes, version, "ftp.example.net"));
	tls_send(w, SERVER, bytes, tls_server_hello(bytes, version, false));
	if (version < TLS_1_3)
		return;
	tls_say(w, SERVER, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_say(w, SERVER, TLS_APPLICATION_DATA, 800);
	tls_say(w, SERVER, TLS_APPLICATION_DATA, TLS_TALK_FINISHED);
}

void tls_handshake(struct wire *w, uint16_t version)
{
	tls_hellos(w, version);
	tls_say(w, CLIENT, TLS_CHANGE_CIPHER_SPEC, 1);
	if (version >= TLS_1_3) {
		tls_say(w, CLIENT, TLS_APPLICATION_DATA, TLS_TALK_FINISHED);
		tls_say(w, SERVER, TLS_APPLICATION_DATA, 250); /* a ticket */
		return;
	}
	tls_say(w, CLIENT, TLS_HANDSHAKE, 40);
	tls_say(w, SERVER, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_say(w, SERVER, TLS_HANDSHAKE, 40);
}

void tls_auth(struct wire *w, uint16_t version)
{
	scene_play(w, "> AUTH TLS\n< 234 go");
	tls_handshake(w, version);
}

void tls_exchange(struct wire *w)
{
	tls_say(w, CLIENT, TLS_APPLICATION_DATA, 29);
	tls_say(w, SERVER, TLS_APPLICATION_DATA, 61);
}

void tls_close(struct wire *w, enum side from, uint16_t version)
{
	if (version >= TLS_1_3)
		tls_say(w, from, TLS_APPLICATION_DATA, TLS_TALK_ALERT);
	else
		tls_say(w, from, TLS_ALERT, 26);
}

void tls_start(struct wire *w, const struct wire_options *o)
{
	wire_start(w, o);
	scene_configure(w);
	wire_connect(w);
	if (!policy_is_implicit_port(&w->policy, w->end[SERVER].at.port))
		scene_play(w, "< 220 hello");
}

void tls_begin(struct wire *w, const struct wire_options *o, uint16_t version)
{
	tls_start(w, o);
	if (policy_is_implicit_port(&w->policy, w->end[SERVER].at.port))
		tls_handshake(w, version);
	else
		tls_auth(w, version);
}
