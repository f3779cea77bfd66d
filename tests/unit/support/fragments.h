/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments of one datagram, made and given to a reassembler. Include it after
 * cmocka's own headers. */
#ifndef SALLYPORT_TEST_FRAGMENTS_H
#define SALLYPORT_TEST_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/reassemble.h"

#define SECOND UINT64_C(1000000)
/* A packet of 64 KiB, and more than that. */
#define ROOM   66000

/* Lengths of the headers, without options. */
#define IPV4      20
#define IPV6      40
#define FRAGMENT6 8

/* One unit of eight bytes after another, each with its own letter; and the
 * length of it. */
#define LETTERS     "aaaaaaaabbbbbbbbccccccccddddd"
#define LETTERS_LEN 29

/* What goes into one fragment. */
struct piece {
	uint32_t at;
	const void *bytes;
	size_t len;
	bool more;
};

struct rig {
	struct reassemble *r;
	bool v6;
	uint16_t id;
	uint64_t now; /* microseconds */
	uint8_t packet[ROOM];
	struct span out; /* of the newest call */
};

void rig_start(struct rig *rig, bool v6);
void rig_stop(struct rig *rig);
const struct reassemble_counts *rig_counts(const struct rig *rig);

/* A number into two bytes, in network order. */
void rig_put16(uint8_t *at, size_t value);

/* Write the fragment to @b (ROOM bytes); gives its length. */
size_t rig_build4(const struct rig *rig, const struct piece *p, uint8_t *b);
size_t rig_build6(const struct rig *rig, const struct piece *p, uint8_t *b);

/* Give the first @len bytes of rig->packet; from before a guard page. */
enum reassemble_result rig_give(struct rig *rig, size_t len);

enum reassemble_result rig_send(struct rig *rig, const struct piece *p);

/* [@from, @to) of LETTERS. */
struct piece rig_letters(size_t from, size_t to);
enum reassemble_result rig_send_letters(struct rig *rig, size_t from,
					size_t to);
enum reassemble_result rig_send_text(struct rig *rig, uint32_t at,
				     const char *text, bool more);

/* The packet in rig->out is whole, with a right header, and holds @data. */
void rig_expect(const struct rig *rig, struct span data);
void rig_expect_text(const struct rig *rig, const char *text);

#endif
