/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that nobody stores: see contents.h. */
#include "contents.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "noise.h"

/* Moved with one system call. */
#define BLOCK (64u * 1024)

#define WORD sizeof(uint64_t)

/* The bytes from c->at on; a word more than @len may be written. */
static const char *bytes_from(const struct contents *c, size_t len)
{
	static uint64_t block[BLOCK / WORD + 2];
	uint64_t first = c->at / WORD;
	size_t skip = c->at % WORD;

	for (size_t i = 0; i * WORD < skip + len; i++)
		block[i] = noise(c->seed + first + i);
	return (const char *)block + skip;
}

static size_t next_len(const struct contents *c)
{
	uint64_t left = c->length - c->at;

	return left < BLOCK ? (size_t)left : BLOCK;
}

static enum moved why(void)
{
	return errno == EAGAIN || errno == EINTR ? MOVED_SOME : MOVED_BROKEN;
}

enum moved contents_send(struct contents *c, int fd)
{
	while (c->at < c->length) {
		size_t len = next_len(c);
		ssize_t n = send(fd, bytes_from(c, len), len, MSG_NOSIGNAL);

		if (n < 0)
			return why();
		c->at += (uint64_t)n;
	}
	return MOVED_ALL;
}

enum moved contents_taste(struct contents *c, int fd)
{
	static char in[BLOCK];
	ssize_t n = recv(fd, in, sizeof(in), 0);

	if (n < 0)
		return why();
	if (n == 0)
		return c->at == c->length ? MOVED_ALL : MOVED_SHORT;
	if ((uint64_t)n > c->length - c->at ||
	    memcmp(in, bytes_from(c, (size_t)n), (size_t)n) != 0)
		return MOVED_WRONG;
	c->at += (uint64_t)n;
	return MOVED_SOME;
}

enum moved contents_receive(struct contents *c, int fd)
{
	enum moved moved;
	uint64_t before;

	do {
		before = c->at;
		moved = contents_taste(c, fd);
	} while (moved == MOVED_SOME && c->at > before);
	return moved;
}
