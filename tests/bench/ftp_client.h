/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's end of one control connection, and what is measured with it. */
#ifndef BENCH_FTP_CLIENT_H
#define BENCH_FTP_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One way through a gateway: the letter of the table, and the server's
 * address that leads through it. */
struct path {
	const char *name;
	struct sockaddr_in server;
	bool tls; /* after AUTH TLS; see sham_tls.h */
};

/* What one call measures: for each round, each path in turn. */
struct plan {
	const char *metric;
	unsigned int rounds;
	const struct path *path;
	int paths;
};

/* The @i-th of @round. Each round begins with another path: what is first in a
 * round would otherwise always be the same, and it matters. */
static inline const struct path *plan_path(const struct plan *plan,
					   unsigned int round, int i)
{
	return &plan->path[(round + (unsigned int)i) %
			   (unsigned int)plan->paths];
}

#define REPLY_MAX 1024

struct client {
	int fd;
	size_t used;
	char reply[REPLY_MAX]; /* with NUL */
	bool tls;
	size_t raw_used; /* under TLS: records that are not whole */
	uint8_t raw[REPLY_MAX];
};

/* Connect; false if that failed. The greeting is still to be read. */
bool client_open(struct client *c, const struct sockaddr_in *server);

/* Read what is there; true when the reply is whole. Ends the program when the
 * connection is gone. */
bool client_read(struct client *c);

/* Send @command with its line end. */
void client_say(struct client *c, const char *command);

/* AUTH TLS and the handshake; the greeting has come. */
void client_secure(struct client *c);

/* Send @command (with its line end) and wait for the whole reply, which must
 * begin with @code. */
void client_ask(struct client *c, const char *command, const char *code);

/* Wait for a reply that begins with @code. */
void client_expect(struct client *c, const char *code);

/* ftp_load.c: open, and go through the login. */
void client_login(struct client *c, const struct path *path);

/* ftp_data.c */
void measure_connect(const struct plan *plan, unsigned int count, bool active);
void measure_first_byte(const struct plan *plan, unsigned int count);
void measure_bulk(const struct plan *plan, uint64_t bytes);

#endif
