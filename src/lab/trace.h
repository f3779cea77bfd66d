/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own word on which rule decided about which packet (nftrace).
 *
 * A table of our own marks every packet before any other rule sees it; from
 * then on the kernel tells of each rule that it met and of each policy. That
 * holds for the rules of nft and for those of iptables-nft. Nothing of the
 * rules that are looked at changes, nor do their counters say more.
 */
#ifndef LAB_TRACE_H
#define LAB_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>

#include "lab/rulefile.h"

/* Names of tables and chains that are kept; iptables' have 32 bytes. */
#define TRACE_NAME_MAX 32

/* Packets that are remembered: a conversation with its transfers has some two
 * hundred. */
#define TRACE_PACKETS_MAX 1024

/* Where a packet's way was decided. */
struct trace_place {
	uint8_t family; /* of the table: NFPROTO_* of netfilter.h */
	char table[TRACE_NAME_MAX], chain[TRACE_NAME_MAX];
	uint64_t handle; /* of the rule; 0: the chain's policy */
};

/* Chains are nested no deeper in what tools write; of more the last ones are
 * kept. */
#define TRACE_JUMPS 8

struct trace_packet {
	uint32_t id;
	bool known; /* its headers were seen: */
	bool v4;    /* else IPv6 */
	uint8_t protocol;
	bool syn, ack;            /* of TCP */
	uint8_t icmp_type;        /* of ICMP and ICMPv6 */
	struct endpoint from, to; /* before any translation */
	uint32_t in, out;         /* interfaces where it was last seen; or 0 */
	bool dropped;
	bool translated;                      /* a rule of table nat took it */
	bool accepted;                        /* by table filter's last word */
	struct trace_place drop, nat, accept; /* with those */
	/* Rules of such chains that led it to other chains. */
	struct trace_place jump[TRACE_JUMPS];
	uint32_t jumps; /* all; the last ones are kept */
};

struct trace;

/* What a chain is for. */
enum trace_role { TRACE_OTHER, TRACE_FILTER, TRACE_NAT };

/*
 * Begin to trace all packets of this network namespace. @role says what the
 * chain of a place is for; it gets @arg. Gives 0 or a negative errno;
 * trace_close() ends it.
 */
int trace_open(struct trace **out,
	       enum trace_role (*role)(void *arg, const struct trace_place *),
	       void *arg);
void trace_close(struct trace *t);

/* To be polled for reading. */
int trace_fd(const struct trace *t);

/* Take what the kernel has told by now. */
void trace_take(struct trace *t);

/* Forget all packets. */
void trace_clear(struct trace *t);

/* Packet @i, from 0, in the order in which they came; NULL: no more. */
const struct trace_packet *trace_at(const struct trace *t, uint32_t i);

/* More was told than there was room for. */
bool trace_lost(const struct trace *t);

/* --- trace_rules.c -------------------------------------------------------------- */

/* Which rule of a file the kernel calls by which handle. */
struct trace_rules {
	struct trace_rule {
		uint64_t handle;
		uint32_t rule; /* in rulefile.rule */
	} * at;
	size_t count, room;
	bool failed; /* no memory */
};

/*
 * Ask the kernel for its rules of @family (AF_INET, AF_INET6; AF_UNSPEC for all,
 * as those of nft need) just after
 * those of @f that have no problem were loaded, and nothing else. Gives 0 or a
 * negative errno; trace_rules_free() is due either way.
 */
int trace_rules_read(struct trace_rules *out, uint8_t family,
		     const struct rulefile *f);
void trace_rules_free(struct trace_rules *r);

/* The chain of @place; NULL: it is in no file. */
const struct rulefile_chain *trace_chain(const struct rulefile *f,
					 const struct trace_place *place);

/* The rule or ":CHAIN POLICY" at @place; RULEFILE_NONE: not one of @f's. */
uint32_t trace_rules_find(const struct trace_rules *r, const struct rulefile *f,
			  const struct trace_place *place);

/* --- trace_mark.c --------------------------------------------------------------- */

#define TRACE_TABLE "sallyport-trace"

struct mnl_socket;

/* Make the table that marks packets. Gives 0 or a negative errno. */
int trace_mark(struct mnl_socket *nl);

#endif
