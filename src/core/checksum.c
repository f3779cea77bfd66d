/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet checksum, eight bytes at a time (RFC 1071 2: byte order does
 * not matter, so words are summed as they lie in memory). */
#include <sallyport/checksum.h>

#include <string.h>

static uint64_t add_carry(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

uint64_t checksum_add(uint64_t sum, struct span s)
{
	uint64_t word;

	while (s.len >= sizeof(word)) {
		memcpy(&word, s.at, sizeof(word));
		sum = add_carry(sum, word);
		s.at += sizeof(word);
		s.len -= sizeof(word);
	}
	if (s.len) {
		word = 0;
		memcpy(&word, s.at, s.len);
		sum = add_carry(sum, word);
	}
	return sum;
}

uint64_t checksum_add16(uint64_t sum, uint16_t value)
{
	const uint8_t b[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	return checksum_add(sum, (struct span){ b, sizeof(b) });
}

uint16_t checksum_finish(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}

#define IPV4_CHECKSUM_AT 10

void checksum_set_ipv4(uint8_t *ip)
{
	const struct span header = { ip, (size_t)(ip[0] & 15) * 4 };
	uint16_t sum;

	memset(ip + IPV4_CHECKSUM_AT, 0, sizeof(sum));
	sum = checksum_finish(checksum_add(0, header));
	memcpy(ip + IPV4_CHECKSUM_AT, &sum, sizeof(sum));
}
