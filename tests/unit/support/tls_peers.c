/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two real TLS peers that talk through memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tls_peers.h"

#include "make_cert.h"

/* More rounds than any handshake takes. */
#define ROUNDS_MAX 20

static const struct cert_spec certificate = {
	.key = "P-256",
	.organisation = CERT_BYTES(""),
	.common_name = CERT_BYTES("ftp.example"),
	.not_before = 1700000000,
	.not_after = 4000000000,
};

static struct peers *peers_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

static void log_line(const SSL *ssl, const char *line)
{
	struct peers *p = peers_of(ssl);
	size_t len = strlen(line);

	assert_true(p->log_len + len + 1 <= sizeof(p->log));
	memcpy(p->log + p->log_len, line, len);
	p->log[p->log_len + len] = '\n';
	p->log_len += len + 1;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct peers *p = peers_of(ssl);

	SSL_SESSION_free(p->session);
	p->session = session;
	return 1;
}

static int trust(int fine, X509_STORE_CTX *ctx)
{
	(void)fine;
	(void)ctx;
	return 1;
}

/* Made once: an RSA key takes a while. */
static void use_certificate(SSL_CTX *ctx, bool rsa)
{
	static struct cert made[2];
	struct cert_spec spec = certificate;

	spec.key = rsa ? "RSA" : "P-256";
	if (!made[rsa].x)
		made[rsa] = make_cert(&spec);
	assert_int_equal(SSL_CTX_use_certificate(ctx, made[rsa].x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, made[rsa].key), 1);
}

static void configure(SSL_CTX *ctx, const struct peers_spec *spec)
{
	SSL_CTX_set_security_level(ctx, 0); /* also what is old */
	assert_true(SSL_CTX_set_min_proto_version(ctx, spec->version));
	assert_true(SSL_CTX_set_max_proto_version(ctx, spec->version));
	if (spec->version == TLS1_3_VERSION)
		assert_true(SSL_CTX_set_ciphersuites(ctx, spec->cipher));
	else
		assert_true(SSL_CTX_set_cipher_list(ctx, spec->cipher));
	SSL_CTX_set_dh_auto(ctx, 1);
	if (spec->mac_first)
		SSL_CTX_set_options(ctx, SSL_OP_NO_ENCRYPT_THEN_MAC);
	if (spec->fragment > 0)
		assert_true(SSL_CTX_set_max_send_fragment(ctx, spec->fragment));
	if (spec->padding > 0)
		assert_true(SSL_CTX_set_block_padding(ctx, spec->padding));
}

static void configure_client(SSL_CTX *ctx, const struct peers_spec *spec)
{
	configure(ctx, spec);
	SSL_CTX_set_keylog_callback(ctx, log_line);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	SSL_CTX_set_post_handshake_auth(ctx, 1);
	if (spec->client_certificate)
		use_certificate(ctx, spec->rsa);
	if (spec->retry)
		assert_true(SSL_CTX_set1_groups_list(ctx, "X25519:P-384"));
}

static void configure_server(SSL_CTX *ctx, const struct peers_spec *spec)
{
	configure(ctx, spec);
	use_certificate(ctx, spec->rsa);
	SSL_CTX_set_options(ctx, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"t", 1);
	if (spec->client_certificate)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, trust);
	if (spec->retry)
		assert_true(SSL_CTX_set1_groups_list(ctx, "P-384"));
	if (spec->early_data)
		assert_true(SSL_CTX_set_max_early_data(ctx, 1024));
}

struct peers *peers_start(const struct peers_spec *spec)
{
	struct peers *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->spec = *spec;
	p->ctx[DECRYPT_CLIENT] = SSL_CTX_new(TLS_client_method());
	p->ctx[DECRYPT_SERVER] = SSL_CTX_new(TLS_server_method());
	configure_client(p->ctx[DECRYPT_CLIENT], spec);
	configure_server(p->ctx[DECRYPT_SERVER], spec);
	return p;
}

void peers_stop(struct peers *p)
{
	SSL_SESSION_free(p->session);
	for (int i = 0; i < 2; i++) {
		SSL_free(p->ssl[i]);
		SSL_CTX_free(p->ctx[i]);
	}
	free(p);
}

/* What @from has written goes to the other side, and into the record. */
static void carry(struct peers *p, enum decrypt_side from)
{
	BIO *to = SSL_get_rbio(p->ssl[!from]);
	int n = (int)BIO_pending(SSL_get_wbio(p->ssl[from]));

	if (n == 0)
		return;
	assert_true(p->len + (size_t)n <= sizeof(p->bytes));
	assert_true(p->pieces < PEERS_PIECES_MAX);
	assert_int_equal(BIO_read(SSL_get_wbio(p->ssl[from]), p->bytes + p->len,
				  n),
			 n);
	assert_int_equal(BIO_write(to, p->bytes + p->len, n), n);
	p->piece[p->pieces++] = (struct peers_piece){ from, p->len, (size_t)n };
	p->len += (size_t)n;
}

/* Let @at read what has come; all of it was said with peers_say(). */
static void hear(struct peers *p, enum decrypt_side at)
{
	char got[4096];

	while (SSL_read(p->ssl[at], got, sizeof(got)) > 0)
		;
	carry(p, at);
}

