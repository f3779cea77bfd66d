/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store of remembered bytes, against one flat array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/store.h"

#include "support.h"

/* What a store should hold: bytes by sequence number from @at. */
struct model {
	uint32_t at;
	size_t len;
	uint8_t *byte;
};

struct set_up {
	void *memory;
	struct pool chunks;
	struct store store;
	struct model model;
};

static void set_up(struct set_up *s, uint32_t chunks, uint32_t seq)
{
	struct arena arena = { NULL, 0 };
	size_t size = (size_t)chunks * sizeof(struct store_chunk);

	s->memory = malloc(size);
	s->model = (struct model){ seq, 0, malloc(STORE_MAX) };
	assert_true(s->memory && s->model.byte);
	memset(s->memory, 0xa5, size);
	arena.base = s->memory;
	pool_init(&s->chunks, &arena, sizeof(struct store_chunk), chunks);
	s->store = (struct store){ NIL, NIL, 0, 0, 0 };
	store_reset(&s->store, &s->chunks, seq);
}

static void tear_down(struct set_up *s)
{
	store_reset(&s->store, &s->chunks, 0);
	assert_int_equal(s->chunks.used, 0);
	free(s->memory);
	free(s->model.byte);
}

static bool append(struct set_up *s, const uint8_t *bytes, size_t len)
{
	struct model *m = &s->model;
	struct span copy = guarded(bytes, len);
	bool done = store_append(&s->store, &s->chunks, copy);

	guarded_free(copy);
	if (done) {
		memcpy(m->byte + m->len, bytes, len);
		m->len += len;
	}
	return done;
}

static void trim(struct set_up *s, uint32_t seq)
{
	struct model *m = &s->model;
	int32_t gone = (int32_t)(seq - m->at);

	store_trim(&s->store, &s->chunks, seq);
	if (gone <= 0)
		return;
	if ((size_t)gone > m->len)
		gone = (int32_t)m->len;
	m->at += (uint32_t)gone;
	m->len -= (size_t)gone;
	memmove(m->byte, m->byte + gone, m->len);
}

/* Copies from @seq agree with the model, and so do comparisons with one byte
 * right and wrong. */
static void look(struct set_up *s, uint32_t seq, size_t len)
{
	const struct model *m = &s->model;
	int64_t from = (int32_t)(seq - m->at);
	size_t want = 0;
	uint8_t *out = malloc(len + 1), *bytes = malloc(len + 1);

	assert_true(out && bytes);
	memset(out, 0xee, len + 1);
	if (from >= 0 && (size_t)from < m->len)
		want = m->len - (size_t)from < len ? m->len - (size_t)from
						   : len;
	assert_int_equal(store_copy(&s->store, &s->chunks, seq, len, out),
			 want);
	if (want)
		assert_memory_equal(out, m->byte + from, want);
	assert_int_equal(out[want], 0xee);
	for (size_t i = 0; i < len; i++) {
		int64_t at = from + (int64_t)i;

		bytes[i] = at >= 0 && at < (int64_t)m->len ? m->byte[at] : 1;
	}
	assert_true(
		store_same(&s->store, &s->chunks, seq, span_of(bytes, len)));
	for (size_t i = 0; i < len; i += len / 4 + 1) {
		int64_t at = from + (int64_t)i;

		bytes[i] ^= 1;
		assert_int_equal(store_same(&s->store, &s->chunks, seq,
					    span_of(bytes, len)),
				 at < 0 || at >= (int64_t)m->len);
		bytes[i] ^= 1;
	}
	free(out);
	free(bytes);
}

static void expect_frugal(const struct set_up *s)
{
	/* One chunk more than the bytes need: the first may be half gone. */
	assert_int_equal(s->store.len, s->model.len);
	assert_int_equal(s->store.at, s->model.at);
	assert_true(s->chunks.used <=
		    (s->model.len + 2 * STORE_CHUNK - 2) / STORE_CHUNK);
	if (!s->model.len)
		assert_int_equal(s->chunks.used, 0);
}

