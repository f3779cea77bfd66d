/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads that are whole, whether from a file, a pipe or a terminal. */
#include "io/capture_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void capture_source_use(struct capture_source *s, int fd)
{
	struct stat st;

	s->fd = fd;
	s->size = 0;
	s->taken = 0;
	s->at = s->len = 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		s->size = (uint64_t)st.st_size;
}

int capture_source_open(struct capture_source *s, const char *path)
{
	int fd = STDIN_FILENO;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	capture_source_use(s, fd);
	return 0;
}

int capture_source_fill(struct capture_source *s, size_t want)
{
	if (s->len - s->at >= want)
		return 0;
	memmove(s->buffer, s->buffer + s->at, s->len - s->at);
	s->len -= s->at;
	s->at = 0;
	while (s->len < want) {
		ssize_t n = read(s->fd, s->buffer + s->len,
				 sizeof(s->buffer) - s->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		s->len += (size_t)n;
		s->taken += (uint64_t)n;
	}
	return 0;
}

void capture_source_close(struct capture_source *s)
{
	if (s->fd != STDIN_FILENO)
		close(s->fd);
}
