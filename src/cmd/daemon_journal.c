/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way to those who read them.
 *
 * Two areas take turns: journal_add() fills one while the journal's thread
 * reads the other. They never move, so a copied event points into its own
 * area. When events have come into an empty area, journal_wake() wakes the
 * thread, which swaps them then.
 */
#include "cmd/daemon_journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/daemon_eventlog.h"
#include "io/clock.h"
#include "io/control_server.h"
#include "io/log.h"
#include "report/jsonl.h"
#include "report/text.h"

/* After the first event the thread lets more come, so that a busy gateway does
 * not pay for a switch of processes with every session. Nobody who reads a log
 * notices. */
#define GATHER_MS 5

/* Bytes of events that are formatted into one piece of text. */
#define PIECE_BYTES 16384

/* Every peer of the control socket may read events. */
#define READERS_MAX CONTROL_PEERS_MAX

struct record {
	size_t size; /* of the record, a multiple of its alignment */
	struct event event;
	uint8_t text[];
};

struct area {
	size_t used;
	uint8_t *bytes; /* JOURNAL_BYTES */
};

struct journal {
	pthread_mutex_t lock; /* all but what is the thread's own */
	struct area *fill;
	struct area area[2];
	uint64_t lost;
	int reader[READERS_MAX];  /* -1: free */
	_Atomic uint32_t readers; /* changed under the lock */
	bool ending;
	int next_log; /* to go on with; -1: with the present one */

	int wake;             /* eventfd */
	atomic_bool wake_due; /* something was added to an empty area */
	pthread_t thread;
	const char *path;
	uint64_t failures; /* guarded by the lock */
	/* The thread's own. */
	struct eventlog log;
	struct log_batch people; /* lines for standard error */
	FILE *line;              /* one of them, in memory ... */
	char *line_text;         /* ... here after fflush() */
	size_t line_len;
};

/* --- the callers' side ----------------------------------------------------- */

/* Which parts of an event point into the outcome, by type. */
static const struct {
	size_t count;
	size_t at[3];
} texts[EVENT_TYPES] = {
	[EVENT_COMMAND] = { 2,
			    { offsetof(struct event, command.verb),
			      offsetof(struct event, command.arg) } },
	[EVENT_REPLY] = { 1, { offsetof(struct event, reply.text) } },
	[EVENT_AUTH] = { 1, { offsetof(struct event, auth.mechanism) } },
	[EVENT_TLS] = { 3,
			{ offsetof(struct event, tls.sni),
			  offsetof(struct event, tls.alpn),
			  offsetof(struct event, tls.chain) } },
	[EVENT_GRANT] = { 1, { offsetof(struct event, grant.server_name) } },
};

static struct span *event_text(struct event *e, size_t i)
{
	return (struct span *)((uint8_t *)e + texts[e->type].at[i]);
}

static size_t record_size(const struct event *e)
{
	struct event copy = *e;
	size_t size = sizeof(struct record);

	for (size_t i = 0; i < texts[e->type].count; i++)
		size += event_text(&copy, i)->len;
	size += alignof(struct record) - 1;
	return size - size % alignof(struct record);
}

static void record_fill(struct record *r, const struct event *e, size_t size)
{
	size_t used = 0;

	r->size = size;
	r->event = *e;
	for (size_t i = 0; i < texts[e->type].count; i++) {
		struct span *s = event_text(&r->event, i);

		if (s->len > 0)
			memcpy(r->text + used, s->at, s->len);
		s->at = r->text + used;
		used += s->len;
	}
}

static void wake(struct journal *j)
{
	const uint64_t one = 1;

	atomic_store(&j->wake_due, false);

	/* It fails only when the count is full: then it is awake. */
	if (write(j->wake, &one, sizeof(one)) < 0)
		return;
}

static bool is_detail(const struct event *e)
{
	if (e->type == EVENT_TLS)
		return e->tls.step == TLS_STEP_CLIENT_HELLO ||
		       e->tls.step == TLS_STEP_SERVER_HELLO ||
		       e->tls.step == TLS_STEP_CERTIFICATE_REQUEST;
	return e->type == EVENT_COMMAND || e->type == EVENT_REPLY;
}

/* People see conversations line by line only if they ask for it. */
static enum log_level level_of(const struct event *e)
{
	if (is_detail(e))
		return LOG_LEVEL_DEBUG;
	if (e->type == EVENT_ALERT &&
	    alert_severity(e->alert.rule) != SEVERITY_INFO)
		return LOG_LEVEL_WARNING;
	return LOG_LEVEL_INFO;
}

