/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of each kind; see <sallyport/record.h>. */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include <sallyport/record.h>

#include "coder.h"
#include "pinhole.h"
#include "session.h"

struct engine;

/* record_stream.c: one direction. */

/* What a stream's record holds behind its numbers; lies in the record. */
struct stream_parts {
	struct span edits; /* as they are written */
	uint8_t edit_count;
	struct span bytes; /* of the store */
};

/* Each NAME_save() that is given @to gives the place behind what it wrote. */
uint8_t *stream_save(const struct engine *e, const struct stream *st,
		     uint8_t *to);
void stream_load(struct reader *r, struct stream *st,
		 struct stream_parts *parts);

/* Give @st, which has none, its parts; false if there is no room. */
bool stream_fill(struct engine *e, struct stream *st,
		 const struct stream_parts *parts);
uint64_t stream_layout(uint64_t layout);

/* A store anywhere: its bytes, with their length before them. */
uint8_t *store_save(const struct engine *e, const struct store *st,
		    uint8_t *to);
struct span store_load(struct reader *r, struct store *st);
bool store_fill(struct engine *e, struct store *st, struct span bytes);

/* record_session.c */
size_t session_save(const struct engine *e, const struct session *s,
		    uint8_t *out);
enum restore session_restore(struct engine *e, struct reader *r);
uint64_t session_layout(uint64_t layout);

/* record_hole.c */
size_t hole_save(const struct hole *h, uint8_t *out);
enum restore hole_restore(struct engine *e, struct reader *r);
uint64_t hole_layout(uint64_t layout);

#endif
