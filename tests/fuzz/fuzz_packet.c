/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets: whatever is decoded is consistent, and can be written again. */
#include <stdlib.h>
#include <string.h>

#include <sallyport/packet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The longest IP packet. */
#define ROOM 65535

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void same_ends(const struct packet *a, const struct packet *b)
{
	must(endpoint_equal(&a->src, &b->src));
	must(endpoint_equal(&a->dst, &b->dst));
}

/* Everything but the payload and the sums is as it was. */
static void same_headers(const struct packet *p, const struct packet *q)
{
	same_ends(p, q);
	must(p->tcp_at == q->tcp_at && p->payload_at == q->payload_at);
	must(p->window == q->window && p->mss == q->mss);
	must(p->has_timestamp == q->has_timestamp);
	must(p->tsval == q->tsval && p->tsecr == q->tsecr);
	must(p->sack_at == q->sack_at && p->sack_blocks == q->sack_blocks);
	must(p->is_signed == q->is_signed);
}

static void write_again(const struct packet *p, struct span payload)
{
	static uint8_t copy[ROOM];
	size_t len = packet_copy(p, payload, copy);
	struct packet q;

	if (p->payload_at + payload.len > ROOM) {
		must(len == 0);
		return;
	}
	must(len == p->payload_at + payload.len);
	packet_set_seq(p, copy, p->seq + 1);
	packet_set_ack(p, copy, p->ack - 1);
	packet_set_flags(p, copy, p->flags ^ TCP_PSH);
	for (unsigned int i = 0; i < p->sack_blocks; i++)
		packet_set_sack(p, copy, i, i, 0xffffffff - i);
	packet_set_checksum(p, copy, len);
	must(packet_decode(span_of(copy, len), &q) == PACKET_TCP);
	must(packet_checksum_ok(&q));
	must(q.ip.len == len && span_equal(packet_payload(&q), payload));
	must(q.seq == p->seq + 1 && q.ack == p->ack - 1);
	must(q.flags == (p->flags ^ TCP_PSH));
	same_headers(p, &q);
	for (unsigned int i = 0; i < q.sack_blocks; i++) {
		uint32_t left, right;

		packet_sack(&q, i, &left, &right);
		must(left == i && right == 0xffffffff - i);
	}
}

static void tcp(const struct packet *p, struct span bytes)
{
	static const uint8_t more[3000];
	struct span payload = packet_payload(p);

	must(p->ip.at == bytes.at && p->ip.len <= bytes.len);
	must(p->tcp_at >= 20 && p->payload_at >= p->tcp_at + 20u);
	must(p->payload_at <= p->ip.len);
	must(p->sack_blocks <= TCP_SACK_BLOCKS_MAX && p->has_ports);
	must(p->has_timestamp || (!p->tsval && !p->tsecr));
	must(packet_seq_len(p) >= payload.len);
	packet_checksum_ok(p);
	write_again(p, payload);
	write_again(p, span_sub(payload, 0, payload.len / 2));
	write_again(p, span_of(more, sizeof(more)));
	write_again(p, span_of(more, 0));
}

/* The families never mix. */
static void one_family(const struct packet *p, bool v4)
{
	must(addr_is_v4(&p->src.addr) == v4 && addr_is_v4(&p->dst.addr) == v4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct packet p;

	switch (packet_decode(bytes, &p)) {
	case PACKET_TCP:
		one_family(&p, data[0] >> 4 == 4);
		tcp(&p, bytes);
		break;
	case PACKET_FRAGMENT:
		one_family(&p, data[0] >> 4 == 4);
		break;
	case PACKET_OTHER:
	case PACKET_BAD:
		break;
	}
	return 0;
}
