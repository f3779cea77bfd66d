/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about a certificate chain as TLS 1.2 shows it (RFC 5246 7.4.2).
 *
 * Nothing is trusted and no signature is verified: a firewall has no trust
 * store to judge by, and whoever sends the key decides how slow a signature is
 * to verify. What is said here is what the certificates say of themselves.
 *
 * Decoding is no work for a thread that owes verdicts: a certificate takes some
 * tenths of a millisecond, a chain that was built to be slow up to a tenth of a
 * second.
 *
 * No type of OpenSSL's crosses this header.
 */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

/* Real chains have a leaf and one to three others; anybody may send more, and
 * each costs time. */
#define CERTIFICATE_CHAIN_MAX 10

/* Bytes of one certificate: real ones have 1 to 4 KiB, some with very many
 * names 30. */
#define CERTIFICATE_DER_MAX 65536

/* A DNS name has 253 bytes at most (RFC 1035 2.3.4), subjects seldom more. */
#define CERTIFICATE_NAME_MAX 256

/* Listed names; most certificates have one to four, content networks 100. */
#define CERTIFICATE_SAN_MAX 16

/* "EC " and the longest name of a curve that OpenSSL knows, or the name of
 * a kind of key; longer ones are cut. */
#define CERTIFICATE_KEY_MAX 64

/*
 * Bytes from the network: escape them before printing (report/escape.h).
 * They may hold a NUL. A name that did not fit ends in "...".
 */
struct certificate_name {
	uint16_t len;
	uint8_t at[CERTIFICATE_NAME_MAX];
};

/* Everything is in fixed buffers: it owns nothing and may be copied. */
struct certificate {
	/* RFC 2253 text in UTF-8; empty where the certificate has none. */
	struct certificate_name subject, issuer;
	/* The leaf's DNS names and addresses, in its order; names of other
	 * kinds (mail, URI) do not count. Bytes that are no address are written
	 * as RFC 2253 writes unknown values: #0a0205. */
	struct certificate_name san[CERTIFICATE_SAN_MAX];
	uint32_t san_count;            /* used in san[] */
	uint32_t san_more;             /* left out, as san[] is full */
	char key[CERTIFICATE_KEY_MAX]; /* "RSA 2048", "EC P-256", "Ed25519" */
	int64_t not_before, not_after; /* seconds since the epoch, both valid */

	bool expired;       /* now is after not_after */
	bool not_yet_valid; /* now is before not_before */
	bool self_signed;   /* subject, issuer and key identifiers say so */
	/* The leaf is not for the SNI, which is in @wanted. */
	bool name_mismatch;
	/* There was no SNI, and the leaf names addresses, but not the server's,
	 * which is in @wanted. One that names hosts alone is not judged by
	 * address: which of them the client asked for is not known. */
	bool address_mismatch;
	struct certificate_name wanted; /* empty if neither is set */

	/* The whole chain, leaf first. */
	uint32_t chain_count; /* 1 to CERTIFICATE_CHAIN_MAX */
	/* [i]: names, key identifiers and key usage of certificate i + 1 fit
	 * the issuer of certificate i. False from chain_count - 1 on. */
	bool issued_by_next[CERTIFICATE_CHAIN_MAX];
	int64_t chain_not_after; /* the earliest in the chain */
};

/* What a chain is judged by. */
struct certificate_view {
	/* As the client sent it (RFC 6066 3); empty: none. A client's chain is
	 * not judged by name: it has neither this nor @server. */
	struct span sni;
	/* As the client knows it; NULL: not judged. */
	const struct addr *server;
	uint64_t now_us; /* microseconds since the epoch */
};

enum certificate_result {
	CERTIFICATE_OK,
	CERTIFICATE_NONE,     /* no certificate: clients may send none */
	CERTIFICATE_TOO_MANY, /* over CERTIFICATE_CHAIN_MAX */
	CERTIFICATE_TOO_LONG, /* one is over CERTIFICATE_DER_MAX */
	CERTIFICATE_BAD,      /* one cannot be decoded, or there is no memory */
	CERTIFICATE_RESULTS
};

/*
 * Decode @chain, @count spans of DER with the leaf first, each just one
 * certificate with nothing behind it. @out is written with CERTIFICATE_OK and
 * keeps no reference to the input. A leaf whose list of names is broken or
 * occurs twice is BAD: whom it is for cannot be said. So is one whose subject
 * or issuer does not fit its string type, as OpenSSL refuses it. Any thread may
 * call; nothing is left in OpenSSL's error queue.
 */
enum certificate_result certificate_read(const struct span *chain, size_t count,
					 const struct certificate_view *view,
					 struct certificate *out);

/* Lower case, without a full stop: "a certificate cannot be decoded". */
const char *certificate_result_text(enum certificate_result result);

/* The bytes of @name. */
struct span certificate_name_span(const struct certificate_name *name);

#endif
