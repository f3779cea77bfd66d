/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a capture of TCP on Ethernet; see replay_wire.h. */
#include "replay_wire.h"

#include <string.h>

#include "bench.h"

#define ETHERNET  14
#define TCP_BYTES 32 /* with the timestamp option */
#define SNAP_LEN  65535
#define BUFFER    (1 << 20)

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, sigfigs, snap, link;
};

struct packet_header {
	uint32_t seconds, micros, captured, length;
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* RFC 1071, in the machine's own byte order, where the sum works as well. */
static uint64_t sum(const uint8_t *at, size_t len, uint64_t so_far)
{
	uint32_t word;
	uint16_t half = 0;

	for (; len >= 4; at += 4, len -= 4) {
		memcpy(&word, at, 4);
		so_far += word;
	}
	if (len >= 2) {
		memcpy(&half, at, 2);
		so_far += half;
		at += 2;
		len -= 2;
	}
	half = 0;
	memcpy(&half, at, len);
	return so_far + half;
}

static void put_sum(uint8_t *at, uint64_t total)
{
	uint16_t folded;

	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	folded = (uint16_t)~total;
	memcpy(at, &folded, 2);
}

void wire_open(struct wire *w, const char *path)
{
	struct file_header h = { 0xa1b2c3d4, 2, 4, 0, 0, SNAP_LEN, 1 };

	w->file = fopen(path, "wb");
	if (!w->file || setvbuf(w->file, NULL, _IOFBF, BUFFER) != 0 ||
	    fwrite(&h, sizeof(h), 1, w->file) != 1)
		bench_die(path);
	w->bytes = sizeof(h);
}

/* The network header, and the pseudo header's sum. Gives its length. */
static size_t network(uint8_t *at, const struct wire_ends *ends, size_t inner,
		      uint64_t *pseudo)
{
	uint8_t last[8] = { 0 };
	size_t addr = ends->v6 ? 16 : 4, len = ends->v6 ? 40 : 20;

	if (ends->v6) {
		at[0] = 0x60;
		put16(at + 4, (uint32_t)inner);
		at[6] = 6;
		at[7] = 63;
	} else {
		at[0] = 0x45;
		put16(at + 2, (uint32_t)(len + inner));
		at[6] = 0x40; /* do not fragment */
		at[8] = 63;
		at[9] = 6;
	}
	memcpy(at + len - 2 * addr, ends->from, addr);
	memcpy(at + len - addr, ends->to, addr);
	if (!ends->v6)
		put_sum(at + 10, sum(at, len, 0));
	put32(last, (uint32_t)inner);
	last[7] = 6;
	*pseudo =
		sum(last, sizeof(last), sum(at + len - 2 * addr, 2 * addr, 0));
	return len;
}

static void transport(uint8_t *at, const struct wire *w,
		      const struct wire_ends *ends,
		      const struct wire_segment *s)
{
	put16(at, ends->from_port);
	put16(at + 2, ends->to_port);
	put32(at + 4, s->seq);
	put32(at + 8, s->flags & WIRE_ACK ? s->ack : 0);
	at[12] = TCP_BYTES / 4 << 4;
	at[13] = s->flags;
	put16(at + 14, 64240); /* window */
	at[20] = at[21] = 1;   /* twice no operation */
	at[22] = 8;            /* timestamps, RFC 7323 3.2 */
	at[23] = 10;
	put32(at + 24, (uint32_t)(w->now_us / 1000));
	put32(at + 28, s->flags & WIRE_ACK ? (uint32_t)(w->now_us / 1000) : 0);
}

void wire_segment(struct wire *w, const struct wire_ends *ends,
		  const struct wire_segment *s)
{
	uint8_t frame[ETHERNET + 40 + TCP_BYTES] = { 2, 0, 0, 0, 0, 1,
						     2, 0, 0, 0, 0, 2 };
	struct packet_header h;
	uint64_t total;
	size_t len = ETHERNET;

	put16(frame + 12, ends->v6 ? 0x86dd : 0x0800);
	len += network(frame + len, ends, TCP_BYTES + s->len, &total);
	transport(frame + len, w, ends, s);
	total = sum(frame + len, TCP_BYTES, total);
	put_sum(frame + len + 16, sum(s->payload, s->len, total));
	len += TCP_BYTES;
	h.seconds = (uint32_t)(w->now_us / 1000000);
	h.micros = (uint32_t)(w->now_us % 1000000);
	h.captured = h.length = (uint32_t)(len + s->len);
	if (fwrite(&h, sizeof(h), 1, w->file) != 1 ||
	    fwrite(frame, len, 1, w->file) != 1 ||
	    fwrite(s->payload, 1, s->len, w->file) != s->len)
		bench_die("writing");
	w->bytes += sizeof(h) + len + s->len;
}

void wire_close(struct wire *w)
{
	if (fclose(w->file) != 0)
		bench_die("writing");
}
