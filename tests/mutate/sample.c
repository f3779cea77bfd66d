/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures in memory; see sample.h. */
#include "sample.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "mutate: %s: %s\n", what, strerror(errno));
	exit(3);
}

void *sample_memory(size_t size)
{
	void *memory = malloc(size > 0 ? size : 1);

	if (!memory)
		die("memory");
	return memory;
}

struct bytes sample_file(const char *path)
{
	struct bytes b = { NULL, 0 };
	struct stat st;
	FILE *f = fopen(path, "rb");

	if (!f && errno == ENOENT)
		return b;
	if (!f || fstat(fileno(f), &st) < 0)
		die(path);
	b.len = (size_t)st.st_size;
	b.at = sample_memory(b.len);
	if (fread(b.at, 1, b.len, f) != b.len)
		die(path);
	fclose(f);
	return b;
}

static uint32_t le32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

void sample_index(struct sample *s)
{
	size_t at = SAMPLE_FILE_HEADER;

	free(s->packet);
	s->packet = NULL;
	s->packets = 0;
	if (s->file.len < at || le32(s->file.at) != 0xa1b2c3d4)
		return;
	s->link = le32(s->file.at + 20);
	s->packet = sample_memory((s->file.len / SAMPLE_PACKET_HEADER + 1) *
				  sizeof(*s->packet));
	s->packet[0] = at;
	while (s->file.len - at >= SAMPLE_PACKET_HEADER) {
		size_t len = le32(s->file.at + at + 8);

		if (len > s->file.len - at - SAMPLE_PACKET_HEADER)
			return;
		at += SAMPLE_PACKET_HEADER + len;
		s->packet[++s->packets] = at;
	}
}

/* "pcaps/a.pcap" has its key log in "pcaps/a.keylog". */
static void read_keylog(struct sample *s)
{
	const char *dot = strrchr(s->path, '.');
	int stem = dot ? (int)(dot - s->path) : (int)strlen(s->path);
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%.*s.keylog", stem, s->path) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		die(s->path);
	}
	s->keylog = sample_file(path);
}

void sample_read(struct sample *s, const char *path)
{
	*s = (struct sample){ .path = path, .file = sample_file(path) };
	if (!s->file.at) {
		errno = ENOENT;
		die(path);
	}
	sample_index(s);
	read_keylog(s);
}

size_t sample_ip_offset(uint32_t link)
{
	static const struct {
		uint32_t link;
		size_t offset;
	} known[] = {
		{ 0, 4 },    /* BSD loopback */
		{ 1, 14 },   /* Ethernet */
		{ 101, 0 },  /* raw */
		{ 113, 16 }, /* Linux cooked */
		{ 276, 20 }, /* version 2 of it */
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].link == link)
			return known[i].offset;
	return SIZE_MAX;
}
