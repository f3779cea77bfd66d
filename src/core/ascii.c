/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers without printf(). */
#include <sallyport/span.h>

#include "ascii.h"

/* UINT32_MAX has ten digits. */
#define DECIMAL_MAX 10

struct writer writer_of(char *at, size_t room)
{
	return (struct writer){ .at = at, .room = room };
}

void wr_byte(struct writer *w, char c)
{
	if (w->len == w->room) {
		w->full = true;
		return;
	}
	w->at[w->len++] = c;
}

void wr_decimal(struct writer *w, uint32_t value)
{
	char digit[DECIMAL_MAX];
	size_t n = 0;

	do {
		digit[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (n > 0)
		wr_byte(w, digit[--n]);
}

void wr_hex(struct writer *w, uint16_t value)
{
	int shift = 12;

	while (shift > 0 && value >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		wr_byte(w, "0123456789abcdef"[value >> shift & 15]);
}