static void random_work(uint32_t start, uint64_t seed)
{
	struct set_up s;
	uint8_t bytes[700];

	set_up(&s, 64, start);
	for (int step = 0; step < 4000; step++) {
		size_t len = random_next(&seed) % sizeof(bytes);
		uint32_t seq =
			s.model.at +
			(uint32_t)(random_next(&seed) % (s.model.len + 40)) -
			20;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)random_next(&seed);
		switch (random_next(&seed) % 8) {
		case 0:
		case 1:
		case 2:
			append(&s, bytes, len);
			break;
		case 3:
		case 4:
			trim(&s, seq);
			break;
		case 5:
			if (step % 50)
				break;
			store_reset(&s.store, &s.chunks, seq);
			s.model.at = seq;
			s.model.len = 0;
			break;
		default:
			look(&s, seq, len);
		}
		expect_frugal(&s);
	}
	tear_down(&s);
}

static void like_an_array(void **state)
{
	static const uint32_t start[] = { 0, 1, 0x7fffff00, 0xffffff00 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(start); i++)
		for (uint64_t seed = 0; seed < 4; seed++)
			random_work(start[i], seed);
}

/* Every length around the chunks' borders, appended, looked at and trimmed at
 * every place. */
static void borders(void **state)
{
	static const size_t len[] = { 1,
				      STORE_CHUNK - 1,
				      STORE_CHUNK,
				      STORE_CHUNK + 1,
				      2 * STORE_CHUNK - 1,
				      2 * STORE_CHUNK,
				      2 * STORE_CHUNK + 1 };
	uint8_t bytes[2 * STORE_CHUNK + 1];
	struct set_up s;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < ARRAY_SIZE(len); i++) {
		for (uint32_t gone = 0; gone <= len[i]; gone++) {
			set_up(&s, 16, 0xffffff00);
			assert_true(append(&s, bytes, len[i]));
			trim(&s, 0xffffff00 + gone);
			assert_true(append(&s, bytes, len[i]));
			look(&s, s.model.at, s.model.len + 5);
			look(&s, s.model.at - 3, s.model.len + 5);
			expect_frugal(&s);
			tear_down(&s);
		}
	}
}

/* All or nothing: what does not fit leaves everything as it was. */
static void no_room(void **state)
{
	uint8_t bytes[STORE_CHUNK] = { 9 };
	struct set_up a;
	struct store b = { NIL, NIL, 0, 0, 0 };

	(void)state;
	set_up(&a, 3, 5);
	assert_true(append(&a, bytes, 10));
	assert_true(store_append(&b, &a.chunks, span_of(bytes, STORE_CHUNK)));
	/* 242 in the last chunk and one chunk more */
	assert_false(append(&a, bytes, STORE_CHUNK) &&
		     append(&a, bytes, STORE_CHUNK));
	expect_frugal(&a);
	look(&a, 5, a.model.len);
	assert_int_equal(a.chunks.used, 3);
	store_reset(&b, &a.chunks, 0);
	assert_true(append(&a, bytes, 242));
	tear_down(&a);
}

/* STORE_MAX bytes, also when there are more chunks. */
static void bound_of_one_store(void **state)
{
	uint8_t *bytes = calloc(1, STORE_MAX + 1);
	struct set_up s;

	(void)state;
	assert_non_null(bytes);
	set_up(&s, 2 * STORE_MAX / STORE_CHUNK, 0);
	assert_false(store_append(&s.store, &s.chunks,
				  span_of(bytes, STORE_MAX + 1)));
	assert_int_equal(s.chunks.used, 0);
	assert_true(append(&s, bytes, STORE_MAX));
	assert_false(store_append(&s.store, &s.chunks, span_of(bytes, 1)));
	trim(&s, 1);
	assert_true(append(&s, bytes, 1));
	look(&s, 1, STORE_MAX);
	free(bytes);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_an_array),
		cmocka_unit_test(borders),
		cmocka_unit_test(no_room),
		cmocka_unit_test(bound_of_one_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
