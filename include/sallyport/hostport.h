/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The six texts in which FTP names a data endpoint, read and written.
 *
 *   PORT  h1,h2,h3,h4,p1,p2                     RFC 959 4.1.2
 *   EPRT  <d>family<d>address<d>port<d>         RFC 2428 2
 *   LPRT  af,hal,h1,..,pal,p1,..                RFC 1639 3
 *   227   text with h1,h2,h3,h4,p1,p2 in it     RFC 959 5.4, RFC 1123 4.1.2.6
 *   228   text with the LPRT form in it         RFC 1639 3
 *   229   text with (<d><d><d>port<d>) in it    RFC 2428 3
 */
#ifndef SALLYPORT_HOSTPORT_H
#define SALLYPORT_HOSTPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

/* Named by the command that asks, as the event log does ("via"). */
enum via {
	VIA_PORT,
	VIA_EPRT,
	VIA_LPRT,
	VIA_PASV, /* read from the 227 */
	VIA_EPSV, /* read from the 229 */
	VIA_LPSV, /* read from the 228 */
};

/* One endpoint as it stood in the text. */
struct hostport {
	enum via via;
	struct endpoint endpoint;
	bool has_addr;     /* false: 229, the address is the control peer's */
	uint8_t delimiter; /* of EPRT and 229; 0 elsewhere */
	size_t at;  /* where the endpoint's text starts in what was read */
	size_t len; /* how long it is: what hostport_format() replaces */
};

/* Why a text was not taken; hostport_reason() gives the stable words. */
enum hostport_error {
	HOSTPORT_FINE,
	HOSTPORT_MISSING,   /* no endpoint in the text ("227 Logout.") */
	HOSTPORT_MALFORMED, /* not the grammar, or a number out of range */
	HOSTPORT_AMBIGUOUS, /* two readings: peers may choose different ones */
	HOSTPORT_FAMILY,    /* EPRT or LPRT with an unknown address family */
};

/*
 * Longest text that hostport_format() writes: LPRT over IPv6, "6,16," then
 * sixteen times "255," then "2,255,255": 5 + 64 + 9 = 78.
 */
#define HOSTPORT_TEXT_MAX 80

/*
 * Read the argument of a PORT, EPRT or LPRT: everything behind the one space,
 * without the line end. The whole argument must be the endpoint.
 * Writes @out only for HOSTPORT_FINE; out->at counts from @arg's start.
 */
enum hostport_error hostport_parse_arg(enum via via, struct span arg,
				       struct hostport *out);

/*
 * Find the endpoint in the text of a 227, 228 or 229 reply: everything behind
 * the code and its space, without the line end. The text may hold other
 * digits; parentheses are optional for 227 and 228 (RFC 1123 4.1.2.6).
 * Writes @out only for HOSTPORT_FINE; out->at counts from @text's start.
 */
enum hostport_error hostport_parse_reply(enum via via, struct span text,
					 struct hostport *out);

/*
 * Write @hp->endpoint in the form of hp->via, with hp->delimiter, so that it
 * can take the place of text[at, at + len). No NUL. Gives the length; 0 where
 * the form cannot carry the address (PORT or PASV with IPv6).
 */
size_t hostport_format(const struct hostport *hp, char out[HOSTPORT_TEXT_MAX]);

/* PORT, EPRT and LPRT: the client listens and the server connects. */
bool via_is_active(enum via via);

/* "PORT", "EPRT", ... */
const char *via_name(enum via via);

/* Stable words for events, such as "malformed". */
const char *hostport_reason(enum hostport_error error);

#endif
