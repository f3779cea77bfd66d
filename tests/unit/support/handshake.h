/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handshakes in tests/unit/tls: see make.py there. */
#ifndef SALLYPORT_TEST_HANDSHAKE_H
#define SALLYPORT_TEST_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

/* Longest stream of one end there, with room. */
#define HANDSHAKE_STREAM_MAX 4096

/* What one end said: the whole stream of "NAME.client" or "NAME.server".
 * Lives until the next call. */
struct span handshake_stream(const char *name);

/*
 * The body of the first message of @type (enum tls_handshake_type) that @name
 * said in the clear, put together from its records. The test fails if there is
 * none. Lives until the next call.
 */
struct span handshake_message(const char *name, uint8_t type);

#endif
