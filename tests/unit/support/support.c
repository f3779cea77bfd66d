/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guard pages, files, repeatable random numbers, and readable failures. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

/* Longer than any file that a test reads, the longest configuration included. */
#define FILE_TEXT_MAX (1 << 21)

/* Bytes of the whole pages that @len bytes need. */
static size_t data_size(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

struct span guarded(const void *bytes, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), data = data_size(len);
	uint8_t *map = mmap(NULL, data + page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	if (len > 0)
		memcpy(map + data - len, bytes, len);
	assert_int_equal(mprotect(map + data, page, PROT_NONE), 0);
	return span_of(map + data - len, len);
}

struct span guarded_str(const char *text)
{
	return guarded(text, strlen(text));
}

void guarded_free(struct span copy)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), data = data_size(copy.len);

	munmap((uint8_t *)copy.at + copy.len - data, data + page);
}

/* The splitmix64 generator: any state will do, also 0. */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

char *file_text(const char *path)
{
	char *text = calloc(1, FILE_TEXT_MAX);
	FILE *from = fopen(path, "r");

	if (!from)
		fail_msg("cannot read %s: %s", path, strerror(errno));
	assert_non_null(text);
	assert_in_range(fread(text, 1, FILE_TEXT_MAX, from), 0,
			FILE_TEXT_MAX - 1);
	fclose(from);
	return text;
}

void assert_span(struct span s, const char *text)
{
	if (!span_equal(s, span_str(text)))
		fail_msg("'%.*s' is not '%s'", (int)s.len, (const char *)s.at,
			 text);
}
