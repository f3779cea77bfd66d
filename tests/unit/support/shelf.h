/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An engine's records, on their way to another engine. */
#ifndef SALLYPORT_TEST_SHELF_H
#define SALLYPORT_TEST_SHELF_H

#include <sallyport/record.h>

#include "wire.h"

/* Records of one engine, in the order in which they are restored. */
struct shelf {
	struct shelf_record {
		enum record_kind kind;
		size_t len;
		uint8_t bytes[RECORD_MAX];
	} at[16];
	size_t count;
};

void shelf_fill(struct shelf *k, const struct engine *e,
		const struct engine_limits *limits);

/* The wire gets another engine, which knows nothing yet. */
void shelf_new_engine(struct wire *w);

/* One record into the wire's engine; what it wants done is done. */
enum restore shelf_restore(struct wire *w, const struct shelf_record *r,
			   int64_t shift);

/* All of them, each of which must be taken. */
void shelf_restore_all(struct wire *w, const struct shelf *k, int64_t shift);

/* Another engine goes on where the wire's was. */
void shelf_restart(struct wire *w);

/* The record of @kind; there is one. */
struct shelf_record *shelf_find(struct shelf *k, enum record_kind kind);

#endif
