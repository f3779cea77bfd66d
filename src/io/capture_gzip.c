/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One member after another, each with its own check sum. */
#include "io/capture_gzip.h"

#include <errno.h>
#include <string.h>

/* RFC 1952 2.3.1: ID1 and ID2. */
#define MAGIC     "\x1f\x8b"
#define MAGIC_LEN 2

/* inflateInit2(): the largest window, and gzip's header and nothing else. */
#define WINDOW_BITS_GZIP (15 + 16)

bool capture_gzip_begins(struct capture_source *s)
{
	return capture_source_fill(s, MAGIC_LEN) == 0 &&
	       s->len - s->at >= MAGIC_LEN &&
	       memcmp(s->buffer + s->at, MAGIC, MAGIC_LEN) == 0;
}

int capture_gzip_open(struct capture_gzip *g)
{
	memset(g, 0, sizeof(*g));
	return inflateInit2(&g->z, WINDOW_BITS_GZIP) == Z_OK ? 0 : -ENOMEM;
}

/* Is there packed input? At an end, and where there is trouble, not. */
static bool has_input(struct capture_gzip *g, struct capture_source *s)
{
	int error = capture_source_fill(s, 1);

	if (error != 0) {
		g->why = strerror(-error);
		return false;
	}
	if (s->at < s->len)
		return true;
	if (g->within)
		g->why = "the file ends within the packed data";
	return false;
}

static bool member_begins(struct capture_gzip *g, struct capture_source *s)
{
	if (!capture_gzip_begins(s)) {
		g->why = "bytes that are not gzip's follow the packed data";
		return false;
	}
	inflateReset(&g->z);
	g->within = true;
	return true;
}

static void unpack(struct capture_gzip *g, struct capture_source *s)
{
	int result;

	g->z.next_in = s->buffer + s->at;
	g->z.avail_in = (uInt)(s->len - s->at);
	result = inflate(&g->z, Z_NO_FLUSH);
	s->at = s->len - g->z.avail_in;
	if (result == Z_STREAM_END)
		g->within = false;
	else if (result != Z_OK)
		g->why = g->z.msg ? g->z.msg : "the data cannot be unpacked";
}

ssize_t capture_gzip_read(struct capture_gzip *g, struct capture_source *s,
			  void *out, size_t size)
{
	/* avail_out is 32 bits wide; a short read is as good. */
	uInt room = size < CAPTURE_SOURCE_BUFFER ? (uInt)size
						 : CAPTURE_SOURCE_BUFFER;

	g->z.next_out = out;
	g->z.avail_out = room;
	while (!g->why && g->z.avail_out > 0 && has_input(g, s))
		if (g->within || member_begins(g, s))
			unpack(g, s);
	if (g->why && g->z.avail_out == room)
		return -1;
	return (ssize_t)(room - g->z.avail_out);
}

void capture_gzip_close(struct capture_gzip *g)
{
	inflateEnd(&g->z);
}
