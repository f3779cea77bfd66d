/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ASCII in the engine: classes of bytes, and a bounded writer of text. */
#ifndef SALLYPORT_CORE_ASCII_H
#define SALLYPORT_CORE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @c: a byte, or -1 (what rd_peek() gives at the end), which is in no class.
 * In the header because they are asked for every byte of a command. */
static inline bool ascii_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_letter(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Could @c stand between two fields: visible, and not a digit (RFC 2428 2). */
static inline bool ascii_is_delimiter(int c)
{
	return c >= 33 && c <= 126 && !ascii_is_digit(c);
}

static inline uint8_t ascii_upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

/* Writes from left to right; what does not fit is left out and sets @full. */
struct writer {
	char *at;
	size_t len, room;
	bool full;
};

struct writer writer_of(char *at, size_t room);
void wr_byte(struct writer *w, char c);
void wr_decimal(struct writer *w, uint32_t value);

/* Lower-case, without leading zeros (RFC 5952 4.1, 4.3). */
void wr_hex(struct writer *w, uint16_t value);

#endif
