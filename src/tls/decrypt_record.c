/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening records: AEAD of TLS 1.2 and 1.3, CBC with either order of HMAC.
 *
 * Nothing here takes the same time for good and bad padding: whoever replays a
 * capture answers nobody.
 */
#include "tls/decrypt_record.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>

#include <sallyport/tls_hello.h>

/* Of GCM and Poly1305 alike. */
#define TAG_LEN 16

/* RFC 5288 3: the part of the nonce that stands before the ciphertext. */
#define GCM_EXPLICIT_LEN 8

/* AES; the IV of a record has that length too. */
#define BLOCK_LEN 16

/* RFC 5246 6.2.3.1: what is authenticated but not sent: the sequence number,
 * and the header with the length of the plaintext. */
#define SEQUENCE_LEN 8
#define PSEUDO_LEN   (SEQUENCE_LEN + TLS_RECORD_HEADER)

static void put_be16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_sequence(uint8_t *at, uint64_t sequence)
{
	for (int i = SEQUENCE_LEN - 1; i >= 0; i--, sequence >>= 8)
		at[i] = (uint8_t)sequence;
}

static void put_pseudo(uint8_t out[PSEUDO_LEN], const struct opener *o,
		       const struct sealed *record, size_t len)
{
	put_sequence(out, o->sequence);
	memcpy(out + SEQUENCE_LEN, record->header, TLS_RECORD_HEADER);
	put_be16(out + PSEUDO_LEN - 2, len);
}

/* RFC 8446 5.3, RFC 7905 2: the IV with the sequence number over its end. */
static void xor_nonce(uint8_t nonce[SUITE_IV_MAX], const struct opener *o)
{
	uint8_t sequence[SEQUENCE_LEN];

	put_sequence(sequence, o->sequence);
	memcpy(nonce, o->key.iv, SUITE_IV_MAX);
	for (size_t i = 0; i < SEQUENCE_LEN; i++)
		nonce[SUITE_IV_MAX - SEQUENCE_LEN + i] ^= sequence[i];
}

/* @body is ciphertext and tag. */
static bool aead_open(struct opener *o, const uint8_t *nonce, struct span aad,
		      struct span body, uint8_t *out)
{
	size_t len = body.len - TAG_LEN;
	struct span tag = span_sub(body, len, TAG_LEN);
	int n;

	return EVP_DecryptInit_ex2(o->cipher, NULL, NULL, nonce, NULL) > 0 &&
	       EVP_CIPHER_CTX_ctrl(o->cipher, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
				   (void *)tag.at) > 0 &&
	       EVP_DecryptUpdate(o->cipher, NULL, &n, aad.at, (int)aad.len) >
		       0 &&
	       EVP_DecryptUpdate(o->cipher, out, &n, body.at, (int)len) > 0 &&
	       EVP_DecryptFinal_ex(o->cipher, out + len, &n) > 0;
}

static bool open_1_3(struct opener *o, const struct sealed *record,
		     uint8_t *out, size_t *len)
{
	uint8_t nonce[SUITE_IV_MAX];

	if (record->body.len < TAG_LEN)
		return false;
	xor_nonce(nonce, o);
	*len = record->body.len - TAG_LEN;
	return aead_open(o, nonce, span_of(record->header, TLS_RECORD_HEADER),
			 record->body, out);
}

static bool open_aead_1_2(struct opener *o, const struct sealed *record,
			  uint8_t *out, size_t *len)
{
	size_t before = o->suite->kind == SUITE_GCM ? GCM_EXPLICIT_LEN : 0;
	uint8_t nonce[SUITE_IV_MAX], aad[PSEUDO_LEN];

	if (record->body.len < before + TAG_LEN)
		return false;
	xor_nonce(nonce, o);
	if (before > 0) {
		memcpy(nonce, o->key.iv, GCM_SALT_LEN);
		memcpy(nonce + GCM_SALT_LEN, record->body.at, before);
	}
	*len = record->body.len - before - TAG_LEN;
	put_pseudo(aad, o, record, *len);
	return aead_open(o, nonce, span_of(aad, sizeof(aad)),
			 span_sub(record->body, before, record->body.len), out);
}

/* Is @mac the HMAC of the pseudo header for, and then of, @bytes? */
static bool check_mac(struct opener *o, const struct sealed *record,
		      struct span bytes, const uint8_t *mac)
{
	uint8_t pseudo[PSEUDO_LEN], right[SUITE_HASH_MAX];
	size_t len;

