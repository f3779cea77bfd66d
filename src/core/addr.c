/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: compare, read strictly (RFC 4291 2.2), write (RFC 5952 4). */
#include <string.h>

#include <sallyport/addr.h>

#include "ascii.h"
#include "bigendian.h"

/* RFC 4291 2.5.5.2: where IPv4 lives among the IPv6 addresses. */
static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

#define GROUPS       8 /* of 16 bits in an IPv6 address */
#define GROUP_DIGITS 4 /* hex digits in one group */
#define OCTET_DIGITS 3 /* "255" */
#define ADDR_BITS    128

struct addr addr_v4(const uint8_t b[4])
{
	struct addr a;

	memcpy(a.b, mapped, sizeof(mapped));
	memcpy(a.b + sizeof(mapped), b, 4);
	return a;
}

struct addr addr_v6(const uint8_t b[16])
{
	struct addr a;

	memcpy(a.b, b, sizeof(a.b));
	return a;
}

bool addr_is_unspecified(const struct addr *a)
{
	static const uint8_t zero[16];

	if (addr_is_v4(a))
		return memcmp(addr_v4_bytes(a), zero, 4) == 0;
	return memcmp(a->b, zero, sizeof(zero)) == 0;
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	unsigned int len = p->len < ADDR_BITS ? p->len : ADDR_BITS;
	unsigned int whole = len / 8, odd = len % 8;

	if (memcmp(p->addr.b, a->b, whole) != 0)
		return false;
	return odd == 0 || (p->addr.b[whole] ^ a->b[whole]) >> (8 - odd) == 0;
}

static void rd_v4(struct cursor *c, uint8_t b[4])
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			rd_expect(c, '.');
		b[i] = (uint8_t)rd_decimal(c, OCTET_DIGITS, UINT8_MAX);
	}
}

enum parse addr_parse_v4(struct span text, struct addr *out)
{
	struct cursor c = cursor_of(text);
	uint8_t b[4];

	rd_v4(&c, b);
	if (c.bad || c.rest.len > 0)
		return PARSE_BAD;
	*out = addr_v4(b);
	return PARSE_OK;
}

/* Not the value of any hex digit. */
#define NOT_HEX 16

static unsigned int hex_value(int c)
{
	if (ascii_is_digit(c))
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A' + 10);
	return NOT_HEX;
}

/* An IPv6 address as far as it is read: bytes before and after the "::". */
struct v6_text {
	uint8_t b[16];
	size_t len;    /* bytes of @b in use */
	bool gap;      /* there was a "::" ... */
	size_t gap_at; /* ...before this byte */
};

/* One to four hex digits; false for anything else. */
static bool rd_group(struct cursor *c, struct v6_text *v)
{
	unsigned int value = 0, digits = 0;

	while (digits < GROUP_DIGITS && hex_value(rd_peek(c)) < NOT_HEX) {
		value = value << 4 | hex_value(rd_u8(c));
		digits++;
	}
	if (digits == 0 || v->len + 2 > sizeof(v->b))
		return false;
	v->b[v->len++] = (uint8_t)(value >> 8);
	v->b[v->len++] = (uint8_t)value;
	return true;
}

/* The last 32 bits may be written as an IPv4 address (RFC 4291 2.2 form 3). */
static bool rd_tail(struct cursor *c, struct v6_text *v)
{
	if (v->len + 4 > sizeof(v->b))
		return false;
	rd_v4(c, v->b + v->len);
	v->len += 4;
	return !c->bad;
}

/* The ":" or "::" between two groups; a "::" may come once, also at the end. */
static bool rd_colon(struct cursor *c, struct v6_text *v)
{
	rd_expect(c, ':');
	if (rd_peek(c) != ':')
		return rd_peek(c) >= 0;
	rd_u8(c);
	if (v->gap)
		return false;
	v->gap = true;
	v->gap_at = v->len;
	return true;
}

static bool rd_v6(struct cursor *c, struct v6_text *v)
{
	/* Only a "::" may stand before the first group. */
	if (rd_peek(c) == ':' && (!rd_colon(c, v) || !v->gap))
		return false;
	while (c->rest.len > 0) {
		size_t colon = span_find(c->rest, ':');

		if (colon == c->rest.len && span_find(c->rest, '.') < colon)
			return rd_tail(c, v);
		if (!rd_group(c, v))
			return false;
		if (c->rest.len > 0 && !rd_colon(c, v))
			return false;
	}
	return !c->bad;
}

enum parse addr_parse_v6(struct span text, struct addr *out)
{
	struct cursor c = cursor_of(text);
	struct v6_text v = { .len = 0 };
	struct addr a = { .b = { 0 } };
	size_t tail;

	if (!rd_v6(&c, &v) || c.rest.len > 0)
		return PARSE_BAD;
	/* A "::" stands for at least one group; without it all must be there. */
	if (v.gap ? v.len > sizeof(v.b) - 2 : v.len != sizeof(v.b))
		return PARSE_BAD;
	if (!v.gap)
		v.gap_at = v.len;
	tail = v.len - v.gap_at;
	memcpy(a.b, v.b, v.gap_at);
	memcpy(a.b + sizeof(a.b) - tail, v.b + v.gap_at, tail);
	if (addr_is_v4(&a))
		return PARSE_BAD;
	*out = a;
	return PARSE_OK;
}

enum parse addr_parse(struct span text, struct addr *out)
{
	if (span_find(text, ':') < text.len)
		return addr_parse_v6(text, out);
	return addr_parse_v4(text, out);
}

static uint16_t group(const struct addr *a, size_t i)
{
	return be16(a->b + 2 * i);
}

/* The first of the longest runs of zero groups, which becomes "::"; only runs
 * of two and more count (RFC 5952 4.2). Gives its length, or 0. */
static size_t longest_zeros(const struct addr *a, size_t *at)
{
	size_t best = 1, run = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		run = group(a, i) == 0 ? run + 1 : 0;
		if (run > best) {
			best = run;
			*at = i + 1 - run;
		}
	}
	return best > 1 ? best : 0;
}

static void wr_v4(struct writer *w, const struct addr *a)
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			wr_byte(w, '.');
		wr_decimal(w, addr_v4_bytes(a)[i]);
	}
}

static void wr_v6(struct writer *w, const struct addr *a)
{
	size_t gap_at = GROUPS;
	size_t gap = longest_zeros(a, &gap_at);

	for (size_t i = 0; i < GROUPS; i++) {
		if (i == gap_at) {
			wr_byte(w, ':');
			wr_byte(w, ':');
		}
		if (i >= gap_at && i < gap_at + gap)
			continue;
		if (i > 0 && i != gap_at + gap)
			wr_byte(w, ':');
		wr_hex(w, group(a, i));
	}
}

size_t addr_format(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	struct writer w = writer_of(out, ADDR_TEXT_MAX - 1);

	if (addr_is_v4(a))
		wr_v4(&w, a);
	else
		wr_v6(&w, a);
	out[w.len] = '\0';
	return w.len;
}

size_t endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX])
{
	struct writer w = writer_of(out, ENDPOINT_TEXT_MAX - 1);

	if (addr_is_v4(&e->addr)) {
		wr_v4(&w, &e->addr);
	} else {
		wr_byte(&w, '[');
		wr_v6(&w, &e->addr);
		wr_byte(&w, ']');
	}
	wr_byte(&w, ':');
	wr_decimal(&w, e->port);
	out[w.len] = '\0';
	return w.len;
}
