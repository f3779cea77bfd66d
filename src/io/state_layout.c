/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a state file looks like, and whose it is. */
#include "io/state_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const text[STATE_RESULTS] = {
	[STATE_FINE] = "fine",
	[STATE_MISSING] = "there is none",
	[STATE_UNSAFE] = "it is no regular file of this user alone; remove it, "
			 "or set another state-file",
	[STATE_IN_USE] =
		"another daemon uses it; stop that one, or set another "
		"state-file",
	[STATE_VERSION] = "another version wrote it",
	[STATE_BOOT] = "it is from before the machine was started",
	[STATE_NAMESPACE] = "it is of another network namespace",
	[STATE_DAMAGED] = "it is damaged",
	[STATE_FAILED] = "it cannot be used",
};

const char *state_text(enum state_result result)
{
	return text[result];
}

static uint64_t rounded(uint64_t size)
{
	return (size + STATE_PAGE - 1) / STATE_PAGE * STATE_PAGE;
}

struct state_map state_map(const struct state_header *h)
{
	struct state_map m = { .index = STATE_PAGE };
	uint64_t places = 0;

	for (int kind = 0; kind < RECORD_KINDS; kind++)
		places += h->records[kind];
	m.blocks = rounded(m.index + places * sizeof(uint32_t));
	m.size = m.blocks + (uint64_t)h->blocks * STATE_BLOCK;
	return m;
}

uint32_t state_place(const struct state_header *h, struct record_name name)
{
	uint32_t place = name.index;

	for (int kind = 0; kind < (int)name.kind; kind++)
		place += h->records[kind];
	return place;
}

/* Odd, so that no two words give the same; the golden ratio mixes well. */
#define STEP 0x9e3779b97f4a7c15u

/* Two halves at once, as each step waits for the one before. */
uint64_t state_sum(uint64_t start, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t sum[2] = { start ^ len, ~start };
	uint64_t word[2];

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(word, at, sizeof(word));
		sum[0] = (sum[0] ^ word[0]) * STEP;
		sum[1] = (sum[1] ^ word[1]) * STEP;
	}
	word[0] = word[1] = 0;
	memcpy(word, at, len);
	sum[0] = (sum[0] ^ word[0]) * STEP;
	sum[1] = (sum[1] ^ word[1]) * STEP;
	return sum[0] ^ (sum[1] << 32 | sum[1] >> 32);
}

uint64_t state_record_sum(uint32_t kind, uint32_t index, const uint8_t *bytes,
			  size_t len)
{
	return state_sum((uint64_t)kind << 32 | index, bytes, len);
}

static int read_boot(char out[40])
{
	FILE *from = fopen("/proc/sys/kernel/random/boot_id", "re");
	size_t len;

	if (!from)
		return -errno;
	memset(out, 0, 40);
	len = fread(out, 1, 36, from);
	fclose(from);
	return len == 36 ? 0 : -EIO;
}

int state_identity(struct state_header *h)
{
	struct stat st;
	int error;

	memset(h, 0, sizeof(*h));
	memcpy(h->magic, STATE_MAGIC, sizeof(h->magic));
	h->layout = record_layout();
	memcpy(h->version, SALLYPORT_VERSION, sizeof(SALLYPORT_VERSION));
	error = read_boot(h->boot);
	if (error < 0)
		return error;
	if (stat("/proc/self/ns/net", &st) < 0)
		return -errno;
	h->netns = st.st_ino;
	return 0;
}

enum state_result state_lock(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return STATE_FAILED;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & (S_IRWXG | S_IRWXO) || st.st_nlink != 1)
		return STATE_UNSAFE;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? STATE_IN_USE : STATE_FAILED;
	return STATE_FINE;
}
