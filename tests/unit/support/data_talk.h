/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data connections of the wire's pair: their SYNs and what follows. */
#ifndef SALLYPORT_TEST_DATA_TALK_H
#define SALLYPORT_TEST_DATA_TALK_H

#include "wire.h"

/* A data connection: its SYN as the wire shows it, and where that really goes.
 * Both ends number their bytes from 1000 and 5000. */
struct data_talk {
	struct endpoint from, to, target;
	uint32_t next[2]; /* bytes sent: by the initiator, by the acceptor */
};

/* The number of their SYN. */
#define DATA_ISN 999

/* A SYN from @from to @to. It must pass; was an entry created for it? */
bool data_try(struct wire *w, const struct endpoint *from,
	      const struct endpoint *to);

/* The same of another connection with these ends: it has another number. */
bool data_try_new(struct wire *w, const struct endpoint *from,
		  const struct endpoint *to);

/* data_try() for the session's client, from @sport to @port of the address that
 * it knows its server by. */
bool data_passive(struct wire *w, uint16_t sport, uint16_t port);

/* The same for the session's server: from its data port to @port of the
 * address that it knows its client by. */
bool data_active(struct wire *w, uint16_t port);

/* SYN and SYN-ACK. The SYN must be let in. */
void data_open(struct wire *w, struct data_talk *t, const struct endpoint *from,
	       const struct endpoint *to);
void data_open_passive(struct wire *w, struct data_talk *t, uint16_t sport,
		       uint16_t port);
void data_open_active(struct wire *w, struct data_talk *t, uint16_t port);

/* A segment of the initiator or (@back) the acceptor, @at bytes into its
 * stream. False if it was dropped. */
bool data_segment(struct wire *w, struct data_talk *t, bool back, uint32_t at,
		  const void *bytes, size_t len, uint8_t flags);

/* Both ends have closed it, or one has reset it; conntrack tells so, and later
 * that it is gone. */
void data_over(struct wire *w, const struct endpoint *from,
	       const struct endpoint *to);
void data_reset(struct wire *w, const struct endpoint *from,
		const struct endpoint *to);
void data_closed(struct wire *w, const struct endpoint *from,
		 const struct endpoint *to);

#endif
