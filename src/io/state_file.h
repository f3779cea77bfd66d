/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's records (sallyport/record.h) in a file that is mapped into
 * memory, so that another process can go on after this one, however it ended.
 *
 *   header   4096 bytes: who wrote it, on which boot, in which network
 *            namespace; with a sum
 *   index    a number for each record that there can be: its first block
 *   blocks   of 512 bytes, chained: a record with its sum
 *
 * A record is never written over. Its new form goes to free blocks; then one
 * store into the index makes it the record's, and the old blocks are free. So a
 * process that is killed in the middle leaves either the old or the new one.
 *
 * The file is sparse: space is taken as records come, in steps, with
 * fallocate(2), so that a full file system is an error and not a SIGBUS.
 *
 * Threads: a handle belongs to one thread at a time.
 */
#ifndef IO_STATE_FILE_H
#define IO_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/record.h>

enum state_result {
	STATE_FINE,
	STATE_MISSING,   /* there is no such file */
	STATE_UNSAFE,    /* a link, or others may write it: never touched */
	STATE_IN_USE,    /* another process has it open */
	STATE_VERSION,   /* another version wrote it */
	STATE_BOOT,      /* before the machine was started */
	STATE_NAMESPACE, /* in another network namespace */
	STATE_DAMAGED,   /* its header or its size is wrong */
	STATE_FAILED,    /* anything else: see errno */
	STATE_RESULTS
};

/* What is wrong, and what becomes of it. */
const char *state_text(enum state_result result);

/* --- reading what is left ----------------------------------------------------- */

struct state_reader;

/* STATE_FINE gives *@out; state_reader_close() frees it (NULL is fine). */
enum state_result state_reader_open(struct state_reader **out,
				    const char *path);
void state_reader_close(struct state_reader *r);

/* Wall clock minus monotonic clock of the process that wrote it, in us. */
uint64_t state_reader_clock(const struct state_reader *r);

/* One record, or the ruins of one. */
struct state_record {
	enum record_kind kind;
	bool damaged;      /* its sum is wrong, or its chain */
	struct span bytes; /* until the next call */
};

/* The next one, kind by kind; false: that was all. */
bool state_reader_next(struct state_reader *r, struct state_record *out);

/* --- writing ---------------------------------------------------------------------- */

struct state_file;

/*
 * Make a new, empty file beside @path, of mode 0600, for an engine of @limits;
 * @clock is what state_reader_clock() will give. STATE_FINE gives *@out;
 * state_file_close() frees it (NULL is fine) and leaves the file.
 */
enum state_result state_file_create(struct state_file **out, const char *path,
				    const struct engine_limits *limits,
				    uint64_t clock);
void state_file_close(struct state_file *s);

/* Write the record @name; @len 0: remove it. Gives 0, or -ENOSPC and the like:
 * then there is no such record in the file. */
int state_file_write(struct state_file *s, struct record_name name,
		     const uint8_t *bytes, size_t len);

/* It takes the place of @path. Gives 0 or a negative errno. */
int state_file_publish(struct state_file *s, const char *path);

/* Bytes that it takes up now. */
uint64_t state_file_size(const struct state_file *s);

#endif
