/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data connections: how long they take to connect, and how fast they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "ftp_client.h"
#include "ftp_socket.h"

#define DRAIN (1 << 20)

/* Measurements in one session, then a new one. */
#define PER_SESSION 50

/* Nanoseconds: the command that names an endpoint until it is answered, and
 * connect(). */
struct times {
	uint64_t ask, connect;
};

static int passive_connect(struct client *c, struct times *took)
{
	uint64_t start = bench_now();
	struct sockaddr_in to;
	int data;

	client_ask(c, "PASV\r\n", "227 ");
	took->ask = bench_now() - start;
	if (!hostport_read(c->reply + 4, &to))
		bench_die("ftp_load: 227");
	data = socket_connect(&to, &took->connect);
	if (data < 0)
		bench_die("ftp_load: data connection");
	return data;
}

/* From PASV to the end of an empty listing. */
static struct times passive_once(struct client *c)
{
	struct times took;
	int data = passive_connect(c, &took);

	client_ask(c, "NLST\r\n", "150 ");
	if (!strstr(c->reply, "226 "))
		client_expect(c, "226 ");
	close(data);
	return took;
}

/* The same with PORT: the server connects, and its reply tells the time. */
static struct times active_once(struct client *c)
{
	struct times took;
	uint64_t start;
	struct sockaddr_in at = socket_local(c->fd);
	char where[HOSTPORT_MAX], command[HOSTPORT_MAX + 16];
	const char *said;
	int listener;

	at.sin_port = 0;
	listener = socket_listen(&at);
	at = socket_local(listener);
	hostport_write(&at, where);
	snprintf(command, sizeof(command), "PORT %s\r\n", where);
	start = bench_now();
	client_ask(c, command, "200 ");
	took.ask = bench_now() - start;
	client_ask(c, "NLST\r\n", "150 ");
	if (!strstr(c->reply, "226 "))
		client_expect(c, "226 ");
	close(listener);
	said = strstr(c->reply, "connected in ");
	if (!said)
		bench_die("ftp_load: 226");
	took.connect = strtoull(said + strlen("connected in "), NULL, 10);
	return took;
}

static void tell(const struct plan *plan, const char *what,
		 const struct path *path, double value)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", plan->metric, what);
	bench_sample(name, path->name, value);
}

static void connect_round(const struct plan *plan, const struct path *path,
			  unsigned int count, bool active)
{
	double *took = bench_alloc(2 * count * sizeof(*took));
	struct client c;

	for (unsigned int i = 0; i < count; i++) {
		struct times t;

		if (i % PER_SESSION == 0)
			client_login(&c, path);
		t = active ? active_once(&c) : passive_once(&c);
		took[i] = (double)t.connect / 1000;
		took[count + i] = (double)t.ask / 1000;
		if (i % PER_SESSION == PER_SESSION - 1 || i == count - 1) {
			client_ask(&c, "QUIT\r\n", "221 ");
			close(c.fd);
		}
	}
	tell(plan, "connect", path, bench_quantile(took, count, 0.5));
	tell(plan, "ask", path, bench_quantile(took + count, count, 0.5));
	free(took);
}

void measure_connect(const struct plan *plan, unsigned int count, bool active)
{
	for (unsigned int r = 0; r < plan->rounds; r++)
		for (int i = 0; i < plan->paths; i++)
			connect_round(plan, plan_path(plan, r, i), count,
				      active);
}

/* From the connection's permission (the PASV is asked) to its first byte. */
static double first_byte_once(struct client *c)
{
	uint64_t start = bench_now(), ns;
	struct times took;
	int data = passive_connect(c, &took);
	char byte;

	client_say(c, "RETR 1\r\n");
	if (recv(data, &byte, 1, 0) != 1)
		bench_die("ftp_load: no first byte");
	ns = bench_now() - start;
	client_expect(c, "150 ");
	if (!strstr(c->reply, "226 "))
		client_expect(c, "226 ");
	close(data);
	return (double)ns / 1000;
}

static void first_byte_round(const struct plan *plan, const struct path *path,
			     unsigned int count)
{
	double *took = bench_alloc(count * sizeof(*took));
	struct client c;

	for (unsigned int i = 0; i < count; i++) {
		if (i % PER_SESSION == 0)
			client_login(&c, path);
		took[i] = first_byte_once(&c);
		if (i % PER_SESSION == PER_SESSION - 1 || i == count - 1) {
			client_ask(&c, "QUIT\r\n", "221 ");
			close(c.fd);
		}
	}
	bench_sample(plan->metric, path->name,
		     bench_quantile(took, count, 0.5));
	free(took);
}

void measure_first_byte(const struct plan *plan, unsigned int count)
{
	for (unsigned int r = 0; r < plan->rounds; r++)
		for (int i = 0; i < plan->paths; i++)
			first_byte_round(plan, plan_path(plan, r, i), count);
}

static double bulk_round(const struct path *path, uint64_t bytes)
{
	static char drain[DRAIN];
	struct client c;
	char command[64];
	uint64_t start, ns, got = 0;
	struct times took;
	ssize_t n;
	int data;

	client_login(&c, path);
	data = passive_connect(&c, &took);
	snprintf(command, sizeof(command), "RETR %llu\r\n",
		 (unsigned long long)bytes);
	client_ask(&c, command, "150 ");
	start = bench_now();
	while ((n = recv(data, drain, sizeof(drain), MSG_TRUNC)) > 0)
		got += (uint64_t)n;
	ns = bench_now() - start;
	if (n < 0 || got != bytes)
		bench_die("ftp_load: transfer");
	if (!strstr(c.reply, "226 "))
		client_expect(&c, "226 ");
	close(data);
	client_ask(&c, "QUIT\r\n", "221 ");
	close(c.fd);
	return (double)bytes / (double)ns * 1000; /* MB/s */
}

void measure_bulk(const struct plan *plan, uint64_t bytes)
{
	for (unsigned int r = 0; r < plan->rounds; r++) {
		for (int i = 0; i < plan->paths; i++) {
			const struct path *path = plan_path(plan, r, i);

			bench_sample(plan->metric, path->name,
				     bulk_round(path, bytes));
		}
	}
}
