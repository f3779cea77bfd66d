/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a capture file or pipe as they lie there, through one buffer. */
#ifndef IO_CAPTURE_SOURCE_H
#define IO_CAPTURE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

/* What a pipe holds (pipe(7)); from files, larger reads are no faster. */
#define CAPTURE_SOURCE_BUFFER 65536

struct capture_source {
	int fd;
	uint64_t size;  /* of a regular file, in bytes; 0: nobody knows */
	uint64_t taken; /* bytes that came from it so far */
	size_t at, len; /* buffer[at..len) was not used yet */
	uint8_t buffer[CAPTURE_SOURCE_BUFFER];
};

/* Open @path; "-" is standard input. 0, or a negative errno. */
int capture_source_open(struct capture_source *s, const char *path);

/* Read from @fd, which the source closes in the end unless it is standard
 * input. */
void capture_source_use(struct capture_source *s, int fd);

/*
 * See to it that @want bytes (CAPTURE_SOURCE_BUFFER at most) lie unused in
 * the buffer; fewer only at the end. 0, or a negative errno.
 */
int capture_source_fill(struct capture_source *s, size_t want);

void capture_source_close(struct capture_source *s);

#endif
