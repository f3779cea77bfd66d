/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's end of the load.
 *
 *   load_server SESSIONS ADDR...
 *
 * An FTP server on each address, one thread for all, with so many sessions at
 * once. It knows what every
 * session must say (script.h), and compares. It prints "ready", and at its end,
 * by SIGTERM, what it has seen. Exit status 1: not all was as it should be.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "ftp_socket.h"
#include "loop.h"
#include "server_session.h"
#include "totals.h"

#define SESSIONS_MAX 65536

#define ADDRS_MAX 16

/* Connections that wait to be accepted: what comes while this process waits
 * for its turn on a busy machine. */
#define BACKLOG 4096

static struct session *sessions, *unused;
static unsigned int sessions_max;
static struct source listener[ADDRS_MAX];
static volatile sig_atomic_t ending;

void session_free(struct session *s)
{
	loop_close(&s->data);
	loop_close(&s->wire.source);
	s->next = unused;
	unused = s;
	totals.open--;
}

static struct session *session_take(void)
{
	static unsigned int fresh;
	struct session *s = unused;

	if (s)
		unused = s->next;
	else if (fresh < sessions_max)
		s = &sessions[fresh++];
	return s;
}

static void welcome(struct source *from)
{
	struct sockaddr_in peer;
	int fd;

	while ((fd = loop_accept(from->fd, &peer)) >= 0) {
		struct session *s = session_take();

		if (!s)
			bench_die("too many sessions");
		memset(s, 0, offsetof(struct session, next));
		totals.begun++;
		totals.open++;
		session_begin(s, fd, &peer);
	}
}

static void end(int number)
{
	(void)number;
	ending = 1;
}

int main(int argc, char **argv)
{
	struct sigaction on_term = { .sa_handler = end };

	if (argc < 3 || argc > ADDRS_MAX + 2) {
		fputs("usage: load_server SESSIONS ADDR...\n", stderr);
		return 2;
	}
	sessions_max = (unsigned int)bench_number(argv[1]);
	if (sessions_max > SESSIONS_MAX)
		return 2;
	loop_make();
	sessions = bench_alloc(sessions_max * sizeof(*sessions));
	sigaction(SIGTERM, &on_term, NULL);
	for (int i = 2; i < argc; i++) {
		struct sockaddr_in at = socket_name(argv[i], FTP_PORT);
		int fd = loop_listen(&at, BACKLOG);

		if (fd < 0)
			bench_die(argv[i]);
		loop_add(&listener[i - 2], fd, welcome);
	}
	puts("ready");
	fflush(stdout);
	/* A signal that comes just before the wait is noticed after it. */
	while (!ending)
		loop_turn(100);
	totals_print("");
	return totals.faults > 0;
}
