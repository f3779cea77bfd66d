/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One session as the summary remembers it. */
#ifndef REPORT_SUMMARY_SESSION_H
#define REPORT_SUMMARY_SESSION_H

#include "report/book.h"
#include "report/port_set.h"
#include "report/summary_sum.h"

/* Ranges of ports in one list; more are said to be more. */
#define SUMMARY_RANGES_MAX 32

/* Bytes of a login name; more are cut, which is shown by "...". */
#define SUMMARY_USER_MAX 64

/* How a session is protected, as far as was seen. */
enum summary_cover {
	COVER_CLEAR,
	COVER_TLS,
	COVER_BROKEN, /* TLS was begun, and never got there */
	COVERS
};

struct summary_session {
	struct book_page page; /* first */
	struct endpoint client, server;
	uint64_t opened_us, last_us, duration_us;
	char *user, *sni; /* escaped; NULL: none seen */
	struct summary_sum sum;
	struct port_set ports[CLASSES][2]; /* [][active] */
	uint16_t version, cipher;          /* wire values; 0: not seen */
	uint16_t auth_code;                /* of the reply to AUTH; 0: none */
	uint16_t end;                      /* the reason's number */
	bool closed, midstream, implicit, auth, hello, resumed, up, cleared;
	bool tls; /* as its end says */
	bool decrypted, logged_in;
};

/* A new one, first seen at @at_us; NULL: no memory. */
struct summary_session *summary_session_new(uint64_t session,
					    const struct endpoint *client,
					    const struct endpoint *server,
					    uint64_t at_us);

void summary_session_note(struct summary_session *s,
			  const struct story_note *note, struct words *words);
void summary_session_flow(struct summary_session *s, const struct story_flow *f,
			  struct words *words);

enum summary_cover summary_session_cover(const struct summary_session *s);

/* Is there something that somebody should look at? */
bool summary_session_has_trouble(const struct summary_session *s);

/* The block of one session. */
void summary_session_put(FILE *to, const struct summary_session *s,
			 const struct words *words);

void summary_session_free(struct summary_session *s);

#endif
