/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From secrets to the keys of records. */
#include "tls/decrypt_key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

/* Two keys of each kind. */
#define KEY_BLOCK_MAX (2 * (SUITE_HASH_MAX + SUITE_KEY_MAX + SUITE_IV_MAX))

static OSSL_PARAM param_bytes(const char *name, struct span bytes)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)bytes.at,
						 bytes.len);
}

static OSSL_PARAM param_text(const char *name, const char *text)
{
	return OSSL_PARAM_construct_utf8_string(name, (char *)text, 0);
}

static bool derive(const char *kdf, const OSSL_PARAM *param, uint8_t *out,
		   size_t len)
{
	EVP_KDF *method = EVP_KDF_fetch(NULL, kdf, NULL);
	EVP_KDF_CTX *ctx = method ? EVP_KDF_CTX_new(method) : NULL;
	bool done = ctx && EVP_KDF_derive(ctx, out, len, param) > 0;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(method);
	return done;
}

/* Where the next @len bytes of a key block are, for both sides. */
static void take_pair(const uint8_t **at, size_t len, uint8_t *client,
		      uint8_t *server)
{
	memcpy(client, *at, len);
	memcpy(server, *at + len, len);
	*at += 2 * len;
}

bool keys_of_master(const struct suite *suite, struct span master,
		    struct span client_random, struct span server_random,
		    struct record_key out[2])
{
	const OSSL_PARAM param[] = {
		param_text(OSSL_KDF_PARAM_DIGEST, suite->hash),
		param_bytes(OSSL_KDF_PARAM_SECRET, master),
		param_bytes(OSSL_KDF_PARAM_SEED, span_str("key expansion")),
		param_bytes(OSSL_KDF_PARAM_SEED, server_random),
		param_bytes(OSSL_KDF_PARAM_SEED, client_random),
		OSSL_PARAM_construct_end(),
	};
	static const size_t iv_len[] = {
		[SUITE_GCM] = GCM_SALT_LEN,
		[SUITE_CHACHA] = SUITE_IV_MAX,
		[SUITE_CBC] = 0, /* each record brings its own */
	};
	uint8_t block[KEY_BLOCK_MAX];
	const uint8_t *at = block;
	size_t iv = iv_len[suite->kind];
	bool done = derive(OSSL_KDF_NAME_TLS1_PRF, param, block,
			   2 * (suite->mac_len + suite->key_len + iv));

	if (done) {
		take_pair(&at, suite->mac_len, out[0].mac, out[1].mac);
		take_pair(&at, suite->key_len, out[0].key, out[1].key);
		take_pair(&at, iv, out[0].iv, out[1].iv);
	}
	OPENSSL_cleanse(block, sizeof(block));
	return done;
}

/* HKDF-Expand-Label() of RFC 8446 7.1, without a context. */
static bool expand(const struct suite *suite, const uint8_t *secret,
		   const char *label, uint8_t *out, size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const OSSL_PARAM param[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		param_text(OSSL_KDF_PARAM_DIGEST, suite->hash),
		param_bytes(OSSL_KDF_PARAM_KEY,
			    span_of(secret, suite->hash_len)),
		param_bytes(OSSL_KDF_PARAM_PREFIX, span_str("tls13 ")),
		param_bytes(OSSL_KDF_PARAM_LABEL, span_str(label)),
		OSSL_PARAM_construct_end(),
	};

	return derive(OSSL_KDF_NAME_TLS1_3_KDF, param, out, len);
}

bool key_of_traffic(const struct suite *suite, const uint8_t *secret,
		    struct record_key *out)
{
	return expand(suite, secret, "key", out->key, suite->key_len) &&
	       expand(suite, secret, "iv", out->iv, SUITE_IV_MAX);
}

bool traffic_update(const struct suite *suite, uint8_t *secret)
{
	uint8_t next[SUITE_HASH_MAX];
	bool done = expand(suite, secret, "traffic upd", next, suite->hash_len);

	if (done)
		memcpy(secret, next, suite->hash_len);
	OPENSSL_cleanse(next, sizeof(next));
	return done;
}
