/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the IP packet of a frame ends. */
#ifndef IO_CAPTURE_IP_H
#define IO_CAPTURE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/* The longest: IPv6's header and all that its length field can tell. */
#define CAPTURE_IP_MAX (40 + 65535)

/*
 * Cut what lies behind the packet's own end (padding) from @ip. True: the
 * packet is whole. False: it ends before its length says, or its length is
 * nonsense, and stays as it is.
 *
 * A length of 0 stands for a packet that a network card was still to cut into
 * segments, captured on its way there. Where it is not too long, @ip becomes a
 * copy in @room (CAPTURE_IP_MAX bytes) with the length, and IPv4's checksum,
 * put in.
 */
bool capture_ip_bound(struct span *ip, uint8_t *room);

#endif