static void note(struct peers *p, enum decrypt_side from, const void *bytes,
		 size_t len)
{
	assert_true(p->text_len[from] + len <= PEERS_TEXT_MAX);
	memcpy(p->text[from] + p->text_len[from], bytes, len);
	p->text_len[from] += len;
}

static void prepare(struct peers *p)
{
	p->len = p->pieces = p->log_len = 0;
	p->text_len[0] = p->text_len[1] = 0;
	for (int i = 0; i < 2; i++) {
		/* A session that ended without good-bye is not resumed. */
		if (p->ssl[i])
			SSL_set_shutdown(p->ssl[i], SSL_SENT_SHUTDOWN);
		SSL_free(p->ssl[i]);
		p->ssl[i] = SSL_new(p->ctx[i]);
		assert_non_null(p->ssl[i]);
		SSL_set_app_data(p->ssl[i], p);
		SSL_set_bio(p->ssl[i], BIO_new(BIO_s_mem()),
			    BIO_new(BIO_s_mem()));
	}
	if (p->spec.sni)
		SSL_set_tlsext_host_name(p->ssl[DECRYPT_CLIENT], p->spec.sni);
	SSL_set_connect_state(p->ssl[DECRYPT_CLIENT]);
	SSL_set_accept_state(p->ssl[DECRYPT_SERVER]);
	if (p->session)
		SSL_set_session(p->ssl[DECRYPT_CLIENT], p->session);
}

/* Turn by turn until both are done, or nothing moves. */
static bool shake_hands(struct peers *p)
{
	int done = 0;

	for (int i = 0; i < ROUNDS_MAX && done < 2; i++) {
		done = 0;
		for (int side = 0; side < 2; side++) {
			done += SSL_do_handshake(p->ssl[side]) == 1;
			carry(p, (enum decrypt_side)side);
		}
	}
	return done == 2;
}

static void finish(struct peers *p)
{
	assert_true(shake_hands(p));
	hear(p, DECRYPT_SERVER);
	hear(p, DECRYPT_CLIENT);
	p->resumed = SSL_session_reused(p->ssl[DECRYPT_CLIENT]);
}

void peers_connect(struct peers *p)
{
	prepare(p);
	finish(p);
}

void peers_connect_in_vain(struct peers *p)
{
	prepare(p);
	assert_false(shake_hands(p));
}

void peers_connect_early(struct peers *p, const char *text)
{
	char got[64];
	size_t n;

	prepare(p);
	assert_int_equal(SSL_write_early_data(p->ssl[DECRYPT_CLIENT], text,
					      strlen(text), &n),
			 1);
	carry(p, DECRYPT_CLIENT);
	if (p->spec.early_data) {
		assert_int_equal(SSL_read_early_data(p->ssl[DECRYPT_SERVER],
						     got, sizeof(got), &n),
				 SSL_READ_EARLY_DATA_SUCCESS);
		carry(p, DECRYPT_SERVER);
	}
	finish(p);
}

void peers_say(struct peers *p, enum decrypt_side from, const void *bytes,
	       size_t len)
{
	assert_int_equal(SSL_write(p->ssl[from], bytes, (int)len), len);
	note(p, from, bytes, len);
	carry(p, from);
	hear(p, !from);
}

void peers_say_text(struct peers *p, enum decrypt_side from, const char *text)
{
	peers_say(p, from, text, strlen(text));
}

void peers_update_keys(struct peers *p, enum decrypt_side from, bool both)
{
	assert_true(SSL_key_update(p->ssl[from],
				   both ? SSL_KEY_UPDATE_REQUESTED
					: SSL_KEY_UPDATE_NOT_REQUESTED));
	assert_int_equal(SSL_do_handshake(p->ssl[from]), 1);
	carry(p, from);
	hear(p, !from);
}

void peers_renegotiate(struct peers *p)
{
	assert_true(SSL_renegotiate(p->ssl[DECRYPT_CLIENT]));
	for (int i = 0;
	     i < ROUNDS_MAX && SSL_renegotiate_pending(p->ssl[DECRYPT_CLIENT]);
	     i++) {
		SSL_do_handshake(p->ssl[DECRYPT_CLIENT]);
		carry(p, DECRYPT_CLIENT);
		hear(p, DECRYPT_SERVER);
	}
	assert_false(SSL_renegotiate_pending(p->ssl[DECRYPT_CLIENT]));
}

void peers_ask_certificate(struct peers *p)
{
	SSL_set_verify(p->ssl[DECRYPT_SERVER], SSL_VERIFY_PEER, trust);
	assert_int_equal(SSL_verify_client_post_handshake(
				 p->ssl[DECRYPT_SERVER]),
			 1);
	SSL_do_handshake(p->ssl[DECRYPT_SERVER]);
	carry(p, DECRYPT_SERVER);
	hear(p, DECRYPT_CLIENT);
	hear(p, DECRYPT_SERVER);
}

void peers_close(struct peers *p, enum decrypt_side from)
{
	SSL_shutdown(p->ssl[from]);
	carry(p, from);
}

struct span peers_span(const struct peers *p, size_t piece)
{
	return span_of(p->bytes + p->piece[piece].at, p->piece[piece].len);
}
