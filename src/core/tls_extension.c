/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two hellos share: extensions, vectors, protocol names, versions. */
#include "tls_extension.h"

#include <sallyport/tls_hello.h>

struct span rd_vector8(struct cursor *c)
{
	return rd_take(c, rd_u8(c));
}

struct span rd_vector16(struct cursor *c)
{
	return rd_take(c, rd_be16(c));
}

bool cursor_done(const struct cursor *c)
{
	return !c->bad && c->rest.len == 0;
}

bool tls_extension_next(struct span *list, struct tls_extension *out)
{
	struct cursor c = cursor_of(*list);

	if (list->len == 0)
		return false;
	out->type = rd_be16(&c);
	out->body = rd_vector16(&c);
	*list = c.rest;
	return !c.bad;
}

static bool holds(const uint16_t *types, size_t n, uint16_t type)
{
	for (size_t i = 0; i < n; i++)
		if (types[i] == type)
			return true;
	return false;
}

struct span rd_extensions(struct cursor *c)
{
	uint16_t seen[TLS_EXTENSIONS_MAX];
	struct span list, rest;
	struct tls_extension e;
	size_t n = 0;

	if (cursor_done(c))
		return c->rest;
	list = rest = rd_vector16(c);
	c->bad |= c->rest.len > 0;
	while (!c->bad && rest.len > 0) {
		if (n == TLS_EXTENSIONS_MAX || !tls_extension_next(&rest, &e) ||
		    holds(seen, n, e.type))
			c->bad = true;
		else
			seen[n++] = e.type;
	}
	return list;
}

bool tls_alpn_next(struct span *list, struct span *name)
{
	struct cursor c = cursor_of(*list);

	if (list->len == 0)
		return false;
	*name = rd_vector8(&c);
	*list = c.rest;
	return !c.bad;
}

bool tls_alpn_list_fits(struct span list)
{
	struct cursor c = cursor_of(list);

	c.bad = list.len == 0;
	while (!c.bad && c.rest.len > 0)
		if (rd_vector8(&c).len == 0)
			c.bad = true;
	return !c.bad;
}

const char *tls_version_name(uint16_t version)
{
	switch (version) {
	case TLS_SSL_2_0:
		return "SSL 2.0";
	case TLS_SSL_3_0:
		return "SSL 3.0";
	case TLS_1_0:
		return "TLS 1.0";
	case TLS_1_1:
		return "TLS 1.1";
	case TLS_1_2:
		return "TLS 1.2";
	case TLS_1_3:
		return "TLS 1.3";
	}
	return NULL;
}
