/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ServerHello and HelloRetryRequest (RFC 8446 4.1.3, RFC 5246 7.4.1.3). */
#include <sallyport/tls_hello.h>

#include "tls_extension.h"

#define RANDOM_LEN 32

/* RFC 8446 4.1.3: the end of a random that shows an older version. */
#define SENTINEL_LEN 8

/* RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static bool is_sentinel(struct span random)
{
	static const uint8_t to_1_2[] = "DOWNGRD\x01", to_1_1[] = "DOWNGRD";
	struct span end =
		span_sub(random, RANDOM_LEN - SENTINEL_LEN, SENTINEL_LEN);

	/* The NUL of the second one is its last byte. */
	return span_equal(end, span_of(to_1_2, SENTINEL_LEN)) ||
	       span_equal(end, span_of(to_1_1, SENTINEL_LEN));
}

/* RFC 6066 3: only says that the name was used. */
static bool read_server_name(struct span body, struct tls_server_hello *out)
{
	(void)out;
	return body.len == 0;
}

/* RFC 7301 3.1: a list of exactly one. */
static bool read_alpn(struct span body, struct tls_server_hello *out)
{
	struct cursor c = cursor_of(body);
	struct span list = rd_vector16(&c);

	return cursor_done(&c) && tls_alpn_list_fits(list) &&
	       tls_alpn_next(&list, &out->alpn) && list.len == 0;
}

static bool read_session_ticket(struct span body, struct tls_server_hello *out)
{
	out->ticket_ack = true;
	return body.len == 0;
}

/* uint16 selected_identity */
static bool read_pre_shared_key(struct span body, struct tls_server_hello *out)
{
	out->psk = true;
	return body.len == 2;
}

/* RFC 8446 4.2.1: never to choose an older one. */
static bool read_supported_versions(struct span body,
				    struct tls_server_hello *out)
{
	struct cursor c = cursor_of(body);
	uint16_t legacy = out->version;

	out->version = rd_be16(&c);
	return cursor_done(&c) && legacy == TLS_1_2 && out->version == TLS_1_3;
}

static const struct reader {
	uint16_t type;
	bool (*read)(struct span body, struct tls_server_hello *out);
} readers[] = {
	{ EXT_SERVER_NAME, read_server_name },
	{ EXT_ALPN, read_alpn },
	{ EXT_SESSION_TICKET, read_session_ticket },
	{ EXT_PRE_SHARED_KEY, read_pre_shared_key },
	{ EXT_SUPPORTED_VERSIONS, read_supported_versions },
};

static bool read_extensions(struct span list, struct tls_server_hello *out)
{
	struct tls_extension e;

	while (tls_extension_next(&list, &e))
		for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]);
		     i++)
			if (readers[i].type == e.type &&
			    !readers[i].read(e.body, out))
				return false;
	return true;
}

/* What the fields rule out in each other. */
static bool is_consistent(const struct tls_server_hello *hello,
			  uint8_t compression)
{
	if (hello->version == TLS_1_3)
		return compression == 0 && !(hello->retry && hello->psk);
	return hello->version >= TLS_SSL_3_0 && hello->version <= TLS_1_2 &&
	       !hello->retry && !hello->psk;
}

enum parse tls_server_hello_parse(struct span body,
				  struct tls_server_hello *out)
{
	struct cursor c = cursor_of(body);
	struct tls_server_hello hello = { .version = rd_be16(&c) };
	struct span random = rd_take(&c, RANDOM_LEN), extensions;
	uint8_t compression;

	hello.session_id = rd_vector8(&c);
	hello.cipher = rd_be16(&c);
	compression = rd_u8(&c);
	extensions = rd_extensions(&c);
	if (c.bad || hello.session_id.len > TLS_SESSION_ID_MAX)
		return PARSE_BAD;
	hello.retry = span_equal(random, span_of(retry_random, RANDOM_LEN));
	if (hello.version > TLS_1_2 || !read_extensions(extensions, &hello) ||
	    !is_consistent(&hello, compression))
		return PARSE_BAD;
	hello.downgrade = hello.version < TLS_1_3 && is_sentinel(random);
	*out = hello;
	return PARSE_OK;
}

bool tls_server_hello_resumes(const struct tls_server_hello *hello,
			      struct span offered)
{
	if (hello->version >= TLS_1_3)
		return hello->psk;
	return offered.len > 0 && span_equal(hello->session_id, offered);
}
