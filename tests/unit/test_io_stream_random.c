/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of TCP, put in order: segments of every place and length,
 * against a model that knows which copy of each byte came first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/stream.h"

#include "support.h"

/* Bytes of the streams that a seed makes. */
#define MODEL_LEN 6000

struct model {
	uint32_t isn;
	bool have[MODEL_LEN];
	char byte[MODEL_LEN]; /* of the first copy */
	size_t told;
	size_t lost;
};

static void model_bytes(void *arg, const struct story_place *place,
			struct span bytes)
{
	struct model *m = arg;

	(void)place;
	assert_true(m->told + bytes.len <= MODEL_LEN);
	for (size_t i = 0; i < bytes.len; i++, m->told++) {
		assert_true(m->have[m->told]);
		assert_int_equal(bytes.at[i], (uint8_t)m->byte[m->told]);
	}
}

static void model_lost(void *arg, const struct story_place *place, uint32_t len)
{
	struct model *m = arg;

	(void)place;
	assert_true(m->told + len <= MODEL_LEN);
	for (uint32_t i = 0; i < len; i++)
		assert_false(m->have[m->told++]);
	m->lost += len;
}

static const struct tcpstream_reader model_reader = { model_bytes, model_lost,
						      NULL };

/* A segment of random place and length near what is next; what it brings for
 * the first time is what the model has then. */
static void send_random(struct model *m, struct tcpstream *s, uint64_t *seed,
			bool dense)
{
	const struct story_place place = { 1, 1 };
	size_t at = m->told + random_next(seed) % 400, len;
	char text[128];

	at = at > 100 ? at - 100 : 0;
	if (at >= MODEL_LEN || dense)
		at = m->told;
	len = 1 + random_next(seed) % sizeof(text);
	if (len > MODEL_LEN - at)
		len = MODEL_LEN - at;
	for (size_t i = 0; i < len; i++) {
		text[i] = (char)random_next(seed);
		if (!m->have[at + i] && at + i >= m->told) {
			m->have[at + i] = true;
			m->byte[at + i] = text[i];
		}
	}
	tcpstream_take(s, &place,
		       &(struct tcpsegment){ m->isn + 1 + (uint32_t)at, TCP_ACK,
					     span_of(text, len), 0 });
}

static void acknowledge_random(struct model *m, struct tcpstream *s,
			       uint64_t *seed)
{
	const struct story_place place = { 1, 1 };
	size_t upto = m->told + random_next(seed) % 200;

	if (upto > MODEL_LEN)
		upto = MODEL_LEN;
	tcpstream_acked(s, &place, m->isn + 1 + (uint32_t)upto);
	assert_true(m->told >= upto);
}

static void run_model(uint64_t seed, bool acks)
{
	struct tcpstream_pool pool = { .max = TCPSTREAM_POOL_MAX };
	const struct story_place place = { 1, 1 };
	struct model *m = calloc(1, sizeof(*m));
	struct tcpstream s;
	size_t have = 0;

	assert_non_null(m);
	m->isn = (uint32_t)random_next(&seed);
	if (seed % 2) /* wraps on the way */
		m->isn = 0u - (uint32_t)(random_next(&seed) % MODEL_LEN);
	tcpstream_init(&s, &pool, &model_reader, m);
	tcpstream_take(&s, &place,
		       &(struct tcpsegment){ m->isn, TCP_SYN, { NULL, 0 }, 0 });
	while (m->told < MODEL_LEN) {
		send_random(m, &s, &seed, random_next(&seed) % 8 == 0);
		if (acks && random_next(&seed) % 16 == 0)
			acknowledge_random(m, &s, &seed);
	}
	for (size_t i = 0; i < MODEL_LEN; i++)
		have += m->have[i];
	assert_int_equal(s.bytes, have);
	assert_int_equal(s.lost, m->lost);
	assert_int_equal(have + m->lost, MODEL_LEN);
	assert_true(acks || m->lost == 0);
	tcpstream_clear(&s);
	assert_int_equal(pool.used, 0);
	free(m);
}

static void test_random_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		run_model(seed, false);
}

static void test_random_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		run_model(seed, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_order),
		cmocka_unit_test(test_random_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
