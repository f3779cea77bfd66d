/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "diverted.h"

FILE *diverted(int fd, int *saved)
{
	FILE *to = tmpfile();

	assert_non_null(to);
	*saved = dup(fd);
	dup2(fileno(to), fd);
	return to;
}

size_t diverted_back(int fd, int saved, FILE *from, char *text, size_t size)
{
	size_t len;

	dup2(saved, fd);
	close(saved);
	rewind(from);
	len = fread(text, 1, size - 1, from);
	text[len] = '\0';
	fclose(from);
	return len;
}
