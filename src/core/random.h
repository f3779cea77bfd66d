/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the secret key is for: table positions and ports. */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <sallyport/addr.h>
#include <sallyport/span.h>

struct engine;

/* Numbers that nobody without the key can foresee. */
uint64_t random_draw(struct engine *e);
uint64_t hash_two(const struct engine *e, const struct endpoint *a,
		  const struct endpoint *b);

/* Of the first HASH_TEXT_MAX bytes of @text, whatever the case of letters;
 * never 0. It is the same after a restart. */
uint64_t hash_text(const struct engine *e, struct span text);

/* Longer than any host name (RFC 1035 2.3.4) and any TLS session id. */
#define HASH_TEXT_MAX 256

#endif
