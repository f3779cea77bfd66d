/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of systemd, by its native protocol: each datagram is an entry, a
 * list of fields (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
 *
 * Not libsystemd's sd_journal_send(3): that names the journal's path with each
 * entry, and the daemon has no path to anything once it has started. Here the
 * socket is connected once and kept; it is the service manager's, so it is the
 * same after the journal was restarted.
 */
#ifndef IO_LOG_JOURNAL_H
#define IO_LOG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <sallyport/span.h>

#include "io/log.h"

#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"

/* Longest entry; fields that do not fit are left out. A message is below
 * LOG_LINE_MAX, and the fields of ours are short. */
#define LOG_JOURNAL_ENTRY_MAX (LOG_LINE_MAX + 1024)

/* Does standard error lead to the journal? systemd.exec(5) says so in
 * JOURNAL_STREAM, as the device and inode of the socket; it is inherited by
 * programs that have turned standard error elsewhere. */
bool log_journal_is_stderr(void);

/* A socket for log_journal_send() to who listens at @path, or a negative errno.
 */
int log_journal_connect(const char *path);

/* Gives the length of the entry written to @out. */
size_t log_journal_entry(char out[LOG_JOURNAL_ENTRY_MAX], enum log_level level,
			 const char *module, struct span text,
			 const struct log_field *field, size_t fields);

/* Send it. False: the journal did not take it, now or ever; never waits. */
bool log_journal_send(int fd, enum log_level level, const char *module,
		      struct span text, const struct log_field *field,
		      size_t fields);

#endif
