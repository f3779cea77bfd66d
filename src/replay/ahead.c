/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of batches between two threads. The reader fills them in turn, the
 * other side empties them. Numbers of batches count on; a batch's place in the
 * ring is its number's rest.
 */
#include "replay/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Behind AHEAD_BATCH_BYTES there is room for one more packet. */
#define ROOM (AHEAD_BATCH_BYTES + CAPTURE_FRAME_MAX)

struct batch {
	size_t count;
	enum capture_result last; /* behind its packets */
	struct capture_progress progress;
	struct capture_packet packet[AHEAD_BATCH]; /* ip lies in @room */
	struct packet tcp[AHEAD_BATCH];            /* the same, read */
	struct conns_ahead ends[AHEAD_BATCH];      /* known: it is TCP */
	uint8_t room[ROOM];
};

struct ahead {
	struct capture_merge *from;
	struct conns *conns;
	bool threaded;

	pthread_t reader;
	pthread_mutex_t lock;
	pthread_cond_t more; /* @filled went up */
	pthread_cond_t room; /* @emptied went up far enough, or @stop */
	size_t filled, emptied;
	bool stop;
	struct batch *batch; /* AHEAD_BATCHES of them */

	struct batch *now; /* being emptied; NULL: none */
	size_t number;     /* of the one behind it */
	size_t at;         /* in @now */
};

/* --- the reader ------------------------------------------------------------- */

static struct batch *batch_at(struct ahead *a, size_t number)
{
	return &a->batch[number % AHEAD_BATCHES];
}

/* Copies @p's bytes to @used in the room; gives the bytes used then. */
static size_t put(struct batch *b, size_t used, struct capture_packet *p)
{
	struct packet *tcp = &b->tcp[b->count];
	struct conns_ahead *ends = &b->ends[b->count++];

	if (p->ip.len)
		memcpy(b->room + used, p->ip.at, p->ip.len);
	p->ip.at = b->room + used;
	*ends = (struct conns_ahead){ 0 };
	if (packet_decode(p->ip, tcp) == PACKET_TCP)
		*ends = conns_ahead_of(&tcp->src, &tcp->dst);
	return used + p->ip.len;
}

static void fill(struct ahead *a, struct batch *b)
{
	size_t used = 0, file;

	b->count = 0;
	b->last = CAPTURE_PACKET;
	while (b->count < AHEAD_BATCH && used < AHEAD_BATCH_BYTES) {
		struct capture_packet *p = &b->packet[b->count];

		b->last = capture_merge_next(a->from, p, &file);
		if (b->last != CAPTURE_PACKET)
			break;
		used = put(b, used, p);
	}
	b->progress = capture_merge_progress(a->from);
}

/* Wait until there is a batch to fill; false: it is time to stop. */
static bool await_room(struct ahead *a)
{
	bool goes_on;

	pthread_mutex_lock(&a->lock);
	if (a->filled - a->emptied == AHEAD_BATCHES)
		while (a->filled - a->emptied > AHEAD_BATCHES / 2 && !a->stop)
			pthread_cond_wait(&a->room, &a->lock);
	goes_on = !a->stop;
	pthread_mutex_unlock(&a->lock);
	return goes_on;
}

static void *read_all(void *arg)
{
	struct ahead *a = arg;
	bool more = true;

	for (size_t number = 0; more && await_room(a); number++) {
		struct batch *b = batch_at(a, number);

		fill(a, b);
		more = b->last == CAPTURE_PACKET;
		pthread_mutex_lock(&a->lock);
		a->filled = number + 1;
		pthread_cond_signal(&a->more);
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

/* Signals are for the thread that was there before. */
static bool start(struct ahead *a)
{
	sigset_t all, old;
	bool started;

	a->batch = calloc(AHEAD_BATCHES, sizeof(*a->batch));
	if (!a->batch)
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = pthread_create(&a->reader, NULL, read_all, a) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

/* --- the other side --------------------------------------------------------- */

struct ahead *ahead_new(struct capture_merge *m, struct conns *conns)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->from = m;
	a->conns = conns;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->more, NULL);
	pthread_cond_init(&a->room, NULL);
	/* Both draw the tables' secret: before there are two threads. */
	conns_ahead_of(&(struct endpoint){ 0 }, &(struct endpoint){ 0 });
	/* Of a pipe the size is 0. Without a thread it goes slower, no more. */
	if (capture_merge_progress(m).size >= AHEAD_SIZE_MIN)
		a->threaded = start(a);
	return a;
}

/* The packet @ahead of the one that comes now takes its next step. */
static void fetch(const struct ahead *a, size_t ahead, int step)
{
	if (a->at + ahead < a->now->count)
		conns_ahead(a->conns, &a->now->ends[a->at + ahead], step);
}

/* The first packets of a batch come without a run-up. */
static void fetch_first(struct ahead *a)
{
	for (int step = 0; step < CONNS_AHEAD; step++)
		for (size_t i = 0; i < AHEAD_STEP * CONNS_AHEAD; i++)
			fetch(a, i, step);
}

static void fetch_next(struct ahead *a)
{
	for (int step = 0; step < CONNS_AHEAD; step++)
		fetch(a, (size_t)(CONNS_AHEAD - step) * AHEAD_STEP, step);
}

/* Give back the batch that was emptied, and wait for the next one. The reader
 * ends with one that is its last. */
static void next_batch(struct ahead *a)
{
	conns_hint(a->conns, NULL);
	pthread_mutex_lock(&a->lock);
	a->emptied = a->number;
	if (a->filled - a->emptied <= AHEAD_BATCHES / 2)
		pthread_cond_signal(&a->room);
	while (a->filled == a->number)
		pthread_cond_wait(&a->more, &a->lock);
	pthread_mutex_unlock(&a->lock);
	a->now = batch_at(a, a->number++);
	a->at = 0;
	fetch_first(a);
}

enum capture_result ahead_next(struct ahead *a, struct capture_packet *out)
{
	size_t file;

	if (!a->threaded)
		return capture_merge_next(a->from, out, &file);
	while (!a->now || a->at == a->now->count) {
		if (a->now && a->now->last != CAPTURE_PACKET)
			return a->now->last;
		next_batch(a);
	}
	fetch_next(a);
	conns_hint(a->conns, &a->now->ends[a->at]);
	*out = a->now->packet[a->at++];
	return CAPTURE_PACKET;
}

const struct packet *ahead_packet(const struct ahead *a)
{
	const size_t given = a->at - 1;

	if (!a->threaded || !a->now || !a->now->ends[given].known)
		return NULL;
	return &a->now->tcp[given];
}

struct capture_progress ahead_progress(const struct ahead *a)
{
	if (!a->threaded)
		return capture_merge_progress(a->from);
	return a->now ? a->now->progress : (struct capture_progress){ 0 };
}

void ahead_stop(struct ahead *a)
{
	conns_hint(a->conns, NULL);
	if (!a->threaded)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->room);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->reader, NULL);
	a->threaded = false;
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	ahead_stop(a);
	pthread_cond_destroy(&a->more);
	pthread_cond_destroy(&a->room);
	pthread_mutex_destroy(&a->lock);
	free(a->batch);
	free(a);
}
