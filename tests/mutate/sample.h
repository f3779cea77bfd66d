/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The captures that are cut and changed, whole in memory, and where their
 * packets lie. */
#ifndef MUTATE_SAMPLE_H
#define MUTATE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Of libpcap's classic format: file header, and the header of each packet. */
#define SAMPLE_FILE_HEADER   24
#define SAMPLE_PACKET_HEADER 16

struct bytes {
	uint8_t *at;
	size_t len;
};

struct sample {
	const char *path;
	struct bytes file;
	struct bytes keylog; /* empty: there is none */
	/* Offsets of the packets' headers; one more for the end. None where
	 * this is not the classic format in this machine's byte order. */
	size_t *packet;
	size_t packets;
	uint32_t link; /* LINKTYPE_ */
};

/* Read the capture @path, and the key log beside it. Exits with status 3 and a
 * message if that fails; what it takes stays until the end. */
void sample_read(struct sample *s, const char *path);

/* Find the packets of s->file anew; for a file that was changed. */
void sample_index(struct sample *s);

/* Where in a packet of link type @link IP begins; 0 is possible. SIZE_MAX: we
 * do not look. */
size_t sample_ip_offset(uint32_t link);

/* Whole file @path. A missing one is empty. */
struct bytes sample_file(const char *path);

/* Not NULL, or exits with status 3. */
void *sample_memory(size_t size);

#endif
