/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leveled log on standard error. */
#include "io/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	len = strlen(line);
	line[len++] = '\n';
	/* Where standard error is gone nobody is left to be told. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
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
		   const char *module, struct span text)
{
	const char *part[] = { "sallyport: ", module, ": ", level_name[level],
			       ": " };
	size_t end;

	if (level > log_get_level())
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
	size_t len = b->used;

	b->used = 0;
	/* As above. */
	if (len > 0 && write(STDERR_FILENO, b->text, len) < 0)
		return;
}
