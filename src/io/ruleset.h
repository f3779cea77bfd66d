/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules and kernel sets that feed the daemon, for iptables or for nft. */
#ifndef IO_RULESET_H
#define IO_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/addr.h>
#include <sallyport/policy.h>

/* The name of each chain of ours in the tables of iptables. */
#define RULESET_CHAIN "SALLYPORT"

/* SYNs of strangers to a pinhole's port that are looked at, in a second and at
 * once: enough to notice, too few to be a load. */
#define RULESET_STRANGER_RATE  10
#define RULESET_STRANGER_BURST 20

/* Explicit and implicit control ports. */
#define RULESET_PORTS_MAX (2 * POLICY_PORTS_MAX)

/*
 * First packets that are queued whether a pinhole is open or not: signalling
 * is hidden in FTPS, so the ports are told beforehand.
 */
struct ruleset_range {
	struct prefix server;
	struct port_range ports; /* of the server */
	bool server_connects;    /* from these ports; false: to them */
};

struct ruleset {
	uint16_t port[RULESET_PORTS_MAX]; /* control connections */
	size_t ports;                     /* at least 1 */
	uint16_t queue_first;
	uint32_t queues;    /* at least 1 */
	bool bypass;        /* nobody listens on the queue: pass, else drop */
	uint32_t pinholes;  /* elements that each set may hold */
	uint32_t skip_mark; /* packets we send ourselves; 0: they have none */
	uint32_t fast_mark; /* control connections that are not queued; 0: all
			     * are */
	uint32_t data_mark; /* data connections that are queued; 0: none is */
	const struct ruleset_range *range;
	size_t ranges;
};

enum ruleset_language { RULESET_ANY, RULESET_IPTABLES, RULESET_NFT };

enum ruleset_result {
	RULESET_FINE,
	RULESET_DENIED,     /* not root */
	RULESET_NO_PROGRAM, /* iptables is not installed */
	RULESET_REFUSED,    /* the kernel or iptables will not have them */
	RULESET_TWICE,      /* they are loaded in the other language */
};

/* What is wrong and the cure, in one printable line. */
#define RULESET_TEXT_MAX 512

/*
 * Print them: a shell script that loads them with ipset and iptables (also for
 * RULESET_ANY), or a file for nft -f. Either may be run any number of times.
 */
void ruleset_print(FILE *to, const struct ruleset *rules,
		   enum ruleset_language language);

/*
 * Load them, whatever of them is loaded already. RULESET_ANY is the language
 * of those that are loaded, else that of iptables.
 *
 * Afterwards the sets are there, our chains hold these rules and no others, and
 * each place that must jump to them does so once, in iptables before all other
 * rules. Each table changes at once. Nothing else is touched, and open pinholes
 * stay open unless the sets were of another size. Where it does not give
 * RULESET_FINE, @text says why not; of iptables' rules part may be loaded then,
 * of nft's it is as it was.
 */
enum ruleset_result ruleset_load(const struct ruleset *rules,
				 enum ruleset_language language,
				 char text[RULESET_TEXT_MAX]);

/* Remove all of it, or what there is of it, in either language with
 * RULESET_ANY; nothing at all is fine. */
enum ruleset_result ruleset_unload(enum ruleset_language language,
				   char text[RULESET_TEXT_MAX]);

#endif
