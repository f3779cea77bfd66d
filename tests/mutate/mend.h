/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Right checksums for packets that were changed. */
#ifndef MUTATE_MEND_H
#define MUTATE_MEND_H

#include "sample.h"

/* IPv4's and TCP's, in each packet where their lengths leave room for them. The
 * packet list must be that of the file. */
void mend_checksums(struct sample *s);

#endif
