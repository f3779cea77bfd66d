/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A story by hand: what a replay would tell its listeners. Include it after
 * cmocka's own headers. */
#ifndef SALLYPORT_TEST_TALE_H
#define SALLYPORT_TEST_TALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/story.h"

struct tale {
	struct listener to;
	struct story_place place;
	uint64_t session;
	struct endpoint client, server;
	bool decrypted;
	/* What was printed meanwhile. */
	FILE *out;
	char *text;
	size_t size;
};

/* Frame 0 at a round time; session 1 of 10.1.4.4:40000 and 10.2.5.5:21. The
 * caller sets @to. */
void tale_begin(struct tale *t);

/* Fails the test unless exactly @text was printed. */
void tale_expect(struct tale *t, const char *text);
void tale_free(struct tale *t);

/* The next packet, a millisecond later. */
void tale_packet(struct tale *t);

/* An event of the session here and now, all else of it zero; and telling it. */
struct event tale_event(const struct tale *t, enum event_type type);
void tale_tell(struct tale *t, const struct event *e);

/* These are a packet of their own: */
void tale_open(struct tale *t);
void tale_command(struct tale *t, const char *verb, const char *arg);
void tale_reply(struct tale *t, uint16_t code, const char *text);
void tale_tls(struct tale *t, const struct event *e);
void tale_close(struct tale *t, const char *reason);

/* These belong to the packet before: */
void tale_endpoint(struct tale *t, enum via via, const char *addr,
		   uint16_t port, const char *reason);
void tale_rewrite(struct tale *t, enum via via, const char *from,
		  const char *to, uint16_t port, int32_t delta);
void tale_pinhole(struct tale *t, enum pinhole_op op, const char *from,
		  const char *to, uint16_t port, const char *reason);
void tale_grant(struct tale *t, enum grant_op op, bool active,
		const char *reason);
void tale_alert(struct tale *t, enum alert rule);
void tale_fate(struct tale *t, enum story_fate fate, bool from_client,
	       uint32_t payload);

/* A packet of its own: the SYN of a data connection, client's port 45000 or
 * server's port 20 to @port. */
void tale_data(struct tale *t, bool active, uint16_t port, const char *reason,
	       bool granted);

/* The same connection in the end, with @bytes from the server. */
struct story_flow tale_flow(const struct tale *t, bool active, uint16_t port,
			    uint64_t bytes);

/* --- whole sessions ------------------------------------------------------------ */

void tale_login(struct tale *t);
void tale_passive(struct tale *t);
void tale_active_nat(struct tale *t);
void tale_ftps(struct tale *t);
void tale_bounce(struct tale *t);
void tale_held(struct tale *t);
void tale_hidden(struct tale *t);
void tale_hostile(struct tale *t);
void tale_long(struct tale *t);
void tale_interleaved(struct tale *t);
void tale_unmatched(struct tale *t);
void tale_rest(struct tale *t);

#endif
