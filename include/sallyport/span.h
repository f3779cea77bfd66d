/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view of bytes, and the only way that the engine reads them. */
#ifndef SALLYPORT_SPAN_H
#define SALLYPORT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view: somebody else owns the bytes and says how long they live. */
struct span {
	const uint8_t *at;
	size_t len;
};

/* What every parser in the engine answers. */
enum parse {
	PARSE_OK,      /* understood; the out-parameters are written */
	PARSE_PARTIAL, /* fine so far, but the rest has not arrived */
	PARSE_BAD,     /* will not become right with more bytes */
};

struct span span_of(const void *at, size_t len);

/* A literal or C string as a view, without its NUL. */
struct span span_str(const char *text);

/* The part of @s that starts at @from and is at most @len long; positions
 * past the end give an empty view at the end. */
struct span span_sub(struct span s, size_t from, size_t len);

bool span_equal(struct span a, struct span b);

/* Equal but for the case of ASCII letters (RFC 959 5.3). */
bool span_equal_nocase(struct span a, struct span b);

/* Index of the first @byte in @s, or s.len where there is none. */
size_t span_find(struct span s, uint8_t byte);

/*
 * A cursor reads a span from left to right. Failure sticks: after a read past
 * the end every read gives 0 and @bad stays true, so a parser is a list of
 * reads and one check at its end.
 */
struct cursor {
	struct span rest;
	bool bad;
};

struct cursor cursor_of(struct span s);
uint8_t rd_u8(struct cursor *c);
uint16_t rd_be16(struct cursor *c);
uint32_t rd_be24(struct cursor *c);
uint32_t rd_be32(struct cursor *c);

/* The next @len bytes as a view; an empty one, and bad, if there are fewer. */
struct span rd_take(struct cursor *c, size_t len);

/* The next byte without taking it; -1 at the end. Never sets bad. */
int rd_peek(const struct cursor *c);

/*
 * Strict unsigned decimal of @max_digits at most: no sign, no space, no
 * leading zero (which some resolvers read as octal), no value over @max.
 * Anything else sets bad and gives 0.
 */
uint32_t rd_decimal(struct cursor *c, unsigned int max_digits, uint32_t max);

/* Take one byte that must be @byte. */
void rd_expect(struct cursor *c, uint8_t byte);

#endif
