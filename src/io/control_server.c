/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's side of the control socket. */
#include "io/control_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/listener.h"

/* What a peer may send besides its request and still get its answer whole. */
#define HEAR_OUT_READS 64

struct control_server {
	int loop;
	struct control_handler handler;
	struct listener listener;
	struct control_server_counts count;
	struct control_peer peer[CONTROL_PEERS_MAX];
};

static const char full[] = "{\"error\": \"too many connections\"}\n";

/* Closing a socket that holds unread bytes resets it, and the peer may lose
 * the answer: so read what there is, within bounds. */
static void peer_hear_out(struct control_peer *p)
{
	for (int i = 0; i < HEAR_OUT_READS; i++)
		if (recv(p->fd, p->request, sizeof(p->request), MSG_DONTWAIT) <=
		    0)
			return;
}

static void peer_close(struct control_peer *p)
{
	struct control_server *s = p->server;

	if (p->stay)
		s->handler.gone(s->handler.arg, p);
	loop_remove(s->loop, &p->watch);
	peer_hear_out(p);
	close(p->fd);
	free(p->text);
	p->text = NULL;
	p->fd = -1;
}

/* Only errors and the peer's end are of interest from now on. */
static void peer_keep(struct control_peer *p)
{
	p->wait = CONTROL_WAIT_GONE;
	if (loop_change(p->server->loop, &p->watch, 0) < 0)
		peer_close(p);
}

static void answer_free(struct control_peer *p)
{
	free(p->text);
	p->text = NULL;
	p->len = p->sent = 0;
}

/* Fetch the next part of the answer. False: there is none. */
static bool answer_next(struct control_peer *p)
{
	struct control_server *s = p->server;

	answer_free(p);
	return p->more && p->more(s->handler.arg, p);
}

/* Send what the socket takes now. */
static void peer_send(struct control_peer *p)
{
	while (p->text && p->sent < p->len) {
		ssize_t n = send(p->fd, p->text + p->sent, p->len - p->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			peer_close(p);
			return;
		}
		p->sent += (size_t)n;
		p->last_us = clock_now_us();
	}
	/* One part each time: other work gets its turn in between. */
	if (answer_next(p))
		return;
	if (p->stay)
		peer_keep(p);
	else
		peer_close(p);
}

static void peer_ask(struct control_peer *p, struct span line)
{
	struct control_server *s = p->server;

	p->wait = CONTROL_WAIT_SENT;
	p->last_us = clock_now_us();
	s->count.requests++;
	s->handler.request(s->handler.arg, p, line);
	if (loop_change(s->loop, &p->watch, EPOLLOUT) < 0)
		peer_close(p);
	else
		peer_send(p);
}

/* Its end is its newline; or the peer's, if something came before it. */
static void peer_receive(struct control_peer *p)
{
	size_t room = sizeof(p->request) - p->request_len;
	ssize_t n =
		recv(p->fd, p->request + p->request_len, room, MSG_DONTWAIT);
	struct span line;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0 || (n == 0 && p->request_len == 0)) {
		peer_close(p);
		return;
	}
	p->request_len += (size_t)n;
	line = span_of(p->request, p->request_len);
	line = span_sub(line, 0, span_find(line, '\n'));
	if (n == 0 || line.len < p->request_len)
		peer_ask(p, line);
	else if (p->request_len == sizeof(p->request))
		peer_ask(p, span_of(p->request, 0));
}

static void peer_ready(void *arg, uint32_t events)
{
	struct control_peer *p = arg;

	if (events & (EPOLLHUP | EPOLLERR) && p->wait != CONTROL_WAIT_REQUEST)
		peer_close(p);
	else if (p->wait == CONTROL_WAIT_REQUEST)
		peer_receive(p);
	else
		peer_send(p);
}

static struct control_peer *free_place(struct control_server *s)
{
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++)
		if (s->peer[i].fd < 0)
			return &s->peer[i];
	return NULL;
}

static bool peer_begin(void *arg, int fd)
{
	struct control_server *s = arg;
	struct control_peer *p = free_place(s);

	if (!p) {
		s->count.refused++;
		send(fd, full, strlen(full), MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
		return true;
	}
	*p = (struct control_peer){ .fd = fd, .server = s };
	p->watch = (struct loop_watch){ fd, peer_ready, p };
	p->last_us = clock_now_us();
	if (loop_add(s->loop, &p->watch, EPOLLIN) < 0) {
		close(fd);
		p->fd = -1;
	}
	return true;
}

struct control_server *
control_server_open(int loop, int listener,
		    const struct control_handler *handler)
{
	struct control_server *s = calloc(1, sizeof(*s));
	const struct listener_handler accepted = { peer_begin, s, "control" };
	int error;

	if (!s)
		return NULL;
	s->loop = loop;
	s->handler = *handler;
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++)
		s->peer[i].fd = -1;
	error = listener_open(&s->listener, loop, listener, &accepted);
	if (error == 0)
		return s;
	free(s);
	errno = -error;
	return NULL;
}

void control_server_close(struct control_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++)
		if (s->peer[i].fd >= 0)
			peer_close(&s->peer[i]);
	listener_close(&s->listener);
	free(s);
}

void control_server_tick(struct control_server *s)
{
	uint64_t now = clock_now_us();

	listener_tick(&s->listener, now);
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		struct control_peer *p = &s->peer[i];

		if (p->fd >= 0 && p->wait != CONTROL_WAIT_GONE &&
		    p->last_us + CONTROL_SERVER_PATIENCE_US < now) {
			s->count.given_up++;
			peer_close(p);
		}
	}
}

void control_server_counts(const struct control_server *s,
			   struct control_server_counts *out)
{
	*out = s ? s->count : (struct control_server_counts){ 0 };
}
