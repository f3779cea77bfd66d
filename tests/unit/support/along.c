/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading along with two TLS peers, and what came of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sallyport/tls_record.h>

#include "along.h"

#include "support.h"

/* Pieces of a random cut have up to that many bytes. */
#define CUT_MAX 200

/* The fuzzer is fast with short ones. */
#define CORPUS_INPUT_MAX 6000

/* KIND_LOG of the fuzzer. */
#define CORPUS_LOG 2

static void hear(void *arg, enum decrypt_side from, uint8_t type,
		 struct span bytes)
{
	struct along *a = arg;

	if (type == TLS_APPLICATION_DATA) {
		assert_true(a->text_len[from] + bytes.len <= PEERS_TEXT_MAX);
		memcpy(a->text[from] + a->text_len[from], bytes.at, bytes.len);
		a->text_len[from] += bytes.len;
	} else if (type == TLS_HANDSHAKE) {
		assert_true(bytes.len >= 4);
		assert_int_equal(bytes.at[1] << 16 | bytes.at[2] << 8 |
					 bytes.at[3],
				 bytes.len - 4);
		assert_true(a->messages[from] < ALONG_MESSAGES_MAX);
		a->message[from][a->messages[from]++] = bytes.at[0];
	} else {
		assert_int_equal(type, TLS_ALERT);
		assert_int_equal(bytes.len, 2);
		a->alerts[from]++;
	}
}

struct along *along_start(struct span log)
{
	struct along *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	assert_int_equal(keylog_read(&a->log, log), KEYLOG_OK);
	assert_int_equal(keylog_facts(a->log)->count, 0);
	a->d = decrypt_new(a->log, hear, a);
	assert_non_null(a->d);
	return a;
}

void along_stop(struct along *a)
{
	decrypt_free(a->d);
	keylog_free(a->log);
	free(a);
}

enum decrypt_result along_take(struct along *a, enum decrypt_side from,
			       struct span bytes)
{
	enum decrypt_result result = decrypt_take(a->d, from, &bytes);

	if (result == DECRYPT_OK)
		assert_int_equal(bytes.len, 0);
	return result;
}

static size_t next_cut(enum along_cut cut, uint64_t *seed)
{
	switch (cut) {
	case ALONG_BYTES:
		return 1;
	case ALONG_RANDOM:
		return 1 + random_next(seed) % CUT_MAX;
	case ALONG_WHOLE:
		break;
	}
	return SIZE_MAX;
}

enum decrypt_result along_take_all(struct along *a, const struct peers *p,
				   enum along_cut cut)
{
	enum decrypt_result result = DECRYPT_OK;
	uint64_t seed = p->len;

	for (size_t i = 0; i < p->pieces && result <= DECRYPT_CLOSED; i++) {
		struct span bytes = peers_span(p, i);
		struct span copy = guarded(bytes.at, bytes.len), rest = copy;

		while (rest.len > 0 && result <= DECRYPT_CLOSED) {
			size_t n = next_cut(cut, &seed);

			result = along_take(a, p->piece[i].from,
					    span_sub(rest, 0, n));
			rest = span_sub(rest, n, rest.len);
		}
		guarded_free(copy);
	}
	return result;
}

static void expect_text(const struct along *a, const struct peers *p,
			enum decrypt_side side)
{
	assert_int_equal(a->text_len[side], p->text_len[side]);
	assert_memory_equal(a->text[side], p->text[side], p->text_len[side]);
}

/* A chunk as tests/fuzz/fuzz_tls_decrypt.c reads it. */
static void write_chunk(FILE *to, uint8_t head, struct span bytes)
{
	const uint8_t start[] = { head, (uint8_t)(bytes.len >> 8),
				  (uint8_t)bytes.len };

	assert_true(bytes.len <= UINT16_MAX);
	assert_int_equal(fwrite(start, 1, sizeof(start), to), sizeof(start));
	assert_int_equal(fwrite(bytes.at, 1, bytes.len, to), bytes.len);
}

/* With SALLYPORT_CORPUS=DIR short sessions become inputs of the fuzzer. */
static void write_corpus(const struct peers *p)
{
	const char *folder = getenv("SALLYPORT_CORPUS");
	static unsigned int number;
	char path[PATH_MAX];
	FILE *to;

	if (!folder || p->len > CORPUS_INPUT_MAX)
		return;
	snprintf(path, sizeof(path), "%s/session-%02u", folder, ++number);
	to = fopen(path, "wb");
	assert_non_null(to);
	write_chunk(to, CORPUS_LOG, span_of(p->log, p->log_len));
	for (size_t i = 0; i < p->pieces; i++)
		write_chunk(to, (uint8_t)p->piece[i].from, peers_span(p, i));
	fclose(to);
}

void along_expect(const struct peers *p, bool close)
{
	write_corpus(p);
	for (int cut = ALONG_WHOLE; cut <= ALONG_RANDOM; cut++) {
		struct along *a = along_start(span_of(p->log, p->log_len));
		const struct decrypt_status *s = decrypt_status(a->d);

		assert_int_equal(along_take_all(a, p, (enum along_cut)cut),
				 close ? DECRYPT_CLOSED : DECRYPT_OK);
		expect_text(a, p, DECRYPT_CLIENT);
		expect_text(a, p, DECRYPT_SERVER);
		assert_int_equal(a->alerts[0], close);
		assert_int_equal(a->alerts[1], close);
		assert_int_equal(s->result, DECRYPT_OK);
		assert_int_equal(s->version, SSL_version(p->ssl[0]));
		assert_int_equal(s->cipher,
				 SSL_CIPHER_get_protocol_id(
					 SSL_get_current_cipher(p->ssl[0])));
		along_stop(a);
	}
}

unsigned int along_count(const struct along *a, enum decrypt_side from,
			 uint8_t type)
{
	unsigned int count = 0;

	for (size_t i = 0; i < a->messages[from]; i++)
		count += a->message[from][i] == type;
	return count;
}

void along_expect_start(const struct along *a, const struct peers *p)
{
	for (int side = 0; side < 2; side++) {
		assert_true(a->text_len[side] <= p->text_len[side]);
		assert_memory_equal(a->text[side], p->text[side],
				    a->text_len[side]);
	}
}
