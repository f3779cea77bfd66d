/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP fragments in any order: what comes out is whole and has a right header.
 *
 * The input is records of six bytes: kind (bit 0: IPv6; 1: more fragments; 2:
 * a raw packet; 4 and 5: identification), offset in units of eight bytes
 * (two), length, what the data is filled with, and seconds that pass. Of a raw
 * packet the bytes follow, as many as the length says.
 */
#include <stdlib.h>
#include <string.h>

#include <sallyport/checksum.h>
#include <sallyport/packet.h>

#include "io/reassemble.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So few that there is no room for all that the records can name. */
#define DATAGRAMS 5

#define IPV4      20
#define IPV6      40
#define FRAGMENT6 8

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

struct record {
	uint8_t kind;
	uint16_t units;
	uint8_t len, fill, seconds;
};

static size_t build4(const struct record *r, uint8_t *b)
{
	memset(b, 0, IPV4);
	b[0] = 0x45;
	put16(b + 2, IPV4 + (size_t)r->len);
	b[5] = r->kind >> 4 & 3;
	put16(b + 6, (size_t)(r->kind & 2) << 12 | (r->units & 0x1fff));
	b[9] = 6;
	memset(b + IPV4, r->fill, r->len);
	return IPV4 + (size_t)r->len;
}

static size_t build6(const struct record *r, uint8_t *b)
{
	memset(b, 0, IPV6 + FRAGMENT6);
	b[0] = 0x60;
	put16(b + 4, FRAGMENT6 + (size_t)r->len);
	b[6] = 44;
	b[IPV6] = 6;
	put16(b + IPV6 + 2,
	      (size_t)(r->units & 0x1fff) << 3 | (r->kind >> 1 & 1));
	b[IPV6 + 7] = r->kind >> 4 & 3;
	memset(b + IPV6 + FRAGMENT6, r->fill, r->len);
	return IPV6 + FRAGMENT6 + (size_t)r->len;
}

static void whole(struct span out)
{
	struct packet p;
	size_t header;

	must(out.len >= IPV4);
	packet_decode(out, &p);
	if (out.at[0] >> 4 == 6) {
		must(out.len == IPV6 + ((size_t)out.at[4] << 8 | out.at[5]));
		return;
	}
	header = (size_t)(out.at[0] & 15) * 4;
	must(header >= IPV4 && header < out.len);
	must(out.len == ((size_t)out.at[2] << 8 | out.at[3]));
	must(out.at[6] == 0 && out.at[7] == 0);
	must(checksum_finish(checksum_add(0, span_of(out.at, header))) == 0);
}

static struct record read_record(struct cursor *c)
{
	struct record r;

	r.kind = rd_u8(c);
	r.units = rd_be16(c);
	r.len = rd_u8(c);
	r.fill = rd_u8(c);
	r.seconds = rd_u8(c);
	return r;
}

/* The bytes are where a sanitizer sees their end. */
static enum reassemble_result one(struct reassemble *r, struct span ip,
				  uint64_t now_us)
{
	uint8_t *copy = malloc(ip.len > 0 ? ip.len : 1);
	enum reassemble_result result;
	struct span out;

	must(copy != NULL);
	if (ip.len > 0)
		memcpy(copy, ip.at, ip.len);
	result = reassemble_packet(r, span_of(copy, ip.len), now_us, &out);
	must(result != REASSEMBLE_PASS ||
	     (out.at == copy && out.len == ip.len));
	if (result == REASSEMBLE_WHOLE)
		whole(out);
	free(copy);
	return result;
}

/* One table for all runs, for it is large; each begins so late that nothing of
 * the one before is left. */
static struct reassemble *table;
static uint64_t now;

static void count(const struct reassemble_counts *before, const uint64_t *seen)
{
	const struct reassemble_counts *c = reassemble_counts(table);

	must(seen[REASSEMBLE_WHOLE] == c->whole - before->whole);
	must(seen[REASSEMBLE_WHOLE] + seen[REASSEMBLE_WAITS] +
		     seen[REASSEMBLE_DROPPED] ==
	     c->fragments - before->fragments);
	must(reassemble_waiting(table) <= DATAGRAMS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(span_of(data, size));
	struct reassemble_counts before;
	uint64_t seen[4] = { 0 };
	uint8_t b[512];

	if (!table)
		table = reassemble_new(DATAGRAMS);
	must(table != NULL);
	before = *reassemble_counts(table);
	now += REASSEMBLE_TIMEOUT_US + 1;
	while (c.rest.len > 0) {
		struct record r = read_record(&c);
		struct span ip;

		if (r.kind & 4)
			ip = rd_take(&c, r.len);
		else
			ip = span_of(b, (r.kind & 1 ? build6 : build4)(&r, b));
		now += (uint64_t)r.seconds * 1000000;
		seen[one(table, ip, now)]++;
	}
	count(&before, seen);
	return 0;
}
