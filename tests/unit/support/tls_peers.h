/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two real TLS peers that talk through memory: what each sent, in order, what
 * it meant, and the key log of the client.
 */
#ifndef SUPPORT_TLS_PEERS_H
#define SUPPORT_TLS_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include <sallyport/span.h>

#include "tls/decrypt.h"

#define PEERS_BYTES_MAX  (256 * 1024) /* of both sides */
#define PEERS_PIECES_MAX 256
#define PEERS_TEXT_MAX   (64 * 1024) /* said by one side */
#define PEERS_LOG_MAX    (16 * 1024)

/* What is left zero is as OpenSSL has it. */
struct peers_spec {
	int version;        /* TLS1_2_VERSION, ... */
	const char *cipher; /* OpenSSL's name */
	bool rsa;           /* certificates; otherwise P-256 */
	bool mac_first;     /* CBC without RFC 7366 */
	bool retry;         /* TLS 1.3: HelloRetryRequest */
	bool client_certificate;
	bool early_data; /* the server takes it */
	const char *sni;
	size_t fragment; /* longest plaintext of a record */
	size_t padding;  /* TLS 1.3: to a multiple of that */
};

struct peers {
	struct peers_spec spec;
	SSL_CTX *ctx[2]; /* by enum decrypt_side, as everything here */
	SSL *ssl[2];
	SSL_SESSION *session; /* for the next peers_connect() */
	bool resumed;
	uint8_t bytes[PEERS_BYTES_MAX];
	size_t len;
	/* Who sent which part of @bytes. */
	struct peers_piece {
		enum decrypt_side from;
		size_t at, len;
	} piece[PEERS_PIECES_MAX];
	size_t pieces;
	char text[2][PEERS_TEXT_MAX]; /* application data */
	size_t text_len[2];
	char log[PEERS_LOG_MAX];
	size_t log_len;
};

struct peers *peers_start(const struct peers_spec *spec);
void peers_stop(struct peers *p);

/* A new connection, which resumes the one before, if there was one: handshake
 * and all that follows of itself. Bytes, text and log start anew. */
void peers_connect(struct peers *p);

/* The same without resumption and without success. */
void peers_connect_in_vain(struct peers *p);

/* The same with @text in the first flight (SSL_write_early_data()). */
void peers_connect_early(struct peers *p, const char *text);

/* It says @len bytes, and the other one hears them. */
void peers_say(struct peers *p, enum decrypt_side from, const void *bytes,
	       size_t len);
void peers_say_text(struct peers *p, enum decrypt_side from, const char *text);

/* TLS 1.3: new keys; @both asks the other side for new ones too. */
void peers_update_keys(struct peers *p, enum decrypt_side from, bool both);

/* TLS 1.2: a second handshake, encrypted. */
void peers_renegotiate(struct peers *p);

/* TLS 1.3: the server asks for a certificate behind the handshake. */
void peers_ask_certificate(struct peers *p);

/* close_notify */
void peers_close(struct peers *p, enum decrypt_side from);

/* The bytes of a piece. */
struct span peers_span(const struct peers *p, size_t piece);

#endif
