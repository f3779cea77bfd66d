/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen of one server, and of each of its sessions meanwhile. */
#ifndef REPORT_SUGGEST_SERVER_H
#define REPORT_SUGGEST_SERVER_H

#include "report/book.h"
#include "report/port_set.h"
#include "report/story.h"
#include "tls/certificate.h"

/* Nothing below may be reached through a pinhole (RFC 2577 3); also the least
 * that the configuration takes. */
#define SUGGEST_PORT_MIN 1024

/* Ranges kept of passive ports; a server that picks 4096 ports at random from
 * all has fewer. Lowest and highest are right all the same. */
#define SUGGEST_RANGES_MAX 4096

/* A server speaks on one to three. */
#define SUGGEST_CONTROL_PORTS_MAX 4

/* Announced addresses; a server has one outside. More are counted. */
#define SUGGEST_PUBLIC_MAX 4

/* SSL 3.0 to TLS 1.3, and one for what has no name. */
#define SUGGEST_VERSIONS_MAX 6

/* Distinct ones decoded, as that takes time; servers have one or two (RSA and
 * EC), and a new one each year. */
#define SUGGEST_CERTIFICATES_MAX 2

/* Endpoints of one session that wait for their data connections. Clients have
 * one at a time (RFC 959 3.3); connections are told when they end. */
#define SUGGEST_AWAITED 8

/* One session, as far as later news of it need it. */
struct suggest_session {
	struct book_page page; /* first */
	struct suggest_server *server;
	struct suggest_awaited {
		uint16_t port; /* 0: none */
		bool active, came;
		int8_t announced; /* in public[] of the server; -1: none */
	} awaited[SUGGEST_AWAITED];
	uint8_t next; /* the oldest in awaited[] */
	bool closed, midstream, tls, decrypted, clear, passive, active;
};

/* An address of which a 227 or 228 says that the server is there. */
struct suggest_public {
	struct addr addr;
	uint64_t times;
	uint64_t followed; /* by a data connection to that port */
};

struct suggest_server {
	struct addr addr;
	struct port_set control;
	uint64_t sessions;
	uint64_t tls;   /* sessions that were under it */
	uint64_t clear; /* sessions that logged in without it */

	struct port_set passive;
	uint16_t lowest, highest; /* of passive ports; 0: none */
	uint64_t announced;       /* passive endpoints that were accepted */
	uint64_t low_ports;       /* passive, below SUGGEST_PORT_MIN */
	uint64_t asked;           /* active endpoints */
	/* Data connections, [active], and sessions that had one. */
	uint64_t flows[2], with_flows[2];
	uint64_t inferred; /* of those, by hosts and time alone */
	uint64_t protection[DATA_TLS_NO + 1];

	struct suggest_public public[SUGGEST_PUBLIC_MAX];
	size_t publics;
	uint64_t publics_more;

	struct {
		uint16_t version;
		uint64_t sessions;
	} version[SUGGEST_VERSIONS_MAX];
	size_t versions;

	char name[POLICY_NAME_MAX]; /* of its SNI, if fit; else empty */
	bool names_differ;

	struct certificate *certificate[SUGGEST_CERTIFICATES_MAX];
	uint64_t certificate_hash[SUGGEST_CERTIFICATES_MAX];
	size_t certificates;
	bool certificates_more, certificate_bad;
};

/* A new session of @server begins. */
void suggest_server_session(struct suggest_server *server,
			    const struct endpoint *at);

void suggest_server_note(struct suggest_session *s,
			 const struct story_note *note);

/* @s: NULL if it is not remembered. */
void suggest_server_flow(struct suggest_server *server,
			 struct suggest_session *s, const struct story_flow *f);

void suggest_server_free(struct suggest_server *server);

#endif
