/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scripted FTP and FTPS client (RFC 959, 2428, 4217): one function a stage,
 * each bounded in time and size, each saying whether it went well. Where one
 * did not, client.stop says at which stage and why, and the session is of no
 * more use but for client_close().
 *
 *	client_open(&c, &spec);
 *	fine = client_begin(&c) && client_login(&c, user, password) &&
 *	       client_protect(&c) && client_passive(&c, VIA_EPSV) &&
 *	       client_transfer(&c, &transfer);
 *	client_close(&c);
 *
 * It waits in poll(2), starts no thread and prints nothing. What came from the
 * server is kept as it came: escape it before it is printed.
 */
#ifndef LAB_CLIENT_H
#define LAB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/hostport.h>
#include <sallyport/span.h>

#include "lab/lines.h"
#include "lab/link.h"
#include "lab/stop.h"

/* How TLS comes to the control connection. */
enum client_tls {
	CLIENT_FTP,      /* not at all */
	CLIENT_EXPLICIT, /* AUTH TLS (RFC 4217 4) */
	CLIENT_IMPLICIT, /* from the first byte on */
};

/* Milliseconds that each stage may take. */
struct client_times {
	uint32_t connect;   /* a TCP connection; two SYNs are lost in 3 s */
	uint32_t reply;     /* from a command to the end of its reply */
	uint32_t handshake; /* of TLS */
	uint32_t data;      /* until the server has connected (active mode) */
	uint32_t transfer;  /* from the first byte of data to the last */
};

/* Servers look names up before they greet, and make a failed login wait: 20 s
 * outlast both. */
#define CLIENT_TIMES_DEFAULT                        \
	((struct client_times){ .connect = 10000,   \
				.reply = 20000,     \
				.handshake = 10000, \
				.data = 10000,      \
				.transfer = 30000 })

/* All lines of a reply; FEAT's is the longest, with some hundred bytes. */
#define CLIENT_REPLY_MAX 16384

/* A command's line; RFC 959 has no bound, servers take 512 bytes or more. */
#define CLIENT_COMMAND_MAX 512

struct client_spec {
	struct endpoint server;
	struct endpoint from; /* of the control connection; :: stands for any */
	enum client_tls tls;
	const char *sni; /* the server's name, NULL if it has none; it stays */
	/* NULL without TLS; tls_role_new()'s, of a client. */
	const struct tls_role *role;
	struct client_times times;
	/* Connect to the very address that a 227 names, if it is another than
	 * the server's. A client that does so goes wherever a server sends it
	 * (RFC 2577 3): for the lab only. */
	bool follow;
};

struct client_reply {
	uint16_t code;
	uint32_t lines;
	/* Lines without their end, with '\n' between them; the first without
	 * its code. */
	size_t len;
	char text[CLIENT_REPLY_MAX];
};

struct client {
	struct client_spec spec;
	struct stop stop;
	struct link control;
	struct endpoint local;     /* this end, once connected */
	struct client_reply reply; /* the last one that came */
	struct lines lines;
	bool secured;   /* the control connection is under TLS */
	bool protected; /* data connections are: PROT P */

	/* The data connection, from client_passive() or client_active() to the
	 * end of client_transfer(). */
	struct hostport announced; /* what was announced, by whomever */
	int listener;              /* active mode; -1: none */
	struct link data;
};

/* --- the control connection ------------------------------------------------------ */

/* Nothing is connected yet. Allowed again after client_close(). */
void client_open(struct client *c, const struct client_spec *spec);

/* Close what is open, without a word; repeatable. client.stop and what came
 * stay readable. */
void client_close(struct client *c);

/* Connect; TLS first where it is implicit. */
bool client_connect(struct client *c);

/* The greeting: 220; a 120 before it is waited out (RFC 959 5.4). */
bool client_greeting(struct client *c);

/* AUTH TLS and the handshake. Implicit TLS and FTP: nothing to do. */
bool client_auth(struct client *c);

/* client_connect(), client_greeting() and client_auth(). */
bool client_begin(struct client *c);

/* USER, and PASS where it is asked for: 230 or 202. */
bool client_login(struct client *c, const char *user, const char *password);

/* PBSZ 0 and PROT P (RFC 4217 9); for FTP nothing to do. */
bool client_protect(struct client *c);

/*
 * Send a command and wait for its final reply, which is in client.reply. False
 * only where none came: a reply that says no is a reply. @fmt makes the line,
 * without its end; a line break in it is STOP_MALFORMED, as a command is one
 * line.
 */
bool client_ask(struct client *c, enum stage stage, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, but a final reply that is not 2yz stops. */
bool client_command(struct client *c, enum stage stage, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* QUIT, and the server's end. */
bool client_quit(struct client *c);

/* --- data connections (client_data.c) ---------------------------------------------- */

/* VIA_PASV or VIA_EPSV: what the server announces is in client.announced, and
 * nothing is connected yet. Asking again is allowed. */
bool client_passive(struct client *c, enum via via);

/* VIA_PORT or VIA_EPRT: listen on this end's address and announce that, which
 * is in client.announced. */
bool client_active(struct client *c, enum via via);

enum client_direction { CLIENT_DOWN, CLIENT_UP };

struct client_transfer {
	const char *command; /* "LIST", "RETR name", "STOR name" */
	enum client_direction direction;
	/* Up: what to send, all of it. Down: room for what comes; from a
	 * server that sends more, no more is read. */
	void *bytes;
	size_t size;
	bool fresh; /* do not offer the control connection's TLS session */

	/* Written by client_transfer(), whether it went well or not. */
	struct endpoint from, to; /* of the data connection; all zero: none */
	size_t moved;             /* bytes */
	bool more;                /* down: the server had more */
	bool tls;                 /* the handshake was finished */
	bool truncated;           /* see struct link */
	struct tls_facts facts;   /* with @tls */
};

/*
 * The data connection that was agreed on, the transfer, and its 2yz. In
 * active mode only a connection from the control connection's server counts;
 * others are closed.
 */
bool client_transfer(struct client *c, struct client_transfer *t);

#endif
