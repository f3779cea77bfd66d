/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and ports of a packet, replaced. */
#include "replay/translate.h"

#include <string.h>

#include <sallyport/checksum.h>

#define TCP_CHECKSUM 16

/* The ends of a packet as they lie in it: what TCP's checksum covers of them. */
struct fields {
	size_t src_at, dst_at, len; /* of the addresses */
	size_t ports_at;
};

static struct fields fields_of(const struct packet *p)
{
	if (p->ip.at[0] >> 4 == 4)
		return (struct fields){ 12, 16, 4, p->tcp_at };
	return (struct fields){ 8, 24, 16, p->tcp_at };
}

static uint64_t sum_of(const uint8_t *ip, const struct fields *f)
{
	uint64_t sum = checksum_add(0, span_of(ip + f->src_at, 2 * f->len));

	return checksum_add(sum, span_of(ip + f->ports_at, 4));
}

static void put_end(uint8_t *ip, const struct fields *f, size_t at,
		    size_t port_at, const struct endpoint *end)
{
	if (addr_is_v4(&end->addr) != (f->len == 4))
		return;
	memcpy(ip + at, end->addr.b + sizeof(end->addr.b) - f->len, f->len);
	ip[port_at] = (uint8_t)(end->port >> 8);
	ip[port_at + 1] = (uint8_t)end->port;
}

/* RFC 1624 3: from the complement of the old sum, what was taken out and what
 * was put in. */
static void follow(uint8_t *field, uint64_t old, uint64_t new)
{
	uint16_t sum, out = checksum_finish(old);

	memcpy(&sum, field, sizeof(sum));
	sum = (uint16_t)~sum;
	new = checksum_add(new, span_of(&out, sizeof(out)));
	sum = checksum_finish(checksum_add(new, span_of(&sum, sizeof(sum))));
	memcpy(field, &sum, sizeof(sum));
}

size_t translate(const struct packet *p, const struct endpoint *src,
		 const struct endpoint *dst, uint8_t *out)
{
	const struct fields f = fields_of(p);
	uint64_t old;

	memcpy(out, p->ip.at, p->ip.len);
	old = sum_of(out, &f);
	put_end(out, &f, f.src_at, f.ports_at, src);
	put_end(out, &f, f.dst_at, f.ports_at + 2, dst);
	follow(out + p->tcp_at + TCP_CHECKSUM, old, sum_of(out, &f));
	if (f.len == 4)
		checksum_set_ipv4(out);
	return p->ip.len;
}
