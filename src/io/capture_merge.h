/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several captures as one, in the order of time. */
#ifndef IO_CAPTURE_MERGE_H
#define IO_CAPTURE_MERGE_H

#include <stddef.h>

#include "io/capture.h"

/*
 * Files at once: each takes a descriptor (a process has 1024 as a rule) and
 * about 200 KiB, and every packet is compared with the next one of each file.
 * Rings of captures (tcpdump -W) are smaller as a rule.
 */
#define CAPTURE_FILES_MAX 256

struct capture_merge;

/*
 * Open all of @paths. 0: the caller gives @out to capture_merge_close(). Else
 * @why says what is wrong with paths[*which]; the number is capture_open()'s,
 * or -E2BIG for too many, or -EINVAL for no file or for standard input twice.
 */
int capture_merge_open(const char *const *paths, size_t count,
		       struct capture_merge **out, size_t *which,
		       char why[CAPTURE_WHY_MAX]);

/*
 * The earliest of the packets that come next in each file; of equal ones that
 * of the first file. A file whose own times go back is not sorted. @file is
 * its index. END: all files were read. DAMAGED: so they were, as far as they
 * could be; capture_damage() of each says more. A damaged file does not stop
 * the others. out->ip lives until the next call.
 */
enum capture_result capture_merge_next(struct capture_merge *m,
				       struct capture_packet *out,
				       size_t *file);

/* The capture of paths[@file], to ask for its counts and damage. */
const struct capture *capture_merge_file(const struct capture_merge *m,
					 size_t file);

/* Of all files together; the size is 0 if that of one is not known. */
struct capture_progress capture_merge_progress(const struct capture_merge *m);

/* NULL is fine. */
void capture_merge_close(struct capture_merge *m);

#endif
