/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of a control connection: lines out and in, in clear or under (sham)
 * TLS. */
#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "sham_tls.h"

/* What waits to be read: the replies to one burst of PASV, or the longest
 * flight of a handshake. */
#define WIRE_ROOM 2048

struct wire {
	struct source source;
	bool is_client;
	enum sham_state tls;
	size_t used, raw_used;
	char in[WIRE_ROOM + 1]; /* lines; with NUL */
	uint8_t raw[WIRE_ROOM]; /* records that are not whole */
};

/* @fd is the wire's from now on. */
void wire_open(struct wire *w, int fd, bool is_client,
	       void (*ready)(struct source *s));

/* Begin (sham) TLS; false if the connection broke. */
bool wire_secure(struct wire *w);

/* Not while a handshake is under way. */
static inline bool wire_is_ready(const struct wire *w)
{
	return w->tls == SHAM_OFF || w->tls == SHAM_UP;
}

/*
 * Send @text, whole lines, in two pieces if 0 < @cut < @len. Never more is
 * under way than the smallest buffer of a socket takes, so what cannot be sent
 * at once means that the connection broke: false.
 */
bool wire_say(struct wire *w, const char *text, size_t len, size_t cut);

/* Read what is there; false at the end of the stream, if it broke, or if more
 * came than ever should. */
bool wire_hear(struct wire *w);

/* The first line, if it is whole; else NULL. */
const char *wire_line(const struct wire *w);

enum heard {
	HEARD_PART, /* so far it is that, and more must come */
	HEARD_ALL,  /* that is what came, and it is taken off */
	HEARD_OTHER,
};
enum heard wire_match(struct wire *w, const char *want, size_t len);

#endif
