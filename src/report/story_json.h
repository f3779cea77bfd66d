/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replay as an event log: what `sallyport run` writes, and two things that
 * only a capture shows. Events that were read with a key log have `decrypted`.
 * A data connection that nothing let in is a `data` event with op `close`,
 * verdict `unrelated` and the reason; its bytes are those of its packets'
 * payload.
 */
#ifndef REPORT_STORY_JSON_H
#define REPORT_STORY_JSON_H

#include <stdio.h>

#include "report/story.h"

/* The listener writes to @out as long as that works; ferror() tells. */
struct listener story_json(FILE *out);

#endif
