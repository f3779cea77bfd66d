/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a state file looks like; for state_file.c and state_reader.c. */
#ifndef IO_STATE_LAYOUT_H
#define IO_STATE_LAYOUT_H

#include "io/state_file.h"

#define STATE_PAGE  4096u
#define STATE_BLOCK 512u
#define STATE_MAGIC "sallystA"

struct state_header {
	char magic[8];
	uint64_t layout; /* record_layout() */
	char boot[40];   /* of /proc/sys/kernel/random/boot_id */
	uint64_t netns;
	uint64_t clock;
	uint32_t records[RECORD_KINDS];
	uint32_t blocks;
	char version[32]; /* for people */
	uint64_t sum;     /* of all before it */
};

struct state_block {
	uint32_t next; /* number of the next one; 0: none */
	uint32_t kind, index;
	uint32_t len; /* of the record; these three in its first block */
	uint64_t sum;
	uint8_t bytes[STATE_BLOCK - 24];
};

_Static_assert(sizeof(struct state_block) == STATE_BLOCK, "no gaps");
_Static_assert(sizeof(struct state_header) <= STATE_PAGE, "a page is enough");

/* Bytes of a block that a record gets. */
#define STATE_PAYLOAD sizeof(((struct state_block *)0)->bytes)

/* Where the parts lie, from the header's numbers; in bytes. */
struct state_map {
	uint64_t index, blocks, size;
};

struct state_map state_map(const struct state_header *h);

/* Number of a record's place in the index. */
uint32_t state_place(const struct state_header *h, struct record_name name);

/* Finds every change of a single word; no shield against malice, from which the
 * file's owner and mode protect. */
uint64_t state_sum(uint64_t start, const void *bytes, size_t len);
uint64_t state_record_sum(uint32_t kind, uint32_t index, const uint8_t *bytes,
			  size_t len);

/* Who we are: boot, namespace, layout, version. 0 or a negative errno. */
int state_identity(struct state_header *h);

/* Open @path for this process alone, if it is as we make it. */
enum state_result state_lock(int fd);

#endif
