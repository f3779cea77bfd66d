/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's end of the load: replies from a table, as long as real ones.
 *
 * One thread and one epoll; a transfer blocks it, because no measurement has
 * two at a time. RETR's argument is the number of bytes that the client wants.
 * The reply that ends a transfer says how long connect() took, which in active
 * mode is measured here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "ftp_socket.h"
#include "sham_tls.h"

#define LINE_MAX_LEN 512
#define EVENTS       64
#define BULK         (256 * 1024)

/* One control connection, or a listener for them. */
struct control {
	int fd;
	bool is_listener;
	int passive;             /* listens for the data connection; -1: none */
	struct sockaddr_in port; /* the client's, from PORT */
	enum sham_state tls;
	size_t used;
	char in[LINE_MAX_LEN];
};

static int poller;

static void say(struct control *c, const char *text)
{
	/* The client is gone if this fails, and recv() will tell. */
	if (c->tls == SHAM_UP)
		(void)sham_send(c->fd, text, strlen(text));
	else
		(void)socket_send(c->fd, text, strlen(text));
}

static void passive_stop(struct control *c)
{
	if (c->passive >= 0)
		close(c->passive);
	c->passive = -1;
}

static void do_pasv(struct control *c, const char *arg)
{
	struct sockaddr_in at = socket_local(c->fd);
	char where[HOSTPORT_MAX], reply[128];

	(void)arg;
	passive_stop(c);
	at.sin_port = 0;
	c->passive = socket_listen(&at);
	at = socket_local(c->passive);
	hostport_write(&at, where);
	snprintf(reply, sizeof(reply), "227 Entering Passive Mode (%s).\r\n",
		 where);
	say(c, reply);
}

static void do_port(struct control *c, const char *arg)
{
	passive_stop(c);
	if (hostport_read(arg, &c->port))
		say(c, "200 PORT command successful. Consider using PASV.\r\n");
	else
		say(c, "500 Illegal PORT command.\r\n");
}

static int data_open(struct control *c, uint64_t *took)
{
	*took = 0;
	if (c->passive >= 0)
		return socket_accept(c->passive);
	return socket_connect(&c->port, took);
}

static bool send_bulk(int fd, uint64_t bytes)
{
	static const char block[BULK];

	for (; bytes > BULK; bytes -= BULK)
		if (!socket_send(fd, block, BULK))
			return false;
	return socket_send(fd, block, bytes);
}

static void transfer(struct control *c, uint64_t bytes)
{
	char reply[128];
	uint64_t took;
	int data = data_open(c, &took);
	bool sent;

	passive_stop(c);
	if (data < 0) {
		say(c, "425 Failed to establish connection.\r\n");
		return;
	}
	say(c, "150 Opening BINARY mode data connection.\r\n");
	sent = send_bulk(data, bytes);
	close(data);
	snprintf(reply, sizeof(reply),
		 sent ? "226 Transfer complete, connected in %llu ns.\r\n"
		      : "426 Failure writing network stream.\r\n",
		 (unsigned long long)took);
	say(c, reply);
}

static void do_retr(struct control *c, const char *arg)
{
	transfer(c, strtoull(arg, NULL, 10));
}

static void do_nlst(struct control *c, const char *arg)
{
	(void)arg;
	transfer(c, 0);
}

static void do_auth(struct control *c, const char *arg)
{
	(void)arg;
	say(c, "234 Proceed with negotiation.\r\n");
	c->tls = SHAM_HELLO;
}

