/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading along in TLS: any bytes under any keys.
 *
 * An input is a list of chunks: a head, a length of two bytes and so many
 * bytes. The head says who sends the chunk, and what it is: bytes of the
 * stream; part of the key log, if nothing was sent yet; or, as nobody guesses a
 * tag, what this target encrypts itself, with secrets that are in every log.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <sallyport/tls_record.h>

#include "tls/decrypt.h"
#include "tls/decrypt_key.h"
#include "tls/decrypt_suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD_SERVER 0x01 /* else the client */
#define HEAD_KIND   0x06

enum kind {
	KIND_STREAM = 0x00,
	KIND_LOG = 0x02,
	KIND_HANDSHAKE = 0x04, /* sealed with the handshake secret */
	KIND_TRAFFIC = 0x06,   /* with the traffic secret, */
};

#define HEAD_UPDATE 0x08 /* which changes after it */

#define LOG_MAX     65536
#define TAG_LEN     16
#define SECRET_BYTE '7' /* every digit of the secrets in every log */
#define RANDOM_BYTE '1'

/* A session that the target can seal: what it is comes with the input. */
#define SUITE 0x1301

struct sealer {
	uint8_t secret[SUITE_HASH_MAX];
	uint64_t sequence;
};

struct world {
	char log[LOG_MAX];
	size_t log_len;
	struct keylog *keys;
	struct decryptor *d;
	struct sealer sealer[2][2]; /* by side; handshake and traffic */
	enum decrypt_result result;
	bool split;
	uint64_t told; /* a sum of all that was handed out */
};

static void add(uint64_t *sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*sum = *sum * 1099511628211u + bytes[i] + 1;
}

static void hear(void *arg, enum decrypt_side from, uint8_t type,
		 struct span bytes)
{
	struct world *w = arg;
	uint8_t head[] = { (uint8_t)from, type };

	if (type == TLS_HANDSHAKE) {
		struct cursor c = cursor_of(bytes);

		rd_u8(&c);
		if (rd_be24(&c) != c.rest.len || c.bad)
			abort();
	} else if (type == TLS_ALERT ? bytes.len != 2
				     : type != TLS_APPLICATION_DATA) {
		abort();
	}
	add(&w->told, head, sizeof(head));
	add(&w->told, bytes.at, bytes.len);
}

static void take(struct world *w, enum decrypt_side from, struct span bytes)
{
	struct span rest = bytes;
	enum decrypt_result was = decrypt_status(w->d)->result;
	uint64_t told = w->told;

	w->result = decrypt_take(w->d, from, &rest);
	if (w->result >= DECRYPT_RESULTS ||
	    (w->result == DECRYPT_OK && rest.len > 0) ||
	    (was != DECRYPT_OK && (w->result != was || w->told != told)))
		abort();
}

static void send_bytes(struct world *w, enum decrypt_side from,
		       struct span bytes)
{
	if (!w->split) {
		take(w, from, bytes);
		return;
	}
	for (size_t i = 0; i < bytes.len; i++)
		take(w, from, span_sub(bytes, i, 1));
}

static void log_text(struct world *w, const char *text, size_t len)
{
	if (w->log_len + len > sizeof(w->log))
		len = sizeof(w->log) - w->log_len;
	memcpy(w->log + w->log_len, text, len);
	w->log_len += len;
}

/* The lines that are in every log. */
static void log_start(struct world *w)
{
	for (int i = 0; i < KEYLOG_LABELS; i++) {
		const char *name = keylog_label_name((enum keylog_label)i);
		char line[64 + 1 + 96 + 1];
		size_t secret = i == KEYLOG_MASTER ? 96 : 64;

		memset(line, RANDOM_BYTE, 64);
		memset(line + 65, SECRET_BYTE, secret);
		line[64] = ' ';
		line[65 + secret] = '\n';
		log_text(w, name, strlen(name));
		log_text(w, " ", 1);
		log_text(w, line, 66 + secret);
	}
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < 2; i++)
			memset(w->sealer[side][i].secret, 0x77, SUITE_HASH_MAX);
}

/* RFC 8446 5.2; @inner ends with its type. */
static size_t seal(struct sealer *s, struct span inner, uint8_t *out)
{
	size_t len = inner.len + TAG_LEN;
	const struct suite *suite = suite_of(0x0304, SUITE);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct record_key key;
	int n;

	memcpy(out, "\x17\x03\x03", 3);
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
	if (!ctx || !key_of_traffic(suite, s->secret, &key))
		abort();
	for (int i = 0; i < 8; i++)
		key.iv[11 - i] ^= (uint8_t)(s->sequence >> (8 * i));
	s->sequence++;
	if (EVP_EncryptInit_ex2(ctx, EVP_aes_128_gcm(), key.key, key.iv,
				NULL) <= 0 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, out, TLS_RECORD_HEADER) <= 0 ||
	    EVP_EncryptUpdate(ctx, out + TLS_RECORD_HEADER, &n, inner.at,
			      (int)inner.len) <= 0 ||
	    EVP_EncryptFinal_ex(ctx, out, &n) <= 0 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
				out + TLS_RECORD_HEADER + inner.len) <= 0)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	return TLS_RECORD_HEADER + len;
}

static void send_sealed(struct world *w, uint8_t head, struct span inner)
{
	uint8_t record[TLS_RECORD_HEADER + TLS_RECORD_MAX];
	struct sealer *s = &w->sealer[head & HEAD_SERVER]
				     [(head & HEAD_KIND) == KIND_TRAFFIC];

	inner = span_sub(inner, 0, TLS_RECORD_MAX - TAG_LEN);
	send_bytes(w, (enum decrypt_side)(head & HEAD_SERVER),
		   span_of(record, seal(s, inner, record)));
	if (!(head & HEAD_UPDATE))
		return;
	if (!traffic_update(suite_of(0x0304, SUITE), s->secret))
		abort();
	s->sequence = 0;
}

static void begin(struct world *w)
{
	if (w->d)
		return;
	if (keylog_read(&w->keys, span_of(w->log, w->log_len)) != KEYLOG_OK)
		abort();
	w->d = decrypt_new(w->keys, hear, w);
	if (!w->d)
		abort();
}

static void chunk(struct world *w, uint8_t head, struct span bytes)
{
	if ((head & HEAD_KIND) == KIND_LOG) {
		if (!w->d)
			log_text(w, (const char *)bytes.at, bytes.len);
		return;
	}
	begin(w);
	if ((head & HEAD_KIND) == KIND_STREAM)
		send_bytes(w, (enum decrypt_side)(head & HEAD_SERVER), bytes);
	else
		send_sealed(w, head, bytes);
}

/* Gives the sum of what was handed out, and how it ended. */
static uint64_t run(struct span input, bool split)
{
	struct world *w = calloc(1, sizeof(*w));
	struct cursor c = cursor_of(input);
	char text[DECRYPT_TEXT_MAX];
	uint64_t sum;

	if (!w)
		abort();
	w->split = split;
	log_start(w);
	while (!c.bad && c.rest.len > 0) {
		uint8_t head = rd_u8(&c);
		size_t len = rd_be16(&c);

		if (len > c.rest.len)
			len = c.rest.len;
		chunk(w, head, rd_take(&c, len));
	}
	begin(w);
	if (decrypt_explain(decrypt_status(w->d), text) >= sizeof(text))
		abort();
	sum = w->told ^ decrypt_status(w->d)->result ^
	      decrypt_status(w->d)->record << 8;
	decrypt_free(w->d);
	keylog_free(w->keys);
	free(w);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size);

	if (run(input, false) != run(input, true))
		abort();
	return 0;
}
