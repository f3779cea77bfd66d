/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading along in a TLS connection with the secrets of a key log.
 *
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446), with AES-GCM, ChaCha20-Poly1305 and, in
 * TLS 1.2, AES-CBC in both orders (RFC 7366); resumed sessions, retries,
 * KeyUpdate and renegotiation. It must see the connection from the first byte
 * of the ClientHello. Records are authenticated, but the peers are not: whether
 * a certificate or a Finished is right is not looked at.
 *
 * What 0-RTT data says is not read, only skipped: no FTP client sends any.
 */
#ifndef TLS_DECRYPT_H
#define TLS_DECRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "tls/keylog.h"

/* Who sends. */
enum decrypt_side { DECRYPT_CLIENT, DECRYPT_SERVER };

enum decrypt_result {
	DECRYPT_OK,            /* fine so far */
	DECRYPT_CLOSED,        /* what this side sends next is not TLS */
	DECRYPT_NO_KEY,        /* the key log lacks a secret */
	DECRYPT_UNSUPPORTED,   /* version, cipher suite or compression */
	DECRYPT_NOT_AUTHENTIC, /* wrong key, or not what was sent */
	DECRYPT_NOT_TLS,       /* no record where one must start */
	DECRYPT_UNEXPECTED,    /* not what TLS allows in this place */
	DECRYPT_LIBRARY,       /* OpenSSL cannot, or has no memory */
	DECRYPT_RESULTS
};

struct decrypt_status {
	enum decrypt_result result; /* never DECRYPT_CLOSED */
	uint16_t version;           /* of the ServerHello; 0: not yet seen */
	uint16_t cipher;
	bool compressed;  /* RFC 3749 */
	uint32_t skipped; /* bytes of 0-RTT data */
	/* Unless the result is DECRYPT_OK: */
	enum decrypt_side side;
	uint64_t record;           /* of that side, from 1 */
	enum keylog_label missing; /* for DECRYPT_NO_KEY */
};

/*
 * Gets what was encrypted, and nothing else, in order: application data as it
 * comes, alerts (2 bytes), handshake messages whole and with their header
 * (sallyport/tls_handshake.h). @type is an enum tls_content. @bytes may hold
 * passwords, and lies in memory that is used again afterwards.
 */
typedef void decrypt_fn(void *arg, enum decrypt_side from, uint8_t type,
			struct span bytes);

struct decryptor;

/* One for each connection; @log must outlive it. NULL: no memory. */
struct decryptor *decrypt_new(const struct keylog *log, decrypt_fn *plain,
			      void *arg);

/*
 * Go on with @bytes, the next ones that @from sent, whatever their cut; moves
 * @bytes behind what was taken. Both sides' bytes must come in an order in
 * which they could have been sent: an answer behind what it answers.
 *
 * OK takes everything. CLOSED: @bytes starts with what follows TLS: this side
 * has sent its close_notify or a fatal alert, or the other one did and this one
 * speaks in the clear (RFC 4217 12.3: CCC). The rest is for ever: later calls
 * for either side take nothing and give the same.
 */
enum decrypt_result decrypt_take(struct decryptor *d, enum decrypt_side from,
				 struct span *bytes);

/* Has @from sent whole records only, so far? */
bool decrypt_at_boundary(const struct decryptor *d, enum decrypt_side from);

/* It lies in @d. */
const struct decrypt_status *decrypt_status(const struct decryptor *d);

/* Longest server name that is kept: a DNS name has 253 bytes at most. */
#define DECRYPT_SNI_MAX 255

/* The name that the ClientHello asks for (RFC 6066 3), as it stands there; empty
 * if there is none, or a longer one. It lies in @d. */
struct span decrypt_sni(const struct decryptor *d);

/* Room for the longest text that decrypt_explain() writes. */
#define DECRYPT_TEXT_MAX 128

/* In words why there is no more to read, such as "record 12 of the client does
 * not authenticate". Gives the length without the NUL. */
size_t decrypt_explain(const struct decrypt_status *status,
		       char out[DECRYPT_TEXT_MAX]);

/* Wipe it. NULL is fine. */
void decrypt_free(struct decryptor *d);

#endif
