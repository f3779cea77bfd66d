/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel counts for an NFQUEUE. */
#include "io/queue_counts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PATH "/proc/self/net/netfilter/nfnetlink_queue"

/* A line has 70 characters or so: room for hundreds of queues. */
#define TEXT_MAX 65536

/* Columns: queue, port id of its socket, waiting, copy mode, copy range, the
 * two drops, last packet id, and a 1. */
enum { NUMBER, WAITING = 2, FULL_DROPS = 5, SOCKET_DROPS, LAST_ID, COLUMNS };

static uint32_t column(struct cursor *c)
{
	while (rd_peek(c) == ' ')
		rd_u8(c);
	return rd_decimal(c, 10, UINT32_MAX);
}

bool queue_counts_parse(struct span text, uint16_t number,
			struct queue_counts *out)
{
	while (text.len > 0) {
		size_t len = span_find(text, '\n');
		struct cursor c = cursor_of(span_sub(text, 0, len));
		uint32_t value[COLUMNS];

		for (int i = 0; i < COLUMNS; i++)
			value[i] = column(&c);
		if (!c.bad && value[NUMBER] == number) {
			out->waiting = value[WAITING];
			out->full_drops = value[FULL_DROPS];
			out->socket_drops = value[SOCKET_DROPS];
			out->packets = value[LAST_ID];
			return true;
		}
		text = span_sub(text, len + 1, text.len);
	}
	return false;
}

int queue_counts_open(void)
{
	int fd = open(PATH, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The kernel gives whole lines, a page of them at a time. */
bool queue_counts_read(int fd, uint16_t number, struct queue_counts *out)
{
	char text[TEXT_MAX];
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (len < sizeof(text) &&
	       (n = pread(fd, text + len, sizeof(text) - len, (off_t)len)) > 0)
		len += (size_t)n;
	return queue_counts_parse(span_of(text, len), number, out);
}
