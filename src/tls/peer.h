/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of a TLS connection: bytes of the network in and out, text in and
 * out. It touches no socket and waits for nothing; who calls does.
 *
 * A client trusts whoever answers: the lab's servers show throw-away
 * certificates, and `probe` is there to say what a server shows. So nothing that
 * is worth keeping secret may be sent but what the user gave for this server.
 * It speaks everything from TLS 1.0 on that OpenSSL still has, as old servers
 * are the ones that one wants to know about.
 *
 * No type of OpenSSL's crosses this header.
 */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "tls/certificate.h"
#include "tls/peer_identity.h"

/* The most that tls_peer_read() gives and tls_peer_write() takes at once: the
 * text of one record (RFC 8446 5.1). */
#define TLS_PEER_TEXT_MAX 16384

/* OpenSSL's reasons and cipher suite names are shorter. */
#define TLS_PEER_ERROR_MAX  120
#define TLS_PEER_CIPHER_MAX 64

struct tls_role_spec {
	bool server;
	/* Wire values, 0x0301 (TLS 1.0) to 0x0304; 0: all that there are. */
	uint16_t version_min, version_max;
	/* What a server shows; ignored for a client. It may be freed before
	 * the role. */
	const struct identity *identity;
};

/* How one side speaks TLS in all its connections. */
struct tls_role;

/* NULL: no memory, or OpenSSL refuses what @spec wants. tls_role_free() frees
 * it, after all its peers. */
struct tls_role *tls_role_new(const struct tls_role_spec *spec);

/* NULL is fine. */
void tls_role_free(struct tls_role *role);

/* One connection's end. */
struct tls_peer;

/*
 * A new end, before its handshake. Of a client: @sni is the name of the server
 * (RFC 6066 3), NULL for none; @like is another client's end whose session it
 * offers to resume (RFC 4217 10.2: a data connection that of its control
 * connection), NULL for a session of its own. NULL: no memory.
 */
struct tls_peer *tls_peer_new(const struct tls_role *role, const char *sni,
			      const struct tls_peer *like);

/* NULL is fine. Says nothing to the other end; tls_peer_close() does. */
void tls_peer_free(struct tls_peer *p);

enum tls_peer_result {
	TLS_PEER_DONE,
	TLS_PEER_HUNGRY, /* wants tls_peer_feed(), then the same call again */
	TLS_PEER_ENDED,  /* the other end said close_notify */
	TLS_PEER_FAILED, /* tls_peer_error() says why; it is of no more use */
};

/* Bytes from the network. False: no memory. */
bool tls_peer_feed(struct tls_peer *p, struct span bytes);

/* Bytes for the network, at most @size; gives how many. There may be some after
 * every call of the four below, whatever it gave. */
size_t tls_peer_drain(struct tls_peer *p, void *out, size_t size);

enum tls_peer_result tls_peer_handshake(struct tls_peer *p);

/* Text, at most @size bytes; DONE gives at least one in *@len. */
enum tls_peer_result tls_peer_read(struct tls_peer *p, void *out, size_t size,
				   size_t *len);

/* All of @text, 1 to TLS_PEER_TEXT_MAX bytes; HUNGRY has taken nothing. */
enum tls_peer_result tls_peer_write(struct tls_peer *p, struct span text);

/* close_notify (RFC 8446 6.1), once. */
void tls_peer_close(struct tls_peer *p);

/* Is there anything that was fed and has not been read? It need not be a whole
 * record. */
bool tls_peer_pending(const struct tls_peer *p);

/* What was agreed on; valid after the handshake. */
struct tls_facts {
	uint16_t version; /* wire value */
	char cipher[TLS_PEER_CIPHER_MAX];
	bool resumed;
};

void tls_peer_facts(const struct tls_peer *p, struct tls_facts *out);

/* The chain that the other end showed; see certificate_read(). */
enum certificate_result
tls_peer_certificate(const struct tls_peer *p,
		     const struct certificate_view *view,
		     struct certificate *out);

/* Why it failed, in OpenSSL's words: "wrong version number". */
const char *tls_peer_error(const struct tls_peer *p);

#endif