	put_pseudo(pseudo, o, record, bytes.len);
	return EVP_MAC_init(o->mac, o->key.mac, o->suite->mac_len, NULL) > 0 &&
	       EVP_MAC_update(o->mac, pseudo, sizeof(pseudo)) > 0 &&
	       EVP_MAC_update(o->mac, bytes.at, bytes.len) > 0 &&
	       EVP_MAC_final(o->mac, right, &len, sizeof(right)) > 0 &&
	       len == o->suite->mac_len && memcmp(right, mac, len) == 0;
}

/* An IV and whole blocks, one at least. */
static bool decrypt_blocks(struct opener *o, struct span body, uint8_t *out,
			   size_t *len)
{
	struct span blocks = span_sub(body, BLOCK_LEN, body.len);
	int n;

	if (blocks.len == 0 || body.len % BLOCK_LEN != 0)
		return false;
	*len = blocks.len;
	return EVP_DecryptInit_ex2(o->cipher, NULL, NULL, body.at, NULL) > 0 &&
	       EVP_DecryptUpdate(o->cipher, out, &n, blocks.at,
				 (int)blocks.len) > 0;
}

/* RFC 5246 6.2.3.2: the last byte says how many others before it have its
 * value; @least bytes must be left. */
static bool strip_padding(const uint8_t *bytes, size_t *len, size_t least)
{
	size_t padding = bytes[*len - 1] + (size_t)1;

	if (padding + least > *len)
		return false;
	for (size_t i = 1; i <= padding; i++)
		if (bytes[*len - i] != padding - 1)
			return false;
	*len -= padding;
	return true;
}

/* RFC 5246 6.2.3.2: MAC, padding, encryption. */
static bool open_mac_first(struct opener *o, const struct sealed *record,
			   uint8_t *out, size_t *len)
{
	size_t mac_len = o->suite->mac_len;

	if (!decrypt_blocks(o, record->body, out, len) ||
	    !strip_padding(out, len, mac_len))
		return false;
	*len -= mac_len;
	return check_mac(o, record, span_of(out, *len), out + *len);
}

/* RFC 7366 3: the MAC is over the IV and the ciphertext. */
static bool open_mac_last(struct opener *o, const struct sealed *record,
			  uint8_t *out, size_t *len)
{
	size_t mac_len = o->suite->mac_len;
	struct span mac, body;

	if (record->body.len < mac_len)
		return false;
	body = span_sub(record->body, 0, record->body.len - mac_len);
	mac = span_sub(record->body, body.len, mac_len);
	return check_mac(o, record, body, mac.at) &&
	       decrypt_blocks(o, body, out, len) && strip_padding(out, len, 0);
}

bool opener_open(struct opener *o, const struct sealed *record, uint8_t *out,
		 size_t *len)
{
	bool fine;

	if (o->version == TLS_1_3)
		fine = open_1_3(o, record, out, len);
	else if (o->suite->kind != SUITE_CBC)
		fine = open_aead_1_2(o, record, out, len);
	else if (o->encrypt_then_mac)
		fine = open_mac_last(o, record, out, len);
	else
		fine = open_mac_first(o, record, out, len);
	o->sequence += fine;
	return fine;
}

static EVP_CIPHER_CTX *new_cipher(const struct suite *suite,
				  const struct record_key *key)
{
	EVP_CIPHER *method = EVP_CIPHER_fetch(NULL, suite->cipher, NULL);
	EVP_CIPHER_CTX *ctx = method ? EVP_CIPHER_CTX_new() : NULL;

	if (ctx &&
	    (EVP_DecryptInit_ex2(ctx, method, key->key, NULL, NULL) <= 0 ||
	     EVP_CIPHER_CTX_set_padding(ctx, 0) <= 0)) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(method);
	return ctx;
}

static EVP_MAC_CTX *new_mac(const struct suite *suite,
			    const struct record_key *key)
{
	const OSSL_PARAM param[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)suite->mac, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *method = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = method ? EVP_MAC_CTX_new(method) : NULL;

	if (ctx && EVP_MAC_init(ctx, key->mac, suite->mac_len, param) <= 0) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MAC_free(method);
	return ctx;
}

bool opener_set(struct opener *o, const struct suite *suite, uint16_t version,
		bool encrypt_then_mac, const struct record_key *key)
{
	opener_clear(o);
	o->suite = suite;
	o->version = version;
	o->encrypt_then_mac = encrypt_then_mac;
	o->key = *key;
	o->cipher = new_cipher(suite, key);
	if (suite->mac)
		o->mac = new_mac(suite, key);
	return o->cipher && (o->mac || !suite->mac);
}

void opener_clear(struct opener *o)
{
	EVP_CIPHER_CTX_free(o->cipher);
	EVP_MAC_CTX_free(o->mac);
	OPENSSL_cleanse(&o->key, sizeof(o->key));
	*o = (struct opener){ .suite = NULL };
}
