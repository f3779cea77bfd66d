/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much room printable text takes. */
#include "report/columns.h"

#include <stdbool.h>
#include <stdint.h>

/* UTF-8 (RFC 3629 3): what follows a character's first byte is 10xxxxxx. */
static bool begins(char c)
{
	return ((uint8_t)c & 0xc0) != 0x80;
}

size_t columns_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += begins(*text);
	return n;
}

size_t columns_bytes(const char *text, size_t most)
{
	size_t n = 0, i = 0;

	for (; text[i]; i++) {
		n += begins(text[i]);
		if (n > most)
			break;
	}
	return i;
}
