/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to make text from the network or a file printable.
 *
 * The result is valid UTF-8 that cannot move the cursor, break a line or turn
 * the reading direction. RFC 2640 lets paths be UTF-8, so what is legible
 * stays; \r \n \t are written so, a backslash is doubled, and every other byte
 * that is no legible character is \xNN. The raw bytes can be told from it.
 */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

#include <stddef.h>

#include <sallyport/span.h>

/* Room for any @len raw bytes: each becomes four characters at most; a NUL. */
#define ESCAPE_SIZE(len) (4 * (len) + 1)

/*
 * Escape @raw into @out (@size >= 1 bytes, the NUL included). What does not
 * fit is left out, but never half a character or half an escape. Gives the
 * length without the NUL.
 */
size_t escape_text(struct span raw, char *out, size_t size);

/* The same in memory that the caller frees; NULL if there is none. */
char *escape_dup(struct span raw);

#endif
