/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ClientHello and ServerHello tell (RFC 8446 4.1, RFC 5246 7.4.1).
 *
 * Both parsers take the whole body of one message, without its header, and
 * answer OK or BAD, never PARTIAL: the header has promised everything. BAD: a
 * length does not fit exactly, an extension comes twice (RFC 8446 4.2), there
 * are more than TLS_EXTENSIONS_MAX, or a field has a value that its RFC rules
 * out. @out is written only for OK; its views lie in @body, and their bytes
 * are the peer's own choice.
 */
#ifndef SALLYPORT_TLS_HELLO_H
#define SALLYPORT_TLS_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

#define TLS_SSL_2_0 0x0002
#define TLS_SSL_3_0 0x0300
#define TLS_1_0     0x0301
#define TLS_1_1     0x0302
#define TLS_1_2     0x0303
#define TLS_1_3     0x0304

/* RFC 5246 7.4.1.2 */
#define TLS_SESSION_ID_MAX 32

/* Longest host name (RFC 1035 2.3.4); no TLS library takes a longer one. */
#define TLS_SNI_MAX 255

/* About 60 are assigned, and browsers send 20. The bound keeps the search for
 * repeated ones short. */
#define TLS_EXTENSIONS_MAX 64

/* How a client asks to go on with an earlier session. */
enum tls_resumption {
	TLS_RESUME_NONE,
	TLS_RESUME_SESSION_ID, /* RFC 5246 F.1.4 */
	TLS_RESUME_TICKET,     /* RFC 5077 3.4 */
	TLS_RESUME_PSK,        /* RFC 8446 2.2; or a key set by hand */
};

struct tls_client_hello {
	uint16_t legacy_version;
	uint16_t version; /* the highest offered; 0: none that is known */
	uint16_t ciphers; /* suites offered, without GREASE and SCSVs */
	bool early_data;  /* RFC 8446 4.2.10 */
	enum tls_resumption resumption;
	struct span session_id; /* 0 to TLS_SESSION_ID_MAX bytes */
	struct span sni;        /* host_name (RFC 6066 3); empty: not sent */
	struct span alpn;       /* for tls_alpn_next(); empty: not sent */
};

/*
 * A session id counts as resumption only where TLS 1.3 is not offered: its
 * clients send a random one (RFC 8446 D.4).
 */
enum parse tls_client_hello_parse(struct span body,
				  struct tls_client_hello *out);

/* Take the first protocol name off @list (RFC 7301 3.1); false at its end. */
bool tls_alpn_next(struct span *list, struct span *name);

struct tls_server_hello {
	uint16_t version; /* the one that is used from here on */
	uint16_t cipher;
	bool retry;      /* HelloRetryRequest (RFC 8446 4.1.3) */
	bool psk;        /* TLS 1.3: the client's pre_shared_key is taken */
	bool ticket_ack; /* a NewSessionTicket follows (RFC 5077 3.2) */
	bool downgrade;  /* an older version from a server that knows a newer
			  * one: an attack if the client offered that too */
	struct span session_id;
	struct span alpn; /* the chosen name; empty: none, or TLS 1.3 */
};

enum parse tls_server_hello_parse(struct span body,
				  struct tls_server_hello *out);

/*
 * Does @hello resume a session, for a client that sent @offered as its session
 * id? Before TLS 1.3 it does where the id comes back (RFC 5246 7.4.1.3, RFC
 * 5077 3.4). A client that sends a ticket but no id can be resumed without a
 * sign here: then no Certificate follows.
 */
bool tls_server_hello_resumes(const struct tls_server_hello *hello,
			      struct span offered);

/* "TLS 1.2", "SSL 3.0", ...; NULL if unknown. */
const char *tls_version_name(uint16_t version);

#endif
