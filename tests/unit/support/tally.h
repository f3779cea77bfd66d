/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes out of the queue in the namespace we are in. */
#ifndef SALLYPORT_TEST_TALLY_H
#define SALLYPORT_TEST_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/netfilter.h>

#include "io/queue.h"

/* Everything that came out of the queue, by what it was. */
struct tally {
	struct queue *q;
	struct queue_batch *batch;
	struct ends ends; /* what every packet must show */
	int packets, odd; /* odd: showed something else */
	int hook[NF_INET_NUMHOOKS];
};

/* Who talks to whom: the client calls @called, and ends at @server. */
struct talk {
	int client_ns, server_ns, tap_ns;
	const char *client, *called, *server;
};

void tally_open(struct tally *t);
void tally_close(struct tally *t);

/* Let pass, and count, what waits now. */
void tally_run(struct tally *t);

/* Serve the queue until @fd has what is waited for; false: nothing came for
 * NETNS_PATIENCE_MS. */
bool tally_until(struct tally *t, int fd, short events);

/* The source or the destination of a TCP packet from its IP header on. */
struct endpoint tally_packet_end(const uint8_t *p, bool source);

#endif
