/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what another process left: nothing in it is believed. */
#include "io/state_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct state_reader {
	int fd;
	const uint8_t *at; /* the file, mapped */
	size_t size;
	struct state_header header;
	struct state_map map;
	struct record_name next;
	uint8_t bytes[RECORD_MAX];
};

static enum state_result judge(const struct state_header *h, size_t size)
{
	struct state_header we;

	if (memcmp(h->magic, STATE_MAGIC, sizeof(h->magic)) != 0)
		return STATE_DAMAGED;
	if (state_sum(0, h, offsetof(struct state_header, sum)) != h->sum)
		return STATE_DAMAGED;
	if (state_identity(&we) < 0)
		return STATE_FAILED;
	if (h->layout != we.layout)
		return STATE_VERSION;
	if (memcmp(h->boot, we.boot, sizeof(h->boot)) != 0)
		return STATE_BOOT;
	if (h->netns != we.netns)
		return STATE_NAMESPACE;
	return state_map(h).size == size ? STATE_FINE : STATE_DAMAGED;
}

static enum state_result map_file(struct state_reader *r)
{
	struct stat st;
	enum state_result result = state_lock(r->fd);
	void *at;

	if (result != STATE_FINE)
		return result;
	if (fstat(r->fd, &st) < 0)
		return STATE_FAILED;
	if (st.st_size < (off_t)STATE_PAGE)
		return STATE_DAMAGED;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, r->fd, 0);
	if (at == MAP_FAILED)
		return STATE_FAILED;
	r->at = at;
	r->size = (size_t)st.st_size;
	memcpy(&r->header, r->at, sizeof(r->header));
	r->map = state_map(&r->header);
	return judge(&r->header, r->size);
}

enum state_result state_reader_open(struct state_reader **out, const char *path)
{
	struct state_reader *r = calloc(1, sizeof(*r));
	enum state_result result = STATE_FAILED;

	*out = NULL;
	if (!r)
		return STATE_FAILED;
	r->fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (r->fd >= 0)
		result = map_file(r);
	else if (errno == ENOENT)
		result = STATE_MISSING;
	else if (errno == ELOOP || errno == EISDIR || errno == ENXIO)
		result = STATE_UNSAFE;
	if (result == STATE_FINE) {
		*out = r;
		return STATE_FINE;
	}
	state_reader_close(r);
	return result;
}

void state_reader_close(struct state_reader *r)
{
	int error = errno;

	if (!r)
		return;
	if (r->at)
		munmap((void *)(uintptr_t)r->at, r->size);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
	errno = error;
}

uint64_t state_reader_clock(const struct state_reader *r)
{
	return r->header.clock;
}

static uint32_t index_at(const struct state_reader *r)
{
	uint32_t first;

	memcpy(&first,
	       r->at + r->map.index +
		       (uint64_t)state_place(&r->header, r->next) *
			       sizeof(first),
	       sizeof(first));
	return first;
}

/* Number @n counts from 1; false: there is none. */
static bool block_at(const struct state_reader *r, uint32_t n,
		     struct state_block *out)
{
	if (n == 0 || n > r->header.blocks)
		return false;
	memcpy(out, r->at + r->map.blocks + (uint64_t)(n - 1) * STATE_BLOCK,
	       sizeof(*out));
	return true;
}

/* Put a record together; false if it is not one. */
static bool gather(struct state_reader *r, uint32_t first, size_t *len)
{
	struct state_block b;
	uint64_t sum;
	size_t have = 0;

	if (!block_at(r, first, &b) || b.len == 0 || b.len > RECORD_MAX ||
	    b.kind != r->next.kind || b.index != r->next.index)
		return false;
	*len = b.len;
	sum = b.sum;
	for (;;) {
		size_t part = *len - have < STATE_PAYLOAD ? *len - have
							  : STATE_PAYLOAD;

		memcpy(r->bytes + have, b.bytes, part);
		have += part;
		if (have == *len)
			break;
		if (!block_at(r, b.next, &b))
			return false;
	}
	return state_record_sum(r->next.kind, r->next.index, r->bytes, *len) ==
	       sum;
}

bool state_reader_next(struct state_reader *r, struct state_record *out)
{
	for (; r->next.kind < RECORD_KINDS; r->next.kind++, r->next.index = 0) {
		while (r->next.index < r->header.records[r->next.kind]) {
			uint32_t first = index_at(r);
			size_t len = 0;

			if (first == 0) {
				r->next.index++;
				continue;
			}
			out->kind = r->next.kind;
			out->damaged = !gather(r, first, &len);
			out->bytes = span_of(r->bytes, len);
			r->next.index++;
			return true;
		}
	}
	return false;
}
