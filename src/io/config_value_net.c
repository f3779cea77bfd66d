/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of configuration values: addresses, prefixes and ports. */
#include "io/config_value.h"

#include <inttypes.h>
#include <string.h>

#include <sallyport/addr.h>

#define DIGITS_PORT   5
#define DIGITS_PREFIX 3

bool value_addr_parse(const struct schema_row *row, struct span text, void *at,
		      char *why)
{
	struct addr a;

	(void)row;
	if (addr_parse(text, &a) != PARSE_OK)
		return value_refuse(
			why, text,
			"is not an address; write one such as 10.2.5.5 or "
			"fc00:10:2:5::5");
	if (addr_is_unspecified(&a))
		return value_refuse(why, text, "is the address of no host");
	memcpy(at, &a, sizeof(a));
	return true;
}

void value_addr_print(FILE *to, const struct schema_row *row, const void *at)
{
	char text[ADDR_TEXT_MAX];

	(void)row;
	addr_format(at, text);
	fprintf(to, "\"%s\"", text);
}

/* In struct prefix an IPv4 address has these bits before it. */
#define V4_PREFIX_BITS 96
#define V4_ZERO_BITS   80

/* @p without the bits behind its length. */
static struct prefix prefix_masked(const struct prefix *p)
{
	struct prefix out = *p;

	for (unsigned int bit = p->len; bit < 128; bit++)
		out.addr.b[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	return out;
}

size_t config_prefix_text(const struct prefix *p,
			  char out[CONFIG_PREFIX_TEXT_MAX])
{
	size_t len = addr_format(&p->addr, out);
	unsigned int bits = p->len;

	if (bits == 128)
		return len;
	if (addr_is_v4(&p->addr))
		bits -= V4_PREFIX_BITS;
	return len + (size_t)snprintf(out + len, 5, "/%u", bits);
}

/* "ADDRESS" or "ADDRESS/BITS", whatever bits it has behind its length. */
static bool read_prefix(struct span text, struct prefix *p)
{
	size_t slash = span_find(text, '/');
	struct cursor c = cursor_of(span_sub(text, slash + 1, text.len));
	unsigned int most;

	if (addr_parse(span_sub(text, 0, slash), &p->addr) != PARSE_OK)
		return false;
	p->len = 128;
	if (slash == text.len)
		return true;
	most = addr_is_v4(&p->addr) ? 32 : 128;
	p->len = (uint8_t)(rd_decimal(&c, DIGITS_PREFIX, most) + 128 - most);
	return value_at_end(&c);
}

bool value_prefix_parse(const struct schema_row *row, struct span text,
			void *at, char *why)
{
	char good[CONFIG_PREFIX_TEXT_MAX];
	struct prefix p, masked;
	bool v4;

	(void)row;
	if (!read_prefix(text, &p))
		return value_refuse(
			why, text,
			"is not an address or prefix; write one such as "
			"10.2.5.5, 10.2.5.0/24 or fc00:10:2:5::/64");
	v4 = addr_is_v4(&p.addr);
	masked = prefix_masked(&p);
	if (!addr_equal(&p.addr, &masked.addr)) {
		config_prefix_text(&masked, good);
		return value_refuse(
			why, text,
			"has bits behind its prefix length; write %s", good);
	}
	if (p.len == 128 && addr_is_unspecified(&p.addr))
		return value_refuse(why, text, "is the address of no host");
	/* struct addr keeps IPv4 behind 80 zero bits: this would hold it. */
	if (!v4 && p.len <= V4_ZERO_BITS && addr_is_unspecified(&p.addr))
		return value_refuse(
			why, text,
			"is too wide; write 2000::/3 for all hosts of "
			"the IPv6 internet");
	memcpy(at, &p, sizeof(p));
	return true;
}

void value_prefix_print(FILE *to, const struct schema_row *row, const void *at)
{
	char text[CONFIG_PREFIX_TEXT_MAX];

	(void)row;
	config_prefix_text(at, text);
	fprintf(to, "\"%s\"", text);
}

bool value_range_parse(const struct schema_row *row, struct span text, void *at,
		       char *why)
{
	struct cursor c = cursor_of(text);
	struct port_range r;

	r.lo = (uint16_t)rd_decimal(&c, DIGITS_PORT, UINT16_MAX);
	r.hi = r.lo;
	if (!c.bad && c.rest.len > 0) {
		rd_expect(&c, '-');
		r.hi = (uint16_t)rd_decimal(&c, DIGITS_PORT, UINT16_MAX);
	}
	if (!value_at_end(&c) || r.lo < row->lo || r.hi < row->lo)
		return value_refuse(
			why, text,
			"is not a port or range of ports from %" PRIu64
			" to %" PRIu64 "; write one such as 42000-42999",
			row->lo, row->hi);
	if (r.lo > r.hi)
		return value_refuse(why, text,
				    "ends before it begins; write %u-%u", r.hi,
				    r.lo);
	memcpy(at, &r, sizeof(r));
	return true;
}

void value_range_print(FILE *to, const struct schema_row *row, const void *at)
{
	const struct port_range *r = at;

	(void)row;
	fprintf(to, r->lo == r->hi ? "%u" : "%u-%u", r->lo, r->hi);
}

/* "ADDRESS:PORT", with an IPv6 address between brackets. */
static bool read_endpoint(struct span text, struct endpoint *e)
{
	bool v6 = text.len > 0 && text.at[0] == '[';
	size_t end = span_find(text, v6 ? ']' : ':');
	struct cursor c = cursor_of(span_sub(text, end + v6, text.len));
	struct span addr = span_sub(text, v6, end - v6);

	rd_expect(&c, ':');
	e->port = (uint16_t)rd_decimal(&c, DIGITS_PORT, UINT16_MAX);
	if (!value_at_end(&c))
		return false;
	return (v6 ? addr_parse_v6(addr, &e->addr)
		   : addr_parse_v4(addr, &e->addr)) == PARSE_OK;
}

bool value_endpoint_parse(const struct schema_row *row, struct span text,
			  void *at, char *why)
{
	struct endpoint e;

	(void)row;
	if (!read_endpoint(text, &e) || e.port == 0)
		return value_refuse(why, text,
				    "is not an address and a port; write one "
				    "such as 127.0.0.1:9742 or \"[::1]:9742\"");
	if (addr_is_unspecified(&e.addr))
		return value_refuse(why, text,
				    "is the address of no host; name one of "
				    "this host's own");
	memcpy(at, &e, sizeof(e));
	return true;
}

void value_endpoint_print(FILE *to, const struct schema_row *row,
			  const void *at)
{
	char text[ENDPOINT_TEXT_MAX];

	(void)row;
	endpoint_format(at, text);
	fprintf(to, "\"%s\"", text);
}
