/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the state file; see state_file.h for how it stays whole. */
#include "io/state_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Beside one block for each record: longer ones, as chunks_for() of the engine
 * has them, and one that is being written. */
static uint32_t blocks_for(const struct engine_limits *l)
{
	return l->sessions + l->pinholes + l->sessions / 2 + 4096;
}

/* Space is taken in steps of so many blocks: a megabyte. */
#define STEP_BLOCKS 2048u

struct state_file {
	int fd;
	uint8_t *at; /* the file, mapped */
	struct state_header header;
	struct state_map map;
	_Atomic uint32_t *index;
	uint32_t *free; /* numbers of blocks that came back */
	uint32_t frees;
	uint32_t fresh; /* blocks from here on were never used */
	uint32_t taken; /* blocks for which there is space */
};

static struct state_block *block(const struct state_file *s, uint32_t n)
{
	return (struct state_block *)(void *)(s->at + s->map.blocks) + (n - 1);
}

static int allocate(const struct state_file *s, uint64_t from, uint64_t to)
{
	return -posix_fallocate(s->fd, (off_t)from, (off_t)(to - from));
}

/* Blocks number from 1 on. Gives 0 or a negative errno. */
static int grow(struct state_file *s)
{
	uint32_t more = s->header.blocks - s->taken;
	uint64_t from = s->map.blocks + (uint64_t)s->taken * STATE_BLOCK;
	int error;

	if (more == 0)
		return -ENOSPC;
	if (more > STEP_BLOCKS)
		more = STEP_BLOCKS;
	error = allocate(s, from, from + (uint64_t)more * STATE_BLOCK);
	if (error == 0)
		s->taken += more;
	return error;
}

static int block_take(struct state_file *s, uint32_t *n)
{
	if (s->frees > 0) {
		*n = s->free[--s->frees];
		return 0;
	}
	if (s->fresh == s->taken) {
		int error = grow(s);

		if (error < 0)
			return error;
	}
	*n = ++s->fresh;
	return 0;
}

static void chain_give(struct state_file *s, uint32_t n)
{
	while (n != 0) {
		s->free[s->frees++] = n;
		n = block(s, n)->next;
	}
}

/* The first blocks of a record are written last, so that a chain that cannot be
 * finished is given back whole. */
static int chain_write(struct state_file *s, const uint8_t *bytes, size_t len,
		       uint32_t *first)
{
	size_t at = (len - 1) / STATE_PAYLOAD * STATE_PAYLOAD;
	uint32_t next = 0, n;

	for (;; at -= STATE_PAYLOAD) {
		size_t part =
			len - at < STATE_PAYLOAD ? len - at : STATE_PAYLOAD;
		int error = block_take(s, &n);

		if (error < 0) {
			chain_give(s, next);
			return error;
		}
		memcpy(block(s, n)->bytes, bytes + at, part);
		block(s, n)->next = next;
		next = n;
		if (at == 0)
			break;
	}
	*first = next;
	return 0;
}

int state_file_write(struct state_file *s, struct record_name name,
		     const uint8_t *bytes, size_t len)
{
	_Atomic uint32_t *place = &s->index[state_place(&s->header, name)];
	uint32_t old = atomic_load_explicit(place, memory_order_relaxed);
	uint32_t first = 0;
	int error = 0;

	if (len > 0)
		error = chain_write(s, bytes, len, &first);
	if (error == 0 && first != 0) {
		struct state_block *b = block(s, first);

		b->kind = name.kind;
		b->index = name.index;
		b->len = (uint32_t)len;
		b->sum = state_record_sum(name.kind, name.index, bytes, len);
	}
	/* All of it is there before the index says so. */
	atomic_store_explicit(place, first, memory_order_release);
	chain_give(s, old);
	return error;
}

static enum state_result lay_out(struct state_file *s,
				 const struct engine_limits *limits,
				 uint64_t clock)
{
	int error = state_identity(&s->header);

	errno = -error;
	if (error < 0)
		return STATE_FAILED;
	s->header.clock = clock;
	s->header.blocks = blocks_for(limits);
	for (int kind = 0; kind < RECORD_KINDS; kind++)
		s->header.records[kind] = engine_records(limits, kind);
	s->header.sum =
		state_sum(0, &s->header, offsetof(struct state_header, sum));
	s->map = state_map(&s->header);
	s->free = calloc(s->header.blocks, sizeof(*s->free));
	return s->free ? STATE_FINE : STATE_FAILED;
}

static enum state_result fill(struct state_file *s)
{
	int error;
	void *at;

	if (ftruncate(s->fd, (off_t)s->map.size) < 0)
		return STATE_FAILED;
	error = allocate(s, 0, s->map.blocks);
	errno = -error;
	if (error < 0)
		return STATE_FAILED;
	at = mmap(NULL, s->map.size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd,
		  0);
	if (at == MAP_FAILED)
		return STATE_FAILED;
	s->at = at;
	s->index = (void *)(s->at + s->map.index);
	memcpy(s->at, &s->header, sizeof(s->header));
	return STATE_FINE;
}

static int new_name(const char *path, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s.new", path) < PATH_MAX
		       ? 0
		       : -ENAMETOOLONG;
}

enum state_result state_file_create(struct state_file **out, const char *path,
				    const struct engine_limits *limits,
				    uint64_t clock)
{
	struct state_file *s = calloc(1, sizeof(*s));
	enum state_result result = STATE_FAILED;
	char name[PATH_MAX];

	*out = NULL;
	if (!s)
		return STATE_FAILED;
	s->fd = -1;
	/* What a start that failed has left; whoever else it is of, it goes. */
	if (new_name(path, name) == 0 && (unlink(name) == 0 || errno == ENOENT))
		s->fd = open(name,
			     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			     S_IRUSR | S_IWUSR);
	if (s->fd >= 0)
		result = state_lock(s->fd);
	if (result == STATE_FINE)
		result = lay_out(s, limits, clock);
	if (result == STATE_FINE)
		result = fill(s);
	if (result == STATE_FINE) {
		*out = s;
		return STATE_FINE;
	}
	if (s->fd >= 0) {
		int error = errno;

		unlink(name);
		errno = error;
	}
	state_file_close(s);
	return result;
}

void state_file_close(struct state_file *s)
{
	int error = errno;

	if (!s)
		return;
	if (s->at)
		munmap(s->at, s->map.size);
	if (s->fd >= 0)
		close(s->fd);
	free(s->free);
	free(s);
	errno = error;
}

int state_file_publish(struct state_file *s, const char *path)
{
	char name[PATH_MAX];
	int error = new_name(path, name);

	(void)s;
	if (error == 0 && rename(name, path) < 0)
		error = -errno;
	return error;
}

uint64_t state_file_size(const struct state_file *s)
{
	return s->map.blocks + (uint64_t)s->taken * STATE_BLOCK;
}
