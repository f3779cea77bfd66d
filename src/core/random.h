/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the secret key is for: table positions and ports. */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <sallyport/addr.h>

struct engine;

/* Numbers that nobody without the key can foresee. */
uint64_t random_draw(struct engine *e);
uint64_t hash_two(const struct engine *e, const struct endpoint *a,
		  const struct endpoint *b);

#endif
