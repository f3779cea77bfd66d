/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture's bytes as a stdio stream for libpcap: unpacked, and with a
 * position even where they come from a pipe. */
#ifndef IO_CAPTURE_STREAM_H
#define IO_CAPTURE_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "io/capture_gzip.h"
#include "io/capture_source.h"

/* stdio's buffer; its own 8 KiB would do for files of small packets. */
#define CAPTURE_STREAM_BUFFER 65536

struct capture_stream {
	struct capture_source source;
	struct capture_gzip gzip;
	bool packed;        /* the file is gzip's */
	uint64_t given;     /* unpacked bytes that stdio took so far */
	const char *why;    /* reading failed; NULL: not so far */
	const char *packer; /* that we do not have: xz, ...; NULL: none */
	char buffer[CAPTURE_STREAM_BUFFER];
};

/*
 * Look whether the source, which is open already, is packed, and make a
 * stream of it; ftello() gives the number of unpacked bytes that were read.
 * NULL: no memory. Closing the stream leaves @s, which must live as long; then
 * comes capture_stream_close().
 */
FILE *capture_stream_open(struct capture_stream *s);

/* Give back all that the stream held; the source too. */
void capture_stream_close(struct capture_stream *s);

#endif
