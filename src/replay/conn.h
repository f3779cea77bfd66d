/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TCP connections of a capture that matter: control connections, and those
 * between the hosts of a session.
 *
 * A capture of the gateway may hold each connection twice, as it comes and as
 * it leaves. Then a connection has two ways of being named, and is found by
 * either:
 *
 *	way[0]  as the opener names it:  10.1.4.4:40000 > 203.0.113.9:21
 *	way[1]  as the other end does:   192.0.2.1:40000 > 10.2.5.5:21
 *
 * and the engine knows it by a third, the inside view, which no packet has
 * where both ends are translated:
 *
 *	way[2]  by its real ends:        10.1.4.4:40000 > 10.2.5.5:21
 */
#ifndef REPLAY_CONN_H
#define REPLAY_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/event.h>
#include <sallyport/nat.h>

#include "replay/data_hello.h"
#include "replay/edits.h"
#include "replay/frame.h"
#include "report/story.h"

/*
 * Connections that are open at once; a gateway's conntrack table is as large
 * (nf_conntrack_max with 4 GiB of memory). Where a capture has more, the one
 * that was silent longest is taken to be over.
 */
#define CONN_MAX 262144

/* Closed ones are known a little longer: their last segments may come again. */
#define CONN_CLOSED_MAX 4096

/* A SYN with options: IPv6 40, TCP 60, and room for extension headers. */
#define CONN_SYN_MAX 160

#define CONN_WAYS 3

enum conn_role { CONN_CONTROL, CONN_DATA };

/* What bytes of a control connection are. */
enum conn_phase { PHASE_CLEAR, PHASE_HANDSHAKE, PHASE_RECORDS, PHASES };

/* The last packet of one direction, to know its second leg by. */
struct conn_last {
	uint32_t seq, ack, len, tsval;
	uint16_t window, id;
	uint8_t flags, ttl;
};

/* As many may lie between the two legs of a packet, of the same direction. */
#define CONN_LAST_MAX 2

/* One direction. */
struct conn_side {
	bool synced; /* @end means something */
	bool sums_seen;
	bool bad_sums; /* its checksums say nothing: see replay.h */
	bool fin, fin_acked;
	bool has_forgotten;
	uint8_t last_at; /* in @last */
	uint32_t end;    /* the number behind the highest byte seen */
	uint32_t fin_end;
	uint64_t bytes;    /* of payload, each once */
	uint64_t ip_bytes; /* of packets, each as often as it came */
	struct conn_last last[CONN_LAST_MAX];
	uint32_t forgotten; /* the newest time stamp that was in @last */
};

struct conn_way;

/* A SYN that came while the connection was alive: see again.c. */
struct conn_again {
	uint32_t isn;
	uint16_t len; /* of what conn.syn holds; 0: nothing of that */
	struct story_place place;
};

struct conn {
	/* What every packet needs lies together, in four cache lines: see
	 * conns_ahead(). */
	struct conn_way *way[CONN_WAYS];
	enum conn_role role;
	bool closed;
	bool midstream; /* no SYN was seen */
	bool reset;
	bool reversed;    /* way[0] is the other end's: where its packet was
			   * the first that was seen */
	bool told;        /* its traffic or flow */
	bool fast;        /* a control connection that left the queue */
	bool doubted;     /* one that is counted as not followed */
	bool watched;     /* a data connection whose first payload the engine
		       * wants to see */
	bool begun;       /* one whose first bytes were looked at */
	bool established; /* one whose handshake was finished */
	uint32_t isn;     /* of the opener */
	uint64_t packets, wire_bytes;
	struct story_place last;
	uint64_t touched;         /* see conns_touch() */
	struct data_hello *hello; /* NULL: nothing of TLS under way */
	struct conn_side side[2]; /* the opener's, the other's */

	struct story_place opened;
	uint64_t listed;                  /* see conns_touch() */
	struct endpoint from, to;         /* way[0]'s */
	struct endpoint out_from, out_to; /* behind the gateway: way[1]'s,
					   * where there is one */

