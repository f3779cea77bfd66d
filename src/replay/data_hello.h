/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The beginning of a data connection: is it TLS, and does it go on with an
 * earlier TLS session? Servers may insist on that (RFC 4217 10.2).
 */
#ifndef REPLAY_DATA_HELLO_H
#define REPLAY_DATA_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>
#include <sallyport/tls_hello.h>
#include <sallyport/tls_record.h>

#include "report/story.h"

/* Longest hello that is read. With post-quantum key shares a ClientHello is
 * 1.8 KiB; tickets may add as much again. */
#define DATA_HELLO_MAX 8192

/* What one side has said so far. */
struct data_hello_side {
	struct tls_record record;
	uint32_t taken; /* bytes of its stream */
	uint16_t len;
	bool done;
	uint8_t message[DATA_HELLO_MAX];
};

struct data_hello {
	struct data_hello_side side[2];
	uint8_t session_id[TLS_SESSION_ID_MAX];
	uint8_t session_id_len;
	bool offered; /* the ClientHello was read */
};

/*
 * @payload is what @side sends, from @at bytes into its stream on. Tells
 * flow->tls, ->tls_resumption and ->tls_resumed as they show. *@hello is NULL
 * before the first call; the memory is the caller's to free, and given back
 * here as soon as nothing more can show.
 */
void data_hello_take(struct data_hello **hello, struct story_flow *flow,
		     int side, uint64_t at, struct span payload);

#endif
