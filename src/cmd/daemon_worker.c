/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread for each queue: packets to the engine, verdicts to the kernel. */
#include "cmd/daemon.h"

#include <errno.h>
#include <string.h>

#include "io/log.h"
#include "io/memory.h"

/* --- tags ---------------------------------------------------------------------- */

#define ID_MASK ((1u << DAEMON_TAG_ID_BITS) - 1)

uint32_t daemon_tag(unsigned int index, uint32_t id)
{
	return (uint32_t)index << DAEMON_TAG_ID_BITS | (id & ID_MASK);
}

unsigned int daemon_tag_worker(uint32_t tag)
{
	return tag >> DAEMON_TAG_ID_BITS;
}

uint32_t daemon_tag_id(uint32_t tag, uint32_t last)
{
	return last - ((last - tag) & ID_MASK);
}

/* --- hands --------------------------------------------------------------------- */

int hand_make(struct hand *h, struct queue *queue)
{
	h->out = memory_take(2 * sizeof(*h->out));
	h->again = h->out ? h->out + 1 : NULL;
	h->queue = queue;
	h->own = queue_batch_new();
	h->other = queue_batch_new();
	return h->out && h->own && h->other ? 0 : -ENOMEM;
}

void hand_free(struct hand *h)
{
	memory_give(h->out, 2 * sizeof(*h->out));
	queue_batch_free(h->own);
	queue_batch_free(h->other);
	*h = (struct hand){ .queue = NULL };
}

static void verdict_failed(struct daemon *d, int error)
{
	d->count.verdict_errors++;
	if (daemon_complains(d, COMPLAINT_VERDICT))
		log_warn("queue", "a verdict could not be given: %s",
			 strerror(-error));
}

static void verdict_give(struct daemon *d, struct hand *h,
			 const struct verdict *v)
{
	struct worker *w = &d->worker[daemon_tag_worker(v->tag)];
	struct queue_batch *b = w->queue == h->queue ? h->own : h->other;
	/* Whoever holds the verdict got the tag from a thread that had stored
	 * the id before. */
	uint32_t last = atomic_load_explicit(&w->last_id, memory_order_relaxed);
	uint32_t id = daemon_tag_id(v->tag, last);
	int error = queue_batch_add(w->queue, b, id, v->kind, v->bytes);

	if (error < 0) {
		verdict_failed(d, error);
		/* Whatever was wrong with the bytes, it may not hang. */
		error = queue_batch_add(w->queue, b, id, VERDICT_DROP,
					(struct span){ NULL, 0 });
	}
	if (error == 0 && b == h->other)
		error = queue_batch_send(w->queue, b);
	if (error < 0)
		verdict_failed(d, error);
}

void hand_give(struct daemon *d, struct hand *h, const struct outcome *out)
{
	for (size_t i = 0; i < out->verdicts; i++)
		verdict_give(d, h, &out->verdict[i]);
}

void hand_flush(struct daemon *d, struct hand *h)
{
	int error = queue_batch_send(h->queue, h->own);

	if (error < 0)
		verdict_failed(d, error);
}

/* --- the thread ------------------------------------------------------------------ */

static void take_packet(void *arg, const struct queue_packet *p)
{
	struct worker *w = arg;
	struct daemon *d = w->daemon;
	uint32_t tag = daemon_tag(w->index, p->id);

	atomic_store_explicit(&w->last_id, p->id, memory_order_relaxed);
	if (p->whole) {
		daemon_packet(d, &w->hand, p->bytes, tag);
		return;
	}
	/* Only a loopback's 64 KiB packets are too long. The engine notices
	 * the gap and opens nothing for that session any more. */
	d->count.packets_too_long++;
	verdict_give(d, &w->hand,
		     &(struct verdict){ .tag = tag, .kind = VERDICT_ACCEPT });
}

/* False: the queue is lost. */
static bool take_batch(struct worker *w)
{
	struct daemon *d = w->daemon;
	int n = queue_receive(w->queue, true, take_packet, w);

	hand_flush(d, &w->hand);
	/* Whoever writes the log may wait; the packets could not. */
	journal_wake(d->journal);
	atomic_store_explicit(&w->turns, w->turns + 1, memory_order_relaxed);
	atomic_store_explicit(&w->refused, queue_refused(w->queue),
			      memory_order_relaxed);
	if (n >= 0)
		return true;
	d->count.receive_errors++;
	if (daemon_complains(d, COMPLAINT_RECEIVE))
		log_error("queue", "cannot read from the queue: %s",
			  strerror(-n));
	/* Memory comes back; all else is for ever. */
	return n == -ENOBUFS || n == -ENOMEM;
}

static void *worker_run(void *arg)
{
	struct worker *w = arg;
	struct daemon *d = w->daemon;

	while (!atomic_load(&d->workers_end)) {
		if (!take_batch(w)) {
			atomic_store(&d->failed, true);
			daemon_stop(d);
			break;
		}
	}
	return NULL;
}

int daemon_workers_start(struct daemon *d)
{
	for (unsigned int i = 0; i < d->workers; i++) {
		struct worker *w = &d->worker[i];
		int error = pthread_create(&w->thread, NULL, worker_run, w);

		if (error != 0)
			return -error;
		w->started = true;
	}
	return 0;
}

void daemon_workers_join(struct daemon *d)
{
	atomic_store(&d->workers_end, true);
	for (unsigned int i = 0; i < d->workers; i++) {
		struct worker *w = &d->worker[i];

		if (!w->started)
			continue;
		queue_wake(w->queue);
		pthread_join(w->thread, NULL);
		w->started = false;
	}
}
