/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of a TLS connection. */
#include "tls/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls/peer_private.h"

struct tls_role {
	SSL_CTX *ctx;
	bool server;
};

struct tls_peer {
	SSL *ssl;
	SSL_SESSION *session; /* a client's, to be resumed; NULL: none yet */
	char error[TLS_PEER_ERROR_MAX];
};

/* --- roles ------------------------------------------------------------------ */

/* TLS 1.3 sends tickets after the handshake, so the last one is kept here. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_peer *p = SSL_get_app_data(ssl);

	SSL_SESSION_free(p->session);
	p->session = session;
	return 1;
}

static void configure_client(SSL_CTX *ctx)
{
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
						    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
}

static bool configure_server(SSL_CTX *ctx, const struct identity *id)
{
	static const unsigned char context[] = "sallyport";

	return SSL_CTX_set_session_id_context(ctx, context,
					      sizeof(context) - 1) &&
	       (!id || (SSL_CTX_use_certificate(ctx, id->certificate) == 1 &&
			SSL_CTX_use_PrivateKey(ctx, id->key) == 1));
}

static bool configure(SSL_CTX *ctx, const struct tls_role_spec *spec)
{
	int least = spec->version_min ? spec->version_min : TLS1_VERSION;

	SSL_CTX_set_security_level(ctx, 0); /* also what is old */
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	if (!SSL_CTX_set_min_proto_version(ctx, least) ||
	    !SSL_CTX_set_max_proto_version(ctx, spec->version_max))
		return false;
	if (spec->server)
		return configure_server(ctx, spec->identity);
	configure_client(ctx);
	return true;
}

struct tls_role *tls_role_new(const struct tls_role_spec *spec)
{
	struct tls_role *role = malloc(sizeof(*role));

	if (!role)
		return NULL;
	ERR_set_mark();
	role->server = spec->server;
	role->ctx = SSL_CTX_new(spec->server ? TLS_server_method()
					     : TLS_client_method());
	if (!role->ctx || !configure(role->ctx, spec)) {
		tls_role_free(role);
		role = NULL;
	}
	ERR_pop_to_mark();
	return role;
}

void tls_role_free(struct tls_role *role)
{
	if (!role)
		return;
	SSL_CTX_free(role->ctx);
	free(role);
}

/* --- peers ------------------------------------------------------------------ */

static bool set_up(struct tls_peer *p, const struct tls_role *role)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	p->ssl = SSL_new(role->ctx);
	if (!p->ssl || !in || !out) {
		BIO_free(in);
		BIO_free(out);
		return false;
	}
	/* No bytes yet is no end. */
	BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(p->ssl, in, out);
	SSL_set_app_data(p->ssl, p);
	if (role->server)
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
	return true;
}

/* A copy, as what becomes of one connection must not touch the other's. */
static bool offer(struct tls_peer *p, SSL_SESSION *session)
{
	SSL_SESSION *copy = SSL_SESSION_dup(session);
	bool offered = copy && SSL_set_session(p->ssl, copy) == 1;

	SSL_SESSION_free(copy);
	return offered;
}

struct tls_peer *tls_peer_new(const struct tls_role *role, const char *sni,
			      const struct tls_peer *like)
{
	struct tls_peer *p = calloc(1, sizeof(*p));
	bool fine;

	if (!p)
		return NULL;
	ERR_set_mark();
	fine = set_up(p, role) &&
	       (!sni || SSL_set_tlsext_host_name(p->ssl, sni)) &&
	       (!like || !like->session || offer(p, like->session));
	ERR_pop_to_mark();
	if (fine)
		return p;
	tls_peer_free(p);
	return NULL;
}

void tls_peer_free(struct tls_peer *p)
{
	if (!p)
		return;
	SSL_free(p->ssl);
	SSL_SESSION_free(p->session);
	free(p);
}

bool tls_peer_feed(struct tls_peer *p, struct span bytes)
{
	return BIO_write(SSL_get_rbio(p->ssl), bytes.at, (int)bytes.len) ==
	       (int)bytes.len;
}

size_t tls_peer_drain(struct tls_peer *p, void *out, size_t size)
{
	int n = BIO_read(SSL_get_wbio(p->ssl), out, (int)size);

	return n > 0 ? (size_t)n : 0;
}

static void fail(struct tls_peer *p)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(p->error, sizeof(p->error), "%s", why ? why : "broken");
}

/* What @ret of an SSL_...() call means; that call began with an empty error
 * queue. */
static enum tls_peer_result result(struct tls_peer *p, int ret)
{
	switch (SSL_get_error(p->ssl, ret)) {
	case SSL_ERROR_NONE:
		return TLS_PEER_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_PEER_HUNGRY;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_PEER_ENDED;
	default:
		fail(p);
		return TLS_PEER_FAILED;
	}
}

enum tls_peer_result tls_peer_handshake(struct tls_peer *p)
{
	ERR_clear_error();
	return result(p, SSL_do_handshake(p->ssl));
}

enum tls_peer_result tls_peer_read(struct tls_peer *p, void *out, size_t size,
				   size_t *len)
{
	ERR_clear_error();
	return result(p, SSL_read_ex(p->ssl, out, size, len));
}

enum tls_peer_result tls_peer_write(struct tls_peer *p, struct span text)
{
	size_t written;

	ERR_clear_error();
	return result(p, SSL_write_ex(p->ssl, text.at, text.len, &written));
}

void tls_peer_close(struct tls_peer *p)
{
	ERR_clear_error();
	if (!SSL_in_init(p->ssl))
		SSL_shutdown(p->ssl);
	ERR_clear_error();
}

bool tls_peer_pending(const struct tls_peer *p)
{
	return SSL_has_pending(p->ssl) ||
	       BIO_ctrl_pending(SSL_get_rbio(p->ssl)) > 0;
}

/* --- what it says of itself ----------------------------------------------------- */

void tls_peer_facts(const struct tls_peer *p, struct tls_facts *out)
{
	out->version = (uint16_t)SSL_version(p->ssl);
	out->resumed = SSL_session_reused(p->ssl) == 1;
	snprintf(out->cipher, sizeof(out->cipher), "%s",
		 SSL_CIPHER_standard_name(SSL_get_current_cipher(p->ssl)));
}

enum certificate_result
tls_peer_certificate(const struct tls_peer *p,
		     const struct certificate_view *view,
		     struct certificate *out)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(p->ssl);
	struct span der[CERTIFICATE_CHAIN_MAX] = { { NULL, 0 } };
	size_t count = chain ? (size_t)sk_X509_num(chain) : 0;
	enum certificate_result got = CERTIFICATE_BAD;
	bool fine = true;

	if (count > CERTIFICATE_CHAIN_MAX)
		return CERTIFICATE_TOO_MANY;
	for (size_t i = 0; i < count; i++) {
		unsigned char *bytes = NULL;
		int len = i2d_X509(sk_X509_value(chain, (int)i), &bytes);

		fine = fine && len > 0;
		der[i] = span_of(bytes, len > 0 ? (size_t)len : 0);
	}
	if (fine)
		got = certificate_read(der, count, view, out);
	for (size_t i = 0; i < count; i++)
		OPENSSL_free((void *)der[i].at);
	return got;
}

const char *tls_peer_error(const struct tls_peer *p)
{
	return p->error;
}
