/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support.h"

void shelf_fill(struct shelf *k, const struct engine *e,
		const struct engine_limits *limits)
{
	k->count = 0;
	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		for (uint32_t i = 0; i < engine_records(limits, kind); i++) {
			struct shelf_record *r = &k->at[k->count];

			r->kind = kind;
			r->len = engine_save(e, (struct record_name){ kind, i },
					     r->bytes);
			assert_true(k->count + 1 < ARRAY_SIZE(k->at));
			k->count += r->len > 0;
		}
	}
}

void shelf_new_engine(struct wire *w)
{
	const uint8_t key[ENGINE_KEY_LEN] = { 99 };
	size_t size = engine_size(&w->limits);

	free(w->memory);
	w->memory = calloc(1, size);
	w->engine = engine_init(w->memory, size, &w->limits, &w->policy, key);
	assert_non_null(w->engine);
}

enum restore shelf_restore(struct wire *w, const struct shelf_record *r,
			   int64_t shift)
{
	enum restore result =
		engine_restore(w->engine, r->kind, span_of(r->bytes, r->len),
			       shift, w->now, w->out);

	wire_deliver(w);
	return result;
}

void shelf_restore_all(struct wire *w, const struct shelf *k, int64_t shift)
{
	for (size_t i = 0; i < k->count; i++)
		assert_int_equal(shelf_restore(w, &k->at[i], shift),
				 RESTORE_FINE);
	engine_restored(w->engine);
}

void shelf_restart(struct wire *w)
{
	struct shelf *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	shelf_fill(k, w->engine, &w->limits);
	shelf_new_engine(w);
	shelf_restore_all(w, k, 0);
	free(k);
}

struct shelf_record *shelf_find(struct shelf *k, enum record_kind kind)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->at[i].kind == kind)
			return &k->at[i];
	fail_msg("no record of kind %d", kind);
	return NULL;
}
