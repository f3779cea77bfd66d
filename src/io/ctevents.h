/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of our connections, as the kernel's connection tracking tells them. */
#ifndef IO_CTEVENTS_H
#define IO_CTEVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/nat.h>

#include "io/conntrack.h"

struct conntrack_events;

/*
 * A connection that is over. Most are told twice: when both ends have closed it
 * or one has reset it, and when its entry is gone, some two minutes later. One
 * that times out is told once.
 */
struct conntrack_end {
	bool control;             /* by its mark; false: a data connection */
	bool gone;                /* its entry is; false: it lives on */
	bool reset;               /* by one end, as far as the entry tells */
	struct endpoint from, to; /* original tuple */
	struct ends ends;         /* the sources of both tuples: inside view */
	bool has_bytes; /* where net.netfilter.nf_conntrack_acct is 1 */
	uint64_t bytes_from, bytes_to; /* IP bytes, headers included */
};

/* How the connections to hear of are marked: all bits of one of these. Where an
 * entry has both it is a data connection. */
struct conntrack_marks {
	uint32_t data;    /* not 0 */
	uint32_t control; /* 0: hear of none */
};

/*
 * Hear of the end of every marked entry. @room: so many ends may wait to be
 * heard before some are lost. The kernel may look but once a minute for entries
 * whose time is over, and then tells of all at once.
 * Entries made before the first listener in the network namespace may end
 * unheard (net.netfilter.nf_conntrack_events = 2, the default). CONNTRACK_FINE
 * gives *@out; conntrack_events_close() frees it (NULL is fine).
 */
enum conntrack_result conntrack_events_open(struct conntrack_events **out,
					    const struct conntrack_marks *marks,
					    uint32_t room);
void conntrack_events_close(struct conntrack_events *ev);

/* Readable when there are events. */
int conntrack_events_fd(const struct conntrack_events *ev);

/*
 * Call @end for what ended since the last call, or the oldest part of it, as
 * long as the fd stays readable. Never blocks. CONNTRACK_FINE,
 * CONNTRACK_LOST (call again: what came after the loss is still there) or
 * CONNTRACK_FAILED.
 */
enum conntrack_result
conntrack_events_receive(struct conntrack_events *ev,
			 void (*end)(void *arg, const struct conntrack_end *e),
			 void *arg);

#endif
