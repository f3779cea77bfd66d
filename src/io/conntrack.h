/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's connection tracking: look up, make liberal, mark, create. What it
 * tells by itself is in ctevents.h.
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

enum conntrack_result {
	CONNTRACK_FINE,
	CONNTRACK_MISSING,     /* no such entry, or no such master */
	CONNTRACK_EXISTS,      /* either tuple is taken already */
	CONNTRACK_FULL,        /* no room or no memory for an entry */
	CONNTRACK_OVER,        /* the entry is there, its connection is over */
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

/* The same of what was called last, with the reason in errno where that is all
 * there is to say. */
const char *conntrack_why(enum conntrack_result result);

/*
 * How is the control connection between @ends (the inside view) translated?
 * Tried in order: the original tuple (no DNAT), the reply tuple (no SNAT), and,
 * where both ends are translated, the original tuple with each address by which
 * others have reached this server lately. Only when that fails, for the first
 * client of a server, the whole table is searched by a dump that the kernel
 * filters; it takes 12 ms for 262144 hash buckets, 25 ms with 60000 entries in
 * them. A kernel before 5.8 does not filter: then at most CONNTRACK_SEARCH_MAX
 * entries are read before it is CONNTRACK_GAVE_UP. Writes *@view only for
 * CONNTRACK_FINE.
 */
enum conntrack_result conntrack_lookup(struct conntrack *ct,
				       const struct ends *ends,
				       struct nat_view *view);

/* Some tenths of a second: no control connection should wait longer. */
#define CONNTRACK_SEARCH_MAX (128u << 10)

/* How often the whole table was searched. */
uint64_t conntrack_searches(const struct conntrack *ct);

/* Let the entry with the original tuple @from, @to pass segments outside of
 * the window it knows; both directions. */
enum conntrack_result conntrack_liberal(struct conntrack *ct,
					const struct endpoint *from,
					const struct endpoint *to);

/*
 * Change the mark of the entry with the original tuple @from, @to: the bits of
 * @mask become those of @value, which has no others. The rest stay as they are,
 * even if somebody changes them at the same time.
 */
enum conntrack_result conntrack_mark(struct conntrack *ct,
				     const struct endpoint *from,
				     const struct endpoint *to, uint32_t mask,
				     uint32_t value);

/*
 * Take the bits of @mark from every entry that has all of them. Asks for each
 * one in turn: for a few thousand at most, when nothing waits. An entry that
 * ends meanwhile is fine.
 */
enum conntrack_result conntrack_mark_clear(struct conntrack *ct, uint32_t mark);

/*
 * Does the connection with the original tuple @from, @to live, its entry with
 * all bits of @mark? CONNTRACK_FINE: yes. CONNTRACK_OVER: both ends have closed
 * it or one has reset it. CONNTRACK_MISSING: the entry is gone, or another
 * connection's (without the mark).
 */
enum conntrack_result conntrack_alive(struct conntrack *ct,
				      const struct endpoint *from,
				      const struct endpoint *to, uint32_t mark);

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

#endif
