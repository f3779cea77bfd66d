/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's sets of open pinholes: a SYN that is in them is queued.
 *
 *   sallyport4, sallyport6             hash:ip,port,ip with timeouts
 *                                      source, TCP port, destination
 *   sallyport4-port, sallyport6-port   hash:ip,port with timeouts
 *                                      destination, TCP port
 *
 * The first pair lets the peer's SYN in. The second lets the daemon notice,
 * at a limited rate, that somebody else knocks at a pinhole.
 *
 * Threads: a handle belongs to one thread at a time; any number of handles may
 * work on the same two sets.
 */
#ifndef IO_SETS_H
#define IO_SETS_H

#include <stdint.h>

#include <sallyport/engine.h>

/* As rules name them; 31 characters is the kernel's longest. */
#define SETS_NAME_V4 "sallyport4"
#define SETS_NAME_V6 "sallyport6"
#define SETS_TYPE    "hash:ip,port,ip"

/* The same pinholes, whoever knocks. */
#define SETS_PORT_SUFFIX "-port"
#define SETS_PORT_TYPE   "hash:ip,port"

/* Seconds; sets are made with it so that they have timeouts at all. Every
 * element brings its own. */
#define SETS_DEFAULT_TIMEOUT_S 60

struct sets;

enum sets_result {
	SETS_FINE,
	SETS_MISSING,     /* the set is not there: the rules are not loaded */
	SETS_FULL,        /* as many elements as it was made for */
	SETS_IN_USE,      /* a rule still names it */
	SETS_OTHER,       /* a set of that name is there, but another kind */
	SETS_DENIED,      /* no CAP_NET_ADMIN in this network namespace */
	SETS_UNSUPPORTED, /* the kernel has no ipset, or not this type */
	SETS_FAILED,      /* anything else: see errno */
};

/* SETS_FINE gives *@out; sets_close() frees it (NULL is fine). Needs no set. */
enum sets_result sets_open(struct sets **out);
void sets_close(struct sets *s);

/* One line for people: what is wrong and the cure. */
const char *sets_text(enum sets_result result);

/*
 * Make all sets, for @max elements each. Those that are there already are
 * kept with all their elements where they have the same size; else empty ones
 * of the new size take their place at once.
 */
enum sets_result sets_create(struct sets *s, uint32_t max);

/* Remove all sets; those that are not there are fine. */
enum sets_result sets_destroy(struct sets *s);

/*
 * Put @key in for @timeout_us, rounded up to seconds. If it is in already the
 * new timeout takes the place of the old one.
 */
enum sets_result sets_add(struct sets *s, const struct pinhole_key *key,
			  uint64_t timeout_us);

/* Take @key out; one that is not there is fine. */
enum sets_result sets_del(struct sets *s, const struct pinhole_key *key);

#endif
