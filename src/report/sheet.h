/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that is written anew again and again, in the same memory. */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sheet {
	FILE *to;
	char *text;
	size_t size;
	bool empty;
};

/* False: no memory. */
bool sheet_open(struct sheet *sh);

/* Harmless on a zeroed struct. */
void sheet_close(struct sheet *sh);

/* Begin anew. */
void sheet_clear(struct sheet *sh);

/* Where to write the next piece, behind what is there. */
FILE *sheet_write(struct sheet *sh);

/* What was written, to be read until the next sheet_clear(), behind which
 * nothing is written until then. */
const char *sheet_text(struct sheet *sh);

/* A place in a sheet, to go back to as if nothing had been written since. */
struct sheet_mark {
	long at;
	bool empty;
};

struct sheet_mark sheet_mark(const struct sheet *sh);
void sheet_back(struct sheet *sh, struct sheet_mark mark);

#endif
