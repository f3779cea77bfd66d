/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a real FTP or FTPS server is like, found out with the scripted client:
 * log in, ask for passive ports several times, list a directory over a data
 * connection of each kind, with and without TLS session resumption.
 *
 * It stores nothing on the server, follows no address that the server names,
 * and ends: every stage is bounded, and there are at most SURVEY_LOGINS_MAX
 * sessions.
 */
#ifndef LAB_SURVEY_H
#define LAB_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/hostport.h>
#include <sallyport/policy.h>

#include "lab/client.h"
#include "lab/resolve.h"
#include "lab/url.h"
#include "tls/certificate.h"

/* Passive ports that are asked for in each way. The range is at least as wide
 * as they lie apart; of sixteen random ports of a range the outermost two leave
 * an eighth of it out. More are more noise in the server's log. */
#define SURVEY_TRIES 16

/* A session in which anything went wrong is followed by a new one: for each of
 * four ways and for the test without resumption, besides the first. */
#define SURVEY_LOGINS_MAX 6

/* Bytes of a listing that are read; the rest stays there. */
#define SURVEY_LIST_MAX 65536

struct survey_spec {
	const struct url *url;
	int family; /* of a name's addresses: AF_INET, AF_INET6 or 0 for both */
	bool active;          /* PORT and EPRT too */
	uint16_t tls_version; /* the only one, a wire value; 0: any */
	struct client_times times;
};

/* One way to a data connection. */
struct survey_way {
	bool tried;
	uint32_t announced;      /* how often an endpoint was agreed on */
	struct port_range ports; /* passive: that were announced, 0-0: none */
	/* PASV: the address that the first 227 named. */
	bool has_addr;
	struct addr addr;
	bool varies; /* another 227 named another */
	/* The listing that came; meaningful where @stop is STOP_NOT and @tried.
	 * Without its bytes. */
	struct client_transfer list;
	struct stop stop; /* why this way does not work */
};

enum survey_reuse {
	REUSE_UNKNOWN, /* no TLS, or no data connection that works */
	REUSE_REQUIRED,
	REUSE_NOT_REQUIRED,
};

struct survey {
	struct url url; /* its password is empty */
	struct endpoint address[RESOLVE_MAX];
	size_t addresses;       /* all that the name has */
	struct endpoint server; /* the one that was probed; all zero: none */
	struct endpoint client; /* this end */
	struct stop stop; /* where the session ended that all others need */

	struct client_reply greeting; /* code 0: none came */
	struct client_reply feat;     /* code 0: no 211 came */
	bool secured;                 /* the control connection */
	struct tls_facts tls;
	enum certificate_result certificate_result; /* with @secured */
	struct certificate certificate;             /* with CERTIFICATE_OK */
	bool logged_in, protected;

	struct survey_way way[VIA_EPSV + 1]; /* by enum via; LPRT never */
	enum survey_reuse reuse;
	struct stop reuse_stop; /* how a new session was turned away */
	uint32_t logins;
};

/* Survey the server. @out is always written and owns nothing. It is large: not
 * for the stack. */
void survey_run(const struct survey_spec *spec, struct survey *out);

/* Was this way tried, and did data come over it? */
bool survey_way_works(const struct survey *s, enum via via);

/* Does FEAT's reply have a line that begins with @feature, such as "AUTH
 * TLS"? */
bool survey_has(const struct survey *s, const char *feature);

#endif
