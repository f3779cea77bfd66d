/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of a control connection: see wire.h. */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "ftp_socket.h"

void wire_open(struct wire *w, int fd, bool is_client,
	       void (*ready)(struct source *s))
{
	w->is_client = is_client;
	w->tls = SHAM_OFF;
	w->used = w->raw_used = 0;
	loop_add(&w->source, fd, ready);
}

bool wire_secure(struct wire *w)
{
	w->tls = SHAM_HELLO;
	return !w->is_client || sham_begin(w->source.fd, &w->tls);
}

bool wire_say(struct wire *w, const char *text, size_t len, size_t cut)
{
	int fd = w->source.fd;

	if (w->tls == SHAM_UP)
		return sham_send(fd, text, len);
	if (cut >= len)
		cut = 0;
	return (!cut || socket_send(fd, text, cut)) &&
	       socket_send(fd, text + cut, len - cut);
}

static bool add_text(struct wire *w, const void *text, size_t len)
{
	if (len > WIRE_ROOM - w->used)
		return false;
	memcpy(w->in + w->used, text, len);
	w->used += len;
	return true;
}

/* Of the handshake, or a record; gives its length, 0: it is not whole. */
static size_t open_record(struct wire *w, bool *fits)
{
	const uint8_t *text;
	size_t n, len;

	if (w->tls != SHAM_UP)
		return (w->is_client ? sham_answer
				     : sham_accept)(w->source.fd, &w->tls,
						    w->raw, w->raw_used);
	n = sham_record(w->raw, w->raw_used, &text, &len);
	if (n > 0)
		*fits = add_text(w, text, len);
	return n;
}

static bool open_records(struct wire *w)
{
	bool fits = true;
	size_t n;

	while (fits && (n = open_record(w, &fits)) > 0) {
		w->raw_used -= n;
		memmove(w->raw, w->raw + n, w->raw_used);
	}
	return fits;
}

/* Where the next bytes go. */
static ssize_t hear(struct wire *w)
{
	ssize_t n;

	if (w->tls != SHAM_OFF) {
		n = recv(w->source.fd, w->raw + w->raw_used,
			 WIRE_ROOM - w->raw_used, 0);
		if (n > 0)
			w->raw_used += (size_t)n;
		return n;
	}
	n = recv(w->source.fd, w->in + w->used, WIRE_ROOM - w->used, 0);
	if (n > 0)
		w->used += (size_t)n;
	return n;
}

bool wire_hear(struct wire *w)
{
	ssize_t n;

	while ((n = hear(w)) > 0)
		if (w->tls != SHAM_OFF && !open_records(w))
			return false;
	w->in[w->used] = '\0';
	/* Without room, recv() of nothing looks like the end. */
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

const char *wire_line(const struct wire *w)
{
	return memchr(w->in, '\n', w->used) ? w->in : NULL;
}

enum heard wire_match(struct wire *w, const char *want, size_t len)
{
	size_t there = w->used < len ? w->used : len;

	if (memcmp(w->in, want, there) != 0)
		return HEARD_OTHER;
	if (there < len)
		return HEARD_PART;
	w->used -= len;
	memmove(w->in, w->in + len, w->used + 1);
	return HEARD_ALL;
}