static void area_add(struct journal *j, const struct event *e)
{
	struct area *a = j->fill;
	size_t size = record_size(e);

	if (size > JOURNAL_BYTES - a->used) {
		j->lost++;
		return;
	}
	if (a->used == 0)
		atomic_store(&j->wake_due, true);
	record_fill((struct record *)(a->bytes + a->used), e, size);
	a->used += size;
}

static bool is_read(const struct event *e, bool all, enum log_level shown)
{
	return all || level_of(e) <= shown;
}

void journal_add(struct journal *j, const struct outcome *out)
{
	enum log_level shown = log_get_level();
	bool all = j->path || atomic_load(&j->readers) > 0;
	size_t first = 0;

	/* Most packets have only a line that nobody reads. */
	while (first < out->events && !is_read(&out->event[first], all, shown))
		first++;
	if (first == out->events)
		return;
	pthread_mutex_lock(&j->lock);
	for (size_t i = first; i < out->events; i++)
		if (is_read(&out->event[i], all, shown))
			area_add(j, &out->event[i]);
	pthread_mutex_unlock(&j->lock);
}

void journal_wake(struct journal *j)
{
	if (atomic_load(&j->wake_due))
		wake(j);
}

int journal_reader_add(struct journal *j, int fd)
{
	int size = JOURNAL_READER_BYTES, error = -EMFILE;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < READERS_MAX && error < 0; i++) {
		if (j->reader[i] >= 0)
			continue;
		j->reader[i] = fd;
		j->readers++;
		error = 0;
	}
	pthread_mutex_unlock(&j->lock);
	return error;
}

static void reader_forget(struct journal *j, size_t i)
{
	j->reader[i] = -1;
	j->readers--;
}

void journal_reader_remove(struct journal *j, int fd)
{
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < READERS_MAX; i++)
		if (j->reader[i] == fd)
			reader_forget(j, i);
	pthread_mutex_unlock(&j->lock);
}

int journal_reopen(struct journal *j)
{
	int fd;

	if (!j->path)
		return 0;
	fd = eventlog_file(j->path);
	if (fd < 0)
		return fd;
	pthread_mutex_lock(&j->lock);
	if (j->next_log >= 0)
		close(j->next_log);
	j->next_log = fd;
	pthread_mutex_unlock(&j->lock);
	wake(j);
	return 0;
}

void journal_counts(struct journal *j, struct journal_counts *out)
{
	pthread_mutex_lock(&j->lock);
	out->lost = j->lost;
	out->log_failures = j->failures;
	out->readers = j->readers;
	pthread_mutex_unlock(&j->lock);
}

/* --- the thread's side ------------------------------------------------------ */

static void tell_people(struct journal *j, const struct event *e)
{
	enum log_level level = level_of(e);

	if (level > log_get_level())
		return;
	rewind(j->line);
	text_write(j->line, e);
	if (fflush(j->line) != 0 || j->line_len == 0)
		return;
	/* The batch ends lines itself. */
	log_batch_add(&j->people, level, "event",
		      span_of(j->line_text, j->line_len - 1));
}

/* Half of a line would be worse than none: who cannot take all is shut down,
 * which the control server notices. */
