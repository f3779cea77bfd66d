/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Right checksums for packets that were changed; RFC 1071. */
#include "mend.h"

#include <stdbool.h>
#include <string.h>

#define PROTOCOL_TCP 6

static uint32_t be16(const uint8_t *at)
{
	return (uint32_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t sum(const uint8_t *at, size_t len, uint32_t so_far)
{
	for (; len >= 2; at += 2, len -= 2)
		so_far += be16(at);
	return len > 0 ? so_far + (uint32_t)(at[0] << 8) : so_far;
}

static uint32_t folded(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return ~total & 0xffff;
}

/* @pseudo: sum of the addresses. */
static void mend_tcp(uint8_t *at, size_t len, uint32_t pseudo)
{
	if (len < 20)
		return;
	put16(at + 16, 0);
	put16(at + 16,
	      folded(sum(at, len, pseudo + PROTOCOL_TCP + (uint32_t)len)));
}

static void mend_v4(uint8_t *at, size_t len)
{
	size_t header = (at[0] & 15) * 4u, total;

	if (len < 20 || header < 20 || header > len)
		return;
	put16(at + 10, 0);
	put16(at + 10, folded(sum(at, header, 0)));
	total = be16(at + 2);
	/* A fragment has no checksum of its own. */
	if (at[9] != PROTOCOL_TCP || (be16(at + 6) & 0x3fff) ||
	    total < header || total > len)
		return;
	mend_tcp(at + header, total - header, sum(at + 12, 8, 0));
}

static void mend_v6(uint8_t *at, size_t len)
{
	size_t inner;

	if (len < 40)
		return;
	inner = be16(at + 4);
	if (at[6] == PROTOCOL_TCP && inner <= len - 40)
		mend_tcp(at + 40, inner, sum(at + 8, 32, 0));
}

void mend_checksums(struct sample *s)
{
	size_t offset = sample_ip_offset(s->link);

	if (offset == SIZE_MAX)
		return;
	for (size_t i = 0; i < s->packets; i++) {
		uint8_t *at = s->file.at + s->packet[i] + SAMPLE_PACKET_HEADER +
			      offset;
		size_t len = s->packet[i + 1] - s->packet[i];

		if (len <= SAMPLE_PACKET_HEADER + offset)
			continue;
		len -= SAMPLE_PACKET_HEADER + offset;
		if (at[0] >> 4 == 4)
			mend_v4(at, len);
		else if (at[0] >> 4 == 6)
			mend_v6(at, len);
	}
}
