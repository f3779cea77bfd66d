/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS 1.3 without its arithmetic: the records have the types, the lengths and
 * the order of real ones, but what is in them is in the clear. So what is
 * measured is the way through the gateway, and not a cipher.
 */
#ifndef BENCH_SHAM_TLS_H
#define BENCH_SHAM_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Header, and the tag and type that real records end with. */
#define SHAM_HEADER  5
#define SHAM_TRAILER 17

/* How far one end has come. */
enum sham_state { SHAM_OFF, SHAM_HELLO, SHAM_FINISHED, SHAM_UP };

/* The client's handshake, all of it; @fd blocks. False if it broke. */
bool sham_connect(int fd);

/* The same where nothing may block: begin it, then for what comes in do as
 * with sham_accept(). */
bool sham_begin(int fd, enum sham_state *state);
size_t sham_answer(int fd, enum sham_state *state, const uint8_t *in,
		   size_t used);

/* The server's: takes what it waits for off the @used bytes at @in, and
 * answers. Gives how many bytes that were; 0: more must come first. */
size_t sham_accept(int fd, enum sham_state *state, const uint8_t *in,
		   size_t used);

/* Send @len bytes at @text as one record. */
bool sham_send(int fd, const void *text, size_t len);

/* The first record of the @used bytes at @in: gives its length in all and where
 * its text is; 0: it is not whole. */
size_t sham_record(const uint8_t *in, size_t used, const uint8_t **text,
		   size_t *len);

#endif
