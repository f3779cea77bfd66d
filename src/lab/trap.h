/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps that firewalls in front of FTP servers are known to walk into, found by
 * reading alone: the rules, and what else is at hand.
 *
 * A trap is no proof. Rules are taken at their word, one by one; what a set, a
 * mark or a module of a later kernel makes of a packet is not known here, and
 * such rules count as ones that may let it through. The twin asks the kernel
 * (lab/twin.h).
 */
#ifndef LAB_TRAP_H
#define LAB_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/event.h>
#include <sallyport/policy.h>
#include <sallyport/span.h>

#include "lab/rulefile.h"
#include "lab/serverfile.h"
#include "lab/twin_net.h"

/* Each trap once for a rule; more and somebody will mend the first ones. */
#define TRAPS_MAX 64

/* A rule, cut short if need be, and words around it. */
#define TRAP_TEXT_MAX 400

/* What net.netfilter.nf_conntrack_helper says, which Linux 6.0 dropped. */
enum trap_assignment {
	TRAP_ASSIGNMENT_UNKNOWN,
	TRAP_ASSIGNMENT_NONE, /* it is 0 or gone: only CT rules assign helpers */
	TRAP_ASSIGNMENT_AUTO, /* it is 1 */
};

struct trap_input {
	const struct rulefile *rules[TWIN_FAMILIES]; /* NULL: none given */
	/* Configurations of the servers behind the firewall. */
	const struct serverfile *const *server;
	size_t servers;
	/* Passive ports, where no configuration tells; 0-0: unknown. */
	struct port_range passive;
	/* Where servers listen whose file is not here; 0: 21 and 990. */
	uint16_t control_port, implicit_port;
	/* Text with options of kernel modules (modprobe.d(5)), or arguments of
	 * modprobe; may be empty. */
	struct span modules;
	enum trap_assignment assignment;
	/* The interface where only the firewall's own clients are; NULL or
	 * empty: unknown, so each may be where everybody is. */
	const char *inside;
	/* Where clients outside reach the server over IPv4; NULL: unknown. */
	const struct addr *reach;
	bool ipv6; /* the firewall is known to have addresses of IPv6 */
};

enum trap_source { TRAP_IN_RULES, TRAP_IN_SERVER, TRAP_IN_MODULES };

struct trap {
	const char *id; /* stable */
	enum severity severity;
	const char *text; /* what is wrong, without a full stop */
	/* The numbers of this case, or empty; printable. */
	char detail[TRAP_TEXT_MAX];
	/* The smallest change; it may quote a rule as it stands in the file, so
	 * it wants escaping. */
	char change[TRAP_TEXT_MAX];
	enum trap_source source;
	enum twin_family family; /* whose rules they are */
	uint32_t rule;           /* in that family's file, or RULEFILE_NONE */
	size_t server;           /* TRAP_IN_SERVER: which */
	uint32_t line;           /* in the source, or 0 */
};

struct traps {
	struct trap at[TRAPS_MAX];
	size_t count, more; /* found but not kept */
};

/* False: no memory. @out owns nothing. */
bool traps_find(const struct trap_input *in, struct traps *out);

/* The ids that there are, in a fixed order; NULL behind the last. */
const char *trap_id(size_t i);

#endif
