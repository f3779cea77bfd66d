/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One IP fragment, read; and the header of what fragments make, written. */
#ifndef IO_REASSEMBLE_FRAGMENT_H
#define IO_REASSEMBLE_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

/*
 * All that comes before a fragment's data: IPv4 has 60 bytes at most. IPv6
 * repeats the headers that routers read: hop-by-hop options, routing and its
 * destination options, some 40, 200 and 24 bytes where they are used at all.
 */
#define FRAGMENT_HEADER_MAX 512

/* Extension headers before the fragment header: RFC 8200 4.1 knows three. */
#define FRAGMENT_EXTENSIONS_MAX 8

/* What IPv4's total length and IPv6's payload length can tell. */
#define FRAGMENT_LENGTH_MAX 65535

/* Which fragments belong together: RFC 791 3.2, RFC 8200 4.5. */
struct fragment_key {
	struct addr src, dst;
	uint32_t id;
	bool v6;          /* an IPv6 header may name IPv4-mapped addresses */
	uint8_t protocol; /* IPv4 alone; in IPv6 fragments may differ in it */
};

struct fragment {
	struct fragment_key key;
	struct span header; /* of the packet, without a fragment header */
	struct span data;
	uint32_t at;      /* where the data belongs, in bytes */
	bool more;        /* this is not the end */
	uint16_t next_at; /* IPv6: offset in the header of the byte that */
	uint8_t next;     /* is to say this instead of "fragment" */
};

enum fragment_kind {
	FRAGMENT_NONE, /* a whole packet, or none that we can read */
	FRAGMENT_PIECE,
	FRAGMENT_BAD, /* no receiver could use it */
};

/* Read @ip. PIECE: every field is written, the views point into @ip, there is
 * data, and its end would not make the packet too long. */
enum fragment_kind fragment_read(struct span ip, struct fragment *out);

/*
 * Make the @header_len bytes at @packet, a fragment's header, that of a whole
 * packet with @data_len bytes of data: lengths, checksum, no fragment fields.
 * @next_at and @next as in the first fragment. False: it would be too long.
 */
bool fragment_finish(uint8_t *packet, size_t header_len, size_t data_len,
		     uint16_t next_at, uint8_t next);

#endif
