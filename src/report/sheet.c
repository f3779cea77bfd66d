/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that is written anew again and again. */
#include "report/sheet.h"

#include <stdio_ext.h>
#include <stdlib.h>

bool sheet_open(struct sheet *sh)
{
	sh->to = open_memstream(&sh->text, &sh->size);
	if (sh->to) /* one writer; locks were a tenth of a table's time */
		__fsetlocking(sh->to, FSETLOCKING_BYCALLER);
	sh->empty = true;
	return sh->to;
}

void sheet_close(struct sheet *sh)
{
	if (sh->to)
		fclose(sh->to);
	free(sh->text);
}

void sheet_clear(struct sheet *sh)
{
	rewind(sh->to);
	sh->empty = true;
}

FILE *sheet_write(struct sheet *sh)
{
	sh->empty = false;
	return sh->to;
}

const char *sheet_text(struct sheet *sh)
{
	if (sh->empty)
		return "";
	/* Behind a rewind() the stream itself puts no NUL there. */
	fputc('\0', sh->to);
	return fflush(sh->to) == 0 ? sh->text : "(no memory)";
}

struct sheet_mark sheet_mark(const struct sheet *sh)
{
	return (struct sheet_mark){ ftell(sh->to), sh->empty };
}

void sheet_back(struct sheet *sh, struct sheet_mark mark)
{
	fseek(sh->to, mark.at, SEEK_SET);
	sh->empty = mark.empty;
}
