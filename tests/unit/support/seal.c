/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that no real peer would send, encrypted all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/evp.h>

#include <sallyport/tls_hello.h>

#include "seal.h"

#define TAG_LEN   16
#define BLOCK_LEN 16
#define SHA1_LEN  20
#define SUITE     0x1301 /* TLS_AES_128_GCM_SHA256 */

static void put_header(uint8_t *out, uint8_t type, size_t len)
{
	out[0] = type;
	out[1] = TLS_1_2 >> 8;
	out[2] = TLS_1_2 & 0xff;
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
}

size_t seal_1_3(const uint8_t *secret, uint64_t sequence, struct span inner,
		uint8_t out[SEAL_MAX])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *body = out + TLS_RECORD_HEADER;
	struct record_key key;
	int n;

	assert_true(inner.len + TAG_LEN <= TLS_RECORD_MAX);
	assert_true(key_of_traffic(suite_of(TLS_1_3, SUITE), secret, &key));
	for (int i = 0; i < 8; i++)
		key.iv[11 - i] ^= (uint8_t)(sequence >> (8 * i));
	put_header(out, TLS_APPLICATION_DATA, inner.len + TAG_LEN);
	assert_true(EVP_EncryptInit_ex2(ctx, EVP_aes_128_gcm(), key.key, key.iv,
					NULL));
	assert_true(EVP_EncryptUpdate(ctx, NULL, &n, out, TLS_RECORD_HEADER));
	assert_true(EVP_EncryptUpdate(ctx, body, &n, inner.at, (int)inner.len));
	assert_true(EVP_EncryptFinal_ex(ctx, body + inner.len, &n));
	assert_true(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
					body + inner.len));
	EVP_CIPHER_CTX_free(ctx);
	return TLS_RECORD_HEADER + inner.len + TAG_LEN;
}

/* Sequence number 0, the header with @bytes' length, @bytes. */
static void sha1_mac(const struct record_key *key, uint8_t type,
		     struct span bytes, uint8_t out[SHA1_LEN])
{
	uint8_t all[8 + SEAL_MAX] = { 0 };
	size_t len;

	put_header(all + 8, type, bytes.len);
	memcpy(all + 8 + TLS_RECORD_HEADER, bytes.at, bytes.len);
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, key->mac,
				  SHA1_LEN, all,
				  8 + TLS_RECORD_HEADER + bytes.len, out,
				  SHA1_LEN, &len));
	assert_int_equal(len, SHA1_LEN);
}

/* An IV and the ciphertext; gives their length. */
static size_t encrypt(const struct record_key *key, struct span text,
		      uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_int_equal(text.len % BLOCK_LEN, 0);
	memset(out, 0x5a, BLOCK_LEN);
	assert_true(EVP_EncryptInit_ex2(ctx, EVP_aes_128_cbc(), key->key, out,
					NULL));
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_true(EVP_EncryptUpdate(ctx, out + BLOCK_LEN, &n, text.at,
				      (int)text.len));
	EVP_CIPHER_CTX_free(ctx);
	return BLOCK_LEN + text.len;
}

size_t seal_cbc(const struct record_key *key, const struct seal_cbc *what,
		uint8_t out[SEAL_MAX])
{
	uint8_t text[SEAL_MAX], *body = out + TLS_RECORD_HEADER;
	size_t len = what->text.len;

	memcpy(text, what->text.at, len);
	if (!what->mac_last) {
		sha1_mac(key, what->type, what->text, text + len);
		text[len] ^= what->flip;
		len += SHA1_LEN;
	}
	memcpy(text + len, what->padding.at, what->padding.len);
	len = encrypt(key, span_of(text, len + what->padding.len), body);
	if (what->mac_last) {
		sha1_mac(key, what->type, span_of(body, len), body + len);
		body[len] ^= what->flip;
		len += SHA1_LEN;
	}
	put_header(out, what->type, len);
	return TLS_RECORD_HEADER + len;
}