static void tell_readers(struct journal *j, const char *text, size_t len)
{
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < READERS_MAX; i++) {
		if (j->reader[i] < 0)
			continue;
		if (send(j->reader[i], text, len,
			 MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
			continue;
		shutdown(j->reader[i], SHUT_RDWR);
		reader_forget(j, i);
	}
	pthread_mutex_unlock(&j->lock);
}

static bool anybody_reads(struct journal *j)
{
	bool any;

	pthread_mutex_lock(&j->lock);
	any = j->readers > 0;
	pthread_mutex_unlock(&j->lock);
	return any || j->log.fd >= 0;
}

/* Format @a's events, and send them off in pieces of a readable size. */
static void tell_area(struct journal *j, const struct area *a)
{
	bool json = anybody_reads(j);
	size_t at = 0;

	while (at < a->used) {
		char *text = NULL;
		size_t len = 0;
		FILE *to = json ? open_memstream(&text, &len) : NULL;
		size_t end = at + PIECE_BYTES;

		while (at < a->used && at < end) {
			const struct record *r =
				(const struct record *)(a->bytes + at);

			tell_people(j, &r->event);
			if (to)
				jsonl_write(to, &r->event);
			at += r->size;
		}
		if (to && fclose(to) == 0) {
			tell_readers(j, text, len);
			eventlog_add(&j->log, text, len);
			eventlog_write(&j->log);
		}
		free(text);
	}
	log_batch_write(&j->people);
}

/* Swap the areas and see what else was asked for. False: this is the end. */
static bool take_turn(struct journal *j, struct area **full)
{
	bool ending;
	int next;

	pthread_mutex_lock(&j->lock);
	*full = j->fill;
	j->fill = &j->area[j->fill == &j->area[0]];
	ending = j->ending;
	next = j->next_log;
	j->next_log = -1;
	pthread_mutex_unlock(&j->lock);
	if (next >= 0)
		eventlog_switch(&j->log, next);
	return !ending;
}

/* Let journal_counts() see what became of the event log. */
static void publish(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->lost += j->log.lost;
	j->log.lost = 0;
	j->failures = j->log.failures;
	pthread_mutex_unlock(&j->lock);
}

static void rest(struct journal *j, int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = j->wake, .events = POLLIN },
		{ .fd = eventlog_waits(&j->log) ? j->log.fd : -1,
		  .events = POLLOUT },
	};
	uint64_t count;

	poll(p, 2, timeout_ms);
	if (p[0].revents && read(j->wake, &count, sizeof(count)) < 0)
		return;
	if (p[0].revents && timeout_ms < 0)
		poll(NULL, 0, GATHER_MS);
	eventlog_write(&j->log);
}

/* What a pipe does not take at once gets a little time. */
static void drain(struct journal *j)
{
	uint64_t until = clock_now_us() + JOURNAL_DRAIN_MS * 1000u, now;

	while (eventlog_waits(&j->log) && (now = clock_now_us()) < until)
		rest(j, (int)((until - now) / 1000u + 1));
	if (eventlog_waits(&j->log))
		log_warn("events",
			 "nobody reads the event log; its last lines "
			 "are lost: %s",
			 j->path);
}

static void *journal_run(void *arg)
{
	struct journal *j = arg;
	struct area *full;
	bool go_on;

	do {
		go_on = take_turn(j, &full);
		tell_area(j, full);
		full->used = 0;
		publish(j);
		if (go_on)
			rest(j, -1);
	} while (go_on);
	drain(j);
	return NULL;
}

/* --- beginning and end ------------------------------------------------------ */

static int areas_make(struct journal *j)
{
	uint8_t *bytes =
		mmap(NULL, 2 * JOURNAL_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		return -errno;
	j->area[0].bytes = bytes;
	j->area[1].bytes = bytes + JOURNAL_BYTES;
	j->fill = &j->area[0];
	return 0;
}

static void journal_free(struct journal *j)
{
	eventlog_end(&j->log);
	if (j->next_log >= 0)
		close(j->next_log);
	if (j->wake >= 0)
		close(j->wake);
	if (j->line)
		fclose(j->line);
	free(j->line_text);
	if (j->area[0].bytes)
		munmap(j->area[0].bytes, 2 * JOURNAL_BYTES);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

static int journal_start(struct journal *j)
{
	int fd = j->path ? eventlog_file(j->path) : -1;
	int error = j->path && fd < 0 ? fd : areas_make(j);

	if (error == 0)
		error = eventlog_begin(&j->log, fd, j->path);
	if (error < 0)
		return error;
	j->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (j->wake < 0)
		return -errno;
	j->line = open_memstream(&j->line_text, &j->line_len);
	if (!j->line)
		return -errno;
	return -pthread_create(&j->thread, NULL, journal_run, j);
}

int journal_open(struct journal **out, const char *path)
{
	struct journal *j = calloc(1, sizeof(*j));
	int error;

	if (!j)
		return -ENOMEM;
	pthread_mutex_init(&j->lock, NULL);
	j->path = path;
	j->wake = j->next_log = j->log.fd = -1;
	for (size_t i = 0; i < READERS_MAX; i++)
		j->reader[i] = -1;
	error = journal_start(j);
	if (error == 0)
		*out = j;
	else
		journal_free(j);
	return error;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	j->ending = true;
	pthread_mutex_unlock(&j->lock);
	wake(j);
	pthread_join(j->thread, NULL);
	journal_free(j);
}
