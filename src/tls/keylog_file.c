/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key logs from files; what may be read can be a pipe, too. */
#include "tls/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include <openssl/crypto.h>

/* Bytes read at first; a log of one run has a few KiB. */
#define FILE_FIRST 16384

/* The bytes of a file, in a buffer that is wiped whenever it moves. */
struct buffer {
	uint8_t *at;
	size_t used, room;
};

static bool grow(struct buffer *b)
{
	size_t room = b->room ? 2 * b->room : FILE_FIRST;
	uint8_t *bigger = OPENSSL_clear_realloc(b->at, b->room, room);

	if (!bigger) {
		errno = ENOMEM;
		return false;
	}
	b->at = bigger;
	b->room = room;
	return true;
}

/* Until the end, or one byte too many. */
static bool read_all(int fd, struct buffer *b)
{
	while (b->used <= KEYLOG_FILE_MAX) {
		ssize_t n;

		if (b->used == b->room && !grow(b))
			return false;
		n = read(fd, b->at + b->used, b->room - b->used);
		if (n == 0)
			return true;
		if (n > 0)
			b->used += (size_t)n;
		else if (errno != EINTR)
			return false;
	}
	return true;
}

enum keylog_result keylog_load(struct keylog **out, const char *path)
{
	struct buffer b = { .at = NULL };
	enum keylog_result result = KEYLOG_SYSTEM;
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;

	*out = NULL;
	if (fd < 0)
		return KEYLOG_SYSTEM;
	if (read_all(fd, &b))
		result = keylog_read(out, span_of(b.at, b.used));
	saved = errno;
	OPENSSL_clear_free(b.at, b.room);
	close(fd);
	errno = saved;
	return result;
}
