/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One captured packet, made readable: what a capture did to it on its way here
 * is undone, as far as it can be.
 */
#ifndef REPLAY_FRAME_H
#define REPLAY_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/packet.h>
#include <sallyport/span.h>

struct frame {
	enum packet_kind kind;
	struct packet packet; /* of PACKET_TCP; payload as far as captured */
	struct span ip;       /* packet.ip, or what cannot be read */
	struct span raw;      /* as it leaves where nobody changes it: @ip, or
			       * what was captured of a longer one */
	uint32_t payload;     /* bytes of TCP payload on the wire */
	uint32_t wire_len;    /* bytes of the IP packet on the wire */
	uint8_t ttl;          /* or hop limit */
	uint16_t id;          /* IPv4's identification; else 0 */
	bool snapped;
};

/* Room for one packet that has to be changed. */
#define FRAME_ROOM 65600

/*
 * Read @ip. Where its end was not captured (@snapped), lengths and checksum
 * are made to fit what is there, in a copy in @room; @out lives as long as both.
 */
void frame_read(struct span ip, bool snapped, uint8_t room[FRAME_ROOM],
		struct frame *out);

/* The same for @p, read already, which is whole and neither fragment nor
 * anything but TCP directly behind IP. False: it is not so. */
bool frame_take(const struct packet *p, struct frame *out);

/*
 * Does the TCP checksum fit? Or is it one that the network card was still to
 * finish: the sum of the pseudo-header alone (as Linux leaves it) or nothing?
 */
enum frame_sum { FRAME_SUM_GOOD, FRAME_SUM_UNFINISHED, FRAME_SUM_BAD };

enum frame_sum frame_sum(const struct packet *p);

/* Give @f a right TCP checksum, in a copy in @room. */
void frame_mend_sum(struct frame *f, uint8_t room[FRAME_ROOM]);

#endif
