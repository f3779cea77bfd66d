/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Length fields of RFC 791 3.1 and RFC 8200 3. */
#include "io/capture_ip.h"

#include <string.h>

#include <sallyport/checksum.h>

#define IPV4_HEADER_MIN 20
#define IPV4_LENGTH_AT  2
#define IPV4_MAX        65535
#define IPV6_HEADER     40
#define IPV6_LENGTH_AT  4
#define PROTO_TCP       6

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t get16(const uint8_t *at)
{
	return (size_t)at[0] << 8 | at[1];
}

static bool cut(struct span *ip, size_t length)
{
	if (length > ip->len)
		return false;
	*ip = span_sub(*ip, 0, length);
	return true;
}

static bool bound_ipv4(struct span *ip, uint8_t *room)
{
	size_t header = (size_t)(ip->at[0] & 15) * 4;
	size_t length;

	if (ip->len < IPV4_HEADER_MIN || header < IPV4_HEADER_MIN)
		return false;
	length = get16(ip->at + IPV4_LENGTH_AT);
	if (length != 0)
		return length >= header && cut(ip, length);
	if (ip->len < header || ip->len > IPV4_MAX)
		return false;
	memcpy(room, ip->at, ip->len);
	put16(room + IPV4_LENGTH_AT, ip->len);
	checksum_set_ipv4(room);
	ip->at = room;
	return true;
}

/* Other headers than TCP with a length of 0: nothing follows (RFC 8200 4.7),
 * or a jumbogram (RFC 2675), which no FTP endpoint sends. */
static bool bound_ipv6(struct span *ip, uint8_t *room)
{
	size_t length;

	if (ip->len < IPV6_HEADER)
		return false;
	length = get16(ip->at + IPV6_LENGTH_AT);
	if (length != 0 || ip->at[6] != PROTO_TCP)
		return cut(ip, IPV6_HEADER + length);
	if (ip->len > CAPTURE_IP_MAX)
		return false;
	memcpy(room, ip->at, ip->len);
	put16(room + IPV6_LENGTH_AT, ip->len - IPV6_HEADER);
	ip->at = room;
	return true;
}

bool capture_ip_bound(struct span *ip, uint8_t *room)
{
	if (ip->len == 0)
		return false;
	if (ip->at[0] >> 4 == 4)
		return bound_ipv4(ip, room);
	return bound_ipv6(ip, room);
}
