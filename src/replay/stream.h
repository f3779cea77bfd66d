/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a TCP connection: segments of a capture in, in whatever
 * order and as often as they lie there; its bytes out, each once and in order.
 *
 *	tcpstream_init(&s, &pool, &reader);
 *	for each packet of the connection:
 *		if it carries an ACK:
 *			tcpstream_acked(the other direction, place, its ack);
 *		tcpstream_take(this direction, place, the segment);
 *	tcpstream_clear(&s);
 *
 * Of bytes that come twice the first copy counts; whether the second one
 * differs is not looked at (the engine does, and raises an alert). Numbers may
 * wrap at any place. Bytes that no packet of the capture holds are called
 * lost when the receiver acknowledges them, or when waiting for them takes
 * more than the bounds below.
 */
#ifndef REPLAY_STREAM_H
#define REPLAY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/packet.h>
#include <sallyport/span.h>

#include "report/story.h"

/* Bytes of one stream that may wait for others before them. As the engine has
 * it for a control connection: a STAT listing in a 64 KiB window, four times
 * over. */
#define TCPSTREAM_WAIT_MAX (256u * 1024)

/* Pieces of one stream that may wait: 64 KiB in segments of 1460 bytes are 45,
 * and a sender with more holes than that in flight is hardly getting on. */
#define TCPSTREAM_PIECES_MAX 64

/* The largest window there is (RFC 7323 2.3): what is further ahead than that
 * belongs to somewhere else. */
#define TCPSTREAM_WINDOW_MAX (1u << 30)

/* A good size for struct tcpstream_pool: 256 streams that wait for all they
 * may. */
#define TCPSTREAM_POOL_MAX (256u * TCPSTREAM_WAIT_MAX)

/* Memory of all streams that share it, however many they are. A stream that
 * finds none left gives up what it waits for. */
struct tcpstream_pool {
	size_t max;  /* bytes; the caller's choice */
	size_t used; /* starts as 0 */
};

/*
 * Who reads. A member that is NULL is not called. @place is the packet that
 * brought the bytes, or, for those that had to wait, the packet that ended the
 * wait. A reader must not call the functions below for the same stream, but
 * for tcpstream_mute().
 */
struct tcpstream_reader {
	/* The next bytes; they live until the call returns. */
	void (*bytes)(void *arg, const struct story_place *place,
		      struct span bytes);
	/* The next @len bytes will not come. A FIN that was not captured looks
	 * like one such byte. */
	void (*lost)(void *arg, const struct story_place *place, uint32_t len);
	/* FIN: that was all. Nothing is told behind it. */
	void (*end)(void *arg, const struct story_place *place);
};

struct tcpstream_piece; /* waits for bytes before it */

/* All of it is read-only to others. */
struct tcpstream {
	const struct tcpstream_reader *reader;
	void *arg;
	struct tcpstream_pool *pool;
	struct tcpstream_piece *first; /* by number; none touches @next */
	uint64_t bytes; /* of payload that the capture's packets carry, each
			 * once, whether it could be told yet or not */
	uint64_t lost;  /* that no packet carries */
	uint32_t next;  /* sequence number of what is told next */
	uint32_t fin_at;
	uint32_t waiting; /* bytes kept in pieces */
	uint16_t pieces;
	bool started; /* @next means something */
	bool has_fin;
	bool ended;
};

struct tcpsegment {
	uint32_t seq;        /* as in the header */
	uint8_t flags;       /* TCP_SYN, TCP_FIN and TCP_RST matter */
	struct span payload; /* what the capture has of it */
	uint32_t cut;        /* bytes behind it that the capture cut off */
};

/* Begin. @reader (which may be NULL: count only) and @pool must outlive the
 * stream. */
void tcpstream_init(struct tcpstream *s, struct tcpstream_pool *pool,
		    const struct tcpstream_reader *reader, void *arg);

/*
 * Take a segment. The first one that is seen is where the stream starts, unless
 * an acknowledgement has said so before; what lies before it is never told.
 * RSTs change nothing.
 */
void tcpstream_take(struct tcpstream *s, const struct story_place *place,
		    const struct tcpsegment *seg);

/* The receiver has everything before @ack (RFC 9293 3.4). */
void tcpstream_acked(struct tcpstream *s, const struct story_place *place,
		     uint32_t ack);

/* Nobody reads any more; only ->bytes and ->lost go on being counted. */
void tcpstream_mute(struct tcpstream *s);

/* Give back what waits. The counts stay; the stream starts anew. */
void tcpstream_clear(struct tcpstream *s);

#endif
