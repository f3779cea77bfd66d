/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's end of one control connection. */
#include "ftp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bench.h"
#include "ftp_socket.h"
#include "sham_tls.h"

bool client_open(struct client *c, const struct sockaddr_in *server)
{
	uint64_t took;

	c->fd = socket_connect(server, &took);
	c->used = c->raw_used = 0;
	c->tls = false;
	if (c->fd < 0)
		return false;
	socket_nodelay(c->fd);
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 959 4.2: the last line of a reply is three digits and a space. */
static bool reply_is_whole(const struct client *c)
{
	const char *end = c->reply + c->used, *line = end - 1;

	if (c->used < 6 || *line != '\n')
		return false;
	while (line > c->reply && line[-1] != '\n')
		line--;
	return end - line > 4 && is_digit(line[0]) && is_digit(line[1]) &&
	       is_digit(line[2]) && line[3] == ' ';
}

/* The text of all records that are whole. */
static void open_records(struct client *c)
{
	const uint8_t *text;
	size_t len, n;

	while ((n = sham_record(c->raw, c->raw_used, &text, &len))) {
		if (c->used + len >= REPLY_MAX)
			bench_die("ftp_load: a reply without end");
		memcpy(c->reply + c->used, text, len);
		c->used += len;
		c->raw_used -= n;
		memmove(c->raw, c->raw + n, c->raw_used);
	}
	c->reply[c->used] = '\0';
}

static bool read_records(struct client *c)
{
	ssize_t n = recv(c->fd, c->raw + c->raw_used,
			 sizeof(c->raw) - c->raw_used, 0);

	if (n <= 0)
		bench_die("ftp_load: the control connection broke");
	c->raw_used += (size_t)n;
	open_records(c);
	return reply_is_whole(c);
}

static bool read_text(struct client *c)
{
	ssize_t n = recv(c->fd, c->reply + c->used, REPLY_MAX - 1 - c->used, 0);

	if (n <= 0)
		bench_die("ftp_load: the control connection broke");
	c->used += (size_t)n;
	c->reply[c->used] = '\0';
	return reply_is_whole(c);
}

bool client_read(struct client *c)
{
	return c->tls ? read_records(c) : read_text(c);
}

void client_say(struct client *c, const char *command)
{
	bool sent = c->tls ? sham_send(c->fd, command, strlen(command))
			   : socket_send(c->fd, command, strlen(command));

	if (!sent)
		bench_die("ftp_load: send");
}

void client_secure(struct client *c)
{
	client_ask(c, "AUTH TLS\r\n", "234 ");
	if (!sham_connect(c->fd))
		bench_die("ftp_load: handshake");
	c->tls = true;
}

void client_expect(struct client *c, const char *code)
{
	c->used = 0;
	while (!client_read(c))
		;
	if (strncmp(c->reply, code, strlen(code)) != 0) {
		fprintf(stderr, "bench: ftp_load: wanted %s, got: %s", code,
			c->reply);
		exit(3);
	}
}

void client_ask(struct client *c, const char *command, const char *code)
{
	client_say(c, command);
	client_expect(c, code);
}
