/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One NFQUEUE: packets from the kernel, verdicts back.
 *
 * Threads: one thread at a time receives. Any thread may send verdicts at any
 * time, each through a batch of its own; a batch belongs to one thread.
 */
#ifndef IO_QUEUE_H
#define IO_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/engine.h>
#include <sallyport/span.h>

struct queue;
struct queue_batch;

enum queue_result {
	QUEUE_FINE,
	QUEUE_DENIED,      /* no CAP_NET_ADMIN in this network namespace */
	QUEUE_TAKEN,       /* another process has bound this number */
	QUEUE_UNSUPPORTED, /* the kernel has no NFQUEUE */
	QUEUE_FAILED,      /* anything else: see errno */
};

struct queue_options {
	uint16_t number;
	uint32_t length; /* packets that may wait for a verdict */
	bool fail_open;  /* queue full: accept (true) or drop (false) */
};

struct queue_packet {
	uint32_t id;         /* for the verdict */
	uint8_t hook;        /* NF_INET_* of linux/netfilter.h */
	bool whole;          /* false: too long for netlink, the end is cut */
	bool checksum_ready; /* false: the kernel completes it on the way out */
	struct span bytes;   /* from the IP header on; gone after the call */
};

/*
 * Bind a queue; QUEUE_FINE gives *@out, queue_close() ends it. Segments come
 * one by one with complete checksums: the GSO flag stays off.
 */
enum queue_result queue_open(struct queue **out,
			     const struct queue_options *options);

/* Unbinds; packets without a verdict are dropped by the kernel. NULL is fine.
 */
void queue_close(struct queue *q);

/* One line for people: what is wrong and the cure. */
const char *queue_text(enum queue_result result);

/* Readable when packets wait. */
int queue_fd(const struct queue *q);

/*
 * Take what is there, at most QUEUE_RECEIVE_MAX packets, and call @packet for
 * each, in order. Gives their number, or a negative errno.
 *
 * With @wait it first waits for a packet, or queue_wake(), or a signal, and
 * then may give 0: one system call where poll() would need two, a third of
 * what a lone packet costs here. Without it never blocks.
 */
int queue_receive(struct queue *q, bool wait,
		  void (*packet)(void *arg, const struct queue_packet *p),
		  void *arg);

/* Let the thread that waits in queue_receive() return, now or the next time it
 * would wait. Any thread may call. Gives 0 or a negative errno. */
int queue_wake(struct queue *q);

/* More than this at a time gained nothing; each buffer holds a whole packet. */
#define QUEUE_RECEIVE_MAX 64

/* Verdicts that the kernel refused, seen by queue_receive(): the packet was
 * gone, because its interface went down or the queue was flushed. */
uint64_t queue_refused(const struct queue *q);

/* Where verdicts gather until they are sent; NULL: no memory. */
struct queue_batch *queue_batch_new(void);
void queue_batch_free(struct queue_batch *b);

/* The longest new packet: an attribute's length, less its head, in 16 bits. */
#define QUEUE_BYTES_MAX 65531

/*
 * Append the verdict on packet @id. @bytes empty: the packet stays as it is;
 * else it becomes these bytes (copied; at most QUEUE_BYTES_MAX). A full batch
 * is sent to make room. Gives 0 or a negative errno.
 */
int queue_batch_add(struct queue *q, struct queue_batch *b, uint32_t id,
		    enum verdict_kind kind, struct span bytes);

/*
 * Give all verdicts to the kernel, in order, in one system call, and empty the
 * batch. Gives 0 or a negative errno.
 */
int queue_batch_send(struct queue *q, struct queue_batch *b);

#endif
