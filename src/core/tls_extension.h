/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The extensions of a hello (RFC 8446 4.2, RFC 5246 7.4.1.4). */
#ifndef CORE_TLS_EXTENSION_H
#define CORE_TLS_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/* IANA's numbers of those that are read. */
#define EXT_SERVER_NAME        0  /* RFC 6066 3 */
#define EXT_ALPN               16 /* RFC 7301 3.1 */
#define EXT_SESSION_TICKET     35 /* RFC 5077 3.2 */
#define EXT_PRE_SHARED_KEY     41 /* RFC 8446 4.2.11 */
#define EXT_EARLY_DATA         42 /* RFC 8446 4.2.10 */
#define EXT_SUPPORTED_VERSIONS 43 /* RFC 8446 4.2.1 */

struct tls_extension {
	uint16_t type;
	struct span body;
};

/*
 * Take the block of extensions with which every hello ends; before TLS 1.3 it
 * may be absent. It must end with @c, hold whole extensions, none twice, and
 * at most TLS_EXTENSIONS_MAX; anything else sets bad. Gives what
 * tls_extension_next() reads.
 */
struct span rd_extensions(struct cursor *c);

/* Take the first extension off @list; false at its end. */
bool tls_extension_next(struct span *list, struct tls_extension *out);

/* Vectors behind a length of one or two bytes (RFC 8446 3.4). */
struct span rd_vector8(struct cursor *c);
struct span rd_vector16(struct cursor *c);

/* Everything is read, and all reads went well. */
bool cursor_done(const struct cursor *c);

/* Is @list a ProtocolNameList without its length? Nothing in it is empty. */
bool tls_alpn_list_fits(struct span list);

#endif
