/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fopencookie(3) over a source, with zlib between if the magic says so. */
#include "io/capture_stream.h"

#include <errno.h>
#include <stdio_ext.h>
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

/* Nobody goes anywhere; but this is how ftello() asks where we are. */
static int seek_nowhere(void *cookie, off64_t *offset, int whence)
{
	const struct capture_stream *s = cookie;

	if (whence != SEEK_CUR || *offset != 0) {
		errno = ESPIPE;
		return -1;
	}
	*offset = (off64_t)s->given;
	return 0;
}

/* Formats in which captures are kept, to be named in a message. */
static const char *packer_of(struct capture_source *s)
{
	static const struct {
		const char *magic, *name;
	} row[] = {
		{ "\xfd"
		  "7zXZ",
		  "xz" },
		{ "\x28\xb5\x2f\xfd", "zstd" },
		{ "\x04\x22\x4d\x18", "lz4" },
		{ "BZh", "bzip2" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t len = strlen(row[i].magic);

		if (capture_source_fill(s, len) == 0 && s->len - s->at >= len &&
		    memcmp(s->buffer + s->at, row[i].magic, len) == 0)
			return row[i].name;
	}
	return NULL;
}

FILE *capture_stream_open(struct capture_stream *s)
{
	static const cookie_io_functions_t functions = { .read = read_some,
							 .seek = seek_nowhere };
	FILE *file = NULL;

	s->given = 0;
	s->why = NULL;
	s->packed = capture_gzip_begins(&s->source);
	s->packer = packer_of(&s->source);
	if (!s->packed || capture_gzip_open(&s->gzip) == 0)
		file = fopencookie(s, "r", functions);
	else
		s->packed = false;
	if (!file)
		return NULL;
	setvbuf(file, s->buffer, _IOFBF, sizeof(s->buffer));
	/* A capture is read by one thread at a time. */
	__fsetlocking(file, FSETLOCKING_BYCALLER);
	return file;
}

void capture_stream_close(struct capture_stream *s)
{
	if (s->packed)
		capture_gzip_close(&s->gzip);
	capture_source_close(&s->source);
}
