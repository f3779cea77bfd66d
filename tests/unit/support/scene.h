/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole conversations in a few lines, on top of the wire, and the questions
 * that nearly every test of the engine asks afterwards.
 */
#ifndef SALLYPORT_TEST_SCENE_H
#define SALLYPORT_TEST_SCENE_H

#include <sallyport/hostport.h>

#include "wire.h"

/* Longest command or reply that scene_name() writes. */
#define SCENE_TEXT_MAX 160

/* Handshake, greeting and login. */
void scene_start(struct wire *w, const struct wire_options *o);

/* Put the wire's server under "servers:"; call it before the handshake. */
struct policy_server *scene_configure(struct wire *w);

/* Forget both streams and connect once more, with the same ports and other
 * numbers. */
void scene_again(struct wire *w);

/* Shut the engine down: what was opened is taken out again, and nothing is
 * left in any table, and the counters add up. Then wire_stop(). */
void scene_stop(struct wire *w);

/* The same for a wire that joined another one; only its session ends. */
void scene_leave(struct wire *w);

/* Each line of @script is one thing said: "> NOOP" by the client, "< 200 ok"
 * by the server. CR LF is added. */
void scene_play(struct wire *w, const char *script);

/* scene_start() and scene_play(). */
void scene_begin(struct wire *w, const struct wire_options *o,
		 const char *script);

/* One segment, whatever it holds; the rest of the stream must be sent. */
void scene_send(struct wire *w, enum side from, const char *text);

/* The command line or the reply that names @addr and @port, with CR LF. */
void scene_name(enum via via, const char *addr, uint16_t port,
		char out[SCENE_TEXT_MAX]);

/* The client asks with @via for @addr and @port, and the server agrees. */
void scene_ask(struct wire *w, enum via via, const char *addr, uint16_t port);

/* The first SYN of the data connection through the pinhole opened last. */
void scene_data(struct wire *w);

/* The bytes that @to received last are @text. */
void scene_expect_last(const struct wire *w, enum side to, const char *text);

/* Pinholes in @state now: "asked", "open" or "used". */
unsigned int scene_holes(const struct wire *w, const char *state);

/* Is the only session trusted? */
bool scene_trusted(const struct wire *w);

/* Nothing was ever opened, and @alert, and no other, was raised once. */
void scene_expect_refused(const struct wire *w, const char *alert);

/* Just now @n pinholes are open, all of them in the kernel's set, and the
 * engine's number agrees. */
void scene_expect_open(const struct wire *w, unsigned int n);

/* @alert was raised once. */
void scene_expect_alert(const struct wire *w, const char *alert);

/* No alert at all. */
void scene_expect_quiet(const struct wire *w);

struct engine_stats scene_stats(const struct wire *w);

#endif
