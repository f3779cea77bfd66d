/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much room printable text takes. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stddef.h>

/*
 * Columns of @text, which escape_text() made printable: its characters. (Wide
 * ones of East Asia take two on the screen; a table that holds them is a
 * little uneven.)
 */
size_t columns_of(const char *text);

/* Bytes of the first @most columns of @text, or of all if it has less. */
size_t columns_bytes(const char *text, size_t most);

#endif
