/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection, in the clear or under TLS, with a deadline for everything.
 *
 * It waits in poll(2) and nowhere else. A deadline holds whatever comes: who
 * floods a link does not keep it busy for longer than who says nothing. No
 * result but LINK_DONE leaves anything to try again: close the link.
 */
#ifndef LAB_LINK_H
#define LAB_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "tls/peer.h"

enum link_result {
	LINK_DONE,
	LINK_TIMEOUT, /* the deadline passed */
	LINK_ENDED,   /* the other end sends no more */
	LINK_BROKEN,  /* reset, or refused by the system: see @error */
	LINK_TLS,     /* TLS failed: see @tls_error */
};

struct link {
	int fd;               /* -1: none */
	struct tls_peer *tls; /* NULL: in the clear */
	int error;            /* positive errno; written with LINK_BROKEN */
	char tls_error[TLS_PEER_ERROR_MAX]; /* written with LINK_TLS */
	/* TLS ended without close_notify: whether all has come is not known
	 * (RFC 8446 6.1). Many FTP servers end their data connections so. */
	bool truncated;
};

/* A link that is closed. */
#define LINK_CLOSED ((struct link){ .fd = -1 })

/* Takes @fd, a connection of lab/socket.h, over. */
struct link link_over(int fd);

/* Close at once, whatever it is doing; repeatable. */
void link_close(struct link *l);

/* Begin TLS; parameters as for tls_peer_new(). */
enum link_result link_secure(struct link *l, const struct tls_role *role,
			     const char *sni, const struct tls_peer *like,
			     uint64_t until);

/* At least one byte, at most @size. */
enum link_result link_read(struct link *l, void *out, size_t size, size_t *len,
			   uint64_t until);

/* All of @bytes. */
enum link_result link_write(struct link *l, struct span bytes, uint64_t until);

/*
 * Say that no more will be sent, and wait until the other end says so too, so
 * that what is still under way is not lost to a reset. What it sends
 * meanwhile is dropped. LINK_DONE where it did.
 */
enum link_result link_finish(struct link *l, uint64_t until);

#endif
