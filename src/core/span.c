/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only code that turns positions in network bytes into pointers. */
#include <string.h>

#include <sallyport/span.h>

#include "ascii.h"

struct span span_of(const void *at, size_t len)
{
	return (struct span){ .at = at, .len = len };
}

struct span span_str(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0')
		len++;
	return span_of(text, len);
}

struct span span_sub(struct span s, size_t from, size_t len)
{
	if (from > s.len)
		from = s.len;
	if (len > s.len - from)
		len = s.len - from;
	/* An empty span may have no address, and NULL + 0 is not C. */
	return span_of(from > 0 ? s.at + from : s.at, len);
}

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_upper(a.at[i]) != ascii_upper(b.at[i]))
			return false;
	return true;
}

/* Eight bytes, the first one lowest; compilers make one load of it. */
static uint64_t word_at(const uint8_t *b)
{
	return b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
	       (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
	       (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	       (uint64_t)b[7] << 56;
}

#define WORD sizeof(uint64_t)

/* Index of the first byte of the word at @b that equals @pattern's; WORD if
 * there is none. A byte that is zero after the XOR is the one. */
static size_t word_find(const uint8_t *b, uint64_t pattern)
{
	uint64_t word = word_at(b) ^ pattern;

	word = (word - 0x0101010101010101) & ~word & 0x8080808080808080;
	return word ? (size_t)__builtin_ctzll(word) / 8 : WORD;
}

/* Every line is searched twice, for its end and for Telnet: so by words, the
 * last one over what was searched already, without a loop over single bytes
 * that the processor would have to guess the end of. */
size_t span_find(struct span s, uint8_t byte)
{
	uint64_t pattern = byte * 0x0101010101010101u;
	size_t at = 0, i = WORD;

	if (s.len < WORD) {
		while (at < s.len && s.at[at] != byte)
			at++;
		return at;
	}
	for (; at + WORD <= s.len; at += WORD) {
		i = word_find(s.at + at, pattern);
		if (i < WORD)
			return at + i;
	}
	i = word_find(s.at + s.len - WORD, pattern);
	return i < WORD ? s.len - WORD + i : s.len;
}

struct cursor cursor_of(struct span s)
{
	return (struct cursor){ .rest = s };
}

/* Nothing is left after a failure, so that every later read fails too. */
static void fail(struct cursor *c)
{
	c->bad = true;
	c->rest = span_sub(c->rest, c->rest.len, 0);
}

struct span rd_take(struct cursor *c, size_t len)
{
	struct span taken;

	if (len > c->rest.len) {
		fail(c);
		return c->rest;
	}
	taken = span_sub(c->rest, 0, len);
	c->rest = span_sub(c->rest, len, c->rest.len);
	return taken;
}

static uint32_t rd_be(struct cursor *c, size_t bytes)
{
	struct span s = rd_take(c, bytes);
	uint32_t value = 0;

	for (size_t i = 0; i < s.len; i++)
		value = value << 8 | s.at[i];
	return value;
}

uint8_t rd_u8(struct cursor *c)
{
	uint8_t byte;

	if (c->rest.len == 0) {
		fail(c);
		return 0;
	}
	byte = *c->rest.at++;
	c->rest.len--;
	return byte;
}

uint16_t rd_be16(struct cursor *c)
{
	return (uint16_t)rd_be(c, 2);
}

uint32_t rd_be24(struct cursor *c)
{
	return rd_be(c, 3);
}

uint32_t rd_be32(struct cursor *c)
{
	return rd_be(c, 4);
}

int rd_peek(const struct cursor *c)
{
	return c->rest.len > 0 ? c->rest.at[0] : -1;
}

uint32_t rd_decimal(struct cursor *c, unsigned int max_digits, uint32_t max)
{
	bool zero = rd_peek(c) == '0';
	unsigned int digits = 0;
	uint64_t value = 0;

	while (ascii_is_digit(rd_peek(c)) && digits <= max_digits &&
	       value <= max) {
		value = value * 10 + (uint64_t)(rd_u8(c) - '0');
		digits++;
	}
	if (digits == 0 || digits > max_digits || value > max ||
	    (zero && digits > 1)) {
		fail(c);
		return 0;
	}
	return (uint32_t)value;
}

void rd_expect(struct cursor *c, uint8_t byte)
{
	if (rd_peek(c) != byte) {
		fail(c);
		return;
	}
	rd_u8(c);
}
