/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stories of many sessions, and what a listener prints of them. */
#ifndef SALLYPORT_TEST_SAGA_H
#define SALLYPORT_TEST_SAGA_H

#include <stdio.h>

#include "report/story.h"

/* 2025-11-23T10:15:42Z in microseconds. */
#define SAGA_START 1763892942000000

/* Whoever is told of what happens in session @session. */
struct saga {
	struct listener to;
	uint64_t session, at_us;
	struct endpoint client, server;
	bool decrypted;
	FILE *out; /* what the listener prints goes there */
	char *text;
	size_t len;
};

/* From 10.1.4.4:40000 to 10.2.5.5:21, no session yet. Make the listener of
 * t->out, and put it into t->to. */
void saga_begin(struct saga *t);

/* The next session, with its event; a second passes. */
void saga_session(struct saga *t, const char *client, const char *server,
		  uint16_t port);

/* An event of this session, the rest of it zero; a millisecond passes. */
struct event saga_event(struct saga *t, enum event_type type);
void saga_note(const struct saga *t, const struct event *e);

/* Often told ones. @text of a reply stays behind its code. */
void saga_command(struct saga *t, const char *verb, const char *arg);
void saga_reply(struct saga *t, uint16_t code);
void saga_login(struct saga *t, const char *user);
void saga_alert(struct saga *t, enum alert rule);
void saga_endpoint(struct saga *t, enum via via, const char *addr,
		   uint16_t port, const char *reason);
void saga_pinhole(struct saga *t, enum pinhole_op op, const char *reason);
void saga_grant(struct saga *t, enum grant_op op, const char *reason);

/* AUTH TLS if not implicit, and a handshake, all of it. */
void saga_tls(struct saga *t, uint16_t version, const char *sni);
void saga_close(struct saga *t, const char *reason);

/* A data connection of a session that has ended well, matched; 100 bytes from,
 * 2,000 to. */
struct story_flow saga_passive(const struct saga *t, uint16_t port);
struct story_flow saga_active(const struct saga *t, uint16_t port);
void saga_flow(const struct saga *t, const struct story_flow *f);

/* The same, but not matched, and a byte each way. */
void saga_unmatched(const struct saga *t, uint16_t port, const char *reason);

/* 60 packets on the wire, 214 with a handshake, and payload of so many bytes. */
void saga_traffic(const struct saga *t, uint64_t clear, uint64_t handshake,
		  uint64_t records);

/* How often @what is in @text; that it is there at all. */
size_t saga_count(const char *text, const char *what);
void saga_assert_has(const char *text, const char *what);

/* The end, of so many sessions as there were; what was printed. Ends the
 * output too, which is the caller's to free. */
char *saga_end(struct saga *t);

#endif