static const struct {
	const char verb[5];
	const char *reply;
	void (*act)(struct control *c, const char *arg);
} verbs[] = {
	{ "NOOP", "200 NOOP ok.\r\n", NULL },
	{ "PWD", "257 \"/pub/archive/2024\" is the current directory\r\n",
	  NULL },
	{ "CWD", "250 Directory successfully changed.\r\n", NULL },
	{ "CDUP", "250 Directory successfully changed.\r\n", NULL },
	{ "TYPE", "200 Switching to Binary mode.\r\n", NULL },
	{ "SIZE", "213 1482752\r\n", NULL },
	{ "MDTM", "213 20240229113722\r\n", NULL },
	{ "AUTH", NULL, do_auth },
	{ "PASV", NULL, do_pasv },
	{ "PORT", NULL, do_port },
	{ "RETR", NULL, do_retr },
	{ "NLST", NULL, do_nlst },
	{ "USER", "331 Please specify the password.\r\n", NULL },
	{ "PASS", "230 Login successful.\r\n", NULL },
	{ "SYST", "215 UNIX Type: L8\r\n", NULL },
	{ "FEAT",
	  "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n PASV\r\n"
	  " REST STREAM\r\n SIZE\r\n TVFS\r\n211 End\r\n",
	  NULL },
	{ "QUIT", "221 Goodbye.\r\n", NULL },
};

static void serve_line(struct control *c, const char *line)
{
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strlen(verbs[i].verb) != len ||
		    memcmp(verbs[i].verb, line, len) != 0)
			continue;
		if (verbs[i].act)
			verbs[i].act(c, line + len);
		else
			say(c, verbs[i].reply);
		return;
	}
	say(c, "500 Unknown command.\r\n");
}

static void serve_lines(struct control *c)
{
	char *line = c->in, *end;

	while ((end = memchr(line, '\n', c->used - (size_t)(line - c->in)))) {
		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		serve_line(c, line);
		line = end + 1;
	}
	c->used -= (size_t)(line - c->in);
	memmove(c->in, line, c->used);
}

static void drop_first(struct control *c, size_t n)
{
	c->used -= n;
	memmove(c->in, c->in + n, c->used);
}

static void serve_records(struct control *c)
{
	const uint8_t *in = (const uint8_t *)c->in, *text;
	char line[LINE_MAX_LEN];
	size_t n, len;

	while (c->tls != SHAM_UP &&
	       (n = sham_accept(c->fd, &c->tls, in, c->used)))
		drop_first(c, n);
	while (c->tls == SHAM_UP &&
	       (n = sham_record(in, c->used, &text, &len))) {
		snprintf(line, sizeof(line), "%.*s", (int)len,
			 (const char *)text);
		line[strcspn(line, "\r\n")] = '\0';
		drop_first(c, n);
		serve_line(c, line);
	}
}

static void watch(struct control *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		bench_die("epoll_ctl");
}

static struct control *control_new(int fd, bool is_listener)
{
	struct control *c = bench_alloc(sizeof(*c));

	c->fd = fd;
	c->is_listener = is_listener;
	c->passive = -1;
	return c;
}

static void welcome(struct control *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
	struct control *c;

	if (fd < 0)
		return; /* the client gave up */
	socket_nodelay(fd);
	c = control_new(fd, false);
	say(c, "220 (vsFTPd 3.0.3) Welcome to the archive.\r\n");
	watch(c);
}

static void hear(struct control *c)
{
	ssize_t n = recv(c->fd, c->in + c->used, sizeof(c->in) - c->used, 0);

	if (n > 0) {
		c->used += (size_t)n;
		if (c->tls == SHAM_OFF)
			serve_lines(c);
		else
			serve_records(c);
		return;
	}
	passive_stop(c);
	close(c->fd);
	free(c);
}

void ftp_serve(char *const *addr, int count)
{
	struct epoll_event ev[EVENTS];

	poller = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < count; i++) {
		struct sockaddr_in at = socket_name(addr[i], FTP_PORT);

		watch(control_new(socket_listen(&at), true));
	}
	bench_background();
	for (;;) {
		int n = epoll_wait(poller, ev, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct control *c = ev[i].data.ptr;

			if (c->is_listener)
				welcome(c);
			else
				hear(c);
		}
	}
}
