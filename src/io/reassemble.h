/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP fragments put together again, so that nothing hides in them (RFC 791 3.2,
 * RFC 8200 4.5). Packets and time in; whole packets out.
 */
#ifndef IO_REASSEMBLE_H
#define IO_REASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

/*
 * As many datagrams at once as will do. Each may become 64 KiB and has 8 KiB of
 * notes: 37 MiB, of which the system gives only what is touched. Linux stops
 * at 4 MiB of what waits.
 */
#define REASSEMBLE_DATAGRAMS 512

/* RFC 8200 4.5: 60 seconds from the first fragment on; RFC 1122 3.3.2 lets
 * IPv4 wait 60 to 120. */
#define REASSEMBLE_TIMEOUT_US 60000000

/*
 * A finished datagram is remembered for so long, for captures of all
 * interfaces hold each fragment twice, the second one a few milliseconds
 * behind. Identifications come again only much later.
 */
#define REASSEMBLE_MEMORY_US 1000000

struct reassemble;

enum reassemble_result {
	REASSEMBLE_PASS,    /* no fragment: it is given back as it is */
	REASSEMBLE_WHOLE,   /* this one completed a packet */
	REASSEMBLE_WAITS,   /* taken; others are missing */
	REASSEMBLE_DROPPED, /* of no use; the counts say why */
};

struct reassemble_counts {
	uint64_t fragments;  /* all that were seen */
	uint64_t whole;      /* packets completed */
	uint64_t duplicates; /* fragments that came again, just the same */
	/* Datagrams: */
	uint64_t overlapped; /* IPv6: given up (RFC 5722 4). IPv4: used */
	uint64_t conflicts;  /* IPv4: of those, with other bytes there; what
			      * came first was used */
	uint64_t impossible; /* two ends, or too long when put together */
	uint64_t expired;    /* some fragment never came */
	uint64_t evicted;    /* given up for a newer one */
	/* Fragments: */
	uint64_t bad; /* cut short, empty, too long, or of odd length */
};

/* Room for @datagrams, at least 1; when all are taken, the oldest is given up.
 * NULL: no memory. The caller gives it to reassemble_free(). */
struct reassemble *reassemble_new(size_t datagrams);

/*
 * Take @ip at @now_us (microseconds; it may go back). PASS: @out is @ip.
 * WHOLE: @out is the packet, with its length and checksum right and without
 * fragment fields or fragment header; it lives until the next call. For others
 * @out is not written.
 */
enum reassemble_result reassemble_packet(struct reassemble *r, struct span ip,
					 uint64_t now_us, struct span *out);

const struct reassemble_counts *reassemble_counts(const struct reassemble *r);

/* Datagrams that still wait for fragments. */
size_t reassemble_waiting(const struct reassemble *r);

/* NULL is fine. */
void reassemble_free(struct reassemble *r);

#endif
