/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way to those who read them.
 *
 * Two areas take turns: journal_add() fills one while the journal's thread
 * reads the other. When events have come into an empty area, journal_wake()
 * wakes the thread, which swaps them then.
 */
#include "cmd/daemon_journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/daemon_eventlog.h"
#include "cmd/daemon_people.h"
#include "cmd/event_area.h"
#include "io/clock.h"
#include "io/control_server.h"
#include "io/log.h"
#include "report/jsonl.h"

/* After the first event the thread lets more come, so that a busy gateway does
 * not pay for a switch of processes with every session. Nobody who reads a log
 * notices. */
#define GATHER_MS 5

/* Bytes of events that are formatted into one piece of text. */
#define PIECE_BYTES 16384

/* Every peer of the control socket may read events. */
#define READERS_MAX CONTROL_PEERS_MAX

struct journal {
	pthread_mutex_t lock; /* all but what is the thread's own */
	struct event_area *fill;
	struct event_area area[2];
	uint64_t lost;
	int reader[READERS_MAX];  /* -1: free */
	_Atomic uint32_t readers; /* changed under the lock */
	bool ending;
	int next_log; /* to go on with; -1: with the present one */

	int wake;             /* eventfd */
	atomic_bool wake_due; /* something was added to an empty area */
	pthread_t thread;
	bool started;
	const char *path;
	struct place place;                  /* of a path that is not "-" */
	uint64_t written, failures, dropped; /* guarded by the lock */
	/* The thread's own. */
	struct eventlog log;
	struct people people; /* the log, for people */
};

/* --- the callers' side ----------------------------------------------------- */

static void wake(struct journal *j)
{
	const uint64_t one = 1;

	atomic_store(&j->wake_due, false);

	/* It fails only when the count is full: then it is awake. */
	if (write(j->wake, &one, sizeof(one)) < 0)
		return;
}

static void add(struct journal *j, const struct event *e)
{
	bool empty = j->fill->used == 0;

	if (!event_area_add(j->fill, e))
		j->lost++;
	else if (empty)
		atomic_store(&j->wake_due, true);
}

static bool is_read(const struct event *e, bool all, enum log_level shown)
{
	return all || people_level(e) <= shown;
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
			add(j, &out->event[i]);
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
	fd = eventlog_file(&j->place);
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
	out->written = j->written;
	out->lost = j->lost;
	out->log_failures = j->failures;
	out->readers = j->readers;
	out->readers_dropped = j->dropped;
	pthread_mutex_unlock(&j->lock);
}

/* --- the thread's side ------------------------------------------------------ */

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
		j->dropped++;
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

/* Format @a's events from *@at on, at most PIECE_BYTES of them; NULL as @to:
 * for people alone. */
static void tell_piece(struct journal *j, const struct event_area *a,
		       size_t *at, FILE *to)
{
	size_t end = *at + PIECE_BYTES;
	struct event *e;

	while (*at < end && (e = event_area_next(a, at))) {
		e->at_us = clock_wall_us(e->at_us);
		people_tell(&j->people, e);
		if (to)
			jsonl_write(to, e);
	}
}

/* Format @a's events, and send them off in pieces of a readable size. */
static void tell_area(struct journal *j, const struct event_area *a)
{
	bool json = anybody_reads(j);
	size_t at = 0;

	while (at < a->used) {
		char *text = NULL;
		size_t len = 0;
		FILE *to = json ? open_memstream(&text, &len) : NULL;

		tell_piece(j, a, &at, to);
		if (to && fclose(to) == 0) {
			tell_readers(j, text, len);
			eventlog_add(&j->log, text, len);
			eventlog_write(&j->log);
		}
		free(text);
	}
	people_flush(&j->people);
}

/* Swap the areas and see what else was asked for. False: this is the end. */
static bool take_turn(struct journal *j, struct event_area **full)
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
	j->written = j->log.written;
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
	struct event_area *full;
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
	j->area[0] = (struct event_area){ 0, JOURNAL_BYTES, bytes };
	j->area[1] =
		(struct event_area){ 0, JOURNAL_BYTES, bytes + JOURNAL_BYTES };
	j->fill = &j->area[0];
	return 0;
}

static void journal_free(struct journal *j)
{
	eventlog_end(&j->log);
	place_release(&j->place);
	if (j->next_log >= 0)
		close(j->next_log);
	if (j->wake >= 0)
		close(j->wake);
	people_end(&j->people);
	if (j->area[0].bytes)
		munmap(j->area[0].bytes, 2 * JOURNAL_BYTES);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

static int log_open(struct journal *j)
{
	int error = 0, fd;

	if (!j->path)
		return 0;
	if (strcmp(j->path, "-") != 0)
		error = place_hold(&j->place, j->path);
	fd = error < 0 ? error : eventlog_file(&j->place);
	return fd < 0 ? fd : eventlog_begin(&j->log, fd, j->path);
}

static int journal_make(struct journal *j)
{
	int error = log_open(j);

	if (error == 0)
		error = areas_make(j);
	if (error < 0)
		return error;
	j->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (j->wake < 0)
		return -errno;
	return people_begin(&j->people);
}

int journal_open(struct journal **out, const char *path)
{
	struct journal *j = calloc(1, sizeof(*j));
	int error;

	if (!j)
		return -ENOMEM;
	pthread_mutex_init(&j->lock, NULL);
	j->path = path;
	j->wake = j->next_log = j->log.fd = j->place.dir = -1;
	for (size_t i = 0; i < READERS_MAX; i++)
		j->reader[i] = -1;
	error = journal_make(j);
	if (error == 0)
		*out = j;
	else
		journal_free(j);
	return error;
}

int journal_directory(const struct journal *j)
{
	return j->place.dir;
}

int journal_give(const struct journal *j, uid_t uid)
{
	struct stat st;

	if (j->place.dir < 0 || fstat(j->log.fd, &st) < 0 ||
	    !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return 0;
	return fchown(j->log.fd, uid, (gid_t)-1) < 0 ? -errno : 0;
}

int journal_start(struct journal *j)
{
	int error = pthread_create(&j->thread, NULL, journal_run, j);

	j->started = error == 0;
	return -error;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	j->ending = true;
	pthread_mutex_unlock(&j->lock);
	wake(j);
	if (j->started)
		pthread_join(j->thread, NULL);
	journal_free(j);
}
