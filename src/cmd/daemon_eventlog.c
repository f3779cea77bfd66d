/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log: a file, or a pipe that may stall. */
#include "cmd/daemon_eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/log.h"

/* It says who fetched what from where. */
#define MODE (S_IRUSR | S_IWUSR)

/* O_NONBLOCK: opening a FIFO would wait for its reader. */
int eventlog_file(const struct place *place)
{
	int fd = place->dir < 0
			 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
			 : openat(place->dir, place->name,
				  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
					  O_NOCTTY | O_NONBLOCK,
				  MODE);

	return fd < 0 ? -errno : fd;
}

static void use(struct eventlog *log, int fd)
{
	struct stat st;

	log->fd = fd;
	log->may_block = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode);
}

int eventlog_begin(struct eventlog *log, int fd, const char *path)
{
	*log = (struct eventlog){ .fd = -1, .path = path };
	if (fd < 0)
		return 0;
	log->pending = mmap(NULL, EVENTLOG_PENDING_MAX, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (log->pending == MAP_FAILED)
		return -errno;
	use(log, fd);
	return 0;
}

void eventlog_end(struct eventlog *log)
{
	if (log->fd < 0)
		return;
	close(log->fd);
	munmap(log->pending, EVENTLOG_PENDING_MAX);
	log->fd = -1;
}

void eventlog_switch(struct eventlog *log, int fd)
{
	close(log->fd);
	log->torn = false;
	use(log, fd);
}

static uint64_t lines_in(const char *at, size_t len)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += at[i] == '\n';
	return lines;
}

void eventlog_add(struct eventlog *log, const char *lines, size_t len)
{
	if (log->fd < 0)
		return;
	if (len > EVENTLOG_PENDING_MAX - (log->to - log->from)) {
		log->lost += lines_in(lines, len);
		return;
	}
	if (len > EVENTLOG_PENDING_MAX - log->to) {
		memmove(log->pending, log->pending + log->from,
			log->to - log->from);
		log->to -= log->from;
		log->from = 0;
	}
	memcpy(log->pending + log->to, lines, len);
	log->to += len;
}

bool eventlog_waits(const struct eventlog *log)
{
	return log->to > log->from;
}

/* A pipe that poll(2) calls writable takes PIPE_BUF bytes at once. */
static bool takes_now(const struct eventlog *log)
{
	struct pollfd p = { .fd = log->fd, .events = POLLOUT };

	return !log->may_block || poll(&p, 1, 0) > 0;
}

/* Gives the bytes written, 0 for "not now", or a negative errno. */
static ssize_t write_part(struct eventlog *log, const char *at, size_t len)
{
	ssize_t n;

	if (!takes_now(log))
		return 0;
	if (log->may_block && len > PIPE_BUF)
		len = PIPE_BUF;
	n = write(log->fd, at, len);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	return n;
}

static ssize_t write_next(struct eventlog *log)
{
	ssize_t n;

	if (log->torn) {
		n = write_part(log, "\n", 1);
		log->torn = n <= 0;
		return n;
	}
	n = write_part(log, log->pending + log->from, log->to - log->from);
	if (n > 0) {
		log->written += lines_in(log->pending + log->from, (size_t)n);
		log->from += (size_t)n;
	}
	return n;
}

static void write_failed(struct eventlog *log, int error)
{
	if (!log->failing)
		log_error("events",
			  "cannot write the event log (%s); events are lost "
			  "until it works again: %s",
			  strerror(error), log->path);
	log->failing = true;
	log->failures++;
	log->lost += lines_in(log->pending + log->from, log->to - log->from);
	if (log->from > 0)
		log->torn = log->pending[log->from - 1] != '\n';
	log->from = log->to = 0;
}

void eventlog_write(struct eventlog *log)
{
	while (eventlog_waits(log)) {
		ssize_t n = write_next(log);

		if (n == 0)
			return;
		if (n < 0) {
			write_failed(log, (int)-n);
			return;
		}
	}
	if (log->failing && log->from > 0)
		log_info("events", "the event log works again: %s", log->path);
	log->failing = log->failing && log->from == 0;
	log->from = log->to = 0;
}
