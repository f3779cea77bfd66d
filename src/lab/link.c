/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection, in the clear or under TLS, with a deadline for everything. */
#include "lab/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/socket.h"

/* What is read from, and written to, the kernel at once. */
#define CHUNK 16384

struct link link_over(int fd)
{
	return (struct link){ .fd = fd };
}

void link_close(struct link *l)
{
	tls_peer_free(l->tls);
	l->tls = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* --- the socket ----------------------------------------------------------------- */

static enum link_result broken(struct link *l, int error)
{
	if (error == ETIMEDOUT)
		return LINK_TIMEOUT;
	l->error = error;
	return LINK_BROKEN;
}

static enum link_result wait_for(struct link *l, short events, uint64_t until)
{
	int error = socket_wait_one(l->fd, events, until);

	return error == 0 ? LINK_DONE : broken(l, -error);
}

static enum link_result raw_read(struct link *l, void *out, size_t size,
				 size_t *len, uint64_t until)
{
	for (;;) {
		enum link_result r;
		ssize_t n;

		if (deadline_passed(until))
			return LINK_TIMEOUT;
		n = recv(l->fd, out, size, 0);
		if (n > 0) {
			*len = (size_t)n;
			return LINK_DONE;
		}
		if (n == 0)
			return LINK_ENDED;
		if (errno != EAGAIN && errno != EINTR)
			return broken(l, errno);
		r = wait_for(l, POLLIN, until);
		if (r != LINK_DONE)
			return r;
	}
}

static enum link_result raw_write(struct link *l, struct span bytes,
				  uint64_t until)
{
	while (bytes.len > 0) {
		ssize_t n = send(l->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
		enum link_result r;

		if (n >= 0) {
			bytes = span_sub(bytes, (size_t)n, bytes.len);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return broken(l, errno);
		r = wait_for(l, POLLOUT, until);
		if (r != LINK_DONE)
			return r;
	}
	return LINK_DONE;
}

/* --- TLS ---------------------------------------------------------------------- */

/* What one call of tls/peer.h is about. */
struct job {
	enum tls_peer_result (*call)(struct tls_peer *p, struct job *job);
	void *out;
	size_t size, len;
	struct span text;
};

static enum tls_peer_result do_handshake(struct tls_peer *p, struct job *job)
{
	(void)job;
	return tls_peer_handshake(p);
}

static enum tls_peer_result do_read(struct tls_peer *p, struct job *job)
{
	return tls_peer_read(p, job->out, job->size, &job->len);
}

static enum tls_peer_result do_write(struct tls_peer *p, struct job *job)
{
	return tls_peer_write(p, job->text);
}

static enum link_result flush(struct link *l, uint64_t until)
{
	uint8_t chunk[CHUNK];
	size_t n;

	while ((n = tls_peer_drain(l->tls, chunk, sizeof(chunk))) > 0) {
		enum link_result r = raw_write(l, span_of(chunk, n), until);

		if (r != LINK_DONE)
			return r;
	}
	return LINK_DONE;
}

static enum link_result feed(struct link *l, uint64_t until)
{
	uint8_t chunk[CHUNK];
	size_t n;
	enum link_result r = raw_read(l, chunk, sizeof(chunk), &n, until);

	if (r == LINK_ENDED)
		l->truncated = true;
	if (r != LINK_DONE)
		return r;
	return tls_peer_feed(l->tls, span_of(chunk, n)) ? LINK_DONE
							: broken(l, ENOMEM);
}

static enum link_result tls_failed(struct link *l)
{
	snprintf(l->tls_error, sizeof(l->tls_error), "%s",
		 tls_peer_error(l->tls));
	return LINK_TLS;
}

/* Call until it is done, and carry bytes between the calls. */
static enum link_result drive(struct link *l, struct job *job, uint64_t until)
{
	for (;;) {
		enum tls_peer_result did = job->call(l->tls, job);
		/* Also what a failed call has to say: its alert. */
		enum link_result sent = flush(l, until);
		enum link_result got;

		if (did == TLS_PEER_FAILED)
			return tls_failed(l);
		if (did == TLS_PEER_ENDED)
			return LINK_ENDED;
		if (did == TLS_PEER_DONE)
			return sent;
		/* Where it cannot write any more, an alert that says why may
		 * still be there to read. */
		got = feed(l, until);
		if (got != LINK_DONE)
			return sent != LINK_DONE ? sent : got;
	}
}

enum link_result link_secure(struct link *l, const struct tls_role *role,
			     const char *sni, const struct tls_peer *like,
			     uint64_t until)
{
	struct job job = { .call = do_handshake };

	l->tls = tls_peer_new(role, sni, like);
	return l->tls ? drive(l, &job, until) : broken(l, ENOMEM);
}

/* --- both ------------------------------------------------------------------------ */

enum link_result link_read(struct link *l, void *out, size_t size, size_t *len,
			   uint64_t until)
{
	struct job job = { .call = do_read, .out = out, .size = size };
	enum link_result r;

	if (!l->tls)
		return raw_read(l, out, size, len, until);
	r = drive(l, &job, until);
	*len = job.len;
	return r;
}

enum link_result link_write(struct link *l, struct span bytes, uint64_t until)
{
	if (!l->tls)
		return raw_write(l, bytes, until);
	while (bytes.len > 0) {
		struct job job = { .call = do_write,
				   .text = span_sub(bytes, 0,
						    TLS_PEER_TEXT_MAX) };
		enum link_result r = drive(l, &job, until);

		if (r != LINK_DONE)
			return r;
		bytes = span_sub(bytes, job.text.len, bytes.len);
	}
	return LINK_DONE;
}

enum link_result link_finish(struct link *l, uint64_t until)
{
	uint8_t dropped[CHUNK];
	enum link_result r = LINK_DONE;
	size_t n;

	if (l->tls) {
		tls_peer_close(l->tls);
		r = flush(l, until);
	}
	/* ENOTCONN: it was reset, and the reset was told already. */
	if (r == LINK_DONE && shutdown(l->fd, SHUT_WR) != 0)
		r = broken(l, errno == ENOTCONN ? ECONNRESET : errno);
	/* The socket's end counts, not TLS's: that alone is the last byte. */
	while (r == LINK_DONE)
		r = raw_read(l, dropped, sizeof(dropped), &n, until);
	return r == LINK_ENDED ? LINK_DONE : r;
}
