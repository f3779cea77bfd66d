/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A twin of a firewall: its rules, loaded into a network namespace between two
 * hosts, and every kind of FTP and FTPS sent through it. The kernel says what
 * works, and which rule stops the rest.
 *
 * It needs no privilege where users may make namespaces, never touches the
 * host's network, leaves nothing behind, and ends within TWIN_SECONDS.
 */
#ifndef LAB_TWIN_H
#define LAB_TWIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/hostport.h>
#include <sallyport/policy.h>

#include "lab/client.h"
#include "lab/rulefile.h"
#include "lab/trace.h"
#include "lab/twin_net.h"

/* A whole audit takes some twenty seconds; a hundred thousand rules some more.
 * Longer than that and something hangs. */
#define TWIN_SECONDS 180

/* Where a conversation stopped. */
enum twin_stop {
	TWIN_WORKS,
	TWIN_CONTROL, /* connecting, and the greeting */
	TWIN_LOGIN,
	TWIN_AUTH, /* AUTH and the TLS handshake */
	TWIN_DATA_CONNECT,
	TWIN_DATA_TRANSFER,
	TWIN_STOPS
};

/* Stable words: "works", "control connect", ... */
const char *twin_stop_name(enum twin_stop stop);

/* What decided about a conversation that stopped. */
enum twin_cause_kind {
	TWIN_CAUSE_UNKNOWN,    /* nothing that the kernel told of */
	TWIN_CAUSE_DROPPED,    /* a rule, or a chain's policy */
	TWIN_CAUSE_TRANSLATED, /* none dropped it: this one translated the
				* session, so that an address that one end
				* named to the other leads nowhere */
	TWIN_CAUSE_FIREWALL, /* this one let it in to the firewall itself, where
			      * nobody listens: no rule passes it on */
	TWIN_CAUSE_LOST,     /* the kernel told more than could be kept */
};

/* The packets with which connections come about. */
enum twin_packet {
	TWIN_CONTROL_SYN,
	TWIN_CONTROL_ANSWER,
	TWIN_DATA_SYN,
	TWIN_DATA_ANSWER,
	TWIN_NEIGHBOUR, /* ICMPv6 that finds the next hop (RFC 4861) */
	TWIN_PACKETS,
	TWIN_OTHER = TWIN_PACKETS
};

struct twin_cause {
	enum twin_cause_kind kind;
	enum twin_packet packet;
	enum twin_family family;  /* whose rules they are */
	uint32_t rule;            /* in that family's rulefile, or NONE: */
	struct trace_place place; /* as the kernel calls it */
	/* The packet that it was about, before any translation. */
	bool translated;  /* later, by a rule of table nat */
	uint8_t protocol; /* IPPROTO_*; 0: none */
	uint8_t icmp_type;
	struct endpoint from, to;
};

/* What let a packet through, in its family's rulefile; or NONE. */
struct twin_pass {
	uint32_t accept;            /* by table filter */
	uint32_t nat;               /* that translated it */
	uint32_t jump[TRACE_JUMPS]; /* that led to the chain it is in */
};

/* One kind of FTP through the firewall. */
struct twin_cell {
	bool tried;
	enum twin_stop stop; /* meaningful where it was tried */
	struct stop detail;  /* of the client */
	struct twin_cause cause;
	/* The first of each kind that got through. */
	struct twin_pass pass[TWIN_PACKETS];
};

enum twin_ways { TWIN_PORT, TWIN_EPRT, TWIN_PASV, TWIN_EPSV, TWIN_WAYS };
extern const enum via twin_via[TWIN_WAYS];

#define TWIN_TLS 3 /* enum client_tls */

/* One table of answers: with or without sallyport, [place of the client] */
struct twin_answers {
	bool there;
	struct twin_cell cell[2][TWIN_FAMILIES][TWIN_TLS][TWIN_WAYS];
};

/* A line that could not be loaded. */
struct twin_unloaded {
	enum { TWIN_FROM_RULES, TWIN_FROM_RULES6, TWIN_FROM_SETS } from;
	uint32_t line;  /* 0: the file as a whole */
	char text[160]; /* why, as iptables or ipset says; printable */
};

/* More and the file is for another kind of machine. */
#define TWIN_UNLOADED_MAX 64

/* A port that an uninvolved host outside can reach. */
struct twin_open {
	enum twin_family family;
	bool client;        /* of the client inside; false: of the server */
	uint16_t from_port; /* 0: any port */
	struct port_range ports; /* that were tried with the same answer */
	uint32_t rule; /* that accepts, in the family's rulefile, or NONE: */
	struct trace_place place;
	uint32_t nat; /* that leads there, likewise */
};

#define TWIN_OPEN_MAX 32

struct twin_spec {
	struct twin_layout layout;
	/* Where clients outside reach the server inside. */
	struct addr reach[TWIN_FAMILIES];
	struct rulefile *rules[TWIN_FAMILIES]; /* NULL: none given */
	struct span sets;                      /* `ipset save`; may be empty */
	struct port_range passive;
	/* Where servers listen: for FTP and AUTH TLS, and for implicit TLS. */
	uint16_t control_port, implicit_port;
	bool skip[2]; /* no clients on this side */
	/* What the server inside announces in a 227 for itself. */
	bool announces;
	struct addr announced;
	bool no_active; /* it refuses PORT and EPRT */
	/*
	 * Sallyport's own commands, run in processes of their own in the twin:
	 * load the rules, and the daemon, which is ready when its control
	 * socket listens. Exit statuses. NULL: without sallyport alone.
	 */
	int (*load)(const char *config);
	int (*run)(const char *config);
	const char *config; /* their configuration; NULL: one that fits */
};

enum twin_failure {
	TWIN_FINE,
	TWIN_DENIED,  /* no namespaces for this user */
	TWIN_REFUSED, /* the system refused something else */
	TWIN_TIMEOUT,
};

struct twin_result {
	enum twin_failure failure;
	char text[TWIN_NET_TEXT_MAX]; /* of the failure; printable */
	struct twin_answers without, with;
	/* Why there is no @with, where it was wanted; or empty. */
	char gate_text[TWIN_NET_TEXT_MAX];
	struct twin_unloaded unloaded[TWIN_UNLOADED_MAX];
	uint32_t unloadeds;
	struct twin_open open[TWIN_OPEN_MAX];
	uint32_t opens;
};

/* The port of the server for the kind of TLS @tls (enum client_tls). */
uint16_t twin_control_port(const struct twin_spec *spec, int tls);

/*
 * The port that a passive conversation gets: one of the range's ends, for what
 * a rule leaves out of it is mostly there. Each way meets both, by one kind of
 * TLS or another.
 */
uint16_t twin_passive_port(const struct twin_spec *spec, int tls, int way);

/* Do all of it. NULL: no memory; else twin_free() frees it. */
struct twin_result *twin_run(const struct twin_spec *spec);
void twin_free(struct twin_result *r);

/* Does a cell of @a stop? */
bool twin_blocked(const struct twin_answers *a);

#endif
