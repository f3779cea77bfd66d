/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's end of one control connection. */
#include "ftp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bench.h"
#include "ftp_socket.h"

bool client_open(struct client *c, const struct sockaddr_in *server)
{
	uint64_t took;

	c->fd = socket_connect(server, &took);
	c->used = 0;
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

bool client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->reply + c->used, REPLY_MAX - 1 - c->used, 0);

	if (n <= 0)
		bench_die("ftp_load: the control connection broke");
	c->used += (size_t)n;
	c->reply[c->used] = '\0';
	return reply_is_whole(c);
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
	if (!socket_send(c->fd, command, strlen(command)))
		bench_die("ftp_load: send");
	client_expect(c, code);
}
