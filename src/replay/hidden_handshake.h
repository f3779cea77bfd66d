/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What TLS encrypts of its handshake: certificates, since TLS 1.3 (RFC 8446
 * 4.4.2), or in a renegotiation. */
#ifndef REPLAY_HIDDEN_HANDSHAKE_H
#define REPLAY_HIDDEN_HANDSHAKE_H

#include <sallyport/span.h>

#include "replay/hidden_talk.h"
#include "tls/decrypt.h"

/*
 * @message is a whole handshake message of @from, with its header, which @d has
 * decrypted. Certificate and CertificateRequest are told as the engine tells
 * those of TLS 1.2, a chain in that form; others are not, nor what cannot be
 * read, nor an empty chain.
 */
void hidden_handshake(const struct hidden_talk *t, const struct decryptor *d,
		      enum decrypt_side from, struct span message);

#endif
