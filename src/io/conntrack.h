/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's connection tracking: look up, make liberal, create, hear ends.
 *
 * Threads: a handle belongs to one thread at a time; any number of handles may
 * be open. Connections in conntrack zones other than 0 are not seen.
 */
#ifndef IO_CONNTRACK_H
#define IO_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/engine.h>
#include <sallyport/nat.h>

struct conntrack;
struct conntrack_events;

enum conntrack_result {
	CONNTRACK_FINE,
	CONNTRACK_MISSING,     /* no such entry, or no such master */
	CONNTRACK_EXISTS,      /* either tuple is taken already */
	CONNTRACK_GAVE_UP,     /* the search found too many entries */
	CONNTRACK_LOST,        /* events were lost; later ones are whole */
	CONNTRACK_DENIED,      /* no CAP_NET_ADMIN in this network namespace */
	CONNTRACK_UNSUPPORTED, /* the kernel has no ctnetlink */
	CONNTRACK_FAILED,      /* anything else: see errno */
};

/* CONNTRACK_FINE gives *@out; conntrack_close() frees it (NULL is fine). */
enum conntrack_result conntrack_open(struct conntrack **out);
void conntrack_close(struct conntrack *ct);

/* One line for people: what is wrong and the cure. */
const char *conntrack_text(enum conntrack_result result);

/*
 * How is the control connection between @ends (the inside view) translated?
 * Tried in order: the original tuple (no DNAT), the reply tuple (no SNAT), and,
 * where both ends are translated, a dump that the kernel filters; that one
 * takes 12 ms for 262144 hash buckets, 25 ms with 60000 entries in them. A
 * kernel before 5.8 does not filter: then at most CONNTRACK_SEARCH_MAX entries
 * are read before it is CONNTRACK_GAVE_UP. Writes *@view only for
 * CONNTRACK_FINE.
 */
enum conntrack_result conntrack_lookup(struct conntrack *ct,
				       const struct ends *ends,
				       struct nat_view *view);

/* Some tenths of a second: no control connection should wait longer. */
#define CONNTRACK_SEARCH_MAX (128u << 10)

/* Let the entry with the original tuple @from, @to pass segments outside of
 * the window it knows; both directions. */
enum conntrack_result conntrack_liberal(struct conntrack *ct,
					const struct endpoint *from,
					const struct endpoint *to);

/*
 * Create the entry that a data connection's SYN will find: RELATED to the
 * master, translated as @data says, and never again by the nat table. Must
 * come before the verdict on the SYN. A source port already in use towards the
 * same peer is changed by the kernel, as for any other connection.
 */
enum conntrack_result conntrack_data_create(struct conntrack *ct,
					    const struct data_entry *data);

/*
 * Life in seconds until the SYN is answered; the kernel does not renew it when
 * the SYN comes by, so it gets what any SYN gets
 * (nf_conntrack_tcp_timeout_syn_sent).
 */
#define CONNTRACK_DATA_TIMEOUT_S 120

/* Take the entry back: its SYN will not come. Gone already is
 * CONNTRACK_MISSING. */
enum conntrack_result conntrack_data_delete(struct conntrack *ct,
					    const struct data_entry *data);

/* An entry that ended; the endpoints are its original tuple. */
struct conntrack_end {
	struct endpoint from, to;
	bool has_bytes; /* where net.netfilter.nf_conntrack_acct is 1 */
	uint64_t bytes_from, bytes_to; /* IP bytes, headers included */
};

/*
 * Hear of the end of every entry that has all the bits of @mark (not 0).
 * Entries made before the first listener in the network namespace may end
 * unheard (net.netfilter.nf_conntrack_events = 2, the default).
 * CONNTRACK_FINE gives *@out; conntrack_events_close() frees it (NULL is
 * fine).
 */
enum conntrack_result conntrack_events_open(struct conntrack_events **out,
					    uint32_t mark);
void conntrack_events_close(struct conntrack_events *ev);

/* Readable when there are events. */
int conntrack_events_fd(const struct conntrack_events *ev);

/*
 * Call @end for what ended since the last call, or the oldest part of it, as
 * long as the socket stays readable. Never blocks. CONNTRACK_FINE,
 * CONNTRACK_LOST (call again: what came after the loss is still there) or
 * CONNTRACK_FAILED.
 */
enum conntrack_result
conntrack_events_receive(struct conntrack_events *ev,
			 void (*end)(void *arg, const struct conntrack_end *e),
			 void *arg);

#endif
