/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One address type for both families: IPv4 is kept as ::ffff:a.b.c.d. */
#ifndef SALLYPORT_ADDR_H
#define SALLYPORT_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sallyport/span.h>

struct addr {
	uint8_t b[16]; /* network order */
};

/* An address and a TCP port in host order. */
struct endpoint {
	struct addr addr;
	uint16_t port;
};

/* An address range: the first @len bits count (0 to 128; IPv4's /24 is 120). */
struct prefix {
	struct addr addr;
	uint8_t len;
};

/* Longest text: an IPv6 address of eight full groups, 39, and its NUL. */
#define ADDR_TEXT_MAX 40

/* Longest text: "[" address "]:65535" and its NUL. */
#define ENDPOINT_TEXT_MAX 48

/* @b: 4 bytes in network order. */
struct addr addr_v4(const uint8_t b[4]);

/* @b: 16 bytes in network order. */
struct addr addr_v6(const uint8_t b[16]);

/* These few are in the header because every packet asks them many times. */
static inline bool addr_is_v4(const struct addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/* The four bytes of an IPv4 address; only for addr_is_v4(). */
static inline const uint8_t *addr_v4_bytes(const struct addr *a)
{
	return a->b + 12;
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool endpoint_equal(const struct endpoint *a,
				  const struct endpoint *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

/* 0.0.0.0 or ::, which FTP servers use for "the host you are talking to". */
bool addr_is_unspecified(const struct addr *a);

bool prefix_contains(const struct prefix *p, const struct addr *a);

/*
 * Read a whole span as an address. IPv4: four strict decimals. IPv6: RFC 4291
 * 2.2 without zone. An IPv4-mapped IPv6 address is BAD: it would let one
 * family pass for the other.
 */
enum parse addr_parse_v4(struct span text, struct addr *out);
enum parse addr_parse_v6(struct span text, struct addr *out);

/* Either family. */
enum parse addr_parse(struct span text, struct addr *out);

/* Write @a (IPv6 as RFC 5952 demands) and a NUL into @out; gives the length. */
size_t addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* "10.1.4.4:21" or "[fc00::1]:21"; gives the length. */
size_t endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX]);

#endif
