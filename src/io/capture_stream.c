/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fopencookie(3) over a source, with zlib between if the magic says so. */
#include "io/capture_stream.h"

#include <errno.h>
#include <string.h>

static ssize_t read_plain(struct capture_stream *s, char *out, size_t size)
{
	int error = capture_source_fill(&s->source, 1);
	size_t n = s->source.len - s->source.at;

	if (error != 0) {
		s->why = strerror(-error);
		return -1;
	}
	if (n > size)
		n = size;
	memcpy(out, s->source.buffer + s->source.at, n);
	s->source.at += n;
	return (ssize_t)n;
}

static ssize_t read_packed(struct capture_stream *s, char *out, size_t size)
{
	ssize_t n = capture_gzip_read(&s->gzip, &s->source, out, size);

	if (n < 0)
		s->why = s->gzip.why;
	return n;
}

static ssize_t read_some(void *cookie, char *out, size_t size)
{
	struct capture_stream *s = cookie;
	ssize_t n = s->packed ? read_packed(s, out, size)
			      : read_plain(s, out, size);

	if (n < 0) {
		errno = EIO;
		return -1;
	}
	s->given += (uint64_t)n;
	return n;
}

FILE *capture_stream_open(struct capture_stream *s)
{
	static const cookie_io_functions_t functions = { .read = read_some };
	FILE *file = NULL;

	s->given = 0;
	s->why = NULL;
	s->packed = capture_gzip_begins(&s->source);
	if (!s->packed || capture_gzip_open(&s->gzip) == 0)
		file = fopencookie(s, "r", functions);
	else
		s->packed = false;
	if (file)
		setvbuf(file, NULL, _IONBF, 0);
	return file;
}

void capture_stream_close(struct capture_stream *s)
{
	if (s->packed)
		capture_gzip_close(&s->gzip);
	capture_source_close(&s->source);
}
