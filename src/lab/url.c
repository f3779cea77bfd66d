/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The URL of an FTP server. */
#include "lab/url.h"

#include <stdio.h>
#include <string.h>

static const struct scheme {
	const char *name;
	enum client_tls tls;
	uint16_t port;
} schemes[] = {
	{ "ftp", CLIENT_FTP, URL_PORT_FTP },
	{ "ftpes", CLIENT_EXPLICIT, URL_PORT_FTP },
	{ "ftps", CLIENT_IMPLICIT, URL_PORT_FTPS },
};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static const struct scheme *scheme_of(enum client_tls tls)
{
	for (size_t i = 0; i < SCHEMES; i++)
		if (schemes[i].tls == tls)
			return &schemes[i];
	return NULL;
}

const char *url_scheme(enum client_tls tls)
{
	return scheme_of(tls)->name;
}

/* The part of *@rest before @byte; it and @byte are taken out. False: @byte is
 * not in it. */
static bool take_until(struct span *rest, uint8_t byte, struct span *part)
{
	size_t at = span_find(*rest, byte);

	if (at == rest->len)
		return false;
	*part = span_sub(*rest, 0, at);
	*rest = span_sub(*rest, at + 1, rest->len);
	return true;
}

static int hex_digit(uint8_t b)
{
	uint8_t low = b | 0x20;

	if (b >= '0' && b <= '9')
		return b - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* One byte, or a %XX for one; -1 if it is broken. */
static int take_byte(struct cursor *c)
{
	uint8_t b = rd_u8(c);
	int high, low;

	if (b != '%')
		return b;
	high = hex_digit(rd_u8(c));
	low = hex_digit(rd_u8(c));
	return c->bad || high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Text for a command's argument; NULL, or what is wrong. */
static const char *decode(struct span text, char out[URL_LOGIN_MAX])
{
	struct cursor c = cursor_of(text);
	size_t len = 0;

	while (rd_peek(&c) >= 0) {
		int byte = take_byte(&c);

		if (byte < 0)
			return "a % in the user or password is not followed by "
			       "two hexadecimal digits";
		/* RFC 959 5.3: these end a command. */
		if (byte == '\0' || byte == '\r' || byte == '\n')
			return "the user or password holds a line break";
		if (len == URL_LOGIN_MAX - 1)
			return "the user or password is too long";
		out[len++] = (char)byte;
	}
	out[len] = '\0';
	return NULL;
}

static const char *take_login(struct span login, struct url *out)
{
	struct span user = login;
	const char *wrong;

	out->has_password = take_until(&login, ':', &user);
	wrong = decode(user, out->user);
	if (!wrong && out->user[0] == '\0')
		return "the user is empty";
	if (!wrong && out->has_password)
		wrong = decode(login, out->password);
	return wrong;
}

static bool is_host_byte(uint8_t b)
{
	uint8_t low = b | 0x20;

	return (low >= 'a' && low <= 'z') || (b >= '0' && b <= '9') ||
	       b == '.' || b == '-' || b == '_';
}

static const char *take_name(struct span host, struct url *out)
{
	if (host.len == 0)
		return "the host is missing";
	if (host.len >= URL_HOST_MAX)
		return "the host name is too long";
	for (size_t i = 0; i < host.len; i++)
		if (!is_host_byte(host.at[i]))
			return "the host is neither a name nor an address; "
			       "IPv6 addresses stand in brackets";
	memcpy(out->host, host.at, host.len);
	out->host[host.len] = '\0';
	out->is_addr = addr_parse_v4(host, &out->addr) == PARSE_OK;
	return NULL;
}

/* "2001:db8::5]" and what is behind it. */
static const char *take_ipv6(struct span *rest, struct url *out)
{
	struct span host;

	if (!take_until(rest, ']', &host) ||
	    addr_parse_v6(host, &out->addr) != PARSE_OK)
		return "what stands in brackets is not an IPv6 address";
	out->is_addr = true;
	addr_format(&out->addr, out->host);
	return NULL;
}

static const char *take_port(struct span text, uint16_t *port)
{
	struct cursor c = cursor_of(text);
	uint32_t number = rd_decimal(&c, 5, UINT16_MAX);

	if (c.bad || c.rest.len > 0 || number == 0)
		return "the port is not a number from 1 to 65535";
	*port = (uint16_t)number;
	return NULL;
}

static const char *take_host(struct span rest, struct url *out)
{
	bool brackets = rest.len > 0 && rest.at[0] == '[';
	struct span host = rest;
	const char *wrong;

	if (!brackets) {
		bool port = take_until(&rest, ':', &host);

		wrong = take_name(host, out);
		return wrong || !port ? wrong : take_port(rest, &out->port);
	}
	rest = span_sub(rest, 1, rest.len);
	wrong = take_ipv6(&rest, out);
	if (wrong || rest.len == 0)
		return wrong;
	if (rest.at[0] != ':')
		return "behind the brackets stands neither a port nor the end";
	return take_port(span_sub(rest, 1, rest.len), &out->port);
}

/* The scheme and its "//" are taken out of *@rest. */
static const struct scheme *take_scheme(struct span *rest)
{
	struct span name;

	if (!take_until(rest, ':', &name) || rest->len < 2 ||
	    rest->at[0] != '/' || rest->at[1] != '/')
		return NULL;
	*rest = span_sub(*rest, 2, rest->len);
	for (size_t i = 0; i < SCHEMES; i++)
		if (span_equal_nocase(name, span_str(schemes[i].name)))
			return &schemes[i];
	return NULL;
}

/* The last @ ends the login, so that a password may hold one. */
static bool take_before_at(struct span *rest, struct span *login)
{
	struct span part;
	size_t len = 0;

	for (struct span left = *rest; take_until(&left, '@', &part);)
		len = (size_t)(part.at - rest->at) + part.len + 1;
	if (len == 0)
		return false;
	*login = span_sub(*rest, 0, len - 1);
	*rest = span_sub(*rest, len, rest->len);
	return true;
}

const char *url_parse(struct span text, struct url *out)
{
	struct url u = { .user = "anonymous", .password = "anonymous@" };
	const struct scheme *scheme = take_scheme(&text);
	struct span login, authority;
	const char *wrong = NULL;

	if (!scheme)
		return "the URL begins with ftp://, ftpes:// or ftps://";
	u.tls = scheme->tls;
	u.port = scheme->port;
	if (take_until(&text, '/', &authority)) {
		if (text.len > 0)
			return "a whole server is probed: leave out the path "
			       "(a / in the password is %2F)";
		text = authority;
	}
	if (take_before_at(&text, &login)) {
		u.password[0] = '\0';
		wrong = take_login(login, &u);
	}
	if (!wrong)
		wrong = take_host(text, &u);
	if (!wrong)
		*out = u;
	return wrong;
}

void url_format(const struct url *u, char out[URL_TEXT_MAX])
{
	bool brackets = u->is_addr && !addr_is_v4(&u->addr);
	int len = snprintf(out, URL_TEXT_MAX, "%s://%s%s%s", url_scheme(u->tls),
			   brackets ? "[" : "", u->host, brackets ? "]" : "");

	if (u->port != scheme_of(u->tls)->port)
		snprintf(out + len, URL_TEXT_MAX - (size_t)len, ":%u", u->port);
}
