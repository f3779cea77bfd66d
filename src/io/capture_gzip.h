/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks a gzip file (RFC 1952) as it is read: nothing goes to disk, and
 * memory is zlib's window of 32 KiB however much comes out.
 */
#ifndef IO_CAPTURE_GZIP_H
#define IO_CAPTURE_GZIP_H

#include <stdbool.h>
#include <sys/types.h>

#include <zlib.h>

#include "io/capture_source.h"

struct capture_gzip {
	z_stream z;
	bool within;     /* a member has begun and not ended */
	const char *why; /* it is damaged; stays so. NULL: not yet */
};

/* Does the source begin with the magic of gzip? Takes nothing from it. A
 * source that cannot be read does not. */
bool capture_gzip_begins(struct capture_source *s);

/* 0, or -ENOMEM. */
int capture_gzip_open(struct capture_gzip *g);

/*
 * Unpack up to @size bytes to @out. Gives how many; 0 at the end of the last
 * member (there may be several, RFC 1952 2.2); -1 where g->why says that no
 * more can be had. What could be unpacked before the damage comes first.
 */
ssize_t capture_gzip_read(struct capture_gzip *g, struct capture_source *s,
			  void *out, size_t size);

void capture_gzip_close(struct capture_gzip *g);

#endif
