/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2). */
#include <sallyport/tls_hello.h>

#include "tls_extension.h"

#define RANDOM_LEN 32

#define VERSION_MAJOR 3

/* RFC 6066 3: the only type of name that there is. */
#define NAME_HOST 0

/* RFC 5746 3.3 and RFC 7507 2: they stand among the suites and are none. */
#define SCSV_RENEGOTIATION 0x00ff
#define SCSV_FALLBACK      0x5600

/* RFC 8446 4.2.11 */
#define BINDER_MIN 32
#define AGE_LEN    4

/* RFC 8701 2: 0x0a0a, 0x1a1a, ... 0xfafa mean nothing. */
static bool is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static bool read_server_name(struct span body, struct tls_client_hello *out)
{
	struct cursor c = cursor_of(body);
	struct cursor list = cursor_of(rd_vector16(&c));

	c.bad |= list.rest.len == 0;
	while (!list.bad && list.rest.len > 0) {
		uint8_t type = rd_u8(&list);
		struct span name = rd_vector16(&list);

		if (type != NAME_HOST)
			continue;
		/* One of each type; and a NUL would hide what follows. */
		if (out->sni.len > 0 || name.len == 0 ||
		    name.len > TLS_SNI_MAX || span_find(name, 0) < name.len)
			return false;
		out->sni = name;
	}
	return cursor_done(&c) && !list.bad;
}

static bool read_alpn(struct span body, struct tls_client_hello *out)
{
	struct cursor c = cursor_of(body);

	out->alpn = rd_vector16(&c);
	return cursor_done(&c) && tls_alpn_list_fits(out->alpn);
}

static bool read_session_ticket(struct span body, struct tls_client_hello *out)
{
	/* An empty one only says that a ticket would be welcome. What counts
	 * for more, pre_shared_key, always comes later. */
	if (body.len > 0)
		out->resumption = TLS_RESUME_TICKET;
	return true;
}

/* Each identity has a binder. */
static bool read_pre_shared_key(struct span body, struct tls_client_hello *out)
{
	struct cursor c = cursor_of(body);
	struct cursor identities = cursor_of(rd_vector16(&c));
	struct cursor binders = cursor_of(rd_vector16(&c));

	if (!cursor_done(&c) || identities.rest.len == 0)
		return false;
	while (!identities.bad && identities.rest.len > 0) {
		if (rd_vector16(&identities).len == 0)
			return false;
		rd_take(&identities, AGE_LEN);
		if (rd_vector8(&binders).len < BINDER_MIN)
			return false;
	}
	out->resumption = TLS_RESUME_PSK;
	return !identities.bad && cursor_done(&binders);
}

static bool read_early_data(struct span body, struct tls_client_hello *out)
{
	out->early_data = true;
	return body.len == 0;
}

static bool read_supported_versions(struct span body,
				    struct tls_client_hello *out)
{
	struct cursor c = cursor_of(body);
	struct cursor list = cursor_of(rd_vector8(&c));

	if (!cursor_done(&c) || list.rest.len == 0)
		return false;
	out->version = 0;
	while (!list.bad && list.rest.len > 0) {
		uint16_t version = rd_be16(&list);

		if (version >> 8 == VERSION_MAJOR && version > out->version)
			out->version = version;
	}
	return !list.bad;
}

static const struct reader {
	uint16_t type;
	bool (*read)(struct span body, struct tls_client_hello *out);
} readers[] = {
	{ EXT_SERVER_NAME, read_server_name },
	{ EXT_ALPN, read_alpn },
	{ EXT_SESSION_TICKET, read_session_ticket },
	{ EXT_PRE_SHARED_KEY, read_pre_shared_key },
	{ EXT_EARLY_DATA, read_early_data },
	{ EXT_SUPPORTED_VERSIONS, read_supported_versions },
};

static bool read_extension(const struct tls_extension *e,
			   struct tls_client_hello *out)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i].type == e->type)
			return readers[i].read(e->body, out);
	return true;
}

static bool read_extensions(struct span list, struct tls_client_hello *out)
{
	struct tls_extension e;

	while (tls_extension_next(&list, &e)) {
		/* RFC 8446 4.2.11: nothing may follow this one. */
		if (e.type == EXT_PRE_SHARED_KEY && list.len > 0)
			return false;
		if (!read_extension(&e, out))
			return false;
	}
	return true;
}

/* CipherSuite cipher_suites<2..2^16-2> */
static uint16_t rd_cipher_count(struct cursor *c)
{
	struct cursor list = cursor_of(rd_vector16(c));
	uint16_t count = 0;

	c->bad |= list.rest.len == 0 || list.rest.len % 2 != 0;
	while (!c->bad && list.rest.len > 0) {
		uint16_t suite = rd_be16(&list);

		if (!is_grease(suite) && suite != SCSV_RENEGOTIATION &&
		    suite != SCSV_FALLBACK)
			count++;
	}
	return count;
}

/* What a server without supported_versions may choose (RFC 8446 4.2.1). */
static uint16_t version_of_legacy(uint16_t legacy)
{
	return legacy < TLS_1_2 ? legacy : TLS_1_2;
}

enum parse tls_client_hello_parse(struct span body,
				  struct tls_client_hello *out)
{
	struct cursor c = cursor_of(body);
	struct tls_client_hello hello = { .legacy_version = rd_be16(&c) };
	struct span compression, extensions;

	rd_take(&c, RANDOM_LEN);
	hello.session_id = rd_vector8(&c);
	hello.ciphers = rd_cipher_count(&c);
	compression = rd_vector8(&c);
	extensions = rd_extensions(&c);
	/* RFC 5246 7.4.1.2: "no compression" is always among them. */
	if (c.bad || hello.legacy_version >> 8 != VERSION_MAJOR ||
	    hello.session_id.len > TLS_SESSION_ID_MAX ||
	    span_find(compression, 0) == compression.len)
		return PARSE_BAD;
	hello.version = version_of_legacy(hello.legacy_version);
	if (!read_extensions(extensions, &hello))
		return PARSE_BAD;
	if (hello.resumption == TLS_RESUME_NONE && hello.session_id.len > 0 &&
	    hello.version < TLS_1_3)
		hello.resumption = TLS_RESUME_SESSION_ID;
	*out = hello;
	return PARSE_OK;
}
