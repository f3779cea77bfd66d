/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a data connection TLS? Asked where servers[].data-protection requires it,
 * of the first bytes only. */
#ifndef CORE_DATA_TLS_H
#define CORE_DATA_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/event.h>

struct action;
struct engine;
struct hole;
struct packet;

/* Record header and the type of its first message: what tells a ClientHello
 * from anything else (RFC 8446 5.1 and 4). */
#define DATA_TLS_HEAD 6

struct data_watch {
	bool on;       /* packets are queued until the answer is there */
	bool synced;   /* next is known */
	uint8_t tls;   /* enum data_tls */
	uint8_t have;  /* bytes of head */
	uint32_t next; /* number of the FTP client's next byte */
	uint8_t head[DATA_TLS_HEAD];
};

/* Start where the configuration asks for it; @h is USED by @syn. Before the
 * entry is created: its mark says what is queued. */
void data_watch(struct engine *e, struct hole *h, const struct packet *syn);
void data_unwatch(struct engine *e, struct hole *h);

/* @h was watched before a restart: go on; @a is to queue its packets. */
void data_watch_again(struct engine *e, struct hole *h, struct action *a);

/* May a SYN pass, payload and all? */
bool data_syn_may_pass(struct engine *e, const struct packet *syn);

/* A packet that may be of a watched data connection: gives its verdict, or
 * false. */
bool data_payload(struct engine *e, const struct packet *p, uint32_t tag);

#endif
