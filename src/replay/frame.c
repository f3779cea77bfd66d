/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture may cut packets short, and see them before their checksum is there:
 * a gateway's engine meets neither, so both are mended here. */
#include "replay/frame.h"

#include <string.h>

#include <sallyport/checksum.h>

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER     40
#define TCP_CHECKSUM    16
#define PROTO_TCP       6

static uint16_t be16(const uint8_t b[2])
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static void put16(uint8_t b[2], size_t value)
{
	b[0] = (uint8_t)(value >> 8);
	b[1] = (uint8_t)value;
}

static bool is_v4(struct span ip)
{
	return ip.len >= IPV4_HEADER_MIN && ip.at[0] >> 4 == 4;
}

static bool is_v6(struct span ip)
{
	return ip.len >= IPV6_HEADER && ip.at[0] >> 4 == 6;
}

/* What the header says; 0 where there is none. */
static uint32_t length_told(struct span ip)
{
	if (is_v4(ip))
		return be16(ip.at + 2);
	return is_v6(ip) ? IPV6_HEADER + (uint32_t)be16(ip.at + 4) : 0;
}

/* Let the header say what is there. */
static bool shorten(struct frame *f, uint8_t *room)
{
	if (f->wire_len <= f->ip.len || f->ip.len > UINT16_MAX)
		return false;
	memcpy(room, f->ip.at, f->ip.len);
	if (is_v4(f->ip))
		put16(room + 2, f->ip.len);
	else
		put16(room + 4, f->ip.len - IPV6_HEADER);
	f->kind = packet_decode(span_of(room, f->ip.len), &f->packet);
	return f->kind == PACKET_TCP;
}

void frame_read(struct span ip, bool snapped, uint8_t room[FRAME_ROOM],
		struct frame *out)
{
	out->ip = out->raw = ip;
	out->snapped = snapped;
	out->wire_len = length_told(ip);
	if (out->wire_len < ip.len)
		out->wire_len = (uint32_t)ip.len;
	out->ttl = is_v4(ip) ? ip.at[8] : is_v6(ip) ? ip.at[7] : 0;
	out->id = is_v4(ip) ? be16(ip.at + 4) : 0;
	out->kind = packet_decode(ip, &out->packet);
	if (out->kind == PACKET_BAD && snapped && shorten(out, room))
		packet_set_checksum(&out->packet, room, ip.len);
	if (out->kind != PACKET_TCP)
		return;
	out->ip = out->packet.ip;
	if (!snapped)
		out->raw = out->ip;
	out->payload = (uint32_t)packet_payload(&out->packet).len;
	if (snapped)
		out->payload += out->wire_len - (uint32_t)ip.len;
}

bool frame_take(const struct packet *p, struct frame *out)
{
	const bool v4 = is_v4(p->ip);

	/* IPv6's headers may hold a fragment of one (RFC 6946). */
	if (!v4 && p->tcp_at != IPV6_HEADER)
		return false;
	*out = (struct frame){
		.kind = PACKET_TCP,
		.packet = *p,
		.ip = p->ip,
		.raw = p->ip,
		.payload = (uint32_t)packet_payload(p).len,
		.wire_len = (uint32_t)p->ip.len,
		.ttl = p->ip.at[v4 ? 8 : 7],
		.id = v4 ? be16(p->ip.at + 4) : 0,
	};
	return true;
}

/* What Linux leaves in the field for a card to go on with: the sum of the
 * pseudo header, of a packet that is to be cut into segments without length. */
static uint16_t pseudo_sum(const struct packet *p, size_t tcp_len)
{
	struct span addresses =
		is_v4(p->ip) ? span_sub(p->ip, 12, 8) : span_sub(p->ip, 8, 32);
	uint64_t sum = checksum_add16(checksum_add(0, addresses), PROTO_TCP);

	return (uint16_t)~checksum_finish(
		checksum_add16(sum, (uint16_t)tcp_len));
}

enum frame_sum frame_sum(const struct packet *p)
{
	uint16_t told;

	if (packet_checksum_ok(p))
		return FRAME_SUM_GOOD;
	memcpy(&told, p->ip.at + p->tcp_at + TCP_CHECKSUM, sizeof(told));
	if (!told || told == pseudo_sum(p, p->ip.len - p->tcp_at) ||
	    told == pseudo_sum(p, 0))
		return FRAME_SUM_UNFINISHED;
	return FRAME_SUM_BAD;
}

void frame_mend_sum(struct frame *f, uint8_t room[FRAME_ROOM])
{
	const size_t len = f->packet.ip.len;

	if (f->packet.ip.at != room)
		memcpy(room, f->packet.ip.at, len);
	packet_set_checksum(&f->packet, room, len);
	f->packet.ip = f->ip = span_of(room, len);
	if (!f->snapped)
		f->raw = f->ip;
}
