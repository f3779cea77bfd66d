/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures, changed at random.
 *
 * A changed packet whose checksums are wrong is soon dropped; so in half of
 * the cases they are mended again, and what was changed is really read.
 */
#include "change.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "mend.h"

/* Ways in which one capture is changed. */
#define CHANGES_MAX 4
/* Bytes that one flip touches at most, and those of one moved piece. */
#define FLIPS_MAX   16
#define PIECE_MAX   512
/* A file grows by no more than this in one change. */
#define GROWTH_MAX  (1u << 17)

struct work {
	struct dice *dice;
	const struct sample *samples;
	size_t count;
	struct sample now; /* file and packet list, both ours */
	size_t room;
};

uint64_t dice_roll(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t dice_below(struct dice *d, size_t below)
{
	return below > 0 ? (size_t)(dice_roll(d) % below) : 0;
}

/* Make room for @len bytes at @at, or take them away if @len is negative. */
static void shift(struct work *w, size_t at, ptrdiff_t len)
{
	struct bytes *f = &w->now.file;

	if (len > 0) {
		if (f->len + (size_t)len > w->room) {
			w->room = f->len + (size_t)len + GROWTH_MAX;
			f->at = realloc(f->at, w->room);
			if (!f->at)
				exit(3);
		}
		memmove(f->at + at + len, f->at + at, f->len - at);
	} else {
		memmove(f->at + at, f->at + at - len,
			f->len - at - (size_t)-len);
	}
	f->len += (size_t)len;
}

static const struct sample *another(struct work *w)
{
	return &w->samples[dice_below(w->dice, w->count)];
}

/* A packet of @s, header included; its start and its length. */
static size_t pick(struct work *w, const struct sample *s, size_t *len)
{
	size_t i = dice_below(w->dice, s->packets);

	*len = s->packet[i + 1] - s->packet[i];
	return s->packet[i];
}

static void flip_anywhere(struct work *w)
{
	size_t n = 1 + dice_below(w->dice, FLIPS_MAX);

	while (n-- > 0)
		w->now.file.at[dice_below(w->dice, w->now.file.len)] ^=
			(uint8_t)(1u << dice_below(w->dice, 8));
}

/* In the headers of one packet: the capture's, the link's, IP's, TCP's. */
static void set_header(struct work *w)
{
	size_t len, at = pick(w, &w->now, &len);
	size_t n = 1 + dice_below(w->dice, 4);

	while (n-- > 0)
		w->now.file.at[at + dice_below(w->dice, len < 96 ? len : 96)] =
			(uint8_t)dice_roll(w->dice);
}

/* In what a packet carries: bytes that mean something to FTP, Telnet or TLS. */
static void set_payload(struct work *w)
{
	static const uint8_t special[] = {
		'\r', '\n', ' ', ',', '|', '(', ')', '-', '.', '0', '9', '"',
		0,    255,  241, 242, 22,  20,  21,  23,  3,   1,   4,
	};
	size_t len, at = pick(w, &w->now, &len);
	size_t skip = len < 82 ? len - 1 : 82;
	size_t n = 1 + dice_below(w->dice, FLIPS_MAX);

	while (n-- > 0)
		w->now.file.at[at + skip + dice_below(w->dice, len - skip)] =
			special[dice_below(w->dice, sizeof(special))];
}

/* A number in a header, replaced by one at an edge. */
static void set_number(struct work *w)
{
	static const uint32_t edge[] = {
		0,          1,          4,          5,          19,     20,
		39,         40,         127,        128,        255,    256,
		1499,       32767,      32768,      65535,      262144, 262145,
		0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};
	size_t len, at = pick(w, &w->now, &len);
	uint32_t value =
		edge[dice_below(w->dice, sizeof(edge) / sizeof(*edge))];
	size_t bytes = (size_t)1 << dice_below(w->dice, 3);
	size_t reach = len < 96 ? len : 96;
	size_t to = at + dice_below(w->dice, reach - bytes + 1);

	for (size_t i = 0; i < bytes; i++)
		w->now.file.at[to + i] =
			(uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* The lengths of the capture's own header. */
static void set_length(struct work *w)
{
	size_t len, at = pick(w, &w->now, &len);
	uint32_t value = (uint32_t)dice_below(w->dice, 2 * len);

	if (dice_below(w->dice, 4) == 0)
		value = (uint32_t)dice_roll(w->dice);
	at += 8 + 4 * dice_below(w->dice, 2);
	memcpy(w->now.file.at + at, &value, sizeof(value));
}

/* Both seconds and microseconds: time goes back, or far ahead. */
static void set_time(struct work *w)
{
	size_t len, at = pick(w, &w->now, &len);
	uint64_t value = dice_roll(w->dice);

	memcpy(w->now.file.at + at, &value,
	       dice_below(w->dice, 2) == 0 ? 8 : 1 + dice_below(w->dice, 3));
}

static void drop_packet(struct work *w)
{
	size_t len, at = pick(w, &w->now, &len);

	shift(w, at, -(ptrdiff_t)len);
}

/* A packet of this or another capture, once more, anywhere. */
static void add_packet(struct work *w)
{
	const struct sample *s =
		dice_below(w->dice, 2) == 0 ? &w->now : another(w);
	size_t len, at, to, unused;
	uint8_t *copy;

	if (s->packets == 0)
		return;
	at = pick(w, s, &len);
	to = pick(w, &w->now, &unused);
	copy = sample_memory(len);
	memcpy(copy, s->file.at + at, len);
	shift(w, to, (ptrdiff_t)len);
	memcpy(w->now.file.at + to, copy, len);
	free(copy);
}

/* A packet moves: what came first comes last. */
static void move_packet(struct work *w)
{
	size_t len, at = pick(w, &w->now, &len), to, unused;
	uint8_t *copy = sample_memory(len);

	memcpy(copy, w->now.file.at + at, len);
	to = pick(w, &w->now, &unused);
	shift(w, at, -(ptrdiff_t)len);
	if (to > at)
		to -= len;
	shift(w, to, (ptrdiff_t)len);
	memcpy(w->now.file.at + to, copy, len);
	free(copy);
}

/* Some bytes of another capture over some of this one, wherever. */
static void paste(struct work *w)
{
	const struct sample *s = another(w);
	size_t len = 1 + dice_below(w->dice, PIECE_MAX);
	size_t from = dice_below(w->dice, s->file.len);
	size_t to = dice_below(w->dice, w->now.file.len);

	if (len > s->file.len - from)
		len = s->file.len - from;
	if (len > w->now.file.len - to)
		len = w->now.file.len - to;
	memcpy(w->now.file.at + to, s->file.at + from, len);
}

/* Two pieces of it change places. */
static void swap_pieces(struct work *w)
{
	size_t len = 1 + dice_below(w->dice, PIECE_MAX);
	size_t a, b;

	if (w->now.file.len <= len)
		return;
	a = dice_below(w->dice, w->now.file.len - len);
	b = dice_below(w->dice, w->now.file.len - len);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = w->now.file.at[a + i];

		w->now.file.at[a + i] = w->now.file.at[b + i];
		w->now.file.at[b + i] = byte;
	}
}

/* Begins as this capture and goes on as another one. */
static void splice(struct work *w)
{
	const struct sample *s = another(w);
	size_t len, from, at;

	if (s->packets == 0)
		return;
	from = pick(w, s, &len);
	at = pick(w, &w->now, &len);
	len = s->file.len - from;
	if (len > GROWTH_MAX)
		len = GROWTH_MAX;
	shift(w, at, -(ptrdiff_t)(w->now.file.len - at));
	shift(w, at, (ptrdiff_t)len);
	memcpy(w->now.file.at + at, s->file.at + from, len);
}

static void cut(struct work *w)
{
	size_t at = dice_below(w->dice, w->now.file.len);

	shift(w, at, -(ptrdiff_t)(w->now.file.len - at));
}

/* The first few need no packets. */
#define BLIND 4
static void (*const change[])(struct work *) = {
	flip_anywhere, paste,       swap_pieces, cut,        set_header,
	set_payload,   set_payload, set_number,  set_length, set_time,
	drop_packet,   add_packet,  move_packet, splice,
};

/* Packed, and a bit of that flipped now and then. */
static void pack(struct work *w)
{
	uLongf len = compressBound(w->now.file.len) + 32;
	uint8_t *to = sample_memory(len);
	z_stream z = { 0 };

	/* 16: with gzip's header. */
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		exit(3);
	z.next_in = w->now.file.at;
	z.avail_in = (uInt)w->now.file.len;
	z.next_out = to;
	z.avail_out = (uInt)len;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		exit(3);
	free(w->now.file.at);
	w->now.file = (struct bytes){ to, z.total_out };
	deflateEnd(&z);
	if (dice_below(w->dice, 2) == 0)
		flip_anywhere(w);
}

/* A copy of the samples' key log; one in four is changed. */
static struct bytes copy_log(struct dice *d, const struct bytes *log)
{
	struct bytes b = { sample_memory(log->len), log->len };

	if (log->len > 0)
		memcpy(b.at, log->at, log->len);
	if (b.len > 0 && dice_below(d, 4) == 0)
		for (size_t n = 1 + dice_below(d, FLIPS_MAX); n > 0; n--)
			b.at[dice_below(d, b.len)] = (uint8_t)dice_roll(d);
	return b;
}

size_t change_capture(struct dice *d, const struct sample *samples,
		      size_t count, struct bytes *out, struct bytes *log)
{
	size_t which = dice_below(d, count);
	const struct sample *s = &samples[which];
	struct work w = { .dice = d, .samples = samples, .count = count };
	size_t changes = 1 + dice_below(d, CHANGES_MAX);

	w.room = s->file.len + GROWTH_MAX;
	w.now.file.at = sample_memory(w.room);
	memcpy(w.now.file.at, s->file.at, s->file.len);
	w.now.file.len = s->file.len;
	while (changes-- > 0 && w.now.file.len > 0) {
		sample_index(&w.now);
		change[dice_below(d, w.now.packets > 0
					     ? sizeof(change) / sizeof(*change)
					     : BLIND)](&w);
	}
	sample_index(&w.now);
	if (dice_below(d, 2) == 0)
		mend_checksums(&w.now);
	free(w.now.packet);
	if (w.now.file.len > 0 && dice_below(d, 32) == 0)
		pack(&w);
	*out = w.now.file;
	*log = copy_log(d, &s->keylog);
	return which;
}
