/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's sets of open pinholes: a SYN that is in them is queued.
 *
 *   sallyport4, sallyport6             source, TCP port, destination
 *   sallyport4-port, sallyport6-port   destination, TCP port
 *
 * The first pair lets the peer's SYN in. The second lets the daemon notice,
 * at a limited rate, that somebody else knocks at a pinhole.
 *
 * They are sets of ipset (hash:ip,port,ip and hash:ip,port), or of the table
 * "inet sallyport" of nf_tables (concatenations); all with timeouts. The rules
 * bring them along, and which rules are loaded may change at any time: so a
 * pinhole goes to whichever sets are there, and nobody has to be told.
 *
 * Threads: a handle belongs to one thread at a time; any number of handles may
 * work on the same sets.
 */
#ifndef IO_SETS_H
#define IO_SETS_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/engine.h>

/* As rules name them; 31 characters is ipset's longest. */
#define SETS_NAME_V4 "sallyport4"
#define SETS_NAME_V6 "sallyport6"

/* The same pinholes, whoever knocks. */
#define SETS_PORT_SUFFIX "-port"

/* Of ipset. */
#define SETS_TYPE      "hash:ip,port,ip"
#define SETS_PORT_TYPE "hash:ip,port"

/* Seconds; ipset's sets are made with it so that they have timeouts at all.
 * Every element brings its own. */
#define SETS_DEFAULT_TIMEOUT_S 60

/* Of nf_tables: the table, of the family inet. */
#define SETS_TABLE "sallyport"

/* Elements that a set of the table has room for, with @max pinholes: until the
 * end of a transaction its old elements count, and until the next collection,
 * a second at most, those whose time is over. */
#define SETS_NFT_SIZE(max) (2 * (uint32_t)(max))

/* In the order in which they are looked for. */
enum sets_kind { SETS_NFT, SETS_IPSET, SETS_KINDS };

struct sets;

enum sets_result {
	SETS_FINE,
	SETS_MISSING,     /* the set is not there: the rules are not loaded */
	SETS_FULL,        /* as many elements as it was made for */
	SETS_IN_USE,      /* a rule still names it */
	SETS_OTHER,       /* a set of that name is there, but another kind */
	SETS_DENIED,      /* no CAP_NET_ADMIN in this network namespace */
	SETS_UNSUPPORTED, /* the kernel has no such sets */
	SETS_FAILED,      /* anything else: see errno */
};

/*
 * SETS_FINE gives *@out; sets_close() frees it (NULL is fine). Needs no set,
 * but a kernel that has one kind of them at least.
 */
enum sets_result sets_open(struct sets **out);
void sets_close(struct sets *s);

/* One line for people: what is wrong and the cure. */
const char *sets_text(enum sets_result result);

/* Are sets of ours there, or one of them? */
bool sets_there(struct sets *s, enum sets_kind kind);

/* Look which are there, and go on with those; where both are, with nf_tables'.
 * Opening does it, and sets_add() where sets are missing. */
void sets_look(struct sets *s);

/*
 * Put @key in for @timeout_us, rounded up to seconds. If it is in already the
 * new timeout takes the place of the old one. Where the kind of sets that took
 * the last one is missing, the other kind is tried.
 */
enum sets_result sets_add(struct sets *s, const struct pinhole_key *key,
			  uint64_t timeout_us);

/* Take @key out; where it is not, or no set is, is fine. */
enum sets_result sets_del(struct sets *s, const struct pinhole_key *key);

/* --- of ipset alone: the others come and go with their table ------------------- */

/*
 * Make all sets, for @max elements each. Those that are there already are
 * kept with all their elements where they have the same size; else empty ones
 * of the new size take their place at once.
 */
enum sets_result sets_create(struct sets *s, uint32_t max);

/* Remove all sets; those that are not there are fine. */
enum sets_result sets_destroy(struct sets *s);

/* --- of nf_tables alone ----------------------------------------------------------- */

/* Is there a set that was made for another number of elements than @max
 * pinholes take, or of other elements? It cannot be changed. */
bool sets_differ(struct sets *s, uint32_t max);

#endif
