/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leveled log on standard error: one line, "sallyport: MODULE: LEVEL: text". */
#ifndef IO_LOG_H
#define IO_LOG_H

#include <stddef.h>

#include <sallyport/span.h>

/* From few words to many; each level includes those before it. */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/*
 * Longest line, its newline included; more is cut. A line of this size goes
 * out with one write(), so lines of several workers do not mix.
 */
#define LOG_LINE_MAX 1024

/* Lines above @level are dropped from now on; LOG_LEVEL_INFO at the start. */
void log_set_level(enum log_level level);

enum log_level log_get_level(void);

/* "error", "warning", "info" or "debug". */
const char *log_level_name(enum log_level level);

/*
 * @module: a short token that says who speaks, such as "ftp" or "queue".
 * Network text must be escaped before it comes here.
 */
void log_error(const char *module, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_warn(const char *module, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_info(const char *module, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_debug(const char *module, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Lines of one thread that go out together. A pipe takes this much whole
 * (PIPE_BUF), so that they do not mix with those of others. */
#define LOG_BATCH_MAX 4096

struct log_batch {
	size_t used;
	char text[LOG_BATCH_MAX];
};

/* Add a line, as the functions above would write it; a full batch is written
 * to make room. */
void log_batch_add(struct log_batch *b, enum log_level level,
		   const char *module, struct span text);

/* Write what was gathered, with one write(), and empty the batch. */
void log_batch_write(struct log_batch *b);

#endif
