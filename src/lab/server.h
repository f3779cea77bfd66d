/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scripted FTP and FTPS server (RFC 959, 2428, 4217) that can go wrong at
 * every stage. Each session has a process of its own, which keeps one file in
 * memory and touches no disk, and waits in poll(2) with a deadline for everything.
 *
 *	struct server server;
 *
 *	if (server_start(&server, &spec) == 0) {
 *		... talk to server.at ...
 *		server_stop(&server);
 *	}
 */
#ifndef LAB_SERVER_H
#define LAB_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include <sallyport/addr.h>
#include <sallyport/policy.h>

#include "lab/stop.h"
#include "tls/peer.h"

/* What STOR may leave behind, for RETR. */
#define SERVER_FILE_MAX (1u << 20)

/* How long it waits for a client, in milliseconds: longer than any client of
 * the lab does, so that it is always the client that gives up. */
#define SERVER_PATIENCE_MS 60000

enum server_does {
	SERVER_GOES_ON,
	SERVER_REFUSES, /* with a 4yz or 5yz, or a TLS alert */
	SERVER_QUITS,   /* the same, and closes its connections */
	SERVER_CUTS,    /* closes them without a word */
	SERVER_STALLS,  /* says nothing more until the client closes */
	SERVER_BABBLES, /* sends what is neither FTP nor TLS */
	SERVER_FLOODS,  /* begins a reply that never ends */
	SERVER_DAWDLES, /* sends preliminary replies without end */
	/* AUTH: a reply in clear stands behind the 234, in the same segment;
	 * otherwise it goes on. */
	SERVER_INJECTS,
};

struct server_spec {
	struct endpoint at; /* port 0: any */
	bool implicit;      /* TLS from the first byte on */
	/* NULL: it knows no TLS, and AUTH is refused. A server's role. */
	const struct tls_role *role;
	bool reuse; /* data connections must resume a TLS session */
	/* Passive ports; 0-0: any. One that is taken by others is passed over;
	 * where all are, PASV and EPSV are refused with 425. */
	struct port_range passive;
	/* A 227 names this in place of the control connection's address. */
	bool announces;
	struct addr announced;
	/* Where active data connections come from; 0: any. */
	uint16_t data_port;
	bool no_epsv, no_active; /* 502 */
	/* The only login; NULL: every login is right. */
	const char *user, *password;
	/* At which stage it does what. CONNECT and QUIT go on, whatever. */
	struct {
		enum stage at;
		enum server_does does;
	} fault;
};

struct server {
	pid_t pid;
	struct endpoint at; /* where it listens */
};

/* Start it, in the network namespace of the caller, in a process that does not
 * outlive this one. It listens when this returns. Gives 0 or a negative errno. */
int server_start(struct server *s, const struct server_spec *spec);

/* End it, whatever it is doing, and wait for that. Its sessions end by it. */
void server_stop(struct server *s);

#endif
