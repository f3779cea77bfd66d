/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures made in memory: with libpcap, and by hand for what it does not
 * write. Include it after cmocka's own headers. */
#ifndef SALLYPORT_TEST_CAPTURES_H
#define SALLYPORT_TEST_CAPTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#include "io/capture.h"

/* Room for the largest capture of a test. */
#define CAPTURES_ROOM 1048576

/* A file that grows. */
struct file {
	size_t len;
	bool big;  /* numbers are written with the highest byte first */
	bool nano; /* a pcap file's times are in nanoseconds */
	uint8_t bytes[CAPTURES_ROOM];
};

/* One record. */
struct record {
	uint32_t sec, fraction;
	struct span frame;
	uint32_t len; /* on the wire; 0: as captured */
};

/* A pcap file with libpcap's own functions; @dlt as libpcap's. */
void file_dump(struct file *f, int dlt, const struct record *r, size_t records);

/* A pcap file by hand; f->big and f->nano count. */
void file_pcap(struct file *f, uint32_t link);
void file_pcap_record(struct file *f, const struct record *r);

/* A pcapng file by hand, with one section; f->big counts. An interface with
 * @resolution (RFC draft: if_tsresol; 0: without that option). */
void file_pcapng(struct file *f);
void file_pcapng_interface(struct file *f, uint16_t link, uint8_t resolution);

/* An enhanced packet block; @time in the interface's units. */
void file_pcapng_packet(struct file *f, uint32_t interface, uint64_t time,
			struct span frame);

/* Pack @f into @packed, as one member behind what that holds already. */
void file_gzip(const struct file *f, struct file *packed);

/* The first @len bytes as an open file that nobody else has. */
int file_open(const struct file *f, size_t len);

/* Open it as a capture; that must go well. */
struct capture *file_capture(const struct file *f);

/* Read on until there is no more. Gives how many packets there were; @last is
 * written if there was one. */
size_t capture_drain(struct capture *c, enum capture_result *end,
		     struct capture_packet *last);

/* An Ethernet frame with @hex, an IPv4 packet of known.h; gives a view of
 * memory that the next call uses again. */
struct span frame_known(const char *hex);

#endif