	/* The SYN that waits, or that came once more. */
	uint8_t syn[CONN_SYN_MAX];
	struct conn_again again;

	/* A control connection. */
	uint64_t session; /* the engine's; 0: none yet */
	struct ends ends;
	struct nat_view nat;
	enum conn_phase phase;
	struct story_share share[PHASES];
	struct edits edits[2]; /* of the client's stream, the server's */
	uint32_t added[2];     /* by the gateway of the capture to each */
	uint16_t syn_len;      /* of the SYN that waits in @syn; 0: none */

	/* A data connection, or what might be one. */
	struct story_flow flow; /* ends: the SYN's own, as it came here */
	struct endpoint key_from, key_to; /* as the engine knows it */
	struct endpoint in_to; /* where it really leads: behind DNAT */
	char *reason;          /* flow.reason's memory */

	struct conn *newer, *older;
};

/* What a packet adds to its direction. */
struct conn_fresh {
	uint64_t at;    /* of its payload in the stream */
	uint32_t bytes; /* of its payload that are new */
};

/* Count @f, which @side of @c sends. */
struct conn_fresh conn_take(struct conn *c, int side, const struct frame *f,
			    const struct story_place *place);

/* Give @f, which @side of @c sends, a right checksum in a copy in @room, where a
 * card was still to do so, or where @side's say nothing: see replay.h. */
void conn_mend(struct conn *c, int side, struct frame *f,
	       uint8_t room[FRAME_ROOM]);

/* What @side acknowledges with @ack, as the engine's other side of the gateway
 * numbers it: see edits.h. */
uint32_t conn_ack(const struct conn *c, int side, uint32_t ack);

/* Has it ended: by RST, or by FINs of both that are acknowledged? */
bool conn_is_over(const struct conn *c);

/* Which way, and who speaks. */
struct conn_found {
	struct conn *conn; /* NULL: not known */
	int way;
	int side; /* 0: the opener */
};

struct conns;

/* At most @open_max (CONN_MAX) may be open. @gone is called for each connection
 * before it is forgotten, with @arg. NULL: no memory. */
struct conns *conns_new(size_t open_max,
			void (*gone)(void *arg, struct conn *c), void *arg);

struct conn_found conns_find(struct conns *t, const struct endpoint *src,
			     const struct endpoint *dst);

/* A new connection, opened by @from; one with the same ends is forgotten
 * first. NULL: no memory. */
struct conn *conns_add(struct conns *t, enum conn_role role,
		       const struct endpoint *from, const struct endpoint *to);

/* Give @c another way, @number 1 or 2; it loses way 2 where that has the same
 * ends. False: no memory, or it has those ends already, or another connection
 * has them that is alive. */
bool conns_add_way(struct conns *t, struct conn *c, int number,
		   const struct endpoint *from, const struct endpoint *to);

/* @c was seen just now. */
void conns_touch(struct conns *t, struct conn *c);

/*
 * A packet between these ends comes soon: have what it needs brought into the
 * cache, in CONNS_AHEAD steps of which each needs the one before. Captures of
 * many connections are for the most part waiting for memory.
 */
#define CONNS_AHEAD 4

struct conns_ahead {
	struct endpoint low, high; /* in an order of the table's own */
	unsigned int hash;
	bool known; /* it has ends */
};

struct conns_ahead conns_ahead_of(const struct endpoint *src,
				  const struct endpoint *dst);
void conns_ahead(const struct conns *t, const struct conns_ahead *a, int step);

/* Now it comes: conns_find() need not hash its ends again. @a lives until the
 * next call; NULL: nothing is known of what comes. */
void conns_hint(struct conns *t, const struct conns_ahead *a);

/* @c is over: it is forgotten sooner. */
void conns_closed(struct conns *t, struct conn *c);

/* Forget @c; or all of one role, the oldest first. */
void conns_drop(struct conns *t, struct conn *c);
void conns_clear(struct conns *t, enum conn_role role);

/* NULL is fine. What is left is not told to @gone. */
void conns_free(struct conns *t);

#endif
