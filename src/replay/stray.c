/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/stray.h"

#include <stdlib.h>
#include <string.h>

#include "replay/table.h"

/* Of what is not TCP: the header's addresses and the bytes behind it, as UDP's
 * ports and ICMP's identifier. */
#define IPV4_ADDRESSES 12
#define IPV6_ADDRESSES 8
#define IPV6_HEADER    40
#define HEAD           8

struct key {
	struct endpoint src, dst;
	uint8_t head[HEAD];
	uint32_t len;
	uint16_t id;
	uint8_t flags, zero; /* no padding: it is compared as it lies there */
};

struct strays {
	struct {
		struct key key;
		uint8_t ttl; /* 0: none */
	} place[STRAY_MAX];
};

struct strays *strays_new(void)
{
	return calloc(1, sizeof(struct strays));
}

static void put(struct span from, size_t at, size_t len, uint8_t *to)
{
	const struct span s = span_sub(from, at, len);

	if (s.len == len)
		memcpy(to, s.at, len);
}

static void key_of_other(struct span ip, struct key *key)
{
	const bool v4 = ip.len && ip.at[0] >> 4 == 4;
	const size_t len = v4 ? 4 : sizeof(key->src.addr.b);
	const size_t at = v4 ? IPV4_ADDRESSES : IPV6_ADDRESSES;

	put(ip, at, len, key->src.addr.b);
	put(ip, at + len, len, key->dst.addr.b);
	put(ip, v4 ? (size_t)(ip.at[0] & 15) * 4 : IPV6_HEADER, HEAD,
	    key->head);
}

static void key_of(const struct frame *f, const struct endpoint *src,
		   struct key *key)
{
	memset(key, 0, sizeof(*key));
	key->len = f->wire_len;
	key->id = f->id;
	if (f->kind != PACKET_TCP) {
		key_of_other(f->raw, key);
		return;
	}
	key->src = *src;
	key->dst = f->packet.dst;
	memcpy(key->head, &f->packet.seq, sizeof(f->packet.seq));
	memcpy(key->head + sizeof(f->packet.seq), &f->packet.ack,
	       sizeof(f->packet.ack));
	key->flags = f->packet.flags;
}

/* One hop older; or on another interface of a bridge, which only IPv4's
 * identification tells from a packet that was sent again. */
static bool is_copy(const struct frame *f, uint8_t ttl)
{
	return f->ttl + 1 == ttl || (f->ttl == ttl && f->id);
}

bool strays_left(struct strays *t, const struct frame *f,
		 const struct endpoint *src)
{
	struct key key;
	size_t at;

	key_of(f, src, &key);
	at = table_hash(&key, sizeof(key)) % STRAY_MAX;
	if (t->place[at].ttl && is_copy(f, t->place[at].ttl) &&
	    memcmp(&t->place[at].key, &key, sizeof(key)) == 0)
		return true;
	t->place[at].key = key;
	t->place[at].ttl = f->ttl;
	return false;
}

void strays_free(struct strays *t)
{
	free(t);
}
