/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file formats, written from their descriptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <zlib.h>

#include "captures.h"
#include "known.h"

#define SNAPLEN 65535

static void put(struct file *f, const void *bytes, size_t len)
{
	assert_true(f->len + len <= sizeof(f->bytes));
	if (len > 0)
		memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void put_number(struct file *f, uint32_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++) {
		unsigned int at = f->big ? bytes - 1 - i : i;
		uint8_t byte = (uint8_t)(value >> (8 * at));

		put(f, &byte, 1);
	}
}

static void put32(struct file *f, uint32_t value)
{
	put_number(f, value, 4);
}

static void put16(struct file *f, uint32_t value)
{
	put_number(f, value, 2);
}

void file_dump(struct file *f, int dlt, const struct record *r, size_t records)
{
	pcap_t *dead = pcap_open_dead(dlt, SNAPLEN);
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	pcap_dumper_t *d = pcap_dump_fopen(dead, memory);

	assert_non_null(d);
	for (size_t i = 0; i < records; i++) {
		struct pcap_pkthdr h = {
			.ts = { r[i].sec, r[i].fraction },
			.caplen = (uint32_t)r[i].frame.len,
			.len = r[i].len ? r[i].len : (uint32_t)r[i].frame.len,
		};

		pcap_dump((u_char *)d, &h, r[i].frame.at);
	}
	pcap_dump_close(d);
	pcap_close(dead);
	f->len = 0;
	put(f, text, len);
	free(text);
}

void file_pcap(struct file *f, uint32_t link)
{
	f->len = 0;
	put32(f, f->nano ? 0xa1b23c4d : 0xa1b2c3d4);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, SNAPLEN);
	put32(f, link);
}

void file_pcap_record(struct file *f, const struct record *r)
{
	put32(f, r->sec);
	put32(f, r->fraction);
	put32(f, (uint32_t)r->frame.len);
	put32(f, r->len ? r->len : (uint32_t)r->frame.len);
	put(f, r->frame.at, r->frame.len);
}

/* Section header block of unknown length. */
void file_pcapng(struct file *f)
{
	f->len = 0;
	put32(f, 0x0a0d0d0a);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put32(f, 0xffffffff);
	put32(f, 0xffffffff);
	put32(f, 28);
}

void file_pcapng_interface(struct file *f, uint16_t link, uint8_t resolution)
{
	uint32_t len = resolution ? 32 : 20;

	put32(f, 1);
	put32(f, len);
	put16(f, link);
	put16(f, 0);
	put32(f, SNAPLEN);
	if (resolution) {
		put16(f, 9);
		put16(f, 1);
		put(f, (const uint8_t[]){ resolution, 0, 0, 0 }, 4);
		put32(f, 0); /* the end of options */
	}
	put32(f, len);
}

void file_pcapng_packet(struct file *f, uint32_t interface, uint64_t time,
			struct span frame)
{
	uint32_t padding = (uint32_t)(-frame.len & 3);
	uint32_t len = 32 + (uint32_t)frame.len + padding;

	put32(f, 6);
	put32(f, len);
	put32(f, interface);
	put32(f, (uint32_t)(time >> 32));
	put32(f, (uint32_t)time);
	put32(f, (uint32_t)frame.len);
	put32(f, (uint32_t)frame.len);
	put(f, frame.at, frame.len);
	put(f, "\0\0\0", padding);
	put32(f, len);
}

void file_gzip(const struct file *f, struct file *packed)
{
	z_stream z;

	memset(&z, 0, sizeof(z));
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	z.next_in = (uint8_t *)f->bytes;
	z.avail_in = (uInt)f->len;
	z.next_out = packed->bytes + packed->len;
	z.avail_out = (uInt)(sizeof(packed->bytes) - packed->len);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed->len = sizeof(packed->bytes) - z.avail_out;
	deflateEnd(&z);
}

int file_open(const struct file *f, size_t len)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, f->bytes, len, 0), len);
	return fd;
}

struct capture *file_capture(const struct file *f)
{
	char why[CAPTURE_WHY_MAX] = "";
	struct capture *c = NULL;

	if (capture_open_fd(file_open(f, f->len), &c, why) != 0)
		fail_msg("%s", why);
	return c;
}

size_t capture_drain(struct capture *c, enum capture_result *end,
		     struct capture_packet *last)
{
	size_t n = 0;

	while ((*end = capture_next(c, last)) == CAPTURE_PACKET)
		n++;
	return n;
}

struct span frame_known(const char *hex)
{
	static uint8_t frame[14 + KNOWN_MAX] = { [12] = 8 };

	return span_of(frame, 14 + known_unhex(hex, frame + 14));
}
