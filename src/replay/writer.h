/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leaves the gateway, as a capture: raw IP, one packet a record. */
#ifndef REPLAY_WRITER_H
#define REPLAY_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/packet.h>

#include "io/capture.h"

struct writer;

/* Make or replace @path; "-" is standard output. NULL: @why says in one line
 * what is wrong, without the path. */
struct writer *writer_open(const char *path, char why[CAPTURE_WHY_MAX]);

/* One packet; @wire_len is its length where the end was not captured. */
void writer_put(struct writer *w, uint64_t at_us, struct span ip,
		uint32_t wire_len);

/* The same with other ends, if it is TCP. */
void writer_put_as(struct writer *w, uint64_t at_us, struct span ip,
		   uint32_t wire_len, const struct endpoint *src,
		   const struct endpoint *dst);

/* False: not all of it could be written; @why says why. The writer is gone
 * in any case. */
bool writer_close(struct writer *w, char why[CAPTURE_WHY_MAX]);

#endif
