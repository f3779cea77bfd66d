/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS as it looks from outside: hellos that can be read, and behind them
 * records of the right types and lengths with nothing in them. The engine has
 * no keys, so to it this is TLS.
 */
#ifndef SALLYPORT_TEST_TLS_TALK_H
#define SALLYPORT_TEST_TLS_TALK_H

#include <sallyport/tls_hello.h>
#include <sallyport/tls_record.h>

#include "wire.h"

/* Length of an alert under TLS 1.3, and of a Finished with SHA-256. */
#define TLS_TALK_ALERT    19
#define TLS_TALK_FINISHED 53

/* Room for what tls_client_hello() and its like write. */
#define TLS_TALK_MAX 1024

/* Connect, with a "servers:" entry for the wire's server; and its greeting,
 * where the port is one for lines. */
void tls_start(struct wire *w, const struct wire_options *o);

/* The same, and on until the handshake is done. */
void tls_begin(struct wire *w, const struct wire_options *o, uint16_t version);

/* One record of @len bytes. */
void tls_say(struct wire *w, enum side from, uint8_t type, size_t len);

/* A ClientHello in its record: @version is the highest offered; @sni may be
 * NULL. Gives its length. */
size_t tls_client_hello(uint8_t *out, uint16_t version, const char *sni);

/* A ServerHello in its record; of TLS 1.3 and older, or a HelloRetryRequest. */
size_t tls_server_hello(uint8_t *out, uint16_t version, bool retry);

/* Write @len bytes to the stream and send them in one segment. */
void tls_send(struct wire *w, enum side from, const void *bytes, size_t len);

/* Both hellos, and all up to where the client's Finished is due. */
void tls_hellos(struct wire *w, uint16_t version);

/* A whole handshake of TLS 1.2 or 1.3; under 1.3 with the server's ticket,
 * which shows that it took the client's Finished. */
void tls_handshake(struct wire *w, uint16_t version);

/* AUTH TLS, 234, handshake. */
void tls_auth(struct wire *w, uint16_t version);

/* Some command and its reply, unreadable. */
void tls_exchange(struct wire *w);

/* A close_notify of @from. */
void tls_close(struct wire *w, enum side from, uint16_t version);

#endif
