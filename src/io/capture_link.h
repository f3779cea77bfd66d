/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link layers: where in a captured frame the IP packet begins. */
#ifndef IO_CAPTURE_LINK_H
#define IO_CAPTURE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/*
 * Headers between the link's own and IP: two VLAN tags (802.1ad), PPPoE, MPLS
 * and LLC, and as many again for whoever stacks tags. A frame with more
 * counts as one without IP.
 */
#define CAPTURE_LINK_HEADERS_MAX 10

/* MPLS labels of one frame; networks that need more than six are rare. */
#define CAPTURE_LINK_LABELS_MAX 16

/* Does capture_link_strip() know the link type @dlt (libpcap's DLT_)? */
bool capture_link_known(int dlt);

/*
 * Find the IP packet in @frame, of a known link type. True: @ip is the rest
 * of the frame from the IP header on, padding included; it has at least one
 * byte, and that names the version that the link header promised. False: the
 * frame carries no IP.
 */
bool capture_link_strip(int dlt, struct span frame, struct span *ip);

/* Linux's number of the interface that saw the frame; 0: this link type does
 * not tell (only cooked captures of version 2 do). */
uint32_t capture_link_interface(int dlt, struct span frame);

#endif
