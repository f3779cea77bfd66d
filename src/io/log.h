/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leveled log on standard error: one line, "sallyport: MODULE: LEVEL: text". Or,
 * after log_to(), in systemd's journal: the text with fields.
 *
 * It never waits: what a pipe that nobody empties does not take is lost, and the
 * next line that gets through comes behind one that says how many were.
 */
#ifndef IO_LOG_H
#define IO_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

/* From few words to many; each level includes those before it. */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Where lines go. */
enum log_to {
	LOG_TO_AUTO, /* the journal, if standard error leads there */
	LOG_TO_STDERR,
	LOG_TO_JOURNAL,
};

/*
 * From now on they go there; at the start it is standard error, and what the
 * journal does not take still goes there. Call it once, before any other thread
 * is started. Gives 0, or a negative errno if LOG_TO_JOURNAL cannot be.
 */
int log_to(enum log_to to);

/* "stderr" or "journal": where they go now. */
const char *log_where(void);

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

/* What only the journal has. A name is of capitals and '_'. */
struct log_field {
	const char *name, *value;
};

/* Add a line, as the functions above would write it; a full batch is written
 * to make room. The journal has it at once, with the fields. */
void log_batch_add(struct log_batch *b, enum log_level level,
		   const char *module, struct span text,
		   const struct log_field *field, size_t fields);

/* Write what was gathered, with one write(), and empty the batch. */
void log_batch_write(struct log_batch *b);

struct log_counts {
	uint64_t lost;    /* lines; see above */
	uint64_t refused; /* entries that the journal did not take */
};

void log_counts(struct log_counts *out);

#endif
