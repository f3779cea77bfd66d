/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel counts for an NFQUEUE. */
#ifndef IO_QUEUE_COUNTS_H
#define IO_QUEUE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

struct queue_counts {
	uint32_t waiting;      /* packets without a verdict now */
	uint32_t full_drops;   /* dropped: the queue was full */
	uint32_t socket_drops; /* dropped: the socket's buffer was full */
	uint32_t packets;      /* queued so far; 32 bits, it wraps */
};

/* Where the kernel tells them for this network namespace, a descriptor, or a
 * negative errno. The file is root's, so it is opened once, at the start. */
int queue_counts_open(void);

/* The counts of queue @number; false: no such queue, or the kernel does not
 * tell. @fd may be negative. */
bool queue_counts_read(int fd, uint16_t number, struct queue_counts *out);

/* The same from the text of /proc/net/netfilter/nfnetlink_queue. */
bool queue_counts_parse(struct span text, uint16_t number,
			struct queue_counts *out);

#endif
