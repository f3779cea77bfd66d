/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leveled log on standard error or in the journal. */
#include "io/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/log_journal.h"

_Static_assert(LOG_BATCH_MAX <= PIPE_BUF, "see log_write()");

static const char *const level_name[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* A reload changes it while workers are logging. */
static atomic_int log_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&log_level, level);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load(&log_level);
}

const char *log_level_name(enum log_level level)
{
	return level_name[level];
}

/*
 * Whoever logs may hold a lock that packets wait for. So a pipe that nobody
 * empties, or a terminal that was stopped, costs lines and no time: one that
 * poll(2) calls writable takes PIPE_BUF bytes at once, if nobody else writes in
 * between.
 */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static unsigned long lost; /* lines, since the last that was written */
static uint64_t lost_ever;

static bool takes_now(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

/* Where standard error is gone nobody is left to be told. */
static void put(const char *text, size_t len)
{
	if (write(STDERR_FILENO, text, len) < 0)
		return;
}

static void tell_lost(void)
{
	char line[LOG_LINE_MAX];
	int len = snprintf(line, sizeof(line),
			   "sallyport: log: warning: nobody read it; %lu lines "
			   "were lost\n",
			   lost);

	put(line, (size_t)len);
	lost = 0;
}

static unsigned long lines_in(const char *text, size_t len)
{
	unsigned long lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

static void lose(unsigned long lines)
{
	lost += lines;
	lost_ever += lines;
}

/* At most PIPE_BUF bytes. */
static void log_write(const char *text, size_t len)
{
	pthread_mutex_lock(&turn);
	if (lost > 0 && takes_now())
		tell_lost();
	if (lost == 0 && takes_now())
		put(text, len);
	else
		lose(lines_in(text, len));
	pthread_mutex_unlock(&turn);
}

/* --- the journal -------------------------------------------------------------- */

static atomic_int journal = -1; /* the socket; -1: none */
static _Atomic uint64_t refused;

/* Tests have one of their own. */
static const char *journal_path(void)
{
	const char *path = getenv("SALLYPORT_JOURNAL_SOCKET");

	return path && *path ? path : LOG_JOURNAL_PATH;
}

int log_to(enum log_to to)
{
	int fd;

	if (to == LOG_TO_STDERR ||
	    (to == LOG_TO_AUTO && !log_journal_is_stderr()))
		return 0;
	fd = log_journal_connect(journal_path());
	if (fd < 0)
		return to == LOG_TO_AUTO ? 0 : fd;
	atomic_store(&journal, fd);
	return 0;
}

const char *log_where(void)
{
	return atomic_load(&journal) < 0 ? "stderr" : "journal";
}

/* False: it is left to standard error. */
static bool to_journal(enum log_level level, const char *module,
		       struct span text, const struct log_field *field,
		       size_t fields)
{
	int fd = atomic_load(&journal);

	if (fd < 0)
		return false;
	if (log_journal_send(fd, level, module, text, field, fields))
		return true;
	refused++;
	return false;
}

void log_counts(struct log_counts *out)
{
	pthread_mutex_lock(&turn);
	out->lost = lost_ever;
	pthread_mutex_unlock(&turn);
	out->refused = refused;
}

/* --- lines -------------------------------------------------------------------- */

static void log_line(enum log_level level, const char *module, const char *fmt,
		     va_list args)
{
	char line[LOG_LINE_MAX];
	size_t len;

	if (level > log_get_level())
		return;
	snprintf(line, sizeof(line) - 1, "sallyport: %s: %s: ", module,
		 log_level_name(level));
	len = strlen(line);
	vsnprintf(line + len, sizeof(line) - 1 - len, fmt, args);
	if (to_journal(level, module, span_str(line + len), NULL, 0))
		return;
	len = strlen(line);
	line[len++] = '\n';
	log_write(line, len);
}

#define LOG_FUNCTION(name, level)                           \
	void name(const char *module, const char *fmt, ...) \
	{                                                   \
		va_list args;                               \
                                                            \
		va_start(args, fmt);                        \
		log_line(level, module, fmt, args);         \
		va_end(args);                               \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

static void batch_put(struct log_batch *b, const char *text, size_t len,
		      size_t end)
{
	if (len > end - b->used)
		len = end - b->used;
	memcpy(b->text + b->used, text, len);
	b->used += len;
}

void log_batch_add(struct log_batch *b, enum log_level level,
		   const char *module, struct span text,
		   const struct log_field *field, size_t fields)
{
	const char *part[] = { "sallyport: ", module, ": ", level_name[level],
			       ": " };
	size_t end;

	if (level > log_get_level() ||
	    to_journal(level, module, text, field, fields))
		return;
	if (sizeof(b->text) - b->used < LOG_LINE_MAX)
		log_batch_write(b);
	end = b->used + LOG_LINE_MAX - 1;
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		batch_put(b, part[i], strlen(part[i]), end);
	batch_put(b, (const char *)text.at, text.len, end);
	b->text[b->used++] = '\n';
}

void log_batch_write(struct log_batch *b)
{
	if (b->used > 0)
		log_write(b->text, b->used);
	b->used = 0;
}
